"""The rules of the instructions that name fields and methods: existence, access, and the discipline of ``init``."""

from __future__ import annotations

from minivm.classes import RuntimeClass, RuntimeField, RuntimeMethod, Shape, may_access
from minivm.classfile import CLASS_INITIALISER, FIELD_INITIALISERS, INIT, MAIN, FieldRef, Flags, MethodRef
from minivm.errors import FormatError, LinkError
from minivm.instructions import Row
from minivm.subtypes import plain
from minivm.types import Type
from minivm.verification.machine import CALLED, PENDING, Machine, Rule
from minivm.verification.states import OwnThis, RawThis, as_own

_SPECIAL = (FIELD_INITIALISERS, CLASS_INITIALISER)
_SETTERS = (INIT, FIELD_INITIALISERS)

# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────


def _field(machine: Machine, row: Row, operands: tuple[int, ...]) -> None:
    ref = machine.method.constant(operands[0])
    assert isinstance(ref, FieldRef), "checked with the operands"
    found = _find_field(machine, ref)
    if found is not None:
        _check_field(machine, row, found)
    machine.apply(row, {"owner": (ref.owner,), "field": (ref.type,)})


def _find_field(machine: Machine, ref: FieldRef) -> RuntimeField | None:
    try:
        return machine.world.load(ref.owner).field_for(ref)
    except (LinkError, FormatError) as error:
        machine.fault(str(error))
        return None


def _check_field(machine: Machine, row: Row, found: RuntimeField) -> None:
    flags = found.declared.flags
    if found.is_static != row.name.endswith("static"):
        machine.fault(f"{row.name}: {_named(found)} is {'static' if found.is_static else 'not static'}")
    if Flags.PRIVATE in flags and not may_access(machine.method.owner, found.owner):
        machine.fault(f"{row.name}: {_named(found)} is private")
    if row.name == "putfield":
        _check_put(machine, row, found)
    elif row.name == "putstatic" and Flags.FINAL in flags:
        _check_final_static(machine, row, found)


def _named(field: RuntimeField) -> str:
    return f"field {field.owner.type}.{field.name}"


def _check_final_static(machine: Machine, row: Row, found: RuntimeField) -> None:
    accessor = machine.method.owner
    setters = (CLASS_INITIALISER, MAIN) if Flags.MODULE in accessor.file.flags else (CLASS_INITIALISER,)
    if accessor.type != found.owner.type or machine.method.name not in setters:
        who = f"{' and '.join(setters)} of {found.owner.type}"
        machine.fault(f"{row.name}: {_named(found)} is final; only {who} may set it")


def _check_put(machine: Machine, row: Row, found: RuntimeField) -> None:
    machine.need(row, 2)
    method = machine.method
    receiver = machine.stack[-2]
    own = found.owner.type == method.owner.type
    if Flags.FINAL in found.declared.flags:
        on_this = isinstance(receiver, OwnThis | RawThis)
        if not (own and on_this and method.name in _SETTERS):
            who = f"{INIT} of {found.owner.type}"
            machine.fault(f"{row.name}: {_named(found)} is final; only {who} may set it, on 'this'")
    if own and isinstance(receiver, RawThis):
        machine.stack[-2] = as_own(receiver)


def _initialise_fields(machine: Machine, row: Row, operands: tuple[int, ...]) -> None:
    method = machine.method
    operand = method.constant(operands[0])
    assert isinstance(operand, Type), "checked with the operands"
    machine.need(row, 1)
    if method.name != INIT or operand != method.owner.type:
        machine.fault(f"{row.name} {operand}: only {INIT} of {operand} may do that")
    elif not isinstance(machine.stack[-1], OwnThis | RawThis):  # a RawThis is refused by the picture
        machine.fault(f"{row.name}: expected 'this', found another {machine.stack[-1]}")
    machine.apply(row, {"T": (operand,)})


# ── methods ──────────────────────────────────────────────────────────────────────────────────────────────


def _call(machine: Machine, row: Row, operands: tuple[int, ...]) -> None:
    ref = machine.method.constant(operands[0])
    assert isinstance(ref, MethodRef), "checked with the operands"
    found = _find_method(machine, ref)
    if found is not None:
        _check_call(machine, row, ref, found)
    is_super_init = row.name == "callspecial" and ref.name == INIT and _begin_super_init(machine, row, ref)
    result = ref.owner if ref.name == INIT else ref.result
    machine.apply(row, {"owner": (ref.owner,), "args": ref.parameters, "result": (result,)})
    if is_super_init:
        _end_super_init(machine)


def _find_method(machine: Machine, ref: MethodRef) -> RuntimeMethod | None:
    try:
        found = machine.world.load(ref.owner).method_for(ref)
    except (LinkError, FormatError) as error:
        machine.fault(str(error))
        return None
    for parameter, argument in zip(found.declared.type_parameters, ref.type_args, strict=True):
        bound = parameter.bound.substitute(found.binding) if parameter.bound else None
        if bound and (argument.is_primitive or argument.nullable or not machine.assignable(argument, bound)):
            machine.fault(f"{ref.name}: type argument {argument} is not a {bound}")
    return found


def _check_call(machine: Machine, row: Row, ref: MethodRef, found: RuntimeMethod) -> None:
    accessor = machine.method.owner
    flags = found.declared.flags
    if Flags.PRIVATE in flags and not may_access(accessor, found.owner):
        machine.fault(f"{row.name}: {found} is private")
    if found.name.startswith("=") and not _runs_initialiser(machine.method, found):
        machine.fault(f"{row.name}: {found} may only be called by the machine and its class's initialisers")
    if found.is_static != (row.name == "callstatic"):
        machine.fault(f"{row.name}: {found} is {'static' if found.is_static else 'not static'}")
    elif row.name == "callvirtual":
        reason = _why_not_virtual(found)
        if reason:
            machine.fault(f"{row.name}: {found} is {reason}; that takes callspecial")
    elif row.name == "callspecial":
        _check_special(machine, row, ref, found)


def _runs_initialiser(caller: RuntimeMethod, called: RuntimeMethod) -> bool:
    """``=fields`` and ``=static`` call each ``=x``; nobody else calls what starts with ``=``."""
    return called.name not in _SPECIAL and caller.name in _SPECIAL and caller.owner.type == called.owner.type


def _why_not_virtual(method: RuntimeMethod) -> str:
    if Flags.PRIVATE in method.declared.flags:
        return "private"
    if method.declared.type_parameters:
        return "generic"
    return "a constructor" if method.name == INIT else ""


def _check_special(machine: Machine, row: Row, ref: MethodRef, found: RuntimeMethod) -> None:
    if Flags.ABSTRACT in found.declared.flags:
        machine.fault(f"{row.name}: {found} is abstract")
    exact = found.name.startswith("=") or found.name == INIT or found.declared.type_parameters
    final = Flags.PRIVATE | Flags.FINAL
    if exact or found.declared.flags & final or Flags.FINAL in found.owner.file.flags:
        return
    if not _is_super_call(machine, ref, found):
        machine.fault(f"{row.name}: {found} can be overridden, and this is no call of super; that takes callvirtual")


def _is_super_call(machine: Machine, ref: MethodRef, found: RuntimeMethod) -> bool:
    """Whether the receiver's class is the caller's (for a closure: its host's) and the method a superclass's."""
    at = len(machine.stack) - len(ref.parameters) - 1
    if at < 0:
        return True  # the picture will refuse it
    receiver = machine.stack[at]
    home = _home(machine, receiver)
    return home is not None and home.superclass is not None and home.superclass.is_below(found.owner)


def _home(machine: Machine, receiver: Type) -> RuntimeClass | None:
    """The class whose ``super`` the code may mean, if the receiver is below it."""
    own = machine.method.owner
    if Flags.CLOSURE not in own.file.flags:
        return own if machine.assignable(receiver, own.type) else None
    try:
        return next((c for c in machine.world.load(plain(receiver)).supers() if c.file.name == own.file.host), None)
    except (LinkError, FormatError):
        return None


# ── construction ─────────────────────────────────────────────────────────────────────────────────────────


def _begin_super_init(machine: Machine, row: Row, ref: MethodRef) -> bool:
    """Whether this is the one call of the superclass's ``init`` on ``this``; a fault if not."""
    at = len(machine.stack) - len(ref.parameters) - 1
    if at < 0:
        return False  # the picture will refuse it
    method = machine.method
    above = method.owner.superclass
    if method.name != INIT or above is None or ref.owner != above.type:
        machine.fault(f"{row.name}: only {INIT} of a direct subclass may call {ref.owner}.{INIT}")
    elif machine.called != PENDING or not isinstance(machine.stack[at], RawThis):
        machine.fault(f"{row.name}: {ref.owner}.{INIT} must be called exactly once, on 'this'")
    else:
        machine.stack[at] = as_own(machine.stack[at])
        return True
    return False


def _end_super_init(machine: Machine) -> None:
    """From here on ``this`` is an object like any other."""
    machine.called = CALLED
    machine.locals = tuple(as_own(t) if isinstance(t, RawThis) else t for t in machine.locals)
    machine.stack = [as_own(t) if isinstance(t, RawThis) else t for t in machine.stack]


def _new(machine: Machine, row: Row, operands: tuple[int, ...]) -> None:
    ref = machine.method.constant(operands[0])
    assert isinstance(ref, MethodRef), "checked with the operands"
    if ref.name != INIT:
        machine.fault(f"{row.name} calls {INIT}, not {ref.name}")
    found = _find_method(machine, ref)
    if found is not None:
        reason = _why_not_new(machine, found)
        if reason:
            machine.fault(f"{row.name}: {reason}")
    machine.apply(row, {"owner": (ref.owner,), "args": ref.parameters})


def _why_not_new(machine: Machine, found: RuntimeMethod) -> str:
    cls = found.owner
    flags = cls.file.flags
    if Flags.INTERFACE in flags:
        return f"{cls.type} is an interface"
    if Flags.ABSTRACT in flags:
        return f"{cls.type} is abstract"
    if cls.shape is not Shape.FIELDS:
        return f"a {cls.type} is not made by {INIT}"
    if Flags.ENUM in flags and not may_access(machine.method.owner, cls):
        return f"{cls.type} is an enum"
    if Flags.PRIVATE in found.declared.flags and not may_access(machine.method.owner, cls):
        return f"{found} is private"
    return f"{found} is static" if found.is_static else ""


MEMBER_RULES: dict[str, Rule] = {
    **dict.fromkeys(("getfield", "putfield", "getstatic", "putstatic"), _field),
    **dict.fromkeys(("callvirtual", "callspecial", "callstatic"), _call),
    "initfields": _initialise_fields,
    "new": _new,
}
