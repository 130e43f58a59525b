"""Natives of fibers and wait queues. Those that park are executed again when the fiber is woken."""

from __future__ import annotations

from minivm.errors import Throw
from minivm.frames import PC
from minivm.interpreter import Interpreter
from minivm.kernels import fibers
from minivm.kernels.fibers import State
from minivm.memory import Root
from minivm.natives.console import new_string_array
from minivm.natives.registry import argument, native
from minivm.scheduler import position


def go_on(vm: Interpreter, at: int) -> None:
    """The fiber was woken: the native that has parked it returns, and machine code takes over if that is often."""
    vm.words[vm.fp + at] = 0
    vm.pc = vm.words[vm.fp + PC] + 1
    vm.land()


@native("WaitQueue", "wait")
def wait(vm: Interpreter, at: int) -> int | None:
    """Park the current fiber on the queue until it is woken."""
    if vm.scheduler.woken():
        go_on(vm, at)
        return None
    vm.scheduler.park(argument(vm, at))
    return None


@native("WaitQueue", "wakeOne")
def wake_one(vm: Interpreter, at: int) -> int:
    """Wake the fiber that has waited longest."""
    fibers.wake_one(vm.words, argument(vm, at))
    return 0


@native("WaitQueue", "wakeAll")
def wake_all(vm: Interpreter, at: int) -> int:
    """Wake every fiber that waits."""
    fibers.wake_all(vm.words, argument(vm, at))
    return 0


@native("FiberBase", "start")
def start(vm: Interpreter, at: int) -> int:
    """Make the receiver a running fiber: its first frame is its method run()."""
    fiber = argument(vm, at)
    if vm.scheduler.get(fiber, "state") != State.NEW:
        raise Throw("StateError", "the fiber has been started before")
    cls = vm.classes[vm.heap.class_id(fiber)]
    assert cls is not None
    root = Root.HOST + 6
    vm.memory.set_root(root, fiber)
    vm.scheduler.start(root, cls.table["run"], lambda: [vm.memory.root(root)])
    vm.memory.set_root(root, 0)
    return 0


@native("FiberBase", "cancel")
def cancel(vm: Interpreter, at: int) -> int | None:
    """Make a CancelledError happen in the fiber when it next runs."""
    fiber = argument(vm, at)
    if fiber == vm.scheduler.current:
        raise Throw("CancelledError", "the fiber cancelled itself")
    vm.scheduler.cancel(fiber)
    return 0


@native("FiberBase", "observe")
def observe(vm: Interpreter, at: int) -> int:
    """Note that somebody joins the fiber, so that its error is theirs to handle."""
    fiber = argument(vm, at)
    fibers.observe(vm.words, fiber)
    return 0


@native("FiberBase", "frames")
def frames(vm: Interpreter, at: int) -> int:
    """Where the fiber is, a line a frame, newest first."""
    fiber = argument(vm, at)
    live = vm.scheduler.get(fiber, "state") in (State.READY, State.RUNNING, State.PARKED, State.SLEEPING)
    return new_string_array(vm, [position(frame) for frame in vm.scheduler.frames(fiber)] if live else [])


@native("prelude", "sleep")
def sleep(vm: Interpreter, at: int) -> int | None:
    """Let the fiber sleep for some milliseconds."""
    if vm.scheduler.woken():
        go_on(vm, at)
        return None
    milliseconds = argument(vm, at)
    if milliseconds < 0:
        raise Throw("ArgumentError", f"cannot sleep for {milliseconds} ms")
    if milliseconds == 0:
        vm.scheduler.pass_turn()
    else:
        vm.scheduler.sleep(min(milliseconds, 1 << 40) * 1_000_000)
    return None


@native("prelude", "pause")
def pause(vm: Interpreter, at: int) -> int | None:
    """Let the other fibers run."""
    if vm.scheduler.woken():
        go_on(vm, at)
        return None
    vm.scheduler.pass_turn()
    return None
