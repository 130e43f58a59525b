"""Statements: control flow, assignments, and ``try`` with its ``finally`` on every way out.

A ``finally`` block is written out again on each way out of its ``try``: the normal end, every return, break and
continue that leaves it, and a handler for any Error that rethrows. Such a copy belongs to what is around the ``try``,
so it is cut out of the ranges that the ``try``'s handlers cover. The ``try`` body starts with an empty operand stack,
because a handler does: operands of an expression around it wait in temporaries.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Protocol

from attrs import Factory, define, frozen

from lang.codegen.assembler import Assembler, Label
from lang.codegen.expressions import ExpressionWriter
from lang.codegen.frame import cell_init, cell_type, cell_value
from lang.codegen.work import Step, Work
from lang.typed import (
    Branch,
    BreakLoop,
    Closure,
    ContinueLoop,
    Declare,
    Evaluate,
    Loop,
    ReturnValue,
    SetElement,
    SetField,
    SetLocal,
    SetStatic,
    SuperInit,
    TryStatement,
    TypedBlock,
    TypedCatch,
    TypedStatement,
    Variable,
)
from minivm.types import ERROR, VOID, Type


@frozen(eq=False)
class OpenLoop:
    """A loop being written: where its ``break`` and ``continue`` go, and the stack depth there."""

    loop: Loop
    depth: int
    end: Label = Factory(Label)
    step: Label = Factory(Label)


@define(eq=False)
class OpenTry:
    """A ``try`` being written: what every way out of it has to do, and the stretches its handlers do not cover."""

    finally_: TypedBlock | None
    waiting: list[int]  # temporaries that hold the operands of the expression around it
    gaps: list[tuple[int, int]] = Factory(list)

    def covered(self, start: int, end: int) -> list[tuple[int, int]]:
        """start..end without the gaps."""
        pieces = []
        for gap_start, gap_end in sorted(self.gaps):
            if start <= gap_start < end:
                pieces.append((start, gap_start))
                start = gap_end
        return [*pieces, (start, end)]


class Closures(Protocol):
    """What writes the classes of function literals."""

    def create(self, writer: BodyWriter, closure: Closure) -> Step:
        """Write the closure's class and, through ``writer``, its creation."""


class BodyWriter(ExpressionWriter):
    """Generates one method's body."""

    def __init__(self, assembler: Assembler, own: Type, closures: Closures) -> None:
        super().__init__(assembler)
        self._own = own  # the class being written, with its own type variables
        self._closures = closures
        self._open: list[OpenLoop | OpenTry] = []  # around the statement being written, outermost first

    def body(self, variables: Iterable[Variable], body: TypedBlock, result: Type) -> Work:
        """A whole method: its receiver and parameters, then its statements."""
        with self.frame.scope():
            for variable in variables:
                self._parameter(variable)
            yield self.block(body)
            if result == VOID:
                self.assembler.emit("unit")
                self.assembler.emit("ret")

    def _parameter(self, variable: Variable) -> None:
        slot = self.frame.bind(variable)
        self.frame.name(variable)
        cell = cell_type(variable)
        if cell is not None:
            self.assembler.emit("load", slot)
            self.assembler.emit_constant("new", cell_init(cell))
            self.assembler.emit("store", slot)

    def closure(self, closure: Closure) -> Step:
        """A function literal."""
        return self._closures.create(self, closure) if self.assembler.reachable else None

    def statements(self, statements: Iterable[TypedStatement]) -> Work:
        """Statements in the current scope, as far as control gets."""
        for statement in statements:
            if not self.assembler.reachable:
                break
            yield STATEMENTS[type(statement)](self, statement)

    def block(self, block: TypedBlock) -> Work:
        """Statements in a scope of their own."""
        with self.frame.scope():
            yield self.statements(block.statements)

    # ── assignments ──────────────────────────────────────────────────────────────────────────────────────

    def declare(self, s: Declare) -> Work:
        """A variable comes into scope."""
        self.assembler.line = s.line
        if s.value is not None:
            yield self.expression(s.value)
        self.initialise(s.variable, s.value is not None)

    def initialise(self, variable: Variable, has_value: bool = True) -> None:
        """Give ``variable`` a slot, and the word on the stack if there is one."""
        slot = self.frame.bind(variable)
        if has_value:
            cell = cell_type(variable)
            if cell is not None:
                self.assembler.emit_constant("new", cell_init(cell))
            self.assembler.emit("store", slot)
        self.frame.name(variable)

    def set_local(self, s: SetLocal) -> Work:
        """Assign a variable."""
        self.assembler.line = s.line
        place = self.frame.place(s.variable)
        if place.cell is None:
            yield self.expression(s.value)
            self.assembler.emit("store", place.slot)
        else:
            self.load(s.variable)
            yield self.expression(s.value)
            self.assembler.emit_constant("putfield", cell_value(place.cell))

    def set_field(self, s: SetField) -> Work:
        """Assign a field."""
        self.assembler.line = s.line
        yield self.all((s.object, s.value), s.line)
        self.assembler.emit_constant("putfield", s.ref)

    def set_static(self, s: SetStatic) -> Work:
        """Assign a static field."""
        self.assembler.line = s.line
        yield self.all((s.value,), s.line)
        self.assembler.emit_constant("putstatic", s.ref)

    def set_element(self, s: SetElement) -> Work:
        """Assign an array element."""
        self.assembler.line = s.line
        yield self.all((s.array, s.index, s.value), s.line)
        self.assembler.emit("arraystore")

    def evaluate(self, s: Evaluate) -> Work:
        """An expression for its effect."""
        self.assembler.line = s.line
        yield self.effect(s.expression)

    def super_init(self, s: SuperInit) -> Work:
        """The superclass's init, then this class's field initialisers."""
        self.assembler.line = s.line
        self.load(s.this)
        yield self.all(s.args, s.line)
        self.assembler.emit_constant("callspecial", s.ref)
        self.assembler.emit("pop")
        # always, so that init stays the same code when a later version of the class adds its first initialiser
        self.load(s.this)
        self.assembler.emit_constant("initfields", self._own)

    # ── branches and loops ───────────────────────────────────────────────────────────────────────────────

    def if_(self, s: Branch) -> Work:
        """``if`` as a statement."""
        self.assembler.line = s.line
        otherwise, end = Label(), Label()
        yield self.branch(s.condition, otherwise, False)
        yield self.block(s.then)
        if s.otherwise is not None and s.otherwise.statements:
            self.assembler.jump("jump", end)
            self.assembler.place(otherwise)
            yield self.block(s.otherwise)
        else:
            self.assembler.place(otherwise)
        self.assembler.place(end)

    def loop(self, s: Loop) -> Work:
        """``while``: the test at the head, and one ``loop`` back to it."""
        assert s.condition is not None, "an unfinished loop"
        opened = OpenLoop(s, self.assembler.depth)
        head = self.assembler.here
        self.assembler.line = s.line
        yield self.branch(s.condition, opened.end, False)
        self._open.append(opened)
        yield self.block(s.body)
        self.assembler.place(opened.step)
        yield self.block(s.step)
        self._open.pop()
        self.assembler.line = s.line
        self.assembler.emit("loop", head)
        self.assembler.place(opened.end)

    def break_(self, s: BreakLoop) -> Work:
        """``break``."""
        self.assembler.line = s.line
        yield self._leave_for(s.loop, lambda opened: opened.end)

    def continue_(self, s: ContinueLoop) -> Work:
        """``continue``."""
        self.assembler.line = s.line
        yield self._leave_for(s.loop, lambda opened: opened.step)

    def _leave_for(self, loop: Loop, target: Callable[[OpenLoop], Label]) -> Work:
        level, opened = next(
            (i, around) for i, around in enumerate(self._open) if isinstance(around, OpenLoop) and around.loop is loop
        )
        left = yield from self._leave(level + 1)
        self._drop_to(opened.depth)
        self.assembler.jump("jump", target(opened))
        self._end_gaps(left)

    # ── ways out ─────────────────────────────────────────────────────────────────────────────────────────

    def return_(self, s: ReturnValue) -> Work:
        """``return``: the value waits while the ``finally`` blocks around it run."""
        self.assembler.line = s.line
        yield self.expression(s.value)
        must_wait = any(isinstance(around, OpenTry) and around.finally_ for around in self._open)
        with self.frame.scope():
            left: list[tuple[OpenTry, int]] = []
            if must_wait or self.assembler.depth > 1:
                slot = self.frame.temporary()
                self.assembler.emit("store", slot)
                left = yield from self._leave(0)
                self._drop_to(0)
                self.assembler.line = s.line
                self.assembler.emit("load", slot)
            self.assembler.emit("ret")
            self._end_gaps(left)

    def _leave(self, level: int) -> Generator[Step, None, list[tuple[OpenTry, int]]]:
        """Write the ``finally`` blocks of all that is open from ``level`` inward, innermost first.

        Each is written as part of what is around its ``try``. The answer is where each ``try`` was left.
        """
        around, left = self._open, []
        for index in range(len(around) - 1, level - 1, -1):
            opened = around[index]
            if isinstance(opened, OpenTry):
                left.append((opened, self.assembler.here))
                self._drop_to(0)
                self._open = around[:index]
                yield self._go_outside(opened)
        self._open = around
        return left

    def _end_gaps(self, left: list[tuple[OpenTry, int]]) -> None:
        for opened, start in left:
            opened.gaps.append((start, self.assembler.here))

    def _drop_to(self, depth: int) -> None:
        """Drop operands of expressions that are being left."""
        if self.assembler.reachable:
            for _ in range(self.assembler.depth - depth):
                self.assembler.emit("pop")

    def _go_outside(self, opened: OpenTry) -> Work:
        """From the inside of a ``try``, with nothing on the stack, to its outside: the operands that waited come back
        first, so that the ``finally`` block, and a ``break`` in it, finds the stack of the surrounding statements."""
        for slot in opened.waiting:
            self.assembler.emit("load", slot)
        if opened.finally_ is not None:
            yield self.block(opened.finally_)

    # ── try ──────────────────────────────────────────────────────────────────────────────────────────────

    def try_(self, s: TryStatement) -> Work:
        """``try`` with its handlers, innermost first in the exception table."""
        with self.frame.scope():
            waiting = [self.frame.temporary() for _ in range(self.assembler.depth)]
            for slot in reversed(waiting):
                self.assembler.emit("store", slot)
            has_finally = s.finally_ is not None and bool(s.finally_.statements)
            opened = OpenTry(s.finally_ if has_finally else None, waiting)
            end = Label()
            start = self.assembler.here
            yield self._guarded(opened, self.block(s.body))
            guarded = [(start, self.assembler.here)]
            yield self._complete(opened, end)
            for catch, covered in [(catch, opened.covered(*guarded[0])) for catch in s.catches]:
                if self.assembler.handle(covered, catch.type):
                    start = self.assembler.here
                    yield self._guarded(opened, self._catch(catch))
                    guarded.append((start, self.assembler.here))
                    yield self._complete(opened, end)
            if has_finally:
                yield self._rethrow(opened, guarded, s.line)
            self.assembler.place(end)

    def _guarded(self, opened: OpenTry, part: Work) -> Work:
        self._open.append(opened)
        yield part
        self._open.pop()

    def _complete(self, opened: OpenTry, end: Label) -> Work:
        """The normal end of the ``try`` body or of a ``catch``."""
        yield self._go_outside(opened)
        self.assembler.jump("jump", end)

    def _catch(self, catch: TypedCatch) -> Work:
        with self.frame.scope():
            self.initialise(catch.variable)
            yield self.block(catch.body)

    def _rethrow(self, opened: OpenTry, guarded: list[tuple[int, int]], line: int) -> Work:
        pieces = [piece for start, end in guarded for piece in opened.covered(start, end)]
        if self.assembler.handle(pieces, ERROR):
            error = self.frame.temporary()
            self.assembler.emit("store", error)
            yield self._go_outside(opened)
            self.assembler.line = line
            self.assembler.emit("load", error)
            self.assembler.emit("throw")


STATEMENTS: dict[type, Callable[..., Step]] = {
    TypedBlock: BodyWriter.block,
    Declare: BodyWriter.declare,
    SetLocal: BodyWriter.set_local,
    SetField: BodyWriter.set_field,
    SetStatic: BodyWriter.set_static,
    SetElement: BodyWriter.set_element,
    Evaluate: BodyWriter.evaluate,
    Branch: BodyWriter.if_,
    Loop: BodyWriter.loop,
    BreakLoop: BodyWriter.break_,
    ContinueLoop: BodyWriter.continue_,
    ReturnValue: BodyWriter.return_,
    TryStatement: BodyWriter.try_,
    SuperInit: BodyWriter.super_init,
}
