"""Function literals become classes: a field per captured variable, ``init`` and ``call``.

A closure class is named after its content, so that a literal that did not change is still the same class after its
surroundings were compiled again, and equal literals of one class share one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from attrs import evolve, frozen

from lang.codegen.assembler import Assembler, ConstantPool
from lang.codegen.frame import Place
from lang.codegen.limits import TooLarge
from lang.codegen.statements import BodyWriter
from lang.codegen.work import Work
from lang.typed import Closure, Variable
from minivm.classfile import INIT, ClassFile, Constant, Field, FieldRef, Flags, Method, MethodRef, TypeParameter
from minivm.codec import encode
from minivm.codec.limits import MAX_PARAMETERS
from minivm.types import OBJECT, Type, class_type, variable

CALL = "call"
_OBJECT_INIT = MethodRef(OBJECT, INIT, (), OBJECT)


@frozen(eq=False)
class Capture:
    """A captured variable: where it is outside, what it is inside, and the closure's field that carries it."""

    outside: Variable
    inside: Variable
    place: Place
    field: Field


class ClosureWriter:
    """Collects the closure classes of one class. ``type_parameters`` are those in scope of the method being written."""

    def __init__(self, host: ClassFile) -> None:
        self.files: dict[str, ClassFile] = {}
        self.type_parameters: Mapping[str, TypeParameter] = {}
        self._host = host
        self._contents: dict[str, bytes] = {}

    def create(self, writer: BodyWriter, closure: Closure) -> Work:
        """Write the closure's class (closures inside it first) and, through ``writer``, its creation.

        Raises:
            TooLarge: it has more parameters or captures than a method may take.
        """
        if max(len(closure.captures), len(closure.parameters)) > MAX_PARAMETERS:
            excess = f"a function literal has or captures more than {MAX_PARAMETERS} variables"
            raise TooLarge(excess, "put the variables into an object")
        captures = _captures(writer, closure)
        own = class_type(f"{self._host.name}$fn", *map(variable, closure.type_parameters))
        pool = ConstantPool()
        body = BodyWriter(Assembler(pool), own, self)
        yield _write_call(body, closure, captures, own)
        call = _call_method(closure, body)
        file = self._register(self._draft(closure, captures, own, pool, call))
        own = evolve(own, name=file.name)
        for capture in captures:
            writer.load(capture.outside)
        types = tuple(capture.field.type for capture in captures)
        writer.assembler.line = closure.line
        writer.assembler.emit_constant("new", MethodRef(own, INIT, types, own))

    def _draft(
        self, closure: Closure, captures: Sequence[Capture], own: Type, pool: ConstantPool, call: Method
    ) -> ClassFile:
        """The class under a name without a hash, which stands for the name it will get."""
        init = _init_method(captures, own, pool, closure.line)
        known = self.type_parameters
        return ClassFile(
            own.name,
            OBJECT,
            (closure.type,),
            Flags.CLOSURE | Flags.FINAL | Flags.SYNTHETIC,
            tuple(known.get(name, TypeParameter(name)) for name in closure.type_parameters),
            tuple(pool.constants),
            tuple(capture.field for capture in captures),
            (init, call),
            self._host.source,
            self._host.name,
            closure.line,
        )

    def _register(self, draft: ClassFile) -> ClassFile:
        content = encode(_without_lines(draft))
        name = draft.name + blake2b(content, digest_size=4).hexdigest()
        while self._contents.setdefault(name, content) != content:  # another literal with the same hash
            name = draft.name + blake2b(name.encode(), digest_size=4).hexdigest()
        renamed = tuple(_rename(constant, draft.name, name) for constant in draft.constants)
        methods = tuple(evolve(m, result=evolve(m.result, name=name)) if m.name == INIT else m for m in draft.methods)
        return self.files.setdefault(name, evolve(draft, name=name, constants=renamed, methods=methods))


def _captures(writer: BodyWriter, closure: Closure) -> tuple[Capture, ...]:
    captures: list[Capture] = []
    names: set[str] = set()
    for outside, inside in closure.captures:
        name = _field_name(outside.name, names)
        names.add(name)
        place = writer.frame.place(outside)
        field = Field(name, place.cell or outside.type, Flags.FINAL)
        captures.append(Capture(outside, inside, place, field))
    return tuple(captures)


def _field_name(variable_name: str, taken: set[str]) -> str:
    """A field name for a variable: ``this$`` for ``this``, and numbered where two captured variables share a name."""
    name = "this$" if variable_name == "this" else variable_name
    if not name.replace("$", "").isidentifier():
        name = "temporary$"  # made up by the compiler under a name that no field may have
    count = 1
    unique = name
    while unique in taken:
        count += 1
        unique = f"{name}${count}"
    return unique


def _write_call(body: BodyWriter, closure: Closure, captures: Sequence[Capture], own: Type) -> Work:
    for capture in captures:
        ref = FieldRef(own, capture.field.name, capture.field.type)
        body.frame.bind_captured(capture.inside, ref, capture.place.cell)
    receiver = Variable("closure$", own)
    body.assembler.line = closure.line
    yield body.body((receiver, *closure.parameters), closure.body, closure.type.result)


def _call_method(closure: Closure, body: BodyWriter) -> Method:
    code = body.assembler.finish(body.frame.size)
    names = tuple(parameter.name for parameter in closure.parameters)
    function = closure.type
    return Method(CALL, function.parameters, function.result, Flags.NONE, code, (), closure.line, names)


def _init_method(captures: Sequence[Capture], own: Type, pool: ConstantPool, line: int) -> Method:
    assembler = Assembler(pool)
    assembler.line = line
    assembler.emit("load", 0)
    assembler.emit_constant("callspecial", _OBJECT_INIT)
    assembler.emit("pop")
    for slot, capture in enumerate(captures, 1):
        assembler.emit("load", 0)
        assembler.emit("load", slot)
        assembler.emit_constant("putfield", FieldRef(own, capture.field.name, capture.field.type))
    assembler.emit("load", 0)
    assembler.emit("ret")
    types = tuple(capture.field.type for capture in captures)
    names = tuple(capture.field.name for capture in captures)
    code = assembler.finish(len(captures) + 1)
    return Method(INIT, types, own, Flags.SYNTHETIC, code, (), line, names)


def _without_lines(draft: ClassFile) -> ClassFile:
    """What the name is made from: everything but where the literal stands and what its locals are called."""
    methods = []
    for method in draft.methods:
        assert method.code is not None, "a closure's methods have code"
        code = evolve(method.code, lines=(), names=())
        methods.append(evolve(method, code=code, line=0, parameter_names=()))
    return evolve(draft, methods=tuple(methods), line=0, source="")


def _rename(constant: Constant, draft: str, name: str) -> Constant:
    """The constant with the closure's final name; only its own fields name it inside itself."""
    if isinstance(constant, FieldRef) and constant.owner.name == draft:
        return evolve(constant, owner=evolve(constant.owner, name=name))
    return constant
