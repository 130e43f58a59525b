"""The instruction manual: the instruction table as a Markdown page. ``python -m minivm.manual`` prints it."""

from __future__ import annotations

import sys

from minivm.instructions import ROWS, Operand, Row, Trait

_OPERANDS = {
    Operand.LOCAL: "the number of a local-variable slot",
    Operand.INT: "a signed 64-bit number",
    Operand.COUNT: "a small unsigned number",
    Operand.TARGET: "the index of an instruction of the same method",
    Operand.CONSTANT: "a Float or String constant",
    Operand.TYPE: "a type constant, `T` in the picture",
    Operand.FIELD: "a field constant: owner, name, type",
    Operand.METHOD: "a method constant: owner, name, parameters, result, type arguments",
}

_TRAITS = {
    Trait.THROWS: "throws",
    Trait.ALLOCATES: "allocates",
    Trait.LINKS: "links",
    Trait.CALLS: "calls",
    Trait.POLLS: "counts fuel",
    Trait.BRANCHES: "branches",
    Trait.ENDS: "ends the path",
}

_INTRODUCTION = """\
# The instructions

Generated from `minivm/instructions.py`. The stack picture shows the operand stack before and after, its top on the
right. Constants are symbolic: an operand names a type, field or method, which is resolved on first use.

*Throws*: may start a Mini exception. *Allocates*: may collect, so every reference may move. *Links*: may load, verify
and initialise a class. *Calls*: may push a frame. *Counts fuel*: a safepoint, where fibers switch. *Ends the path*: the
next instruction is not reached from here.
"""


def manual() -> str:
    """The page."""
    rows = ["| code | instruction | operand | stack | traits | meaning |", "|---:|---|---|---|---|---|"]
    rows += map(_table_row, ROWS)
    operands = [f"- **{kind.value}**: {meaning}" for kind, meaning in _OPERANDS.items()]
    return "\n".join((_INTRODUCTION, "## Operands\n", *operands, "\n## Table\n", *rows)) + "\n"


def _table_row(row: Row) -> str:
    operands = ", ".join(kind.value for kind in row.operands)
    picture = f"`{' '.join(row.takes)} → {' '.join(row.gives)}`".replace("` ", "`").replace(" `", "`")
    traits = ", ".join(text for trait, text in _TRAITS.items() if row.has(trait))
    return f"| {row.code} | `{row.name}` | {operands} | {picture} | {traits} | {row.meaning} |"


if __name__ == "__main__":
    sys.stdout.write(manual())
