"""ClassFile → bytes. The layout is drawn in the package's docstring."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from minivm.classfile import ClassFile, Code, Constant, Field, FieldRef, Method, MethodRef, TypeParameter
from minivm.codec.limits import MAX_STRINGS
from minivm.codec.validate import require
from minivm.instructions import Operand
from minivm.types import Type

TAG_FLOAT, TAG_STRING, TAG_TYPE, TAG_FIELD, TAG_METHOD = range(5)


class Writer:
    """Builds a payload: strings are collected in a table, everything else goes to ``body`` as it comes."""

    def __init__(self) -> None:
        self.body = bytearray()
        self._strings: dict[str, int] = {}

    def payload(self, file: ClassFile) -> bytes:
        """The payload of ``file``, which has been validated."""
        self._class(file)
        body, self.body = self.body, bytearray()
        require(len(self._strings) <= MAX_STRINGS, f"{len(self._strings)} different names, types and texts")
        self._number(len(self._strings))
        for text in self._strings:
            encoded = text.encode()
            self._number(len(encoded))
            self.body += encoded
        return bytes(self.body + body)

    # ── atoms ────────────────────────────────────────────────────────────────────────────────────────────

    def _number(self, value: int) -> None:
        while value > 0x7F:
            self.body.append(value & 0x7F | 0x80)
            value >>= 7
        self.body.append(value)

    def _signed(self, value: int) -> None:
        self._number(value << 1 if value >= 0 else ~value << 1 | 1)

    def _string(self, text: str) -> None:
        self._number(self._strings.setdefault(text, len(self._strings)))

    def _type(self, type_: Type) -> None:
        self._string(type_.descriptor)

    def _types(self, types: Iterable[Type]) -> None:
        found = tuple(types)
        self._number(len(found))
        for type_ in found:
            self._type(type_)

    def _optional_type(self, type_: Type | None) -> None:
        self.body.append(type_ is not None)
        if type_ is not None:
            self._type(type_)

    # ── the parts, in the order of the picture ───────────────────────────────────────────────────────────

    def _class(self, file: ClassFile) -> None:
        self._string(file.name)
        self._number(file.flags.value)
        self._optional_type(file.superclass)
        self._types(file.interfaces)
        self._type_parameters(file.type_parameters)
        for text in (file.source, file.host, file.text):
            self._string(text)
        self._number(file.line)
        self._number(len(file.constants))
        for constant in file.constants:
            self._constant(constant)
        self._number(len(file.fields))
        for field in file.fields:
            self._field(field)
        self._number(len(file.methods))
        for method in file.methods:
            self._method(method)

    def _type_parameters(self, parameters: tuple[TypeParameter, ...]) -> None:
        self._number(len(parameters))
        for parameter in parameters:
            self._string(parameter.name)
            self._optional_type(parameter.bound)

    def _constant(self, constant: Constant) -> None:
        if isinstance(constant, float):
            self.body.append(TAG_FLOAT)
            self.body += struct.pack("<d", constant)
        elif isinstance(constant, str):
            self.body.append(TAG_STRING)
            self._string(constant)
        elif isinstance(constant, Type):
            self.body.append(TAG_TYPE)
            self._type(constant)
        elif isinstance(constant, FieldRef):
            self.body.append(TAG_FIELD)
            self._type(constant.owner)
            self._string(constant.name)
            self._type(constant.type)
        else:
            self._method_ref(constant)

    def _method_ref(self, ref: MethodRef) -> None:
        self.body.append(TAG_METHOD)
        self._type(ref.owner)
        self._string(ref.name)
        self._types(ref.parameters)
        self._type(ref.result)
        self._types(ref.type_args)

    def _field(self, field: Field) -> None:
        self._string(field.name)
        self._type(field.type)
        self._number(field.flags.value)
        is_float = isinstance(field.constant, float)
        self.body.append(is_float)
        if is_float:
            self.body += struct.pack("<d", field.constant)
        else:
            self._signed(int(field.constant))
        self._number(field.line)

    def _method(self, method: Method) -> None:
        self._string(method.name)
        self._number(method.flags.value)
        self._types(method.parameters)
        self._type(method.result)
        self._type_parameters(method.type_parameters)
        self._number(len(method.parameter_names))
        for name in method.parameter_names:
            self._string(name)
        self._number(method.line)
        self.body.append(method.code is not None)
        if method.code is not None:
            self._code(method.code)

    def _code(self, code: Code) -> None:
        self._number(code.locals)
        self._number(len(code.instructions))
        for instruction in code.instructions:
            self._number(instruction.row.code)
            for kind, value in zip(instruction.row.operands, instruction.operands, strict=True):
                (self._signed if kind is Operand.INT else self._number)(value)
        self._number(len(code.handlers))
        for handler in code.handlers:
            for pc in (handler.start, handler.end, handler.target):
                self._number(pc)
            self._type(handler.catch)
        self._number(len(code.lines))
        for start, line in code.lines:
            self._number(start)
            self._number(line)
        self._number(len(code.names))
        for name in code.names:
            self._number(name.slot)
            self._string(name.name)
            self._number(name.start)
            self._number(name.end)
