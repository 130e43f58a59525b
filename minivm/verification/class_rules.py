"""The rules of a class as a whole: what its members must look like, and what it owes its supertypes.

Nothing is loaded but what a comparison of signatures needs: a field's class may be missing until the field is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from minivm.classes import RuntimeClass, Shape
from minivm.classfile import CLASS_INITIALISER, FIELD_INITIALISERS, INIT, MAIN, Field, Flags, Method
from minivm.codec.limits import INT_MAX, INT_MIN, MAX_MEMBERS, MAX_PARAMETERS
from minivm.errors import Fault, FormatError, LinkError
from minivm.subtypes import World
from minivm.types import BOOL, FLOAT, INT, STRING, VOID, Type, class_type, variable
from minivm.verification.overrides import override_faults
from minivm.verification.wellformed import flaw

ENUM_BASE = "Enum"


def check_class(cls: RuntimeClass, world: World) -> list[Fault]:
    """Every fault of a class and its members' signatures; code is looked at by ``verify``, when first called."""
    found = [Fault(cls.name, "", -1, reason) for reason in _class_reasons(cls)]
    for declared in cls.file.fields:
        found.extend(Fault(cls.name, "", -1, f"field {declared.name} {reason}") for reason in _field(cls, declared))
    for method in cls.file.methods:
        found.extend(Fault(cls.name, method.name, -1, reason) for reason in _method(cls, method))
    if not found:  # comparing signatures that make no sense by themselves would only repeat that
        try:
            found.extend(override_faults(cls, world))
        except (LinkError, FormatError) as error:
            found.append(Fault(cls.name, "", -1, str(error)))
    return found


# ── the class ────────────────────────────────────────────────────────────────────────────────────────────


def _class_reasons(cls: RuntimeClass) -> Iterator[str]:
    flags = cls.file.flags
    yield from _twice("field", (f.name for f in cls.file.fields))
    yield from _twice("method", (m.name for m in cls.file.methods))
    yield from _twice("type parameter", (p.name for p in cls.file.type_parameters))
    if Flags.FINAL in flags and flags & (Flags.ABSTRACT | Flags.INTERFACE):
        yield "a final class cannot be abstract or an interface"
    if cls.superclass is not None and len(cls.superclass.layout) + len(cls.fields) > MAX_MEMBERS:
        yield f"there are more than {MAX_MEMBERS} fields, inherited ones included"
    if cls.superclass is not None and cls.superclass.shape is not Shape.FIELDS:
        yield f"{cls.superclass.type} cannot be extended"
    if cls.is_interface:
        yield from _interface(cls)
    elif cls.file.method(INIT) is None and _needs_init(cls):
        yield f"there is no {INIT}"
    if Flags.ENUM in flags:
        yield from _enum(cls)
    if Flags.CLOSURE in flags and not cls.file.host:
        yield "a closure's class must name its host"


def _needs_init(cls: RuntimeClass) -> bool:
    return cls.shape is Shape.FIELDS and not cls.file.flags & (Flags.ABSTRACT | Flags.MODULE)


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {name} is declared {count} times"


def _interface(cls: RuntimeClass) -> Iterator[str]:
    if cls.file.fields:
        yield "an interface cannot have fields"
    if cls.superclass is not None and cls.superclass.superclass is not None:
        yield f"an interface extends interfaces, not the class {cls.superclass.type}"
    for method in cls.file.methods:
        if Flags.ABSTRACT not in method.flags or method.type_parameters or method.name == INIT:
            yield f"an interface's methods are abstract; {method.name} cannot be"


def _enum(cls: RuntimeClass) -> Iterator[str]:
    if cls.superclass is None or cls.superclass.type != class_type(ENUM_BASE):
        yield f"an enum extends {ENUM_BASE}"
    if Flags.FINAL not in cls.file.flags or cls.file.type_parameters:
        yield "an enum is final and no template"
    init = cls.file.method(INIT)
    if init is not None and init.parameters[:2] != (STRING, INT):
        yield f"an enum's {INIT} begins with the parameters String, int"


# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────


def _field(cls: RuntimeClass, declared: Field) -> Iterator[str]:
    reason = flaw(declared.type, {p.name for p in cls.file.type_parameters})
    if reason:
        yield reason
        return
    if declared.flags & (Flags.ABSTRACT | Flags.NATIVE):
        yield "cannot be abstract or native"
    if not declared.is_static and cls.shape is not Shape.FIELDS:
        yield f"cannot be: a {cls.type} has no fields"
    if not constant_fits(declared.constant, declared.type):
        yield f"starts as {declared.constant!r}, which is no {declared.type}"
    inherited = cls.superclass.find_field(declared.name) if cls.superclass else None
    if inherited is not None and Flags.PRIVATE not in inherited.declared.flags:
        yield f"hides the field of {inherited.owner.type}"


def constant_fits(constant: object, type_: Type) -> bool:
    """Whether a field of that type may start as the constant; a reference starts as null, whatever it is."""
    if isinstance(constant, float):
        return type_ == FLOAT or constant == 0
    if not isinstance(constant, int):
        return False
    if type_ in (INT, FLOAT):
        return INT_MIN <= constant <= INT_MAX
    return constant == 0 or (constant == 1 and type_ == BOOL)


# ── methods ──────────────────────────────────────────────────────────────────────────────────────────────


def _method(cls: RuntimeClass, method: Method) -> Iterator[str]:
    variables = {p.name for p in (*cls.file.type_parameters, *method.type_parameters)}
    bounds = (p.bound for p in method.type_parameters if p.bound is not None)
    reasons = [flaw(type_, variables) for type_ in (*method.parameters, method.result, *bounds)]
    yield from filter(None, reasons)
    yield from _twice("type parameter", (p.name for p in method.type_parameters))
    if len(method.parameters) > MAX_PARAMETERS:
        yield f"has {len(method.parameters)} parameters; there may be {MAX_PARAMETERS}"
    yield from _body(cls, method)
    if method.name == INIT:
        yield from _init(cls, method)
    elif method.name.startswith("="):
        yield from _initialiser(cls, method)
    elif method.name == MAIN and Flags.MODULE in cls.file.flags and not _is(method, (), method.result, True):
        yield f"a module's {MAIN} is static, without parameters"  # its result is for a host that shows it


def _body(cls: RuntimeClass, method: Method) -> Iterator[str]:
    abstract = Flags.ABSTRACT in method.flags
    native = Flags.NATIVE in method.flags
    if abstract + native + (method.code is not None) != 1:
        yield "must be exactly one of abstract, native and written in code"
    if native and not cls.is_boot:
        yield "is native; only the library the machine starts with may have natives"
    if abstract:
        if not cls.file.flags & (Flags.ABSTRACT | Flags.INTERFACE):
            yield "is abstract in a class that is not"
        if method.flags & (Flags.STATIC | Flags.PRIVATE | Flags.FINAL) or method.type_parameters:
            yield "cannot be both abstract and static, private, final or generic"


def _init(cls: RuntimeClass, method: Method) -> Iterator[str]:
    if method.is_static or method.type_parameters or method.flags & (Flags.ABSTRACT | Flags.NATIVE):
        yield "cannot be static, generic, abstract or native"
    if method.result.substitute(cls.binding) != cls.type:
        own = class_type(cls.file.name, *(variable(p.name) for p in cls.file.type_parameters))
        yield f"returns {own}, not {method.result}"


def _initialiser(cls: RuntimeClass, method: Method) -> Iterator[str]:
    if method.code is None or method.type_parameters:
        yield "must have code and cannot be generic"
    if method.name in (FIELD_INITIALISERS, CLASS_INITIALISER):
        static = method.name == CLASS_INITIALISER
        if not _is(method, (), VOID, static):
            yield f"is {'static' if static else 'not static'}, without parameters and result"
        return
    field = cls.file.field(method.name[1:])
    if field is None:
        yield f"initialises {method.name[1:]}, which is not a field of this class"
    elif not _is(method, (), field.type, field.is_static):
        yield f"must be {'static ' if field.is_static else ''}(): {field.type}, like the field"


def _is(method: Method, parameters: tuple[Type, ...], result: Type, static: bool) -> bool:
    return (method.parameters, method.result, method.is_static) == (parameters, result, static)
