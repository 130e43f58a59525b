"""Running a method alone, for the host: on a fiber of its own, with every other fiber standing still."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType

from minivm.classes import RuntimeMethod
from minivm.errors import UsageError
from minivm.interpreter import LEAF_WORDS, Halt, Interpreter
from minivm.kernels.fibers import State
from minivm.layouts import STACK_CAPACITY, STACK_FIRST, STACK_TOP
from minivm.memory import Root
from minivm.scheduler import FIRST_STACK

_FIBER = Root.HOST + 2
_CURRENT = Root.HOST + 3


class Solo:
    """A ``with`` block in which methods can be run alone, one after the other, on one reused stack.

    Raises:
        UsageError: another Solo is open.
    """

    def __init__(self, vm: Interpreter) -> None:
        self.vm = vm
        self.scheduler = vm.scheduler
        self.memory = vm.memory

    def __enter__(self) -> Solo:
        if self.scheduler.solo:
            raise UsageError("the machine already runs something alone")
        self.vm.sync()
        scheduler, memory = self.scheduler, self.memory
        self.awaited = scheduler.awaited
        memory.set_root(_FIBER, scheduler.new_fiber())
        stack = self.vm.heap.new_stack(FIRST_STACK)
        scheduler.set_stack(memory.root(_FIBER), stack)
        memory.set_root(_CURRENT, memory.root(Root.CURRENT))
        scheduler.solo = True
        return self

    def run(self, method: RuntimeMethod, args: Callable[[], list[int]]) -> int:
        """Run a method to its end: 0, with its result in ``vm.result``, or the error object it ended with.

        ``args`` is asked for the argument words when nothing can move before the first instruction.
        """
        vm, scheduler, memory = self.vm, self.scheduler, self.memory
        vm.linker.link(method.owner)
        if method.code is None:
            vm.prepare(method)
        self._make_room(STACK_FIRST + method.frame_words + LEAF_WORDS)
        fiber = memory.root(_FIBER)
        stack = scheduler.stack_of(fiber)
        vm.words[stack + STACK_TOP] = STACK_FIRST
        scheduler.base_frame(stack, method, args())
        scheduler.awaited = scheduler.next_id
        scheduler.set(fiber, "id", scheduler.next_id)
        memory.set_root(Root.CURRENT, 0)
        scheduler.resume(fiber)
        with contextlib.suppress(Halt):
            vm.run()
        fiber = memory.root(_FIBER)
        vm.words[scheduler.stack_of(fiber) + STACK_TOP] = 0
        return scheduler.get(fiber, "error") if scheduler.get(fiber, "state") == State.FAILED else 0

    def _make_room(self, needed: int) -> None:
        scheduler, memory = self.scheduler, self.memory
        if self.vm.words[scheduler.stack_of(memory.root(_FIBER)) + STACK_CAPACITY] < needed:
            stack = self.vm.heap.new_stack(needed)
            scheduler.set_stack(memory.root(_FIBER), stack)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scheduler, memory = self.scheduler, self.memory
        scheduler.solo = False
        scheduler.awaited = self.awaited
        fiber = memory.root(_CURRENT)
        memory.set_root(Root.CURRENT, fiber)
        memory.set_root(_CURRENT, 0)
        memory.set_root(_FIBER, 0)
        self.vm.stack = 0
        if fiber:
            self.vm.attach(scheduler.stack_of(fiber))
            self.vm.resume()
