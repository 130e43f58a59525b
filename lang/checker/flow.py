"""What is known at a point of the program: which variables are narrowed, which may be unset, whether it is reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve, frozen

from lang.typed import Variable
from minivm.types import Type


@frozen
class StaticKey:
    """A variable of a module, as something that can be narrowed."""

    owner: str
    name: str


@frozen
class ThisKey:
    """A ``let`` field of ``this``, as something that can be narrowed."""

    name: str


Key = Variable | StaticKey | ThisKey
_NOTHING: Mapping[Key, Type] = {}


@frozen(eq=False)
class Flow:
    """One point. ``unset``: variables and names of fields of ``this`` that may have no value yet; ``touched``:
    names of ``let`` fields that may have one."""

    reachable: bool = True
    narrowed: Mapping[Key, Type] = _NOTHING
    unset: frozenset[Variable | str] = frozenset()
    touched: frozenset[str] = frozenset()

    def stopped(self) -> Flow:
        """The point after a throw, return, break or continue."""
        return evolve(self, reachable=False) if self.reachable else self

    def narrow(self, key: Key, type_: Type) -> Flow:
        """Where ``key`` is known to be of type ``type_``."""
        return evolve(self, narrowed={**self.narrowed, key: type_})

    def forget(self, key: Key) -> Flow:
        """Where nothing is known about ``key`` beyond its declared type."""
        if key not in self.narrowed:
            return self
        return evolve(self, narrowed={k: t for k, t in self.narrowed.items() if k != key})

    def forget_names(self, names: frozenset[str]) -> Flow:
        """Where nothing is known about any variable with one of these names (they are assigned in a loop)."""
        if not names or not self.narrowed:
            return self
        return evolve(self, narrowed={k: t for k, t in self.narrowed.items() if k.name not in names})

    def declare_unset(self, variable: Variable | str) -> Flow:
        """After a declaration without a value."""
        return evolve(self, unset=self.unset | {variable})

    def assign(self, variable: Variable | str) -> Flow:
        """After an assignment."""
        return evolve(self, unset=self.unset - {variable}) if variable in self.unset else self

    def touch(self, name: str) -> Flow:
        """After an assignment to a ``let`` field of ``this``."""
        return evolve(self, touched=self.touched | {name})


def join(flows: Iterable[Flow]) -> Flow:
    """The point where several paths meet: what holds on all that are reached."""
    every = list(flows)
    reached = [flow for flow in every if flow.reachable]
    if len(reached) <= 1:
        return reached[0] if reached else every[0].stopped()
    first, *rest = reached
    unset, touched = first.unset, first.touched
    narrowed: dict[Key, Type] | Mapping[Key, Type] = first.narrowed
    for flow in rest:
        unset |= flow.unset
        touched |= flow.touched
        if narrowed is not flow.narrowed:
            narrowed = _common(narrowed, flow.narrowed)
    return Flow(True, narrowed, unset, touched)


def _common(left: Mapping[Key, Type], right: Mapping[Key, Type]) -> dict[Key, Type]:
    """Equal narrowings, and non-nullness where only that is common to a variable's two narrowings."""
    found: dict[Key, Type] = {}
    for key, type_ in left.items():
        other = right.get(key)
        if other == type_:
            found[key] = type_
        elif other is not None and isinstance(key, Variable) and not (other.nullable or type_.nullable):
            found[key] = key.type.non_null()
    return found
