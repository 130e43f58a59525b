"""Fibers while the host does something else: turns without waiting, and stopping the main fiber on Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from minivm.errors import Deadlock, GuestError
from minivm.interpreter import Halt, Interrupted
from minivm.machine import Machine
from minivm.memory import Root

GRACE = 2.0  # seconds a cancelled fiber has for its finally blocks before the host gives up on it
_OUTSIDE = 0.05  # seconds between two looks at what host threads have brought


def run_ready(machine: Machine, turns: int) -> None:
    """Run ready fibers for at most ``turns`` turns, stopping at once when none is ready; never waits.

    Raises:
        Exit, Interrupted: as in any run.
    """
    scheduler, vm = machine.scheduler, machine.vm
    if scheduler.wakeup.is_set():
        scheduler.wakeup.clear()
        scheduler.deliver()
    scheduler.wake_sleepers()
    previous, left = vm.at_safepoint, turns

    def count() -> None:
        nonlocal left
        if previous is not None:
            previous()
        left -= 1
        if left <= 0:
            vm.sync()
            raise Halt

    scheduler.impatient, vm.at_safepoint = True, count
    try:
        machine.drain()
    finally:
        scheduler.impatient, vm.at_safepoint = False, previous
        if scheduler.current:
            scheduler.suspend()


def ready_count(machine: Machine) -> int:
    """How many fibers are ready to run."""
    count, at = 0, machine.memory.root(Root.READY_FIRST)
    while at:
        count, at = count + 1, machine.scheduler.get(at, "next")
    return count


def next_turn(machine: Machine) -> float | None:
    """Seconds until some fiber may be able to run; None: not before the host does something."""
    if machine.memory.root(Root.READY_FIRST):
        return 0.0
    first = machine.memory.root(Root.SLEEP_FIRST)
    if first:
        return max(machine.scheduler.get(first, "wakeAt") - time.monotonic_ns(), 0) / 1e9
    return _OUTSIDE if machine.scheduler.outside else None


def cancel_main(machine: Machine) -> bool:
    """Cancel the main fiber and let it run its finally blocks; False: it did not end within ``GRACE`` seconds."""
    scheduler, vm = machine.scheduler, machine.vm
    if scheduler.current:
        scheduler.suspend()
    fiber = machine.memory.root(Root.MAIN)
    scheduler.cancel(fiber)
    timer = threading.Timer(GRACE, vm.interrupt)
    timer.daemon = True
    timer.start()
    try:
        machine.run_fiber(scheduler.get(fiber, "id"))
    except GuestError:
        return True
    except (Deadlock, Interrupted):
        if scheduler.current:
            scheduler.suspend()
        return False
    finally:
        timer.cancel()
        vm.interrupted = False
    return True


@contextlib.contextmanager
def interruptible(machine: Machine, *, insist: bool) -> Iterator[None]:
    """Ctrl-C inside the ``with`` asks the program to stop at its next safepoint, not the machine.

    ``insist``: a second Ctrl-C before that is a KeyboardInterrupt.
    """

    def asked(number: int, frame: FrameType | None) -> None:
        if insist and machine.vm.interrupted:
            raise KeyboardInterrupt
        machine.vm.interrupt()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, asked)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
