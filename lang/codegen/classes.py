"""A typed class to class files: the class itself, then the classes of its function literals."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from lang.codegen.assembler import Assembler, ConstantPool
from lang.codegen.closures import ClosureWriter
from lang.codegen.limits import TooLarge, too_large
from lang.codegen.statements import BodyWriter
from lang.codegen.work import drive
from lang.source import Source
from lang.typed import (
    CallMethod,
    GetLocal,
    ReturnValue,
    SetField,
    SetStatic,
    TypedBlock,
    TypedClass,
    TypedInitialiser,
    TypedMethod,
    TypedStatement,
    Variable,
)
from minivm.classfile import (
    CLASS_INITIALISER,
    FIELD_INITIALISERS,
    ClassFile,
    FieldRef,
    Flags,
    Method,
    MethodRef,
    initialiser_name,
)
from minivm.codec.limits import MAX_PARAMETERS, MAX_STRING
from minivm.types import VOID, Type, class_type, variable


class ClassWriter:
    """Writes one class: its declared methods, then the methods that initialise its fields."""

    def __init__(self, typed: TypedClass, source: Source) -> None:
        header = typed.header
        self._typed = typed
        self._source = source
        self._own: Type = class_type(header.name, *(variable(p.name) for p in header.type_parameters))
        self._pool = ConstantPool()
        self._closures = ClosureWriter(header)

    def files(self) -> tuple[ClassFile, ...]:
        """The class file, and those of its function literals."""
        header = self._typed.header
        written = {method.header.name: self._method(method) for method in self._typed.methods}
        declared = [self._small(written.pop(method.name, method)) for method in header.methods]
        methods = (*declared, *written.values(), *self._initialisers())
        text = header.text if len(header.text.encode(errors="replace")) <= MAX_STRING else ""
        file = evolve(header, constants=tuple(self._pool.constants), methods=methods, text=text)
        return (file, *self._closures.files.values())

    def _small(self, method: Method) -> Method:
        if len(method.parameters) > MAX_PARAMETERS:
            problem = TooLarge(f"more than {MAX_PARAMETERS} parameters", "pass an object or an array")
            raise too_large(problem, f"`{method.name}`", method.line, self._source)
        return method

    def _method(self, method: TypedMethod) -> Method:
        """One method with its code."""
        header = self._small(method.header)
        receiver = () if method.this is None else (method.this,)
        closure_scope = (*self._typed.header.type_parameters, *header.type_parameters)
        self._closures.type_parameters = {parameter.name: parameter for parameter in closure_scope}
        assembler = Assembler(self._pool)
        assembler.line = header.line
        writer = BodyWriter(assembler, self._own, self._closures)
        try:
            drive(writer.body((*receiver, *method.parameters), method.body, header.result))
            return evolve(header, code=assembler.finish(writer.frame.size))
        except TooLarge as problem:
            raise too_large(problem, f"`{header.name}`", header.line, self._source) from None

    # ── field initialisers ───────────────────────────────────────────────────────────────────────────────

    def _initialisers(self) -> tuple[Method, ...]:
        found = self._typed.initialisers
        static = [initialiser for initialiser in found if initialiser.field.is_static]
        instance = [initialiser for initialiser in found if not initialiser.field.is_static]
        methods = [self._initialiser(initialiser) for initialiser in found]
        if instance:
            this = Variable("this", self._own)
            sets = [self._set_field(initialiser, this) for initialiser in instance]
            methods.append(self._synthetic(FIELD_INITIALISERS, VOID, this, sets, self._typed.header.line))
        if static or self._typed.static_statements:
            sets = [self._set_static(initialiser) for initialiser in static]
            body = (*sets, *self._typed.static_statements)
            methods.append(self._synthetic(CLASS_INITIALISER, VOID, None, body, self._typed.header.line))
        return tuple(methods)

    def _initialiser(self, initialiser: TypedInitialiser) -> Method:
        """Method ``=x``: computes the value of field x."""
        body = (ReturnValue(initialiser.value, initialiser.line),)
        field = initialiser.field
        return self._synthetic(initialiser_name(field.name), field.type, initialiser.this, body, initialiser.line)

    def _synthetic(
        self, name: str, result: Type, this: Variable | None, body: Iterable[TypedStatement], line: int
    ) -> Method:
        flags = Flags.SYNTHETIC | (Flags.STATIC if this is None else Flags.PRIVATE)
        header = Method(name, (), result, flags, line=line)
        return self._method(TypedMethod(header, this, (), TypedBlock(tuple(body))))

    def _ref(self, initialiser: TypedInitialiser) -> MethodRef:
        return MethodRef(self._own, initialiser_name(initialiser.field.name), (), initialiser.field.type)

    def _set_field(self, initialiser: TypedInitialiser, this: Variable) -> TypedStatement:
        field, line, me = initialiser.field, initialiser.line, GetLocal(this, this.type)
        value = CallMethod("callspecial", self._ref(initialiser), me, (), field.type, line)
        return SetField(me, FieldRef(self._own, field.name, field.type), value, line)

    def _set_static(self, initialiser: TypedInitialiser) -> TypedStatement:
        field, line = initialiser.field, initialiser.line
        value = CallMethod("callstatic", self._ref(initialiser), None, (), field.type, line)
        return SetStatic(FieldRef(self._own, field.name, field.type), value, line)
