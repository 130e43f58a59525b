"""A text form of class files, for tests and for learning: one line a thing.

    class Counter extends Object implements Priced, Comparable<Counter>   // a comment runs to the line's end
      host Outer                                     // of a closure; also: source "file.mini"
      field n: int = 3                               // flags come first: private static final …
      static field made: int
      abstract method price(): int
      private method half<U: Priced>(x: int, $U): $U?  // a parameter is a type, or name: type
        locals 3
        line 7                                       // the source line of what follows
        name 1 x try done                            // slot 1 holds x from try up to, not including, done
        try: load 0                                  // a label stands alone or before an instruction
        getfield Counter.n: int
        jumpunless done                              // a target is a label or an instruction's number
        done: catch Error try done -> caught         // covers try up to, not including, done

Types are descriptors (``$T`` is a type variable). The owner of a member goes into parentheses where it is a function
type: ``(fun(int): int).call(int): int``. ``#5`` is the pool's constant 5, whatever that is.
"""

from __future__ import annotations

import json
import re
import struct

from attrs import define, evolve, field

from minivm.classfile import (
    POOL_OPERANDS,
    ClassFile,
    Code,
    Constant,
    Field,
    Flags,
    Handler,
    Instruction,
    LocalName,
    Method,
    TypeParameter,
)
from minivm.errors import FormatError
from minivm.instructions import BY_NAME, Operand, Row
from minivm.symbols import brackets, read_field, read_method, result_type, split, types
from minivm.types import OBJECT, parse_type

_FLAGS = {flag.name.lower(): flag for flag in Flags if flag.name and flag is not Flags.INTERFACE}
_HEADER = re.compile(rf"((?:(?:{'|'.join(_FLAGS)})\s+)*)(class|interface|field|method)\s+(.*)")
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//.*')
_LABEL = re.compile(r"(\w+):(?:\s+|$)")
_PARAMETER = re.compile(r"(\w+): (.+)")
_INTEGER = re.compile(r"-?\d{1,40}")


def assemble(text: str) -> ClassFile:
    """The one class in ``text``.

    Raises:
        FormatError: the text does not follow the form; the message begins with the line's number.
    """
    files = assemble_all(text)
    if len(files) != 1:
        raise FormatError(f"line 1: expected one class, found {len(files)}")
    return files[0]


def assemble_all(text: str) -> tuple[ClassFile, ...]:
    """Every class in ``text``, in order; FormatError as for ``assemble``."""
    assembler = _Assembler()
    for number, line in enumerate(text.split("\n"), 1):
        content = _COMMENT.sub(lambda found: found[1] or "", line).strip()
        if content:
            try:
                assembler.line(number, content)
            except (FormatError, ValueError) as error:
                where = "" if str(error).startswith("line ") else f"line {number}: "
                raise FormatError(f"{where}{error}") from None
    return assembler.finish()


@define
class _Line:
    """An instruction whose targets are not known yet."""

    number: int
    row: Row
    operands: list[str]


@define
class _Body:
    """The code of a method being read; ``number`` is the line that is looked at."""

    method: Method
    number: int
    locals: int = 0
    lines: list[_Line] = field(factory=list)
    labels: dict[str, int] = field(factory=dict)
    handlers: list[tuple[int, list[str]]] = field(factory=list)
    names: list[tuple[int, list[str]]] = field(factory=list)
    source_lines: list[tuple[int, int]] = field(factory=list)
    is_empty: bool = True

    def place(self, label: str) -> int:
        """Where a label stands."""
        if _INTEGER.fullmatch(label):
            return int(label)
        if label not in self.labels:
            raise FormatError(f"no label {label} in method {self.method.name}")
        return self.labels[label]


@define
class _Assembler:
    """The class being read, and the classes read."""

    files: list[ClassFile] = field(factory=list)
    file: ClassFile | None = None
    body: _Body | None = None
    fields: list[Field] = field(factory=list)
    methods: list[Method] = field(factory=list)
    constants: list[Constant] = field(factory=list)
    index: dict[object, int] = field(factory=dict)

    def line(self, number: int, text: str) -> None:
        header = _HEADER.fullmatch(text)
        if header is None:
            self.content(number, text)
            return
        flags = Flags.NONE
        for word in header[1].split():
            flags |= _FLAGS[word]
        self.finish_method()
        if header[2] in ("class", "interface"):
            self.finish_class()
            self.file = _read_class(header[3], flags | (Flags.INTERFACE if header[2] == "interface" else Flags.NONE))
        elif self.file is None:
            raise FormatError(f"a {header[2]} outside of a class")
        elif header[2] == "field":
            self.fields.append(_read_field(header[3], flags))
        else:
            self.body = _Body(_read_method(header[3], flags), number)

    def content(self, number: int, text: str) -> None:
        if self.body is not None:
            self.body.is_empty = False
            self.code(self.body, number, text)
        elif self.file is None:
            raise FormatError(f"expected a class, found {text!r}")
        else:
            word, _, rest = text.partition(" ")
            if word not in ("host", "source"):
                raise FormatError(f"expected a field or a method, found {text!r}")
            value = rest.strip() if word == "host" else _string(rest.strip())
            self.file = evolve(self.file, host=value) if word == "host" else evolve(self.file, source=value)

    # ── code ─────────────────────────────────────────────────────────────────────────────────────────────

    def code(self, body: _Body, number: int, text: str) -> None:
        label = _LABEL.match(text)
        if label:
            if label[1] in body.labels:
                raise FormatError(f"label {label[1]} stands in two places")
            body.labels[label[1]] = len(body.lines)
            text = text[label.end() :]
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        match word:
            case "":
                return
            case "locals":
                body.locals = _integer(rest)
            case "line":
                body.source_lines.append((len(body.lines), _integer(rest)))
            case "name":
                body.names.append((number, _parts(rest, r"(\d+) (\S+) (\S+) (\S+)", "slot name start end")))
            case "catch":
                body.handlers.append((number, _parts(rest, r"(.+) (\S+) (\S+) -> (\S+)", "type start end -> target")))
            case _:
                body.lines.append(self.instruction(number, word, rest))

    def instruction(self, number: int, name: str, rest: str) -> _Line:
        row = BY_NAME.get(name)
        if row is None:
            raise FormatError(f"no instruction is called {name}")
        if bool(rest) != bool(row.operands):
            wanted = " ".join(kind.value for kind in row.operands) or "nothing"
            raise FormatError(f"{name} is followed by {wanted}")
        return _Line(number, row, [rest] if rest else [])

    def operand(self, body: _Body, row: Row, text: str) -> int:
        kind = row.operands[0]
        if kind is Operand.TARGET:
            return body.place(text)
        if kind not in POOL_OPERANDS:
            return _integer(text)
        return _integer(text[1:]) if text.startswith("#") else self.constant(_read_constant(row, kind, text))

    def constant(self, constant: Constant) -> int:
        """Where a constant is in the pool, added if need be; floats are told apart by their bits."""
        key = struct.pack("<d", constant) if isinstance(constant, float) else constant
        if key not in self.index:
            self.index[key] = len(self.constants)
            self.constants.append(constant)
        return self.index[key]

    # ── endings ──────────────────────────────────────────────────────────────────────────────────────────

    def finish_method(self) -> None:
        if self.body is not None:
            body, self.body = self.body, None
            self.methods.append(body.method if body.is_empty else evolve(body.method, code=self.finish_code(body)))

    def finish_code(self, body: _Body) -> Code:
        try:
            instructions = tuple(self.finish_line(body, line) for line in body.lines)
            handlers = tuple(_handler(body, *row) for row in body.handlers)
            names = tuple(_local_name(body, *row) for row in body.names)
        except (FormatError, ValueError) as error:
            raise FormatError(f"line {body.number}: {error}") from None
        return Code(body.locals, instructions, handlers, tuple(body.source_lines), names)

    def finish_line(self, body: _Body, line: _Line) -> Instruction:
        body.number = line.number
        return Instruction(line.row, tuple(self.operand(body, line.row, text) for text in line.operands))

    def finish_class(self) -> None:
        if self.file is not None:
            fields, methods, constants = tuple(self.fields), tuple(self.methods), tuple(self.constants)
            self.files.append(evolve(self.file, constants=constants, fields=fields, methods=methods))
        self.file = None
        self.fields, self.methods, self.constants, self.index = [], [], [], {}

    def finish(self) -> tuple[ClassFile, ...]:
        self.finish_method()
        self.finish_class()
        return tuple(self.files)


# ── headers and operands ─────────────────────────────────────────────────────────────────────────────────


def _read_class(text: str, flags: Flags) -> ClassFile:
    head, _, implements = text.partition(" implements ")
    head, _, extends = head.partition(" extends ")
    name, parameters, rest = _name_and_parameters(head)
    if rest.strip() or not name:
        raise FormatError(f"expected a class's name, found {head!r}")
    superclass = parse_type(extends.strip()) if extends else None if name == OBJECT.name else OBJECT
    return ClassFile(name, superclass, types(implements), flags, parameters)


def _name_and_parameters(text: str) -> tuple[str, tuple[TypeParameter, ...], str]:
    """``name<T: Bound, U>rest`` in three parts."""
    name = re.split(r"[<( :]", text, maxsplit=1)[0]
    rest = text[len(name) :]
    if not rest.startswith("<"):
        return name, (), rest
    inside, rest = brackets(rest, 0)
    return name, tuple(_type_parameter(part) for part in split(inside)), rest


def _type_parameter(text: str) -> TypeParameter:
    name, _, bound = text.partition(":")
    return TypeParameter(name.strip(), parse_type(bound.strip()) if bound else None)


def _read_field(text: str, flags: Flags) -> Field:
    declared, _, value = text.partition(" = ")
    name, _, type_text = declared.partition(":")
    type_ = parse_type(type_text.strip())
    return Field(name.strip(), type_, flags, _field_constant(value.strip()) if value else 0)


def _field_constant(text: str) -> int | float:
    if text in ("true", "false", "null"):
        return int(text == "true")
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _read_method(text: str, flags: Flags) -> Method:
    name, parameters, rest = _name_and_parameters(text)
    if not rest.startswith("("):
        raise FormatError(f"expected name(parameters): result, found {text!r}")
    inside, result = brackets(rest, 0)
    found = [_PARAMETER.fullmatch(part) for part in split(inside)]
    declared = tuple(parse_type(m[2] if m else part) for m, part in zip(found, split(inside), strict=True))
    names = tuple(m[1] for m in found if m)
    if names and len(names) != len(declared):
        raise FormatError(f"either all parameters of {name} have names or none")
    return Method(name, declared, result_type(result), flags, None, parameters, 0, names)


def _read_constant(row: Row, kind: Operand, text: str) -> Constant:
    if kind is Operand.TYPE:
        return parse_type(text)
    if kind is Operand.FIELD:
        return read_field(text)
    if kind is Operand.METHOD:
        return read_method(text)
    return float(text) if row.gives == ("float",) else _string(text)


def _handler(body: _Body, number: int, parts: list[str]) -> Handler:
    body.number = number
    catch, start, end, target = parts
    return Handler(body.place(start), body.place(end), body.place(target), parse_type(catch))


def _local_name(body: _Body, number: int, parts: list[str]) -> LocalName:
    body.number = number
    slot, name, start, end = parts
    return LocalName(int(slot), name, body.place(start), body.place(end))


def _string(text: str) -> str:
    found = json.loads(text) if text.startswith('"') else None
    if not isinstance(found, str):
        raise FormatError(f"expected a text in double quotes, found {text!r}")
    return found


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise FormatError(f"expected an integer, found {text!r}")
    return int(text)


def _parts(text: str, form: str, meaning: str) -> list[str]:
    found = re.fullmatch(form, text)
    if found is None:
        raise FormatError(f"expected {meaning}, found {text!r}")
    return list(found.groups())
