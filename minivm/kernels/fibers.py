"""Fibers in their queues, as kernels: who is ready, who waits, who is woken; and how one starts, ends and switches to
the next without the interpreter.

Queues are linked by the fibers themselves (see ``minivm.scheduler``). Where the machine's fields of fibers and wait
queues are, registers say.

Machine code that wants to wait leaves plain frames behind, with ``PARKED_ON`` saying on what. If the fiber whose turn
it is then was woken where it waited, and there is machine code behind that wait, it goes on there at once; so does one
that begins. Every other switch is the interpreter's: to a fiber that is cancelled, or has lost its turn while it ran.
"""

from __future__ import annotations

from enum import IntEnum, unique

from minivm.frames import FIRST, LINK, LINK_MASK, METHOD, PC, Link
from minivm.kernels.allocation import SLOW, allocate
from minivm.kernels.language import Words, kernel
from minivm.kernels.unwinding import BEGINNING, SITE_ENTRY, SITE_PC, SITE_RESULT, SITE_WAITS, find_site
from minivm.layouts import STACK_CAPACITY, STACK_CLASS, STACK_FIRST, STACK_TOP
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
class FiberFlag(IntEnum):
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
def observe(words: Words[int], fiber: int) -> None:
    """Note that somebody looks at how a fiber ends."""
    words[fiber + words[Register.FIBER_FLAGS]] |= FiberFlag.OBSERVED


# ── starting and ending ──────────────────────────────────────────────────────────────────────────────────────


@kernel
def enlist(words: Words[int], fiber: int, stack: int) -> None:
    """Give a fiber its number and its stack, and put it into the list of those that have not ended."""
    words[fiber + words[Register.FIBER_STACK]] = stack
    words[fiber + words[Register.FIBER_ID]] = words[Register.NEXT_FIBER]
    words[Register.NEXT_FIBER] += 1
    roots = words[Register.BASE]
    older = words[roots + Root.LIVE_FIRST]
    words[fiber + words[Register.FIBER_NEXT_LIVE]] = older
    if older:
        words[older + words[Register.FIBER_PREVIOUS_LIVE]] = fiber
    words[roots + Root.LIVE_FIRST] = fiber


@kernel
def unlist(words: Words[int], fiber: int) -> None:
    """Take a fiber out of the list of those that have not ended, if it is there."""
    roots = words[Register.BASE]
    older = words[fiber + words[Register.FIBER_NEXT_LIVE]]
    newer = words[fiber + words[Register.FIBER_PREVIOUS_LIVE]]
    if older:
        words[older + words[Register.FIBER_PREVIOUS_LIVE]] = newer
    if newer:
        words[newer + words[Register.FIBER_NEXT_LIVE]] = older
    elif words[roots + Root.LIVE_FIRST] == fiber:
        words[roots + Root.LIVE_FIRST] = older
    words[fiber + words[Register.FIBER_NEXT_LIVE]] = 0
    words[fiber + words[Register.FIBER_PREVIOUS_LIVE]] = 0


@kernel
def start_fiber(words: Words[int], fiber: int, method: int, size: int) -> int:
    """Start a fiber in its method with an id, on a stack of ``size`` words; SLOW if it has been or there is no room."""
    if words[fiber + words[Register.FIBER_STATE]] != State.NEW:
        return SLOW
    stack = allocate(words, size)
    if stack == SLOW:
        return SLOW
    words[stack] = STACK_CLASS
    words[stack + STACK_CAPACITY] = size
    words[stack + STACK_TOP] = STACK_FIRST
    words[stack + STACK_FIRST + METHOD] = method
    words[stack + STACK_FIRST + PC] = 0
    words[stack + STACK_FIRST + LINK] = Link.BASE
    words[stack + STACK_FIRST + FIRST] = fiber
    enlist(words, fiber, stack)
    make_ready(words, fiber)
    return 0


# ── switching ────────────────────────────────────────────────────────────────────────────────────────────────


@kernel
def switch(words: Words[int], table: Words[int], queue: int) -> int:
    """Park the running fiber, whose newest frame is FRAME, on a queue or PAUSED, and let the next one run.

    The result is the machine code of that one; 0, with nothing changed, if it has none to go on with.
    """
    roots = words[Register.BASE]
    me = words[roots + Root.CURRENT]
    fiber = words[roots + Root.READY_FIRST]
    if fiber == 0 or words[Register.ALONE] or (queue == PAUSED and words[roots + Root.SLEEP_FIRST]):
        return 0
    if words[me + words[Register.FIBER_FLAGS]] & FiberFlag.WOKEN:  # it has waited
        return 0
    site = site_of(words, table, fiber, words[fiber + words[Register.FIBER_FLAGS]])
    if site == 0:
        return 0
    words[words[Register.STACK] + STACK_TOP] = words[Register.FRAME] - words[Register.STACK]
    if queue == PAUSED:
        words[me + words[Register.FIBER_FLAGS]] |= FiberFlag.WOKEN
        make_ready(words, me)
    else:
        park_on(words, queue, me)
    return run_next(words, table, site)


@kernel
def end_fiber(words: Words[int], table: Words[int]) -> int:
    """End the running fiber, whose first frame has returned, and let the next one run: the machine code of that one.

    0, with nothing changed, if it has none to go on with, or the host waits for this end.
    """
    roots = words[Register.BASE]
    me = words[roots + Root.CURRENT]
    if words[Register.ALONE] or words[me + words[Register.FIBER_ID]] == words[Register.AWAITED]:
        return 0
    joiners = words[me + words[Register.FIBER_JOINERS]]
    if joiners == 0:
        return 0
    fiber = words[roots + Root.READY_FIRST]
    woken = 0
    if fiber == 0:
        fiber = words[joiners + words[Register.QUEUE_FIRST]]
        woken = FiberFlag.WOKEN
        if fiber == 0:
            return 0
    site = site_of(words, table, fiber, words[fiber + words[Register.FIBER_FLAGS]] | woken)
    if site == 0:
        return 0
    words[me + words[Register.FIBER_STATE]] = State.DONE
    words[me + words[Register.FIBER_ERROR]] = 0
    words[me + words[Register.FIBER_STACK]] = 0
    unlist(words, me)
    wake_all(words, joiners)
    return run_next(words, table, site)


@kernel
def site_of(words: Words[int], table: Words[int], fiber: int, flags: int) -> int:
    """Where machine code goes on with a fiber that has such flags, in the table; 0 if the interpreter has to."""
    if flags & FiberFlag.CANCELLED:
        return 0
    stack = words[fiber + words[Register.FIBER_STACK]]
    frame = stack + words[stack + STACK_TOP]
    if flags & FiberFlag.WOKEN:
        site = find_site(table, words[frame + METHOD], words[frame + PC])
        return site if site and table[site + SITE_WAITS] else 0
    if words[frame + PC] or words[frame + LINK] & LINK_MASK != Link.BASE:
        return 0
    return find_site(table, words[frame + METHOD], BEGINNING)


@kernel
def run_next(words: Words[int], table: Words[int], site: int) -> int:
    """Make the first ready fiber the running one, where ``site_of`` says; its machine code."""
    fiber = take_ready(words)
    make_current(words, fiber)
    words[fiber + words[Register.FIBER_FLAGS]] &= ~FiberFlag.WOKEN
    stack = words[fiber + words[Register.FIBER_STACK]]
    frame = stack + words[stack + STACK_TOP]
    end = stack + words[stack + STACK_CAPACITY]
    most = frame + words[Register.NATIVE_WORDS]
    words[Register.STACK] = stack
    words[Register.STACK_END] = end
    words[Register.FRAME] = frame
    words[Register.FRAME_END] = most if most < end else end
    if table[site + SITE_PC] != BEGINNING:
        words[frame + table[site + SITE_RESULT]] = 0
        words[frame + PC] += 1
    return table[site + SITE_ENTRY]
