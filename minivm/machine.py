"""One machine: memory, loaders, interpreter and fibers put together, and what a host can ask of it."""

from __future__ import annotations

import sys
import textwrap
from collections import deque
from collections.abc import Callable, Sequence
from typing import TextIO

from minivm import handlers, natives
from minivm.calltrace import CallTrace
from minivm.classes import RuntimeClass, RuntimeMethod
from minivm.classfile import MAIN, ClassFile
from minivm.collector import Collector
from minivm.decoder import decode
from minivm.digest import Digest
from minivm.errors import Deadlock, GuestError, LinkError, Throw
from minivm.handlers.control import ret
from minivm.heap import Heap
from minivm.interpreter import Halt, Interpreter
from minivm.kernels.choice import Kernels
from minivm.kernels.fibers import State, wake_all
from minivm.layouts import STACK_CLASS, STACK_LAYOUT
from minivm.linker import Linker
from minivm.loader import Finder, Loader, Registry
from minivm.memory import DEFAULT_CAP, Memory, Root
from minivm.native.modes import Mode, use_mode
from minivm.natives.registry import NATIVES
from minivm.scheduler import Scheduler
from minivm.solo import Solo
from minivm.trace import Tracer
from minivm.types import ERROR, OBJECT, STRING, Type, class_type
from minivm.unwinder import Unwinder, place

assert handlers and natives  # imported for what they register

MAX_CAUSES = 20  # errors shown below an uncaught one: each was the cause of the one before

# classes the machine itself makes objects of or throws; a class path without them cannot run anything
WELL_KNOWN = ("ArithmeticError", "IndexError", "NullError", "CastError", "UnsetError", "OutOfMemoryError",
              "StackOverflowError", "InitialiserError", "LinkError", "CancelledError", "StateError", "ArgumentError",
              "IOError")  # fmt: skip


class Exit(Exception):
    """The program asked to end with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Machine:
    """A machine with nothing loaded but the boot classes that ``boot`` finds.

    Args:
        boot: where the boot loader looks; it must find the standard library.
        program: where the app loader, its child, looks.
        heap_bytes: the cap of one half.
        gc_stress: collect at every allocation.
        mode: when methods are compiled to machine code.

    Raises:
        LinkError: a boot class is missing or unfit; UsageError: no room for the heap.
    """

    def __init__(
        self,
        boot: Finder,
        program: Finder,
        *,
        heap_bytes: int = DEFAULT_CAP,
        gc_stress: bool = False,
        tracer: Tracer | None = None,
        output: TextIO | None = None,
        errors: TextIO | None = None,
        arguments: Sequence[str] = (),
        seed: int | None = None,
        mode: Mode = Mode.INTERPRETER,
    ) -> None:
        self.tracer = tracer or Tracer()
        self.output = output or sys.stdout
        self.errors = errors or sys.stderr
        self.arguments = list(arguments)
        self.seed = seed  # where the program's random generators start, if the user has said so
        self.input_lines: deque[str | None] = deque()
        self.digests: set[str] = set()  # those the program has been told
        self.reading = False  # a host thread waits for a line
        self.failed = False  # a fiber that nobody joined ended with an error
        self.compile: Callable[[str], Sequence[ClassFile]] | None = None  # the language's service, if there is one
        self.draw: Callable[[str], object] | None = None  # draws the heap into a file, if the host lends its pencil
        self.memory = Memory(heap_bytes)
        self.kernels = Kernels(native=mode is not Mode.INTERPRETER)
        self.registry = Registry()
        self.boot = Loader("boot", None, boot, self.registry, self.tracer)
        self.app = Loader("app", self.boot, program, self.registry, self.tracer)
        self.linker = Linker(self.memory, self.tracer)
        self.linker.natives = NATIVES
        self.linker.layouts[STACK_CLASS] = STACK_LAYOUT
        self.heap = Heap(self.memory, self.linker)
        self.vm = Interpreter(self.memory, self.heap, self.registry, self.linker, self.tracer, self.boot)
        self.vm.decode = decode
        self.vm.returned = ret
        self.vm.machine = self
        self.vm.calls = CallTrace(self.vm)
        with self.tracer.silence():
            self._boot()
        if self.tracer.on("load"):
            self.tracer.event("load", self._boot_story())
        self.memory.stress = gc_stress
        self.vm.call_trace = "call" in self.tracer.topics
        if not self.vm.call_trace:  # machine code tells of no call
            use_mode(self.vm, mode)

    def _boot(self) -> None:
        for type_ in (OBJECT, STRING, ERROR, *(class_type(name) for name in WELL_KNOWN)):
            self.linker.link(self.boot.load(type_))
        self.heap.string_class = self.boot.load(STRING).id
        self.vm.scheduler = self.scheduler = Scheduler(self.vm)
        self.vm.unwinder = Unwinder(self.vm, self.scheduler.ended)
        self.scheduler.died = self._died
        self.scheduler.deliver = self._deliver
        self.collector = Collector(
            self.memory,
            self.registry.methods,
            self.linker.layouts,
            self.kernels,
            self.vm.sync,
            self.vm.moved,
            self._collected,
        )
        self.memory.collect = self.collector.collect
        oom = self.vm.unwinder.make_error("OutOfMemoryError", "no room, not even for this error")
        self.memory.set_root(Root.OUT_OF_MEMORY, oom)

    def _boot_story(self) -> str:
        names = [cls.name for cls in self.registry.loaded()]
        where = "the machine starts: the boot loader has loaded and linked the library classes it needs itself,"
        rows = textwrap.wrap(
            f"{len(names)} in all: {', '.join(names)}", 100, initial_indent="  ", subsequent_indent="  "
        )
        return "\n".join((where, *rows))

    # ── running ──────────────────────────────────────────────────────────────────────────────────────────

    def run_main(self, name: str) -> None:
        """Run the program whose module class is ``name`` to its end, and every fiber that still can run.

        Raises:
            GuestError: the main fiber ended with an error; Deadlock: it waits for ever; LinkError; Exit; Interrupted.
        """
        self.run_fiber(self._start_main(name))
        self.drain()

    def _start_main(self, name: str) -> int:
        with self.tracer.cause("load", f"the program starts with {name}.{MAIN}"):
            cls = self.app.load(class_type(name))
            main = cls.methods.get(MAIN)
            if main is None or not main.is_static or main.parameters:
                raise LinkError(f"class {name} has no static method main() to start with")
            return self.start(main)

    def start(self, method: RuntimeMethod) -> int:
        """Start a fiber in a static method without parameters, ahead of the ready ones; returns its id.

        Raises:
            LinkError: the method or its class is refused; GuestError: no room for the fiber or the class's statics.
        """
        try:
            self.linker.link(method.owner)
            self.memory.set_root(Root.HOST + 2, self.scheduler.new_fiber())
            self.memory.set_root(Root.MAIN, self.memory.root(Root.HOST + 2))
            return self.scheduler.start(Root.HOST + 2, method, list, front=True)
        except Throw as problem:
            raise GuestError(problem.kind, problem.message) from None
        finally:
            self.memory.set_root(Root.HOST + 2, 0)

    def run_fiber(self, number: int) -> int:
        """Run until fiber ``number``, the MAIN root, has ended; its first frame's result word.

        Raises:
            GuestError: it ended with an error; Deadlock: it waits for ever; Exit; Interrupted.
        """
        self.scheduler.awaited = number
        try:
            self._go()
        finally:
            self.scheduler.awaited = 0
        fiber = self.memory.root(Root.MAIN)
        if self.scheduler.get(fiber, "state") == State.FAILED:
            raise self.guest_error(self.scheduler.get(fiber, "error"))
        return self.vm.result

    def _go(self) -> None:
        try:
            if not self.scheduler.current:
                self.scheduler.next_fiber()
            self.vm.run()
        except Halt:
            return

    def drain(self) -> None:
        """Run the remaining fibers until each has ended or waits for ever."""
        try:
            self._go()
        except Deadlock:
            return

    def call(self, method: RuntimeMethod, args: Callable[[], list[int]]) -> int:
        """Run one method alone to its end and return its result word; see ``Solo``."""
        with Solo(self.vm) as solo:
            return self.finish_solo(solo, method, args)

    def finish_solo(self, solo: Solo, method: RuntimeMethod, args: Callable[[], list[int]]) -> int:
        """One run of a Solo.

        Raises:
            GuestError: it ended with an error.
        """
        error = solo.run(method, args)
        if error:
            raise self.guest_error(error)
        return self.vm.result

    # ── errors ───────────────────────────────────────────────────────────────────────────────────────────

    def guest_error(self, ref: int) -> GuestError:
        """A Mini error object as a host exception, with its trace as text."""
        lines = self._trace_lines(ref)
        seen = {ref}
        cause = self._cause(ref)
        while cause and cause not in seen and len(seen) <= MAX_CAUSES:
            seen.add(cause)
            lines += ["caused by {}: {}".format(*self._kind_and_message(cause)), *self._trace_lines(cause)]
            cause = self._cause(cause)
        if cause:
            lines.append("caused by one of the errors above" if cause in seen else "caused by more errors")
        return GuestError(*self._kind_and_message(ref), tuple(lines))

    def _kind_and_message(self, ref: int) -> tuple[str, str]:
        cls = self.registry.classes[self.heap.class_id(ref)]
        message = self.memory.words[ref + self.vm.unwinder.message_offset]
        return cls.name if cls else "Error", self.heap.string(message) if message else ""

    def _trace_lines(self, ref: int) -> list[str]:
        return [f"    at {place}" for place in self.vm.unwinder.trace_of(ref)]

    def _cause(self, ref: int) -> int:
        return self.memory.words[ref + self.vm.unwinder.cause_offset]

    def _died(self, fiber: int) -> None:
        self.failed = True
        error = self.guest_error(self.scheduler.get(fiber, "error"))
        self.output.flush()
        self.errors.write(f"fiber {self.scheduler.get(fiber, 'id')} ended with an error nobody caught\n{error}\n")

    def exit(self, status: int) -> Exit:
        """The exception that ends the program with a status."""
        return Exit(status)

    def _deliver(self) -> None:
        self.reading = False
        self.scheduler.outside -= 1
        queue = self.memory.root(Root.HOST + 5)
        if queue:
            wake_all(self.memory.words, queue)

    def _collected(self, text: str) -> None:
        if self.tracer.on("gc"):
            frame = next(self.scheduler.frames(self.scheduler.current), None) if self.scheduler.current else None
            where = f"\n  asked for by {place(frame.method, frame.pc)}" if frame is not None else ""
            self.tracer.event("gc", text + where)

    # ── services ─────────────────────────────────────────────────────────────────────────────────────────

    def collect(self) -> None:
        """Collect now."""
        self.collector.collect()

    def digest(self, left_out: Callable[[int], bool] = lambda ref: False) -> str:
        """The heap digest; objects that ``left_out`` names count as null."""
        self.vm.sync()
        registry = self.registry
        return Digest(self.memory, registry.classes, registry.methods, self.linker.layouts, left_out).compute()

    def load(self, type_: Type) -> RuntimeClass:
        """A class as the program sees it, linked."""
        found = self.app.load(type_)
        self.linker.link(found)
        return found

    def close(self) -> None:
        """Give the memory back."""
        self.memory.close()
