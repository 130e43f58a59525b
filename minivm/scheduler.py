"""Fibers: who runs next. Queues are linked lists in the heap, so they move, are copied and are undone with it.

A fiber is an object of class FiberBase or below; its frames are in the stack object that its ``stack`` field holds.
Switches happen only at polls and in natives that park, round robin, so the same program makes the same switches.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from minivm.classes import RuntimeClass, RuntimeMethod, Stage
from minivm.errors import Deadlock, LinkError, Throw
from minivm.frames import LINK, LINK_MASK, Frame, Link, walk
from minivm.interpreter import LEAF_WORDS, Halt, Interpreter, Interrupted
from minivm.kernels.fibers import (
    FiberFlag,
    State,
    enlist,
    make_current,
    make_ready,
    park_on,
    take_ready,
    unlist,
    wake,
    wake_all,
)
from minivm.layouts import STACK_FIRST, STACK_TOP
from minivm.memory import Register, Root
from minivm.types import class_type

FIRST_STACK = 128  # words: enough for a dozen small frames; grows by doubling

_FIBER_FIELDS = {  # where kernels find what the machine keeps in a fiber
    Register.FIBER_ID: "id",
    Register.FIBER_STATE: "state",
    Register.FIBER_STACK: "stack",
    Register.FIBER_NEXT: "next",
    Register.FIBER_NEXT_LIVE: "nextLive",
    Register.FIBER_PREVIOUS_LIVE: "previousLive",
    Register.FIBER_FLAGS: "flags",
    Register.FIBER_ERROR: "error",
    Register.FIBER_WAITING_ON: "waitingOn",
    Register.FIBER_JOINERS: "joiners",
}


def first_stack(method: RuntimeMethod) -> int:
    """The words of the stack that a fiber is given whose first method that is."""
    return max(FIRST_STACK, STACK_FIRST + method.frame_words + LEAF_WORDS)


class Scheduler:
    """The fibers of one machine."""

    def __init__(self, vm: Interpreter) -> None:
        self.vm = vm
        self.memory = vm.memory
        self.words = vm.words
        self.fiber_class = vm.loader.load(class_type("FiberBase"))
        self.queue_class = vm.loader.load(class_type("WaitQueue"))
        for cls in (self.fiber_class, self.queue_class):
            vm.linker.link(cls)
        self.words[Register.NEXT_FIBER] = 1
        self.impatient = False  # the host wants control back (Halt) as soon as no fiber is ready
        self.wakeup = threading.Event()  # set by host threads that have something for a fiber
        self.class_waits: dict[int, int] = {}  # fiber id -> id of the class another initialises: why it gave way
        self.outside = 0  # fibers waiting for a host thread
        # set by the machine: a fiber that nobody joins ended with an error; a host thread has something for a fiber
        self.died: Callable[[int], None] = lambda fiber: None
        self.deliver: Callable[[], None] = lambda: None
        self.locate()

    def locate(self) -> None:
        """Look up the offsets of the machine's fields of fibers and wait queues (again, after a redefinition)."""
        self.at = {f.name: f.offset for f in self.fiber_class.layout}
        self.queue_at = {f.name: f.offset for f in self.queue_class.layout}
        needed = {*_FIBER_FIELDS.values(), "wakeAt"}
        missing = sorted(needed - self.at.keys()) + sorted({"first", "last"} - self.queue_at.keys())
        if missing:
            raise LinkError(f"FiberBase or WaitQueue lacks the fields {', '.join(missing)} that the machine needs")
        for register, name in _FIBER_FIELDS.items():
            self.words[register] = self.at[name]
        self.words[Register.QUEUE_FIRST] = self.queue_at["first"]
        self.words[Register.QUEUE_LAST] = self.queue_at["last"]

    # ── what machine code knows, too ─────────────────────────────────────────────────────────────────────

    @property
    def awaited(self) -> int:
        """The number of the fiber whose end stops the loop, 0 for none."""
        return self.words[Register.AWAITED]

    @awaited.setter
    def awaited(self, number: int) -> None:
        self.words[Register.AWAITED] = number

    @property
    def next_id(self) -> int:
        """The number of the next fiber that is started."""
        return self.words[Register.NEXT_FIBER]

    @next_id.setter
    def next_id(self, number: int) -> None:
        self.words[Register.NEXT_FIBER] = number

    @property
    def solo(self) -> bool:
        """Whether a host call runs: no switches, no parking."""
        return self.words[Register.ALONE] != 0

    @solo.setter
    def solo(self, solo: bool) -> None:
        self.words[Register.ALONE] = solo

    # ── fields ───────────────────────────────────────────────────────────────────────────────────────────

    def get(self, fiber: int, name: str) -> int:
        """A machine field of a fiber."""
        return self.words[fiber + self.at[name]]

    def set(self, fiber: int, name: str, word: int) -> None:
        """Write a machine field of a fiber."""
        self.words[fiber + self.at[name]] = word

    @property
    def current(self) -> int:
        """The running fiber, 0 if none."""
        return self.memory.root(Root.CURRENT)

    def current_id(self) -> int:
        """The running fiber's number, 0 if none."""
        return self.get(self.current, "id") if self.current else 0

    def stack_of(self, fiber: int) -> int:
        """The stack object of a fiber."""
        return self.get(fiber, "stack")

    def set_stack(self, fiber: int, stack: int) -> None:
        """Give a fiber another stack object."""
        self.set(fiber, "stack", stack)

    # ── starting and ending ──────────────────────────────────────────────────────────────────────────────

    def new_fiber(self) -> int:
        """A fiber object of the machine's own, for a host call."""
        return self.vm.heap.new_object(self.fiber_class)

    def start(self, fiber_root: int, method: RuntimeMethod, args: Callable[[], list[int]], front: bool = False) -> int:
        """Start the fiber that root ``fiber_root`` holds in ``method``; ``args`` is asked when nothing moves any more.

        Returns its id. The fiber becomes ready, at the front of the queue on request.
        """
        vm = self.vm
        if method.code is None:
            vm.prepare(method)
        stack = vm.heap.new_stack(first_stack(method))
        fiber = self.memory.root(fiber_root)
        words = self.words
        words[stack + STACK_TOP] = STACK_FIRST
        enlist(words, fiber, stack)
        self.base_frame(stack, method, args())
        self.make_ready(fiber, front)
        return self.get(fiber, "id")

    def base_frame(self, stack: int, method: RuntimeMethod, args: list[int]) -> None:
        """Write the first frame of a stack that no fiber is running on."""
        vm = self.vm
        saved = vm.fp, vm.code, vm.pc
        vm.fp = stack + STACK_FIRST
        vm.push_base(method, args)
        vm.fp, vm.code, vm.pc = saved

    def ended(self, error: int) -> None:
        """The current fiber's last frame is gone, with ``error`` or 0. Another fiber runs after this, or Halt."""
        fiber = self.current
        self.set(fiber, "state", State.FAILED if error else State.DONE)
        self.set(fiber, "error", error)
        if not self.solo:
            self.set(fiber, "stack", 0)
        unlist(self.words, fiber)
        joiners = self.get(fiber, "joiners")
        observed = self.get(fiber, "flags") & FiberFlag.OBSERVED
        if joiners:
            observed |= self.words[joiners + self.queue_at["first"]]
            wake_all(self.words, joiners)
        number = self.get(fiber, "id")
        self._leave()
        if number == self.awaited:
            raise Halt
        if error and not observed:
            self.died(fiber)
        self.next_fiber()

    def _leave(self) -> None:
        self.memory.set_root(Root.CURRENT, 0)
        self.vm.stack = 0

    # ── switching ────────────────────────────────────────────────────────────────────────────────────────

    def make_ready(self, fiber: int, front: bool = False) -> None:
        """Put a fiber into the ready queue."""
        first = self.memory.root(Root.READY_FIRST)
        if not front or not first:
            make_ready(self.words, fiber)
        else:
            self.set(fiber, "state", State.READY)
            self.set(fiber, "next", first)
            self.memory.set_root(Root.READY_FIRST, fiber)

    def rotate(self) -> None:
        """The current fiber's turn is over: the next ready one runs. Its pc must be in its frame."""
        self.wake_sleepers()
        if not self.solo and self.memory.root(Root.READY_FIRST):
            self.suspend()
            self.next_fiber()

    def suspend(self) -> None:
        """Put the current fiber at the end of the ready queue; none is current afterwards."""
        self.vm.sync()
        self.make_ready(self.current)
        self._leave()

    def yield_now(self) -> None:
        """Let the others run; the current instruction will be executed again.

        Raises:
            Throw: StateError, in a host call that runs alone.
        """
        self._may_block()
        self.vm.sync()
        self.wake_sleepers()
        while not self.memory.root(Root.READY_FIRST):
            self._wait()  # nobody else can run: time or the world outside has to help
        if self.vm.interrupted:  # a fiber that only yields never polls
            self.vm.interrupted = False
            raise Interrupted("interrupted")
        self.suspend()
        self.next_fiber()

    def wait_for_class(self, cls: RuntimeClass) -> None:
        """Let the others run until ``cls`` is initialised; the current instruction will be executed again.

        Raises:
            Throw: InitialiserError, if the fiber that initialises it waits for a class that this one initialises.
        """
        self._may_block()
        me = self.current_id()
        at: RuntimeClass | None = cls
        for _ in range(len(self.class_waits) + 1):
            if at is None or at.stage is not Stage.INITIALISING:
                break
            if at.initialising_fiber == me:
                raise Throw("InitialiserError", f"the initialisers of {cls.type} and {at.type} wait for each other")
            at = self.vm.classes[self.class_waits.get(at.initialising_fiber, 0)]
        self.class_waits[me] = cls.id
        self.yield_now()

    def _may_block(self) -> None:
        if self.solo:
            raise Throw("StateError", "cannot wait here: the machine runs this code alone")

    def next_fiber(self) -> None:
        """Make the first ready fiber current, waiting for sleepers and host threads if none is.

        Raises:
            Deadlock: none is ready, asleep or waiting for the world outside.
            Halt: none is ready, and the host is impatient.
        """
        memory = self.memory
        while not memory.root(Root.READY_FIRST):
            if not self.impatient:
                self._wait()
            elif not self.wake_sleepers():
                raise Halt
        self.resume(take_ready(self.words))

    def resume(self, fiber: int) -> None:
        """Make a fiber, which is in no queue, current and ready to execute."""
        make_current(self.words, fiber)
        if self.class_waits:
            self.class_waits.pop(self.get(fiber, "id"), None)
        vm = self.vm
        vm.attach(self.stack_of(fiber))
        vm.resume()
        flags = self.get(fiber, "flags")
        if flags & FiberFlag.CANCELLED:
            self.set(fiber, "flags", flags & ~(FiberFlag.CANCELLED | FiberFlag.WOKEN))
            vm.unwinder.unwind(vm.pc, Throw("CancelledError", "the fiber was cancelled"))
        elif vm.pc == 0 and vm.words[vm.fp + LINK] & LINK_MASK == Link.BASE:
            vm.land_at_once()

    def _wait(self) -> None:
        first = self.memory.root(Root.SLEEP_FIRST)
        if not first and not self.outside:
            raise Deadlock(self.describe_deadlock())
        timeout = None
        if first:
            timeout = max(self.get(first, "wakeAt") - time.monotonic_ns(), 0) / 1e9
        # a long wait is cut up so that Ctrl-C is seen on every platform
        if self.wakeup.wait(0.2 if timeout is None else min(timeout, 0.2)):
            self.wakeup.clear()
            self.deliver()
        if self.vm.interrupted:
            self.vm.interrupted = False
            raise Interrupted("interrupted")
        self.wake_sleepers()

    # ── parking ──────────────────────────────────────────────────────────────────────────────────────────

    def woken(self) -> bool:
        """Whether the park being executed was already woken; takes the mark away."""
        fiber = self.current
        flags = self.get(fiber, "flags")
        if flags & FiberFlag.WOKEN:
            self.set(fiber, "flags", flags & ~FiberFlag.WOKEN)
            return True
        return False

    def park(self, queue: int) -> None:
        """Block the current fiber on a wait queue; its instruction is executed again once it is woken."""
        self._may_block()
        self.vm.sync()
        park_on(self.words, queue, self.current)
        self._leave()
        self.next_fiber()

    def sleep(self, nanoseconds: int) -> None:
        """Block the current fiber for a time; its instruction is executed again afterwards."""
        self._may_block()
        fiber = self.current
        self.vm.sync()
        until = time.monotonic_ns() + nanoseconds
        self.set(fiber, "state", State.SLEEPING)
        self.set(fiber, "wakeAt", until)
        before = 0
        at = self.memory.root(Root.SLEEP_FIRST)
        while at and self.get(at, "wakeAt") <= until:
            before, at = at, self.get(at, "next")
        self.set(fiber, "next", at)
        if before:
            self.set(before, "next", fiber)
        else:
            self.memory.set_root(Root.SLEEP_FIRST, fiber)
        self._leave()
        self.next_fiber()

    def pass_turn(self) -> None:
        """Let every fiber that is ready run before the current one, whose instruction is then executed again."""
        self._may_block()
        self.wake_sleepers()
        fiber = self.current
        self.set(fiber, "flags", self.get(fiber, "flags") | FiberFlag.WOKEN)
        self.suspend()
        self.next_fiber()

    def wake_sleepers(self) -> bool:
        """Make every sleeper whose time has come ready; whether there was one."""
        memory = self.memory
        first = memory.root(Root.SLEEP_FIRST)
        if not first or self.get(first, "wakeAt") > time.monotonic_ns():
            return False
        now = time.monotonic_ns()
        while first and self.get(first, "wakeAt") <= now:
            memory.set_root(Root.SLEEP_FIRST, self.get(first, "next"))
            wake(self.words, first)
            first = memory.root(Root.SLEEP_FIRST)
        return True

    def cancel(self, fiber: int) -> None:
        """Make a CancelledError happen in a fiber when it next runs."""
        state = self.get(fiber, "state")
        if state in (State.DONE, State.FAILED, State.NEW):
            return
        self.set(fiber, "flags", self.get(fiber, "flags") | FiberFlag.CANCELLED)
        if state == State.SLEEPING:
            self._take_out_sleeper(fiber)
            self.make_ready(fiber)
        elif state == State.PARKED:
            self._take_out_waiter(fiber)
            self.make_ready(fiber)

    def _take_out_sleeper(self, fiber: int) -> None:
        at = self.memory.root(Root.SLEEP_FIRST)
        if at == fiber:
            self.memory.set_root(Root.SLEEP_FIRST, self.get(fiber, "next"))
            return
        while self.get(at, "next") != fiber:
            at = self.get(at, "next")
        self.set(at, "next", self.get(fiber, "next"))

    def _take_out_waiter(self, fiber: int) -> None:
        queue = self.get(fiber, "waitingOn")
        first, last = queue + self.queue_at["first"], queue + self.queue_at["last"]
        before, at = 0, self.words[first]
        while at != fiber:
            before, at = at, self.get(at, "next")
        following = self.get(fiber, "next")
        if before:
            self.set(before, "next", following)
        else:
            self.words[first] = following
        if not following:
            self.words[last] = before
        self.set(fiber, "waitingOn", 0)

    # ── looking at fibers ────────────────────────────────────────────────────────────────────────────────

    def live(self) -> Iterator[int]:
        """Every fiber that has not ended, oldest first."""
        found = []
        at = self.memory.root(Root.LIVE_FIRST)
        while at:
            found.append(at)
            at = self.get(at, "nextLive")
        return reversed(found)

    def frames(self, fiber: int) -> Iterator[Frame]:
        """The frames of a live fiber, newest first."""
        if fiber == self.current:
            self.vm.sync()
        return walk(self.words, self.stack_of(fiber), self.vm.methods)

    def all_frames(self) -> Iterator[Frame]:
        """The frames of every live fiber."""
        for fiber in self.live():
            yield from self.frames(fiber)

    def where(self, fiber: int) -> str:
        """A fiber's number, state and position, for people."""
        state = State(self.get(fiber, "state")).name.lower()
        frame = next((f for f in self.frames(fiber) if f.method.owner.loader.parent is not None), None)
        frame = frame or next(self.frames(fiber))
        return f"fiber {self.get(fiber, 'id')}   {state}   {position(frame)}"

    def describe_deadlock(self) -> str:
        """The message of a Deadlock."""
        lines = ["deadlock: every fiber waits for another"]
        lines += [f"    {self.where(fiber)}" for fiber in self.live()]
        return "\n".join(lines)


def position(frame: Frame) -> str:
    """``Owner.method   file:line``."""
    return f"{frame.method}   {frame.method.owner.file.source}:{frame.line}"
