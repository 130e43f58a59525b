"""What a class owes its supertypes: overrides that fit, and a body for every abstract method."""

from __future__ import annotations

from collections.abc import Iterator

from minivm.classes import RuntimeClass, RuntimeMethod, signature
from minivm.classfile import INIT, Flags
from minivm.errors import Fault
from minivm.subtypes import World, assignable


def override_faults(cls: RuntimeClass, world: World) -> Iterator[Fault]:
    """Every fault; LinkError if a class that has to be compared cannot be loaded."""
    interfaces = cls.all_interfaces()
    for method in cls.methods.values():
        if not is_inherited_name(method.name):
            continue
        for base in _overridden(cls, method, interfaces):
            reason = why_no_override(method, base, world)
            if reason:
                yield Fault(cls.name, method.name, -1, reason)
    if not cls.is_interface:
        yield from _unimplemented(cls, interfaces, world)


def is_inherited_name(name: str) -> bool:
    """Whether a subclass's method of that name has to do with this one at all."""
    return name != INIT and not name.startswith("=")


def _overridden(cls: RuntimeClass, method: RuntimeMethod, interfaces: list[RuntimeClass]) -> Iterator[RuntimeMethod]:
    above = cls.superclass
    for at in above.supers() if above else ():
        base = at.methods.get(method.name)
        if base is not None and Flags.PRIVATE not in base.declared.flags:
            yield base
            break
    for interface in interfaces:
        base = interface.methods.get(method.name)
        if base is not None:
            yield base


def why_no_override(method: RuntimeMethod, base: RuntimeMethod, world: World) -> str:
    """What keeps ``method`` from taking the place of ``base``; empty if nothing does."""
    flags, above = method.declared.flags, base.declared.flags
    if method.is_static and base.is_static:
        return ""  # static methods do not override, they only share a name
    if method.is_static != base.is_static:
        return f"is static, but {base} is not" if method.is_static else f"is not static, but {base} is"
    if Flags.FINAL in above:
        return f"overrides {base}, which is final"
    if method.declared.type_parameters or base.declared.type_parameters:
        return f"has the name of {base}; generic methods are not overridden"
    if Flags.PRIVATE in flags:
        return f"is private, but {base} is not"
    if method.parameters != base.parameters or not assignable(method.result, base.result, world):
        return f"is {signature(method)}, which does not fit {signature(base)}"
    return ""


def _unimplemented(cls: RuntimeClass, interfaces: list[RuntimeClass], world: World) -> Iterator[Fault]:
    concrete = Flags.ABSTRACT not in cls.file.flags
    for wanted in _abstract_methods(cls, interfaces):
        found = next((c.methods[wanted.name] for c in cls.supers() if wanted.name in c.methods), None)
        if found is None or Flags.ABSTRACT in found.declared.flags:
            if concrete:
                yield Fault(cls.name, "", -1, f"does not implement {signature(wanted)}")
        elif found.owner is not cls:  # its own methods have been compared already
            reason = why_no_override(found, wanted, world)
            if reason:
                yield Fault(cls.name, "", -1, f"inherits {found}, which {reason}")


def _abstract_methods(cls: RuntimeClass, interfaces: list[RuntimeClass]) -> Iterator[RuntimeMethod]:
    for owner in (*cls.supers(), *interfaces):
        for method in owner.methods.values():
            if Flags.ABSTRACT in method.declared.flags:
                yield method
