"""A class file as text for people: what it declares, and its code with names in place of pool indices.

    run(n: int): void                                       // line 6
      locals 3
      line 7        // let x = -1
              0  iconst       -1
              1  store        2 (x)
                 ^ what the verifier says about it
      line 8
        »     2  sconst       "tea"                         // [the stack before, if known]
      handlers
            0..2     Error -> 2

``»`` marks what something jumps to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from minivm.classfile import (
    POOL_OPERANDS,
    ClassFile,
    Code,
    Constant,
    Field,
    FieldRef,
    Flags,
    Instruction,
    LocalName,
    Method,
    MethodRef,
    TypeParameter,
)
from minivm.instructions import Operand
from minivm.types import FLOAT, Type

Notes = Mapping[tuple[str, int], list[str]]  # (method, pc) -> what to print under the instruction
Stacks = Callable[[str, int], str | None]  # (method, pc) -> the operand stack before the instruction

_MAX_TEXT = 60  # characters of a string constant
_NOTE_COLUMN = 56  # where remarks begin
_LAST_COLUMN = 76  # where they begin at the latest
_SOURCE_COLUMN = 16  # where the source stands beside the number of its line
_KINDS = {float: "float", str: "string", Type: "type", FieldRef: "field", MethodRef: "method"}


def disassemble(file: ClassFile, notes: Notes | None = None, stacks: Stacks | None = None) -> str:
    """The whole class as text.

    ``notes`` are printed under the instruction of their (method, pc); pc -1 is the method, method ``""`` the class.
    ``stacks`` gives the text of the operand stack before an instruction, or None where it is not known.
    """
    found = notes or {}
    lines = [*_header(file), *_notes(found, "", -1, "  ")]
    lines += _section("constants", (f"    #{index:<4}{_constant(c)}" for index, c in enumerate(file.constants)))
    lines += _section("fields", map(_field, file.fields))
    for method in file.methods:
        lines += ["", *_method(file, method, found, stacks or (lambda method, pc: None))]
    return "\n".join(lines) + "\n"


def _header(file: ClassFile) -> Iterator[str]:
    kind = "interface" if file.is_interface else "enum" if Flags.ENUM in file.flags else "class"
    flags = _flags(file.flags & ~(Flags.INTERFACE | Flags.ENUM))
    line = f"{flags}{kind} {file.name}{_parameters(file.type_parameters)}"
    if file.superclass is not None:
        line += f" extends {file.superclass}"
    if file.interfaces:
        line += " implements " + ", ".join(map(str, file.interfaces))
    yield _remark(line, f"{file.source}:{file.line}" if file.source else "")
    if file.host:
        yield f"  in {file.host}"


def _section(title: str, rows: Iterator[str]) -> list[str]:
    found = list(rows)
    return [f"  {title}", *found] if found else []


def _constant(constant: Constant) -> str:
    return f"{_KINDS[type(constant)]:<8}{_symbol(constant)}"


def _symbol(constant: Constant) -> str:
    """A constant as an operand: control characters escaped, long texts cut."""
    if isinstance(constant, str):
        text = constant if len(constant) <= _MAX_TEXT else constant[:_MAX_TEXT] + "…"
        return '"' + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + '"'
    return repr(constant) if isinstance(constant, float) else str(constant)


def _field(field: Field) -> str:
    value = f" = {float(field.constant)!r}" if field.type == FLOAT else f" = {field.constant}"
    return _remark(
        f"    {_flags(field.flags)}{field.name}: {field.type}{value if field.constant else ''}", _line(field.line)
    )


def _method(file: ClassFile, method: Method, notes: Notes, stacks: Stacks) -> Iterator[str]:
    names = method.parameter_names or tuple(f"p{index}" for index in range(len(method.parameters)))
    parameters = ", ".join(f"{name}: {type_}" for name, type_ in zip(names, method.parameters, strict=True))
    generic = _parameters(method.type_parameters)
    yield _remark(f"  {_flags(method.flags)}{method.name}{generic}({parameters}): {method.result}", _line(method.line))
    yield from _notes(notes, method.name, -1, "    ")
    if method.code is not None:
        yield from _code(file, method.name, method.code, notes, stacks)


def _code(file: ClassFile, name: str, code: Code, notes: Notes, stacks: Stacks) -> Iterator[str]:
    yield f"    locals {code.locals}"
    lines, rows = dict(code.lines), _rows(file, code)
    column = min(max(_NOTE_COLUMN, *map(len, rows)), _LAST_COLUMN) if rows else _NOTE_COLUMN
    for pc, row in enumerate(rows):
        if pc in lines:
            yield _remark(f"    line {lines[pc]}", source_line(file, lines[pc]), _SOURCE_COLUMN)
        stack = stacks(name, pc)
        yield _remark(row, "" if stack is None else f"[{stack}]", column)
        yield from _notes(notes, name, pc, "               ")
    if code.handlers:
        yield "    handlers"
        yield from (f"      {h.start:>5}..{h.end:<5} {h.catch} -> {h.target}" for h in code.handlers)
    if code.names:
        yield "    local names"
        yield from (f"      {n.start:>5}..{n.end:<5} {n.slot} {n.name}" for n in code.names)


def _rows(file: ClassFile, code: Code) -> list[str]:
    """A line for each instruction."""
    names, targets = _names_by_slot(code), _targets(code)
    rows = []
    for pc, instruction in enumerate(code.instructions):
        mark = "»" if pc in targets else " "
        operands = _operands(file, names, pc, instruction)
        rows.append(f"      {mark} {pc:>5}  {instruction.row.name:<13}{operands}".rstrip())
    return rows


def source_line(file: ClassFile, line: int) -> str:
    """A line of the class's source without its indent, where the class file has it; "" if not."""
    lines = file.text.split("\n") if file.text else []
    index = line - file.line
    return "".join(filter(str.isprintable, lines[index].strip())) if 0 <= index < len(lines) else ""


def _targets(code: Code) -> frozenset[int]:
    jumps = (i.operands[0] for i in code.instructions if i.row.operands == (Operand.TARGET,))
    return frozenset([*jumps, *(handler.target for handler in code.handlers)])


def _operands(file: ClassFile, names: dict[int, list[LocalName]], pc: int, instruction: Instruction) -> str:
    def constant(index: int) -> Constant | None:
        return file.constants[index] if 0 <= index < len(file.constants) else None

    return operands_text(instruction, constant, lambda slot: _local_name(names.get(slot, []), pc))


def operands_text(
    instruction: Instruction, constant: Callable[[int], Constant | None], local: Callable[[int], str]
) -> str:
    """An instruction's operands as text. ``constant`` looks into the pool; ``local`` names a slot, or gives ""."""
    texts = []
    for kind, value in zip(instruction.row.operands, instruction.operands, strict=True):
        if kind in POOL_OPERANDS:
            found = constant(value)
            texts.append(f"#{value}, which is not there" if found is None else _symbol(found))
        elif kind is Operand.LOCAL:
            name = local(value)
            texts.append(f"{value} ({name})" if name else str(value))
        else:
            texts.append(f"-> {value}" if kind is Operand.TARGET else str(value))
    return " ".join(texts)


def instruction_text(code: Code, pc: int, constant: Callable[[int], Constant | None]) -> str:
    """One instruction of a method as the disassembly shows it, without its place."""
    names, instruction = _names_by_slot(code), code.instructions[pc]
    text = operands_text(instruction, constant, lambda slot: _local_name(names.get(slot, []), pc))
    return f"{instruction.row.name} {text}".rstrip()


def _names_by_slot(code: Code) -> dict[int, list[LocalName]]:
    found: dict[int, list[LocalName]] = {}
    for name in code.names:
        found.setdefault(name.slot, []).append(name)
    return found


def _local_name(names: list[LocalName], pc: int) -> str:
    """The variable in a slot at ``pc``; the store that brings it into scope stands just before."""
    return next((name.name for name in names if name.start - 1 <= pc < name.end), "")


def _notes(notes: Notes, method: str, pc: int, indent: str) -> list[str]:
    return [f"{indent}^ {note}" for note in notes.get((method, pc), ())]


def _flags(flags: Flags) -> str:
    return "".join(f"{flag.name.lower()} " for flag in Flags if flag in flags and flag.name)


def _parameters(parameters: tuple[TypeParameter, ...]) -> str:
    shown = (p.name if p.bound is None else f"{p.name}: {p.bound}" for p in parameters)
    return f"<{', '.join(shown)}>" if parameters else ""


def _line(line: int) -> str:
    return f"line {line}" if line else ""


def _remark(text: str, remark: str, column: int = _NOTE_COLUMN) -> str:
    return f"{text:<{column}}  // {remark}" if remark else text
