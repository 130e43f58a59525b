"""Which types fit where: ``assignable``, and ``merge``, what a word is when it comes from two places.

    never < everything          null < every T?          T < T?  for references
    C<A> < D<B>  where C<A> extends or implements D<B>; arguments and function types are invariant
    every reference < Object? ; a boxed primitive (int?) is below nothing else

Where two paths meet with different classes the word is *any of* them, not their nearest common superclass: with
interfaces there is no single nearest one, and picking one would refuse programs that are right.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from attrs import evolve, frozen

from minivm.classes import RuntimeClass
from minivm.errors import LinkError
from minivm.types import OBJECT, Kind, Type

MAX_MEMBERS = 256  # a word that may be of more classes than this is just an Object


class World(Protocol):
    """Where types become classes: a loader, or what a redefinition would make of one."""

    def load(self, type_: Type) -> RuntimeClass:
        """The class of a reference type; LinkError if there is none."""
        ...


@frozen
class AnyOf(Type):
    """A word that is of one of several classes (``args``), known only while code is verified."""


def assignable(source: Type, target: Type, world: World) -> bool:
    """Whether a word of type ``source`` may stand where a ``target`` is expected.

    Raises:
        LinkError: a class that has to be looked at cannot be loaded.
    """
    if source is target or source.kind is Kind.NEVER or source == target:
        return True
    if source.is_primitive or target.is_primitive or (source.nullable and not target.nullable):
        return False
    if source.kind is Kind.NULL or (target.name == "Object" and target.kind is Kind.CLASS):
        return True
    if isinstance(source, AnyOf):
        return all(assignable(member, target, world) for member in source.args)
    if source.name == target.name and source.kind is target.kind and source.args == target.args:
        return True
    if source.kind is Kind.PRIMITIVE or target.kind not in (Kind.CLASS, Kind.FUNCTION):
        return False
    return world.load(plain(source)).is_below(world.load(target))


def plain(type_: Type) -> Type:
    """The type without what only the verifier knows of the word; what worlds are asked for must be plain."""
    return type_ if type(type_) is Type else Type(type_.kind, type_.name, type_.args, type_.nullable)


def merge(one: Type, other: Type) -> Type | None:
    """The type of a word that is of type ``one`` or ``other``; None if the two have nothing in common."""
    if one is other or one == other:
        return one
    if one.is_primitive or other.is_primitive:
        return None
    nullable = one.nullable or other.nullable
    members = dict.fromkeys((*_members(one), *_members(other)))
    if len(members) == 1:
        found = next(iter(members))
    elif len(members) > MAX_MEMBERS or any(m == OBJECT or m.kind is Kind.PRIMITIVE for m in members):
        found = OBJECT
    else:
        found = AnyOf(Kind.CLASS, "any of", tuple(sorted(members, key=str)))
    return evolve(found, nullable=nullable)


def _members(type_: Type) -> tuple[Type, ...]:
    if type_.kind is Kind.NULL:
        return ()
    if isinstance(type_, AnyOf):
        return type_.args
    return (plain(type_.non_null()),)


def nearest_common(members: Iterable[Type], world: World) -> Type:
    """One type that all of ``members`` are below: a common superclass, else a shared interface, else Object."""
    try:
        classes = [world.load(member) for member in members]
    except LinkError:
        return OBJECT
    first, *others = classes
    for above in (*first.supers(), *first.all_interfaces()):
        if above.type != OBJECT and all(c.is_below(above) for c in others):
            return above.type
    return OBJECT
