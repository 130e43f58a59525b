"""The body being generated: what is in scope, what it may still cost, and its lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .choices import Choices
from .kinds import Kind
from .world import Class, Function, Variable, World

INDENT = "    "
DEEPEST = 4  # blocks in blocks


class Body:
    """One function's body."""

    def __init__(
        self,
        world: World,
        choices: Choices,
        rank: int,
        price: int,
        result: Kind,
        *,
        this: Class | None = None,
    ) -> None:
        self.world = world
        self.choices = choices
        self.rank = rank
        self.budget = price
        self.result = result
        self.this = this
        self.scopes: list[list[Variable]] = [[]]
        self.lines: list[str] = []
        self.level = 1
        self.loops = 0
        self.in_finally = 0
        self.parameters: list[Variable] = []

    # ── lines ────────────────────────────────────────────────────────────────────────────────────────────

    def line(self, text: str) -> None:
        """Write a line."""
        self.lines.append(INDENT * self.level + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write ``head {``, what is inside, and ``}``."""
        self.line(head + " {")
        self.level += 1
        self.scopes.append([])
        yield
        self.scopes.pop()
        self.level -= 1
        self.line("}")

    @property
    def is_deep(self) -> bool:
        """Whether no more blocks should be opened."""
        return self.level > DEEPEST

    # ── cost ─────────────────────────────────────────────────────────────────────────────────────────────

    def spend(self, price: int) -> None:
        """Use up some of the budget."""
        self.budget -= price

    @contextmanager
    def repeated(self, times: int) -> Iterator[None]:
        """What is generated inside is executed so often."""
        outer = self.budget
        self.budget = start = outer // max(times, 1) - 2
        yield
        self.budget = outer - times * (start - self.budget + 2)

    def affords(self, function: Function) -> bool:
        """Whether it may be called here."""
        return function.rank < self.rank and function.price + 1 < self.budget

    # ── scope ────────────────────────────────────────────────────────────────────────────────────────────

    def declare(self, name: str, kind: Kind, assignable: bool = True) -> Variable:
        """A new local variable."""
        made = Variable(name, kind, assignable)
        self.scopes[-1].append(made)
        return made

    def locals(self) -> list[Variable]:
        """The local variables, innermost first."""
        return [v for scope in reversed(self.scopes) for v in reversed(scope)]

    def places(self) -> list[Variable]:
        """Whatever can be read here, by the text that reads it: locals, fields, statics, top-level variables."""
        found = self.locals()
        if self.this is not None:
            found += [Variable(f"this.{f.name}", f.kind, f.assignable) for f in self.this.all_fields()]
        for v in self.locals():
            cls = self.world.named(v.kind.name) if v.kind.form == "class" else None
            if cls is not None:
                found += [Variable(f"{v.name}.{f.name}", f.kind, f.assignable) for f in cls.all_fields()]
        found += [Variable(f"{cls.name}.{s.name}", s.kind) for cls in self.world.classes for s in cls.statics]
        return found + self.world.globals

    def readable(self, kind: Kind) -> list[str]:
        """The places of exactly that type, and objects of a class below."""
        found = [place.name for place in self.places() if place.kind == kind]
        if kind.form == "class" and self.this is not None and self.fits(self.this.kind, kind):
            found.append("this")
        return found

    def fits(self, kind: Kind, wanted: Kind) -> bool:
        """Whether a value of one type can stand for another."""
        if kind == wanted:
            return True
        one, other = self.world.named(kind.name), self.world.named(wanted.name)
        return one is not None and other is not None and one.is_below(other)

    def receivers(self) -> list[tuple[str, Class]]:
        """The objects at hand whose methods can be called."""
        found = [] if self.this is None else [("this", self.this)]
        for place in self.places():
            cls = self.world.named(place.kind.name) if place.kind.form == "class" else None
            if cls is not None:
                found.append((place.name, cls))
        return found
