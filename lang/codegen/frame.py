"""Where each variable of one method lives: a slot of the frame, or a field of the closure that captured it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen

from lang.codegen.assembler import Assembler
from lang.typed import Variable
from minivm.classfile import INIT, FieldRef, MethodRef
from minivm.types import Type, class_type


@frozen
class Place:
    """A variable's home. ``captured`` is the closure's field that holds it, None for a slot; ``cell`` says that
    what is there is a ``Cell`` around the value."""

    slot: int
    captured: FieldRef | None
    cell: Type | None


def cell_type(variable: Variable) -> Type | None:
    """``Cell<T>`` for a variable that frames share, else None."""
    return class_type("Cell", variable.type) if variable.in_cell else None


def cell_value(cell: Type) -> FieldRef:
    """The field of a ``Cell<T>`` that holds the value."""
    return FieldRef(cell, "value", cell.args[0])


def cell_init(cell: Type) -> MethodRef:
    """The constructor of ``Cell<T>``."""
    return MethodRef(cell, INIT, cell.args, cell)


class Frame:
    """The slots of one method: given out as scopes open, used again after they close."""

    def __init__(self, assembler: Assembler) -> None:
        self.size = 0
        self._assembler = assembler
        self._next = 0
        self._places: dict[Variable, Place] = {}
        self._open: list[tuple[int, str, int]] = []  # (slot, name, from which instruction) of variables in scope

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Variables and temporaries made inside the ``with`` end with it."""
        first, names = self._next, len(self._open)
        yield
        for slot, name, start in self._open[names:]:
            self._assembler.name_local(slot, name, start)
        del self._open[names:]
        self._next = first

    def temporary(self) -> int:
        """A fresh slot, free again at the end of the scope."""
        slot = self._next
        self._next += 1
        self.size = max(self.size, self._next)
        return slot

    def bind(self, variable: Variable) -> int:
        """Give ``variable`` a slot of its own; it has its value from here on."""
        slot = self.temporary()
        self._places[variable] = Place(slot, None, cell_type(variable))
        return slot

    def name(self, variable: Variable) -> None:
        """Let debuggers see ``variable`` from here to the end of the scope (a compiler's temporary is no name)."""
        if variable.name.isidentifier():
            self._open.append((self.place(variable).slot, variable.name, self._assembler.here))

    def bind_captured(self, variable: Variable, field: FieldRef, cell: Type | None) -> None:
        """Let ``variable`` be the closure's ``field``."""
        self._places[variable] = Place(-1, field, cell)

    def place(self, variable: Variable) -> Place:
        """Where ``variable`` is. One that was never declared (its declaration cannot be reached) gets a slot."""
        if variable not in self._places:
            self.bind(variable)
        return self._places[variable]
