"""Fibers in their queues, as kernels: who is ready, who waits, who is woken; and a switch without the interpreter.

Queues are linked by the fibers themselves (see ``minivm.scheduler``). Where the machine's fields of fibers and wait
queues are, registers say.

Machine code that wants to wait leaves plain frames behind, with ``PARKED_ON`` saying on what. If the fiber whose turn
it is then was woken where it waited, and there is machine code behind that wait, it goes on there at once. Every other
switch is the interpreter's: to a fiber that begins, is cancelled or has lost its turn in the middle of something.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag, unique

from minivm.frames import METHOD, PC
from minivm.kernels.language import Words, kernel
from minivm.kernels.unwinding import SITE_ENTRY, SITE_RESULT, SITE_WAITS, find_site
from minivm.layouts import STACK_CAPACITY, STACK_TOP
from minivm.memory import Register, Root

PAUSED = -1  # in PARKED_ON: the fiber only lets the others have their turns


@unique
class State(IntEnum):
    """The ``state`` field of a fiber."""

    NEW = 0
    READY = 1
    RUNNING = 2
    PARKED = 3
    SLEEPING = 4
    DONE = 5
    FAILED = 6


@unique
class FiberFlag(IntFlag):
    """Bits of the ``flags`` field of a fiber."""

    WOKEN = 1  # the park that is being executed again may return
    CANCELLED = 2  # a CancelledError is due at the next switch to it
    OBSERVED = 4  # somebody has joined it: its error is theirs


@kernel
def make_ready(words: Words[int], fiber: int) -> None:
    """Put a fiber at the end of the ready queue."""
    roots = words[Register.BASE]
    words[fiber + words[Register.FIBER_STATE]] = State.READY
    words[fiber + words[Register.FIBER_NEXT]] = 0
    if words[roots + Root.READY_FIRST] == 0:
        words[roots + Root.READY_FIRST] = fiber
    else:
        words[words[roots + Root.READY_LAST] + words[Register.FIBER_NEXT]] = fiber
    words[roots + Root.READY_LAST] = fiber


@kernel
def take_ready(words: Words[int]) -> int:
    """Take the first fiber out of the ready queue, which is not empty."""
    roots = words[Register.BASE]
    fiber = words[roots + Root.READY_FIRST]
    following = words[fiber + words[Register.FIBER_NEXT]]
    words[roots + Root.READY_FIRST] = following
    if following == 0:
        words[roots + Root.READY_LAST] = 0
    words[fiber + words[Register.FIBER_NEXT]] = 0
    return fiber


@kernel
def make_current(words: Words[int], fiber: int) -> None:
    """Note that a fiber, which is in no queue, is the one that runs."""
    words[fiber + words[Register.FIBER_STATE]] = State.RUNNING
    words[words[Register.BASE] + Root.CURRENT] = fiber


@kernel
def park_on(words: Words[int], queue: int, fiber: int) -> None:
    """Put a fiber at the end of a wait queue."""
    words[fiber + words[Register.FIBER_STATE]] = State.PARKED
    words[fiber + words[Register.FIBER_WAITING_ON]] = queue
    words[fiber + words[Register.FIBER_NEXT]] = 0
    last = words[queue + words[Register.QUEUE_LAST]]
    if last == 0:
        words[queue + words[Register.QUEUE_FIRST]] = fiber
    else:
        words[last + words[Register.FIBER_NEXT]] = fiber
    words[queue + words[Register.QUEUE_LAST]] = fiber


@kernel
def wake(words: Words[int], fiber: int) -> None:
    """Make a fiber ready that was taken out of the queue it waited in."""
    words[fiber + words[Register.FIBER_FLAGS]] |= FiberFlag.WOKEN
    words[fiber + words[Register.FIBER_WAITING_ON]] = 0
    make_ready(words, fiber)


@kernel
def wake_one(words: Words[int], queue: int) -> None:
    """Wake the fiber that has waited longest on a queue, if there is one."""
    fiber = words[queue + words[Register.QUEUE_FIRST]]
    if fiber:
        following = words[fiber + words[Register.FIBER_NEXT]]
        words[queue + words[Register.QUEUE_FIRST]] = following
        if following == 0:
            words[queue + words[Register.QUEUE_LAST]] = 0
        wake(words, fiber)


@kernel
def wake_all(words: Words[int], queue: int) -> None:
    """Wake every fiber that waits on a queue."""
    while words[queue + words[Register.QUEUE_FIRST]]:
        wake_one(words, queue)


@kernel
def switch(words: Words[int], table: Words[int], queue: int) -> int:
    """Park the running fiber, whose newest frame is FRAME, on a queue or PAUSED, and let the next one run.

    The result is the machine code of that one; 0, with nothing changed, if it has none to go on with.
    """
    roots = words[Register.BASE]
    fiber = words[roots + Root.READY_FIRST]
    if fiber == 0 or words[Register.ALONE] or (queue == PAUSED and words[roots + Root.SLEEP_FIRST]):
        return 0
    me = words[roots + Root.CURRENT]
    if words[me + words[Register.FIBER_FLAGS]] & FiberFlag.WOKEN:  # it has waited
        return 0
    flags = words[fiber + words[Register.FIBER_FLAGS]]
    if flags & (FiberFlag.WOKEN | FiberFlag.CANCELLED) != FiberFlag.WOKEN:
        return 0
    stack = words[fiber + words[Register.FIBER_STACK]]
    frame = stack + words[stack + STACK_TOP]
    site = find_site(table, words[frame + METHOD], words[frame + PC])
    if site == 0 or table[site + SITE_WAITS] == 0:
        return 0
    words[words[Register.STACK] + STACK_TOP] = words[Register.FRAME] - words[Register.STACK]
    if queue == PAUSED:
        words[me + words[Register.FIBER_FLAGS]] |= FiberFlag.WOKEN
        make_ready(words, me)
    else:
        park_on(words, queue, me)
    make_current(words, take_ready(words))
    words[fiber + words[Register.FIBER_FLAGS]] = flags & ~FiberFlag.WOKEN
    end = stack + words[stack + STACK_CAPACITY]
    words[Register.STACK] = stack
    words[Register.STACK_END] = end
    words[Register.FRAME] = frame
    most = frame + words[Register.NATIVE_WORDS]
    words[Register.FRAME_END] = most if most < end else end
    words[frame + table[site + SITE_RESULT]] = 0
    words[frame + PC] += 1
    return table[site + SITE_ENTRY]
