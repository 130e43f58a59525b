"""Executing one fiber bytecode by bytecode or line by line, with what each step finds and leaves as data.

    stepper = Stepper(machine, machine.start(method))
    while (step := stepper.step()) is not None:
        print(step.before.instruction, step.before.stack, "->", step.outcome.value)

The stepped fiber runs in the interpreter, by the same handlers as ever. When it waits, or its turn is over, the others
run as they would without a stepper until it is on again.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, unique

from attrs import frozen

from minivm.classfile import Code
from minivm.disassembler import instruction_text
from minivm.errors import LinkError, Throw, UsageError
from minivm.frames import FIRST, PC, Frame, Link
from minivm.glance import glance
from minivm.instructions import Trait
from minivm.interpreter import Halt, Interpreter
from minivm.kernels.fibers import State
from minivm.layouts import STACK_TOP
from minivm.machine import Machine
from minivm.memory import Root
from minivm.types import Type
from minivm.variables import variables

_FIBER = Root.HOST + 4  # keeps the stepped fiber while others run, and after its end

Show = Callable[[Interpreter, Type, int], str]  # the text of a word of a type; it must not allocate


@unique
class Outcome(Enum):
    """What executing an instruction led to."""

    NEXT = "next"  # the instruction after it
    JUMPED = "jumped"  # another instruction of the same method
    CALLED = "called"  # the first instruction of a method it called
    INITIALISES = "initialises"  # a class it needs is initialised first; then it is executed again
    RETURNED = "returned"  # back in the caller
    THREW = "threw"  # an exception; the fiber goes on in a handler
    WAITS = "waits"  # the fiber waits, or let the others run; then it is executed again
    ENDED = "ended"  # the fiber's first method has returned
    FAILED = "failed"  # an exception that nobody caught has ended the fiber


@frozen
class Slot:
    """A local variable or an operand: its name ("" for an operand), its static type and its value as text."""

    name: str
    type: Type
    text: str


@frozen
class Spot:
    """Where a fiber stands: about to execute ``instruction``, with these variables and operands (top of stack last)."""

    method: str
    source: str
    line: int
    pc: int
    instruction: str
    depth: int  # frames of the fiber
    locals: tuple[Slot, ...]
    stack: tuple[Slot, ...]


@frozen
class Step:
    """One instruction or line executed: where the fiber stood, where it stands now (None: it has ended), and how."""

    before: Spot
    after: Spot | None
    outcome: Outcome
    detail: str = ""  # for THREW and FAILED the error, for ENDED the result, for CALLED … the method or class
    instructions: int = 1


@frozen
class _Mark:
    """What is remembered of the place before an instruction, to say afterwards what happened."""

    frame: Frame
    height: int
    is_loop: bool
    line: int


@frozen
class _Effect:
    outcome: Outcome
    detail: str = ""


class Stepper:
    """Steps through the live fiber of this number; see ``Machine.start``.

    ``show`` makes the text of a value. Only one stepper of a machine is in use at a time: ``close`` ends it, and leaves
    the fiber to run on like any other.

    Raises:
        UsageError: there is no such fiber.
    """

    def __init__(self, machine: Machine, fiber: int, show: Show = glance) -> None:
        self.machine = machine
        self.vm = machine.vm
        self.scheduler = machine.scheduler
        self.number = fiber
        self.show = show
        self.ended = False
        found = next((f for f in self.scheduler.live() if self.scheduler.get(f, "id") == fiber), 0)
        if not found:
            raise UsageError(f"there is no fiber {fiber} to step through")
        machine.memory.set_root(_FIBER, found)

    @property
    def fiber(self) -> int:
        """The stepped fiber, also after its end. It moves with every collection."""
        return self.machine.memory.root(_FIBER)

    @property
    def error(self) -> int:
        """The error object the fiber ended with, 0 if none."""
        return self.scheduler.get(self.fiber, "error") if self.ended else 0

    def close(self) -> None:
        """Stop stepping; the fiber, if it lives, goes on with the others."""
        self.machine.memory.set_root(_FIBER, 0)

    # ── steps ────────────────────────────────────────────────────────────────────────────────────────────

    def step(self) -> Step | None:
        """Execute one instruction of the fiber; None if it has ended.

        Raises:
            Deadlock: it waits for ever; Exit: the program asked for the end; Interrupted.
        """
        return self._steps(lambda mark, height, line: False)

    def step_line(self, *, into: bool = False) -> Step | None:
        """Execute until another line begins: over the calls the line makes or, on request, into the first of them.

        A line that loops counts as another each time round. Raises as ``step``.
        """
        if self.ended or not self._turn():
            return None
        start = self._mark()

        def more(mark: _Mark, height: int, line: int) -> bool:
            if height > start.height:
                return not into
            return height == start.height and line == start.line and not mark.is_loop

        return self._steps(more)

    def step_out(self) -> Step | None:
        """Execute until the current method has returned or thrown. Raises as ``step``."""
        if self.ended or not self._turn():
            return None
        start = self._height()
        return self._steps(lambda mark, height, line: height >= start)

    def run(self) -> None:
        """Let the fiber run to its end, at full speed. Raises as ``step``."""
        while not self.ended and self._turn():
            self.scheduler.awaited = self.number
            try:
                self.vm.run()
            except Halt:
                self._has_ended()
            finally:
                self.scheduler.awaited = 0

    def where(self) -> Spot | None:
        """Where the fiber stands; None if it has ended."""
        return None if self.ended else self._spot()

    def _steps(self, more: Callable[[_Mark, int, int], bool]) -> Step | None:
        """Execute one instruction and then others while ``more`` (place before, height and line after) says so."""
        if self.ended or not self._turn():
            return None
        before, count = self._spot(), 0
        while True:
            mark = self._mark()
            effect = self._execute(mark)
            count += 1
            if self.ended:
                return Step(before, None, effect.outcome, effect.detail, count)
            frame = self._top()
            if not more(mark, self._height(), frame.line) or not self._turn():
                return Step(before, self.where(), effect.outcome, effect.detail, count)

    # ── executing ────────────────────────────────────────────────────────────────────────────────────────

    def _turn(self) -> bool:
        """Let the others run until it is the fiber's turn; False if it has ended meanwhile."""
        scheduler, vm = self.scheduler, self.vm
        scheduler.awaited = self.number
        try:
            while scheduler.current_id() != self.number:
                if not scheduler.current:
                    scheduler.next_fiber()
                else:
                    self._cell()
        except Halt:  # cancelled while it waited
            self._has_ended()
        finally:
            scheduler.awaited = 0
            if scheduler.current:
                vm.sync()
        return not self.ended

    def _execute(self, mark: _Mark) -> _Effect:
        """One instruction of the fiber, which is the current one."""
        self.scheduler.awaited = self.number
        try:
            thrown = self._cell()
        except Halt:
            return self._has_ended(mark)
        finally:
            self.scheduler.awaited = 0
        return _Effect(Outcome.THREW, thrown) if thrown else self._effect(mark)

    def _cell(self) -> str:
        """Execute one cell of whatever fiber is current; the error it threw, described, or ""."""
        vm = self.vm
        pc, fp = vm.pc, vm.fp
        handler, at, arg = vm.code[pc]
        vm.watched = True
        try:
            step = handler(vm, vm.words, fp, at, arg)
        except Throw as throw:
            return self._unwind(pc, throw)
        except LinkError as error:
            return self._unwind(pc, Throw("LinkError", str(error)))
        finally:
            vm.watched = False
        if step is None:
            vm.pc = pc + 1
        elif step >= 0:
            vm.pc = step
        if vm.stack:  # a fiber is current: it may stand still here
            vm.words[vm.fp + PC] = vm.pc
        return ""

    def _unwind(self, pc: int, throw: Throw) -> str:
        unwinder = self.vm.unwinder
        text = unwinder.describe(throw.ref) if throw.ref else f"{throw.kind}: {throw.message}".removesuffix(": ")
        unwinder.unwind(pc, throw)
        return text

    # ── saying what happened ─────────────────────────────────────────────────────────────────────────────

    def _has_ended(self, mark: _Mark | None = None) -> _Effect:
        self.ended = True
        if self.scheduler.get(self.fiber, "state") == State.FAILED:
            return _Effect(Outcome.FAILED, self.vm.unwinder.describe(self.error))
        result = mark.frame.method.result if mark is not None else None
        return _Effect(Outcome.ENDED, self.show(self.vm, result, self.vm.result) if result is not None else "")

    def _effect(self, mark: _Mark) -> _Effect:
        frame, height = self._top(), self._height()
        if height > mark.height:
            if frame.link is Link.RESTART:
                return _Effect(Outcome.INITIALISES, str(frame.method.owner.type))
            return _Effect(Outcome.CALLED, str(frame.method))
        if height < mark.height:
            return _Effect(Outcome.RETURNED, str(mark.frame.method))
        if frame.pc == mark.frame.pc + 1:
            return _Effect(Outcome.NEXT)
        return _Effect(Outcome.WAITS if frame.pc == mark.frame.pc and not mark.is_loop else Outcome.JUMPED)

    def _mark(self) -> _Mark:
        frame = self._top()
        return _Mark(frame, self._height(), _row_has(frame, Trait.POLLS), frame.line)

    def _top(self) -> Frame:
        return next(self.scheduler.frames(self.fiber))

    def _height(self) -> int:
        """Where the newest frame is in the fiber's stack: higher after a call, lower after a return."""
        if self.scheduler.current_id() == self.number:
            return self.vm.fp - self.vm.stack
        return self.vm.words[self.scheduler.stack_of(self.fiber) + STACK_TOP]

    def _spot(self) -> Spot:
        frame = self._top()
        method, code = frame.method, _code(frame)
        state = method.verified.states[frame.pc] if method.verified else None
        assert state is not None, "a fiber at an instruction that cannot be reached"
        first = frame.at + FIRST + code.locals
        return Spot(
            str(method),
            method.owner.file.source,
            frame.line,
            frame.pc,
            instruction_text(code, frame.pc, method.constant),
            sum(1 for _ in self.scheduler.frames(self.fiber)),
            tuple(self._slot(v.at, v.name, v.type) for v in variables(frame)),
            tuple(self._slot(first + index, "", type_) for index, type_ in enumerate(state.stack)),
        )

    def _slot(self, at: int, name: str, type_: Type) -> Slot:
        return Slot(name, type_, self.show(self.vm, type_, self.vm.words[at]))


def _code(frame: Frame) -> Code:
    code = frame.method.declared.code
    assert code is not None, "a frame of a method without code"
    return code


def _row_has(frame: Frame, trait: Trait) -> bool:
    return _code(frame).instructions[frame.pc].row.has(trait)
