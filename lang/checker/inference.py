"""Type arguments of generic calls, found from arguments and from the type that is expected of the result.

A callee's type variables are renamed with a leading ``?`` first, so they never meet those of the code around the
call. Evidence has three ranks: an int literal (which would also do for float), the type of a plain ``T`` argument
(joined with others), and an exact one, from inside another type (``List<T>`` is invariant).
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from lang.checker.subtyping import Types
from lang.checker.table import is_wrong
from minivm.types import FLOAT, INT, OBJECT, Kind, Type, variable

LITERAL, PLAIN, EXACT = range(3)
_MARK = "?"


def fresh(name: str) -> Type:
    """The renamed variable."""
    return variable(_MARK + name)


def is_open(type_: Type) -> bool:
    """Whether a renamed variable occurs in the type: it is not determined yet."""
    if type_.kind is Kind.VARIABLE:
        return type_.name.startswith(_MARK)
    return any(is_open(arg) for arg in type_.args)


@define(eq=False)
class Inference:
    """The type arguments of one call so far, by renamed variable."""

    types: Types
    names: tuple[str, ...]
    found: dict[str, Type] = field(factory=dict)
    ranks: dict[str, int] = field(factory=dict)
    _clashes: set[str] = field(factory=set)

    @property
    def renaming(self) -> dict[str, Type]:
        """From the callee's variables to the renamed ones."""
        return {name: fresh(name) for name in self.names}

    def fix(self, types: Iterable[Type]) -> None:
        """Take explicit type arguments."""
        for name, type_ in zip(self.names, types, strict=False):
            self._bind(_MARK + name, type_, EXACT)

    def apply(self, type_: Type) -> Type:
        """The type with what is known put in."""
        return type_.substitute(self.found)

    def settle(self) -> None:
        """Decide what is still open after all arguments: ``null`` alone is an ``Object?``."""
        for name, type_ in self.found.items():
            if type_.kind is Kind.NULL:
                self.found[name] = OBJECT.or_null()

    def missing(self) -> list[str]:
        """The callee's variables nothing is known about."""
        return [name for name in self.names if _MARK + name not in self.found]

    def unify(self, pattern: Type, actual: Type, rank: int = PLAIN) -> None:
        """Learn from ``actual`` being passed where ``pattern`` is wanted."""
        if is_wrong(actual) or actual.kind is Kind.NEVER or not is_open(pattern):
            return
        if pattern.kind is Kind.VARIABLE:
            if actual.kind is not Kind.NULL or not pattern.nullable:
                self._bind(pattern.name, actual.non_null() if pattern.nullable else actual, rank)
        elif pattern.kind is Kind.FUNCTION and actual.kind is Kind.FUNCTION:
            self._unify_args(pattern, actual)
        elif pattern.kind is Kind.CLASS and actual.kind in (Kind.CLASS, Kind.VARIABLE):
            above = self.types.supertype(actual, pattern.name)
            if above is not None:
                self._unify_args(pattern, above)

    def expect(self, pattern: Type, expected: Type, inside_only: bool) -> None:
        """Learn from the result ``pattern`` being wanted as ``expected``. ``inside_only``: not from a plain ``T``,
        for which the arguments should be heard first."""
        if is_open(expected) or is_wrong(expected) or not is_open(pattern):
            return
        if pattern.kind is Kind.VARIABLE:
            if not inside_only and (pattern.name not in self.found or pattern.name in self._clashes):
                self.found[pattern.name] = expected.non_null() if pattern.nullable else expected
        elif pattern.kind is Kind.CLASS and expected.kind is Kind.CLASS:
            lower = self.types.supertype(pattern, expected.name)
            if lower is not None:
                self._unify_args(lower, expected)
        elif pattern.kind is Kind.FUNCTION and expected.kind is Kind.FUNCTION:
            self._unify_args(pattern, expected)

    def _unify_args(self, pattern: Type, actual: Type) -> None:
        if len(pattern.args) == len(actual.args):
            for inner, arg in zip(pattern.args, actual.args, strict=True):
                self.unify(inner, arg, EXACT)

    def _bind(self, name: str, type_: Type, rank: int) -> None:
        known, before = self.found.get(name), self.ranks.get(name, -1)
        if known is None or (rank == EXACT and before < EXACT):
            self.found[name], self.ranks[name] = type_, rank
        elif before == LITERAL and type_ == FLOAT:
            self.found[name], self.ranks[name] = FLOAT, rank
        elif before < EXACT and not (rank == LITERAL and known == FLOAT and type_ == INT):
            joined = self.types.join(known, type_)
            if joined is None:  # then only what is expected of the result can tell
                self._clashes.add(name)
            self.found[name] = joined or known
            self.ranks[name] = max(rank, before)
