"""What a type is below, what two types have in common, and which members a type has.

``is_subtype`` is about values as they are: nothing is boxed. What is converted on the way is in ``conversions``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import define, frozen

from lang.checker.table import ClassEntry, Table, binding_of, is_wrong
from minivm.classfile import Field, Flags, Method
from minivm.types import NULL, OBJECT, Kind, Type


@frozen(eq=False)
class FoundField:
    """A field as seen from a receiver: the class that declares it, as a type, and its type there."""

    owner: Type
    entry: ClassEntry
    field: Field
    type: Type


@frozen(eq=False)
class FoundMethod:
    """A method as seen from a receiver; ``binding`` gives the declaring class's variables."""

    owner: Type
    entry: ClassEntry
    method: Method
    binding: Mapping[str, Type]


@define(eq=False)
class Types:
    """The relations between types where the type variables in ``bounds`` are in scope (unbounded ones: None)."""

    table: Table
    bounds: Mapping[str, Type | None]

    def is_subtype(self, lower: Type, upper: Type) -> bool:
        """Whether every word of type ``lower`` is one of type ``upper``."""
        if lower == upper or is_wrong(lower) or is_wrong(upper) or lower.kind is Kind.NEVER:
            return True
        if lower.kind is Kind.NULL:
            return upper.nullable
        if (lower.nullable and not upper.nullable) or not self.is_reference(lower):
            return False
        low, high = lower.non_null(), upper.non_null()
        if low == high or high == OBJECT:
            return True
        if low.kind is Kind.VARIABLE:
            bound = self.bounds.get(low.name)
            return bound is not None and self.is_subtype(bound, high)
        if low.kind is not Kind.CLASS or high.kind is not Kind.CLASS:
            return False
        return self.supertype(low, high.name) == high

    def is_reference(self, type_: Type) -> bool:
        """Whether the type's words are references in every instantiation: not so for ``int`` and an unbounded T."""
        if type_.nullable:
            return True
        if type_.kind is Kind.VARIABLE:
            return self.bounds.get(type_.name) is not None
        return type_.kind is not Kind.PRIMITIVE

    def supertype(self, type_: Type, name: str) -> Type | None:
        """The instance of class ``name`` among a class type and its supertypes."""
        type_ = self.upper_bound(type_.non_null())
        if type_.name == name:
            return type_
        entry = self.table.find(type_.name)
        found = self.table.supers(entry).get(name) if entry else None
        if entry is None or found is None:
            return None
        return found.substitute(binding_of(entry, type_))

    def upper_bound(self, type_: Type) -> Type:
        """The bound of a type variable (Object if it has none); other types as they are."""
        if type_.kind is not Kind.VARIABLE:
            return type_
        return self.bounds.get(type_.name) or OBJECT

    def join(self, left: Type, right: Type) -> Type | None:
        """The least common supertype, or None if only Object would do for unrelated kinds of value."""
        if left == right or is_wrong(left) or right.kind is Kind.NEVER:
            return left
        if is_wrong(right) or left.kind is Kind.NEVER:
            return right
        if left == NULL or right == NULL:
            return (left if right == NULL else right).or_null()
        nullable = left.nullable or right.nullable
        low, high = left.non_null(), right.non_null()
        common = low if low == high else self._join_references(low, high)
        return common.or_null() if common is not None and nullable else common

    def _join_references(self, left: Type, right: Type) -> Type | None:
        if not (self.is_reference(left) and self.is_reference(right)):
            return None
        if self.is_subtype(left, right):
            return right
        if self.is_subtype(right, left):
            return left
        left, right = self.upper_bound(left), self.upper_bound(right)
        for candidate in self.ancestors(left):
            if candidate != OBJECT and self.is_subtype(right, candidate):
                return candidate
        return OBJECT if left.kind is Kind.CLASS and right.kind is Kind.CLASS else None

    def ancestors(self, type_: Type) -> Iterator[Type]:
        """A class type and its supertypes, superclasses first."""
        yield type_
        entry = self.table.find(type_.name) if type_.kind is Kind.CLASS else None
        if entry is not None:
            binding = binding_of(entry, type_)
            for above in self.table.supers(entry).values():
                yield above.substitute(binding)

    def can_be(self, left: Type, right: Type) -> bool:
        """Whether one value can be of both types: false only where the hierarchy rules it out."""
        low, high = self.upper_bound(left.non_null()), self.upper_bound(right.non_null())
        if is_wrong(low) or is_wrong(high) or OBJECT in (low, high):
            return True
        if (left.nullable and right.nullable) or low == high:
            return True
        if low.kind is not Kind.CLASS or high.kind is not Kind.CLASS:
            return False
        if self.supertype(low, high.name) is not None:
            return self.is_subtype(low, high)
        if self.supertype(high, low.name) is not None:
            return self.is_subtype(high, low)
        return self._is_open_interface(low, high) or self._is_open_interface(high, low)

    def _is_open_interface(self, interface: Type, other: Type) -> bool:
        """Whether ``other`` may have a subclass that implements ``interface``."""
        first, second = self.table.find(interface.name), self.table.find(other.name)
        if first is None or second is None:
            return True
        return first.file.is_interface and not second.has(Flags.FINAL)

    # ── members ──────────────────────────────────────────────────────────────────────────────────────────

    def find_field(self, type_: Type, name: str, asker: ClassEntry | None = None) -> FoundField | None:
        """The field that ``name`` means on a value of the type: the nearest one. A superclass's private field is
        passed over, unless there is nothing else or ``asker`` is its class."""
        hidden = None
        for owner in self.ancestors(self.upper_bound(type_.non_null())):
            entry = self.table.find(owner.name) if owner.kind is Kind.CLASS else None
            field = entry.field(name) if entry else None
            if entry is not None and field is not None:
                found = FoundField(owner, entry, field, field.type.substitute(binding_of(entry, owner)))
                if Flags.PRIVATE not in field.flags or entry is asker or owner.name == type_.name:
                    return found
                hidden = hidden or found
        return hidden

    def find_method(self, type_: Type, name: str, asker: ClassEntry | None = None) -> FoundMethod | None:
        """The method that ``name`` means on a value of the type (Object's for a function); as for fields."""
        hidden = None
        bound = self.upper_bound(type_.non_null())
        for owner in self.ancestors(bound if bound.kind is Kind.CLASS else OBJECT):
            entry = self.table.find(owner.name)
            method = entry.methods.get(name) if entry else None
            if entry is not None and method is not None:
                found = FoundMethod(owner, entry, method, binding_of(entry, owner))
                if Flags.PRIVATE not in method.flags or entry is asker or owner.name == bound.name:
                    return found
                hidden = hidden or found
        return hidden

    def member_names(self, type_: Type, asker: ClassEntry | None = None) -> list[str]:
        """Every name a value of the type answers to, for suggestions; private ones to their own class only."""
        bound = self.upper_bound(type_.non_null())
        names: list[str] = ["length"] if bound.name == "Array" else []
        for owner in self.ancestors(bound if bound.kind is Kind.CLASS else OBJECT):
            entry = self.table.find(owner.name)
            if entry is not None:
                members: list[Field | Method] = [*entry.fields.values(), *entry.methods.values()]
                seen = [m.name for m in members if entry is asker or Flags.PRIVATE not in m.flags]
                names += [name for name in seen if name[0] not in "=$" and name != "init"]
        return names
