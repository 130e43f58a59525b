"""The instruction manual: the instruction table as a Markdown page.

``python -m minivm.manual`` prints it; ``minivm/MANUAL.md`` is what it prints.
"""

from __future__ import annotations

import sys

from minivm import instructions
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

Generated from the table in `minivm/instructions.py` by `python -m minivm.manual`.

The machine is a stack machine. Each frame has numbered local slots and an operand stack; a word holds one value. Moves
(`load`, `dup`, `getfield`) are untyped, arithmetic says what it computes (`iadd`, `fadd`). Constants are symbolic: an
operand names a type, field or method, and is resolved when it is first executed.

Code can be written by hand, in a `.masm` file, which is read wherever a class file is (`minivm run`, `minivm dis`):

```masm
class Adder extends Object
  method init(): Adder
    locals 1
    load 0
    callspecial Object.init(): Object
    pop
    load 0
    ret
  static method main(): void
    locals 1
    iconst 40
    store 0
    load 0
    iconst 2
    iadd
    text int
    callstatic prelude.print<String>(String): void
    ret
```
"""

_TRAIT_TEXTS = """\
- **throws**: may start a Mini exception
- **allocates**: may collect garbage, so every reference may move
- **links**: may load, verify and initialise a class
- **calls**: may push a frame
- **counts fuel**: a safepoint, where fibers switch
- **branches**: may go to its target
- **ends the path**: the next instruction is not reached from here
"""


def manual() -> str:
    """The page."""
    rows = ["| code | instruction | operand | stack | traits | meaning |", "|---:|---|---|---|---|---|"]
    rows += map(_table_row, ROWS)
    operands = [f"- **{kind.value}**: {meaning}" for kind, meaning in _OPERANDS.items()]
    pictures = [f"- `{tokens}`: {meaning}" for tokens, meaning in _pictures()]
    sections = (
        (_INTRODUCTION,),
        ("## Operands\n", *operands, ""),
        ("## The stack picture\n", "Before and after, the top of the stack on the right.\n", *pictures, ""),
        ("## Traits\n", _TRAIT_TEXTS),
        ("## Table\n", *rows),
    )
    return "\n".join(line for section in sections for line in section) + "\n"


def _pictures() -> list[tuple[str, str]]:
    """What the tokens of stack pictures mean, as the table's own introduction says it."""
    lines = (line.strip() for line in (instructions.__doc__ or "").split("\n") if line.startswith("    "))
    return [
        (tokens, meaning.strip().replace("<", "\\<"))
        for tokens, _, meaning in (line.partition("   ") for line in lines)
    ]


def _table_row(row: Row) -> str:
    operands = ", ".join(kind.value for kind in row.operands)
    picture = f"`{' '.join(row.takes)} → {' '.join(row.gives)}`".replace("` ", "`").replace(" `", "`")
    traits = ", ".join(text for trait, text in _TRAITS.items() if row.has(trait))
    return f"| {row.code} | `{row.name}` | {operands} | {picture} | {traits} | {row.meaning} |"


if __name__ == "__main__":
    sys.stdout.write(manual())
