"""A class file as text with what the verifier knows: the operand stack's types, and faults under their instructions.

A template has no code that could be verified; it is looked at with its bounds, or ``Object?``, as type arguments.
"""

from __future__ import annotations

from attrs import evolve

from minivm.classes import RuntimeClass, RuntimeMethod, make_method
from minivm.classfile import ClassFile, TypeParameter
from minivm.disassembler import disassemble
from minivm.errors import LinkError, UsageError, VerifyError
from minivm.linker import arrange
from minivm.loader import Finder, Loader, Registry
from minivm.trace import Tracer
from minivm.types import OBJECT, Type, class_type
from minivm.verification.states import FrameState, OwnThis, RawThis
from minivm.verifier import check_class, verify

Notes = dict[tuple[str, int], list[str]]


def inspect(file: ClassFile, boot: Finder, program: Finder, *, method: str = "", types: bool = False) -> str:
    """The class, or one method of it, as text; verifier faults are shown where they are, types on request.

    Raises:
        UsageError: the class has no such method.
    """
    only = file.method(method)
    if method and only is None:
        known = ", ".join(m.name for m in file.methods)
        raise UsageError(f"class {file.name} has no method {method}; it has {known or 'none'}")
    notes: Notes = {}
    states: dict[tuple[str, int], str] = {}
    try:
        cls = _load(file, boot, program)
        _look(cls, notes, states)
    except LinkError as error:
        notes.setdefault(("", -1), []).append(f"cannot be verified: {error}")
    shown = evolve(file, methods=(only,)) if only is not None else file
    return disassemble(shown, notes, (lambda name, pc: states.get((name, pc))) if types else None)


def _load(file: ClassFile, boot: Finder, program: Finder) -> RuntimeClass:
    registry, tracer = Registry(), Tracer()
    parent = Loader("boot", None, boot, registry, tracer)
    loader = Loader("app", parent, program, registry, tracer)
    if parent.template(file.name) is None:
        loader.templates[file.name] = (file, loader)
    cls = loader.load(class_type(file.name, *map(_stand_in, file.type_parameters)))
    for at in reversed(list(cls.supers())):
        arrange(at)
    return cls


def _stand_in(parameter: TypeParameter) -> Type:
    """A type argument to look at a template with."""
    bound = parameter.bound
    return bound if bound is not None and bound.is_concrete else OBJECT.or_null()


def _look(cls: RuntimeClass, notes: Notes, states: dict[tuple[str, int], str]) -> None:
    for fault in check_class(cls, cls.loader):
        notes.setdefault((fault.method, fault.pc), []).append(fault.reason)
    for method in cls.methods.values():
        if method.declared.code is not None:
            _look_at(_concrete(method), notes, states)


def _concrete(method: RuntimeMethod) -> RuntimeMethod:
    names = method.declared.type_parameters
    return make_method(method.owner, method.declared, {p.name: _stand_in(p) for p in names}) if names else method


def _look_at(method: RuntimeMethod, notes: Notes, states: dict[tuple[str, int], str]) -> None:
    try:
        verified = verify(method, method.owner.loader)
    except VerifyError as error:
        for fault in error.faults:
            notes.setdefault((method.name, fault.pc), []).append(fault.reason)
    except LinkError as error:
        notes.setdefault((method.name, -1), []).append(str(error))
    else:
        for pc, state in enumerate(verified.states):
            if state is not None:
                states[method.name, pc] = _stack(state)


def _stack(state: FrameState) -> str:
    return ", ".join(map(_name, state.stack))


def _name(type_: Type) -> str:
    if isinstance(type_, RawThis):
        return f"{type_} not yet initialised"
    return f"this {type_}" if isinstance(type_, OwnThis) else str(type_)
