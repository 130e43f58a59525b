"""Function frames and the block scopes inside them; a function literal's frame captures from the one around it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, unique

from attrs import define, field

from lang.checker.flow import Flow, Key
from lang.source import Span
from lang.typed import Loop, ReturnValue, Variable
from minivm.types import Type


@unique
class Role(Enum):
    """What kind of code a frame is."""

    METHOD = "method"
    INIT = "init"
    LITERAL = "function literal"
    MAIN = "main"  # the top level of an entry module
    STATIC = "static"  # the top level of an imported module
    INITIALISER = "initialiser"  # of a field


@define(eq=False)
class LoopFrame:
    """A loop around the code being checked, and how control leaves it."""

    loop: Loop
    breaks: list[Flow] = field(factory=list)


@define(eq=False)
class Frame:
    """One function, function literal or initialiser while it is checked.

    ``result`` is None while a literal's result is inferred from ``returns``. ``own_this`` is None where there is
    no instance (``no_this`` then says why). ``given`` and ``given_unset``: what was known of the captured variables
    where the literal stands.
    """

    role: Role
    result: Type | None
    own_this: Variable | None = None
    parent: Frame | None = None
    title: str = ""
    no_this: str = ""
    scopes: list[dict[str, Variable]] = field(factory=lambda: [{}])
    captures: dict[Variable, Variable] = field(factory=dict)
    returns: list[tuple[ReturnValue, Span]] = field(factory=list)
    loops: list[LoopFrame] = field(factory=list)
    flow: Flow = field(factory=Flow)
    given: dict[Variable, Type] = field(factory=dict)
    given_unset: set[Variable] = field(factory=set)

    def find(self, name: str) -> Variable | None:
        """The local variable of that name, captured if it is one of a frame around this."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        outer = self.parent.find(name) if self.parent else None
        return self.capture(outer) if outer else None

    def this(self) -> Variable | None:
        """``this``, captured in a literal."""
        if self.own_this is not None or self.parent is None:
            return self.own_this
        outer = self.parent.this()
        return self.capture(outer) if outer else None

    def why_no_this(self) -> str:
        """What to say where there is no ``this``."""
        return self.no_this or (self.parent.why_no_this() if self.parent else "")

    def capture(self, outer: Variable) -> Variable:
        """The variable in this frame that stands for one of the frame around it; it keeps what is known of it."""
        inner = self.captures.get(outer)
        if inner is None:
            inner = Variable(outer.name, outer.type, outer.mutable, outer.in_cell)
            self.captures[outer] = inner
            above = self.parent or self
            known = above.narrowed(outer)
            if known is not None:
                self.given[inner] = known
            if above.is_unset(outer):
                self.given_unset.add(inner)
        return inner

    def narrowed(self, key: Key) -> Type | None:
        """What ``key`` is known to be here, beyond its declared type (for a capture: where the literal stands)."""
        known = self.flow.narrowed.get(key)
        return self.given.get(key) if known is None and isinstance(key, Variable) else known

    def is_unset(self, variable: Variable) -> bool:
        """Whether the variable may have no value here."""
        return (variable in self.flow.unset and self.flow.reachable) or variable in self.given_unset

    def names(self) -> Iterator[str]:
        """Every local name in scope, for suggestions."""
        frame: Frame | None = self
        while frame is not None:
            for scope in frame.scopes:
                yield from scope
            frame = frame.parent
