"""Bytes → ClassFile. No count is believed beyond the bytes left, and every part is checked as soon as it is read,
so that a refusal names the byte where the part began."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import TypeVar

from minivm.classfile import (
    ClassFile,
    Code,
    Constant,
    Field,
    FieldRef,
    Flags,
    Handler,
    Instruction,
    LocalName,
    Method,
    MethodRef,
    TypeParameter,
)
from minivm.codec import validate
from minivm.codec.limits import (
    MAX_CONSTANTS,
    MAX_HANDLERS,
    MAX_INSTRUCTIONS,
    MAX_INTERFACES,
    MAX_LINE,
    MAX_LOCALS,
    MAX_MEMBERS,
    MAX_PARAMETERS,
    MAX_STRING,
    MAX_STRINGS,
    MAX_TYPE_PARAMETERS,
)
from minivm.codec.writer import TAG_FIELD, TAG_FLOAT, TAG_METHOD, TAG_STRING, TAG_TYPE
from minivm.errors import FormatError
from minivm.instructions import ROWS, Operand
from minivm.types import Type

T = TypeVar("T")
_WORD = (1 << 64) - 1
_PLAIN: tuple[Instruction | None, ...] = tuple(None if row.operands else Instruction(row) for row in ROWS)
_FLAGS: dict[int, Flags] = {}  # composing an enum.Flag is slow; few combinations ever occur


class Reader:
    """Reads one payload that starts at ``data[at]`` and ends with the data."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at
        self._strings: list[str] = []
        self._types: dict[int, Type] = {}  # by string index: a type is parsed once however often it is named
        self._instructions: dict[bytes, Instruction] = {}

    def error(self, message: str, at: int | None = None) -> FormatError:
        """The refusal ``message`` with the offset it concerns."""
        return FormatError(f"not a class file: {message} (at byte {self.at if at is None else at})")

    def payload(self) -> ClassFile:
        """The class file.

        Raises:
            FormatError: with the offset of the part that is malformed.
        """
        self._strings = self._many(MAX_STRINGS, "strings", self._text)
        file = self._class()
        if self.at != len(self.data):
            raise self.error(f"{len(self.data) - self.at} bytes too many")
        return file

    # ── atoms ────────────────────────────────────────────────────────────────────────────────────────────

    def _number(self, limit: int, what: str) -> int:
        byte = self.data[self.at] if self.at < len(self.data) else 0xFF
        if byte < 0x80 and byte <= limit:  # nearly every number
            self.at += 1
            return byte
        return self._long_number(limit, what)

    def _long_number(self, limit: int, what: str) -> int:
        start = at = self.at
        value = shift = 0
        while True:
            if at >= len(self.data):
                raise self.error(f"the file ends inside {what}", start)
            byte = self.data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 63:
                raise self.error(f"{what} is a number of more than 64 bits", start)
        if value > limit:
            raise self.error(f"{what}: {value} is more than {limit}", start)
        self.at = at
        return value

    def _signed(self, what: str) -> int:
        value = self._number(_WORD, what)
        return ~(value >> 1) if value & 1 else value >> 1

    def _take(self, size: int, what: str) -> bytes:
        if size > len(self.data) - self.at:
            raise self.error(f"the file ends inside {what}")
        self.at += size
        return self.data[self.at - size : self.at]

    def _float(self) -> float:
        value: float = struct.unpack("<d", self._take(8, "a float"))[0]
        return value

    def _bool(self, what: str) -> bool:
        return self._number(1, what) == 1

    def _text(self) -> str:
        start = self.at
        encoded = self._take(self._number(MAX_STRING, "a text's length"), "a text")
        try:
            return encoded.decode()
        except UnicodeDecodeError:
            raise self.error("a text is not UTF-8", start) from None

    def _string_index(self, what: str) -> int:
        start = self.at
        index = self._number(MAX_STRINGS, what)
        if index >= len(self._strings):
            raise self.error(f"{what} is string {index} of {len(self._strings)}", start)
        return index

    def _string(self, what: str) -> str:
        return self._strings[self._string_index(what)]

    def _type(self) -> Type:
        start = self.at
        index = self._string_index("a type")
        found = self._types.get(index)
        if found is None:
            found = self._types[index] = self._checked(start, validate.read_descriptor, self._strings[index])
        return found

    def _optional_type(self, what: str) -> Type | None:
        return self._type() if self._bool(what) else None

    def _flags(self, what: str) -> Flags:
        value = self._number(validate.ALL_FLAGS, what)
        flags = _FLAGS.get(value)
        if flags is None:
            flags = _FLAGS[value] = Flags(value)
        return flags

    def _line(self) -> int:
        return self._number(MAX_LINE, "a line number")

    def _many(self, limit: int, what: str, read: Callable[[], T]) -> list[T]:
        start = self.at
        count = self._number(limit, f"the number of {what}")
        if count > len(self.data) - self.at:  # every item takes a byte or more
            raise self.error(f"{count} {what} in {len(self.data) - self.at} bytes", start)
        return [read() for _ in range(count)]

    def _checked(self, start: int, check: Callable[..., T], *args: object) -> T:
        try:
            return check(*args)
        except FormatError as error:
            raise self.error(str(error), start) from None

    # ── the parts, in the order of the picture ───────────────────────────────────────────────────────────

    def _class(self) -> ClassFile:
        start = self.at
        name = self._string("the class name")
        flags = self._flags("class flags")
        superclass = self._optional_type("whether there is a superclass")
        interfaces = self._many(MAX_INTERFACES, "interfaces", self._type)
        parameters = self._type_parameters()
        source, host, text = (self._string(what) for what in ("the source name", "the host", "the class text"))
        line = self._line()
        constants = self._many(MAX_CONSTANTS, "constants", self._constant)
        fields = self._many(MAX_MEMBERS, "fields", self._field)
        methods = self._many(MAX_MEMBERS, "methods", lambda: self._method(constants))
        file = ClassFile(
            name,
            superclass,
            tuple(interfaces),
            flags,
            parameters,
            tuple(constants),
            tuple(fields),
            tuple(methods),
            source,
            host,
            line,
            text,
        )
        self._checked(start, validate.check_header, file)
        return file

    def _type_parameters(self) -> tuple[TypeParameter, ...]:
        return tuple(self._many(MAX_TYPE_PARAMETERS, "type parameters", self._type_parameter))

    def _type_parameter(self) -> TypeParameter:
        return TypeParameter(self._string("a type parameter"), self._optional_type("whether there is a bound"))

    def _constant(self) -> Constant:
        start = self.at
        tag = self._number(TAG_METHOD, "a constant's tag")
        if tag == TAG_FLOAT:
            return self._float()
        if tag == TAG_STRING:
            return self._string("a String constant")
        if tag == TAG_TYPE:
            return self._type()
        if tag == TAG_FIELD:
            found: FieldRef | MethodRef = FieldRef(self._type(), self._string("a field's name"), self._type())
        else:
            found = self._method_ref()
        self._checked(start, validate.check_name, found.name, "constant")
        return found

    def _method_ref(self) -> MethodRef:
        owner, name = self._type(), self._string("a method's name")
        parameters = tuple(self._many(MAX_PARAMETERS, "parameters", self._type))
        result = self._type()
        return MethodRef(owner, name, parameters, result, tuple(self._many(MAX_TYPE_PARAMETERS, "types", self._type)))

    def _field(self) -> Field:
        start = self.at
        name, type_, flags = self._string("a field's name"), self._type(), self._flags("field flags")
        constant = self._float() if self._bool("the kind of an initial value") else self._signed("an initial value")
        field = Field(name, type_, flags, constant, self._line())
        self._checked(start, validate.check_field, field)
        return field

    def _method(self, constants: Sequence[Constant]) -> Method:
        start = self.at
        name, flags = self._string("a method's name"), self._flags("method flags")
        parameters = tuple(self._many(MAX_PARAMETERS, "parameters", self._type))
        result, type_parameters = self._type(), self._type_parameters()
        names = tuple(self._many(MAX_PARAMETERS, "names", lambda: self._string("a parameter's name")))
        line = self._line()
        code = self._code() if self._bool("whether there is code") else None
        method = Method(name, parameters, result, flags, code, type_parameters, line, names)
        self._checked(start, validate.check_method, method, constants)
        return method

    def _code(self) -> Code:
        local_count = self._number(MAX_LOCALS, "the number of locals")
        return Code(
            local_count,
            tuple(self._many(MAX_INSTRUCTIONS, "instructions", self._instruction)),
            tuple(self._many(MAX_HANDLERS, "handlers", self._handler)),
            tuple(self._many(MAX_INSTRUCTIONS, "lines", lambda: (self._pc(), self._line()))),
            tuple(self._many(MAX_INSTRUCTIONS, "local names", self._local_name)),
        )

    def _instruction(self) -> Instruction:
        start = self.at
        code = self._number(255, "an instruction")
        if code >= len(ROWS):
            raise self.error(f"there is no instruction {code}", start)
        plain = _PLAIN[code]
        if plain is not None:
            return plain
        key = self.data[start : start + 2]  # short ones come again and again, and are shared
        found = self._instructions.get(key)
        if found is not None:
            self.at = start + 2
            return found
        row = ROWS[code]
        found = Instruction(row, tuple([self._operand(kind) for kind in row.operands]))
        if self.at == start + 2:
            self._instructions[key] = found
        return found

    def _operand(self, kind: Operand) -> int:
        return self._signed("an operand") if kind is Operand.INT else self._number(_WORD, "an operand")

    def _pc(self) -> int:
        return self._number(MAX_INSTRUCTIONS, "an instruction index")

    def _handler(self) -> Handler:
        return Handler(self._pc(), self._pc(), self._pc(), self._type())

    def _local_name(self) -> LocalName:
        slot = self._number(MAX_LOCALS, "a slot")
        return LocalName(slot, self._string("a local's name"), self._pc(), self._pc())
