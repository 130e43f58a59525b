"""The interpreter: one loop, one handler per row of the table, frames in the fiber's stack object.

A method's executable code is a list of cells ``(handler, at, arg)``: ``at`` is the offset from the frame of the lowest
operand word the instruction takes (known since the verifier knows the depth), ``arg`` what the decoder worked out.
A handler returns the next pc, None to fall through, or RELOAD when frames changed or objects may have moved.

Rules every handler keeps: before anything that may allocate, park, link or throw it stores its pc in the frame;
after it, no word index held in a Python local is valid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minivm.classes import RuntimeClass, RuntimeMethod, Stage
from minivm.classfile import CLASS_INITIALISER
from minivm.errors import LinkError, MiniError, Throw
from minivm.frames import FIRST, LINK, LINK_MASK, LINK_SHIFT, METHOD, PC, Link, walk
from minivm.heap import Heap
from minivm.layouts import STACK_CAPACITY, STACK_TOP
from minivm.linker import Linker
from minivm.loader import Loader, Registry
from minivm.memory import Memory, Register, Root
from minivm.trace import Tracer

if TYPE_CHECKING:
    from minivm.calltrace import CallTrace
    from minivm.machine import Machine
    from minivm.native.tier import Tier
    from minivm.scheduler import Scheduler
    from minivm.unwinder import Unwinder

RELOAD = -1
NOT_ENTERED = -2  # what native code returns that has not begun: the interpreter is to make the call
STACK_LIMIT = 1 << 17  # words of one fiber's stack, 1 MiB as a JVM's: some ten thousand frames
LEAF_WORDS = 32  # words kept free above every frame, so that a leaf method's frame needs no check
NEVER = 1 << 62
REFILLS = 200  # tanks that native code may burn before the host has a look at its signals: some milliseconds
FEW_REFILLS = 2  # the same while a fiber sleeps, whose time may come
QUANTUM = 10_000  # polls a fiber runs before the next one gets its turn

_FUEL, _FRAME, _VALUE = int(Register.FUEL), int(Register.FRAME), int(Register.VALUE)
_STACK, _STACK_END = int(Register.STACK), int(Register.STACK_END)
_FRAME_END, _PENDING, _REFILLS = int(Register.FRAME_END), int(Register.PENDING), int(Register.REFILLS)

Cell = tuple[Callable[..., int | None], int, Any]


class Halt(Exception):
    """The fiber that the host waits for has ended."""


class Interrupted(MiniError):
    """The user asked the program to stop (Ctrl-C). Every fiber stands at a safepoint and can go on."""


class Interpreter:
    """The running state of one machine: the current fiber's frame, and what handlers need at hand."""

    def __init__(
        self, memory: Memory, heap: Heap, registry: Registry, linker: Linker, tracer: Tracer, loader: Loader
    ) -> None:
        self.memory = memory
        self.words = memory.words
        self.floats = memory.floats
        self.heap = heap
        self.registry = registry
        self.methods = registry.methods
        self.classes = registry.classes
        self.linker = linker
        self.tracer = tracer
        self.loader = loader
        self.machine: Machine
        self.scheduler: Scheduler
        self.unwinder: Unwinder
        self.calls: CallTrace  # told of calls while ``call_trace`` is on
        self.decode: Callable[[Interpreter, RuntimeMethod], list[Cell]]
        self.returned: Callable[..., int | None]  # the handler of ``ret``
        self.enter: Callable[[int, int, int], int]  # machine code: memory, frame, entry; below 0 if the program stopped
        self.code: list[Cell] = []
        self.pc = 0
        self.fp = 0
        self.stack = 0
        self.stack_end = 0
        self.result = 0  # what the last ended fiber's first frame returned
        self.stack_limit = STACK_LIMIT
        self.fuel = QUANTUM
        self.tank = QUANTUM
        self.spent = 0
        self.interrupted = False
        self.stress_every = 0  # polls between two calls of at_safepoint; 0: never
        self.at_safepoint: Callable[[], None] | None = None
        self.call_trace = False
        self.watched = False  # somebody looks at every instruction: machine code, which tells of none, may not run
        self.tier: Tier | None = None  # the native tier, if there is one
        self.hot = NEVER  # calls or iterations that make the tier compile something
        self.make_tier: Callable[[Interpreter], Tier | None] = lambda vm: None
        self.memory_address = memory.address
        self.native_words = 0  # of frames that native code may have on the host's stack before it writes them out
        self.failure: BaseException | None = None  # of the host, met by a native that machine code called
        self.provisional = False  # the last class used is still being initialised: do not quicken

    # ── the loop ─────────────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """Execute from the current frame until the awaited fiber ends (Halt) or the host is asked for."""
        words = self.words
        while True:
            code, pc, fp = self.code, self.pc, self.fp
            try:
                while True:
                    handler, at, arg = code[pc]
                    step = handler(self, words, fp, at, arg)
                    if step is None:
                        pc += 1
                    elif step >= 0:
                        pc = step
                    else:
                        code, pc, fp = self.code, self.pc, self.fp
            except Throw as throw:
                self.unwinder.unwind(pc, throw)
            except LinkError as error:
                self.unwinder.unwind(pc, Throw("LinkError", str(error)))

    # ── native code ──────────────────────────────────────────────────────────────────────────────────────

    def run_native(self, entry: int, fp: int, landed: bool = False) -> bool:
        """Run machine code for the frame at ``fp``, whose record is complete; False if it would not start.

        ``landed``: it is entered where an error or a fiber's turn has led to, so its callers were left as it was.
        Afterwards the interpreter goes on where the code stopped, or behind the call that it has returned from.
        """
        if self.watched or self.call_trace:
            return False
        words = self.words
        words[_FUEL] = self.fuel if self.fuel > 0 else 0  # an interrupted tank is empty, not stopped
        words[_FRAME_END] = min(self.stack_end, fp + self.native_words)
        words[_PENDING] = self.at_safepoint is not None or self.stress_every or self.interrupted
        refills = FEW_REFILLS if self.memory.root(Root.SLEEP_FIRST) else REFILLS
        words[_REFILLS] = refills
        left = self.enter(self.memory_address, fp, entry)
        if left == NOT_ENTERED:
            return False
        if words[_STACK] != self.stack:  # another fiber has its turn
            self.stack, self.stack_end = words[_STACK], words[_STACK_END]
        if words[_REFILLS] != refills:
            self.spent, self.tank = 0, QUANTUM
        if left >= 0:
            self.fuel = 0 if self.interrupted else left
            at = self.fp = words[_FRAME]
            words[at + FIRST] = words[_VALUE]
            has_caller = words[at + LINK] & LINK_MASK == Link.CALL
            self.returned(self, words, at, FIRST, 0)
            if has_caller and (landed or at != fp) and self.tier is not None:  # the next time in machine code
                self.tier.landing(self.method_at(self.fp), self.pc)
            return True
        self.fp = words[_FRAME]
        self.resume()
        self.fuel = words[_FUEL]
        if self.tier is not None:
            self.tier.stopped()
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        if self.fuel < 0:
            self.poll()
        return True

    def land(self) -> None:
        """The current frame is where an error or a fiber's turn has led to: machine code goes on if that is often."""
        entry = self.tier.landing(self.method_at(self.fp), self.pc) if self.tier is not None else None
        if entry is not None:
            self.words[self.fp + PC] = self.pc
            self.run_native(entry, self.fp, landed=True)

    def land_at_once(self) -> None:
        """``land`` when the loop goes on, for who is called by what machine code has come back to, and must return."""
        if self.tier is not None and not self.watched:
            self.code, self.pc = _LAND, 0

    # ── frames ───────────────────────────────────────────────────────────────────────────────────────────

    def push(self, method: RuntimeMethod, link: int, args_at: int) -> None:
        """Push a frame for ``method`` above the current one, its arguments copied from frame offset ``args_at``.

        The current frame's pc must be in its record. ``link`` is a Link kind.

        Raises:
            Throw: StackOverflowError, OutOfMemoryError; nothing is changed then.
        """
        if method.code is None:
            self.prepare(method)
        words = self.words
        new = self.room_above(self.fp, self.method_at(self.fp).frame_words, method)
        fp = self.fp
        words[new + METHOD] = method.id
        words[new + PC] = 0
        words[new + LINK] = (fp - self.stack) << LINK_SHIFT | link
        count = method.slots
        words[new + FIRST : new + FIRST + count] = words[fp + args_at : fp + args_at + count]
        self.fp = new
        self.code = method.code  # type: ignore[assignment]
        self.pc = 0

    def room_above(self, fp: int, frame_words: int, method: RuntimeMethod) -> int:
        """Where a frame of ``method`` goes above the current one at ``fp``, which may move to make room for it.

        Raises:
            Throw: StackOverflowError, OutOfMemoryError; nothing is changed then.
        """
        new = fp + frame_words
        if new + method.frame_words + LEAF_WORDS > self.stack_end and not method.leaf:
            self.grow_stack(frame_words + method.frame_words + LEAF_WORDS)
            new = self.fp + frame_words
        return new

    def push_base(self, method: RuntimeMethod, args: list[int]) -> None:
        """Push the first frame of the current, empty stack. ``prepare`` must have been called on the method."""
        words = self.words
        new = self.fp
        words[new + METHOD] = method.id
        words[new + PC] = 0
        words[new + LINK] = Link.BASE
        for index, word in enumerate(args):
            words[new + FIRST + index] = word
        self.code = method.code or []
        self.pc = 0

    def method_at(self, fp: int) -> RuntimeMethod:
        """The method of the frame at ``fp``."""
        method = self.methods[self.words[fp + METHOD]]
        assert method is not None
        return method

    def pop(self) -> int:
        """Drop the current frame; returns its link kind. With a caller, the caller's frame becomes current."""
        kind = self.drop()
        if kind != Link.BASE:
            self.resume()
        return kind

    def drop(self) -> int:
        """``pop``, for who does not go on in the caller's code at once."""
        link = self.words[self.fp + LINK]
        kind = link & LINK_MASK
        if kind != Link.BASE:
            self.fp = self.stack + (link >> LINK_SHIFT)
        return kind

    def resume(self) -> None:
        """Take code and pc from the current frame's record (preparing its method again if need be)."""
        method = self.method_at(self.fp)
        if method.code is None:
            self.prepare(method)
        self.code = method.code  # type: ignore[assignment]
        self.pc = self.words[self.fp + PC]

    def compile(self, method: RuntimeMethod, start: int | None = None) -> int | None:
        """A method, or its loop that begins at ``start``, is hot: its machine code, if there is any by now."""
        if self.tier is None:
            self.tier = self.make_tier(self)
            if self.tier is None:
                self.hot = NEVER
                return None
        return self.tier.compile(method, start)

    def grow_stack(self, needed: int) -> None:
        """Move the current stack into a larger object with room for ``needed`` words from the current frame on.

        Raises:
            Throw: StackOverflowError, OutOfMemoryError; nothing is changed then.
        """
        used = self.fp - self.stack + needed
        if used > self.stack_limit:
            raise Throw("StackOverflowError", f"the stack is full: it may have {self.stack_limit} words")
        self.sync()
        bigger = self.heap.new_stack(min(max(2 * (self.stack_end - self.stack), used + needed), self.stack_limit))
        old, old_end = self.stack, self.stack_end
        capacity = self.words[bigger + STACK_CAPACITY]
        self.words[bigger : bigger + old_end - old] = self.words[old:old_end]
        self.words[bigger + STACK_CAPACITY] = capacity
        self.scheduler.set_stack(self.memory.root(Root.CURRENT), bigger)
        self.attach(bigger)

    def attach(self, stack: int) -> None:
        """Make ``stack`` the current stack object; its newest frame comes from its record."""
        words = self.words
        self.stack = words[Register.STACK] = stack
        self.stack_end = words[Register.STACK_END] = stack + words[stack + STACK_CAPACITY]
        self.fp = stack + words[stack + STACK_TOP]

    def sync(self) -> None:
        """Bring the current stack object's own record up to date (pcs are stored by the handlers)."""
        if self.stack:
            self.words[self.stack + STACK_TOP] = self.fp - self.stack

    def moved(self, current: int) -> None:
        """Every object has moved; ``current`` is the running fiber's new address (0: none runs)."""
        if current and self.stack:
            self.attach(self.scheduler.stack_of(current))

    def depth(self) -> int:
        """How many frames the running fiber has."""
        self.sync()
        return sum(1 for _ in walk(self.words, self.stack, self.methods))

    # ── classes ──────────────────────────────────────────────────────────────────────────────────────────

    def prepare(self, method: RuntimeMethod) -> None:
        """Verify and decode a method, giving it its id. Nothing unverified gets past here.

        Raises:
            LinkError: abstract, or refused by the verifier.
        """
        if method.id == 0:
            self.registry.add_method(method)
        method.code = self.decode(self, method)

    def ensure_initialised(self, cls: RuntimeClass) -> bool:
        """Whether the class can be used now by the current fiber.

        If not, control has been transferred (a frame of its initialiser was pushed, or another fiber runs) and the
        current instruction, whose pc must be in the frame, will be executed again.

        Raises:
            Throw: InitialiserError, if the class's initialiser has failed before, or waits for this fiber's.
        """
        if cls.stage is Stage.INITIALISED:
            return True
        self.linker.link(cls)
        if cls.stage is Stage.FAILED:
            raise Throw("InitialiserError", f"class {cls.type} could not be initialised: {cls.failure}")
        me = self.scheduler.current_id()
        if cls.stage is Stage.INITIALISING:
            if cls.initialising_fiber == me:
                self.provisional = True
                return True
            self.scheduler.wait_for_class(cls)
            return False
        if cls.superclass is not None and not self.ensure_initialised(cls.superclass):
            return False
        return self._start_initialiser(cls, me)

    def _start_initialiser(self, cls: RuntimeClass, me: int) -> bool:
        method = cls.methods.get(CLASS_INITIALISER)
        if method is None:
            cls.stage = Stage.INITIALISED
            self.tracer.event("load", f"initialise {cls.type}: no static initialiser to run")
            return True
        self.tracer.event("load", f"initialise {cls.type}: its static initialiser runs now")
        self.push(method, Link.RESTART, FIRST)
        cls.stage = Stage.INITIALISING
        cls.initialising_fiber = me
        return False

    # ── polls ────────────────────────────────────────────────────────────────────────────────────────────

    def poll(self) -> None:
        """The tank is empty: interrupts, safepoint hooks and fiber switches. The frame's pc must be in its record.

        Raises:
            Interrupted: after Ctrl-C.
        """
        if self.tier is not None:
            self.tier.collect_done()
        self.spent += self.tank + 1  # the poll that finds the tank empty counts, too
        turn_over = self.spent > QUANTUM
        if turn_over:
            self.spent = 0
        self.refill()
        if self.interrupted:
            self.interrupted = False
            self.sync()
            raise Interrupted("interrupted")
        if self.at_safepoint is not None:
            self.at_safepoint()
        if turn_over:
            self.scheduler.rotate()

    def refill(self) -> None:
        """Fill the tank until the next thing to do."""
        left = max(QUANTUM + 1 - self.spent, 1)
        self.tank = self.fuel = (min(left, self.stress_every) if self.stress_every else left) - 1

    def interrupt(self) -> None:
        """Ask the program to stop at its next poll; safe from a signal handler."""
        self.interrupted = True
        self.fuel = -1
        self.words[Register.PENDING] = 1


def _land(vm: Interpreter, words: memoryview[int], fp: int, at: int, arg: None) -> int:
    vm.resume()
    vm.land()
    return RELOAD


_LAND: list[Cell] = [(_land, 0, None)]
