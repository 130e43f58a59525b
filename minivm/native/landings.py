"""Where machine code can be entered in the middle of a method, as the kernels that unwind frames read it.

The table is derived from the live units. Whatever changes them, or the classes, throws it away; the next error that the
interpreter leads to machine code makes it anew.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING

from attrs import define

from minivm.classes import RuntimeMethod, Stage
from minivm.classfile import Code, Handler, MethodRef
from minivm.errors import LinkError
from minivm.frames import FIRST
from minivm.instructions import Trait
from minivm.interpreter import Interpreter
from minivm.kernels.unwinding import BEGINNING, FIRST_ROW
from minivm.loader import class_of
from minivm.memory import Register
from minivm.native.rows.calls import PARKING

if TYPE_CHECKING:
    from minivm.native.tier import Compiled
    from minivm.native.unit import Key

_EMPTY = array("q", [0] * FIRST_ROW)  # knows of nothing


@define(eq=False, repr=False)
class Landings:
    """The table of one machine. ``units`` are its tier's."""

    vm: Interpreter
    units: Mapping[Key, Compiled]
    words: array[int] = _EMPTY

    def forget(self) -> None:
        """The table may not be true any more: let the interpreter do everything."""
        self._use(_EMPTY)

    def renew(self) -> None:
        """Make the table, if it was thrown away."""
        if self.words is _EMPTY:
            self._use(self._table())

    def _use(self, words: array[int]) -> None:
        self.words = words
        self.vm.words[Register.LANDINGS] = words.buffer_info()[0]

    def _table(self) -> array[int]:
        vm = self.vm
        methods, classes, unwinder = len(vm.methods), len(vm.classes), vm.unwinder
        table = array("q", [methods, classes, unwinder.frames_offset, unwinder.trace_class.id])
        table.extend([0] * (methods + classes))
        for method, entries in self._entries().items():
            table[FIRST_ROW + method.id] = len(table)
            table.extend(self._method_row(method, entries))
        for cls in vm.classes:
            if cls is not None and cls.stage is not Stage.LOADED and unwinder.error_class.id in cls.ancestors:
                table[FIRST_ROW + methods + cls.id] = len(table)
                table.extend((len(cls.ancestors), *cls.ancestors))
        return table

    def _entries(self) -> dict[RuntimeMethod, dict[int, int]]:
        """Entries by pc, of every method that machine code may write a frame of and that has handlers or entries."""
        found: dict[RuntimeMethod, dict[int, int]] = {}
        for (method, start), compiled in self.units.items():
            if start is not None:
                found.setdefault(method, {})[start] = compiled.entry
            for included in compiled.unit.included:
                if _code(included).handlers:
                    found.setdefault(included, {})
        return found

    def _method_row(self, method: RuntimeMethod, entries: Mapping[int, int]) -> list[int]:
        code = _code(method)
        handlers = [self._handler(method, handler, entries) for handler in code.handlers]
        sites = [self._site(method, pc, entry) for pc, entry in entries.items() if _is_site(code, pc)]
        return [code.locals, len(handlers), len(sites), *chain(*handlers, *sites)]

    def _handler(self, method: RuntimeMethod, handler: Handler, entries: Mapping[int, int]) -> tuple[int, ...]:
        try:
            cls = method.scope(self.vm.machine.app).classes.get(class_of(handler.catch.substitute(method.binding)))
        except LinkError:
            cls = None
        if cls is None:  # not loaded: only the interpreter can tell what it catches
            return handler.start, handler.end, 0, handler.target, 0
        return handler.start, handler.end, cls.id, handler.target, entries.get(handler.target, 0)

    def _site(self, method: RuntimeMethod, pc: int, entry: int) -> tuple[int, ...]:
        if pc == 0:
            return BEGINNING, 0, entry, 0
        assert method.verified is not None
        state = method.verified.states[pc]
        assert state is not None
        call = _code(method).instructions[pc - 1]
        ref = method.constant(call.operands[0]) if call.operands else None
        waits = isinstance(ref, MethodRef) and (ref.owner.name, ref.name) in PARKING
        # what gives nothing, as `initfields`, takes the callee's word all the same: where its own operand was
        result = FIRST + _code(method).locals + len(state.stack) - len(call.row.gives)
        return pc - 1, result, entry, waits


def _is_site(code: Code, pc: int) -> bool:
    return pc == 0 or code.instructions[pc - 1].row.has(Trait.CALLS)


def _code(method: RuntimeMethod) -> Code:
    assert method.declared.code is not None
    return method.declared.code
