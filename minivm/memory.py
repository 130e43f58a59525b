"""The one memory: registers and two halves of words in one ``mmap``.

    word 0                 never an object, so that 0 can be null
    registers              what Python and native code both read and write while the program runs (see Register)
    half A, half B         each:  roots (ROOTS words) | objects, bump-allocated upwards

A reference is a word index from the start of the memory. Everything the program reaches hangs off the root words
of the current half, so switching halves switches the whole program at once: that is how a collection and a class
redefinition commit, and how a failed redefinition is undone.

An object starts with a header word:

    bits 0..30    class id
    bit  31       statics: the object holds the static fields of that class
    bits 32..62   identity hash, 0 until somebody asks
    negative      forwarded: minus the word index of the copy in the other half
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from enum import IntEnum, unique

from minivm.errors import Throw, UsageError

WORD = 8
ROOTS = 1 << 14  # class statics are roots: this caps the classes of one machine at about 16,000
FIRST_HALF = 64  # words before it: null and the registers; both halves are aligned to a cache line
APART = 256  # words between the halves: a processor that tells lines apart by the low bits of their addresses would
# otherwise take an object and its copy, the same distance into either half, for one line, and wait: 4 times slower
MIN_LIMIT = 1 << 19  # words a half starts with (4 MiB): small enough to stay in the cache
AMPLE = 1 << 22  # free words (32 MiB) for which live ones may be copied once for seven allocated, not for each one
SLACK = 8  # words after the halves: blocks of bytes that are read or written at the end of the last may reach there
RESERVE = 1 << 12  # words kept back so that an OutOfMemoryError and its trace can still be made
DEFAULT_CAP = 256 << 20  # bytes of one half at most

CLASS_MASK = (1 << 31) - 1
STATICS_BIT = 1 << 31
SHAPE_MASK = (1 << 32) - 1
HASH_SHIFT = 32
MAX_INT = (1 << 63) - 1
MIN_INT = -(1 << 63)
WORD_MASK = (1 << 64) - 1


@unique
class Register(IntEnum):
    """The words at the start of the memory that every tier shares."""

    TOP = 1  # word index of the next free word of the current half
    LIMIT = 2  # where allocation has to ask for a collection first; 0 under ``stress``: every allocation asks
    BASE = 3  # the start of the current half
    STACK = 4  # the running fiber's stack object
    STACK_END = 5  # its end
    FUEL = 6  # polls left, whenever native code is not running
    FRAME = 7  # after native code has stopped: its newest frame
    FRAME_END = 8  # native code may not push a frame that ends beyond this
    VALUE = 9  # the result word of a native method that Python called
    PENDING = 10  # not 0: somebody wants every empty tank to stop the program
    REFILLS = 11  # how often native code may fill an empty tank by itself
    THROWN = 12  # after native code has stopped: the error that it throws, 0 if it stopped for something else
    LANDINGS = 13  # the address of the table that says where native code can go on (see kernels/unwinding)
    PARKED_ON = 14  # after native code has stopped: what its fiber is to wait on (see kernels/fibers), 0 for no wait
    ALONE = 15  # not 0: a host call runs alone, and fibers do not switch
    NATIVE_WORDS = 16  # of frames that native code may have on the host's stack before it writes them out
    AWAITED = 17  # the number of the fiber whose end the host waits for, 0 for none
    NEXT_FIBER = 18  # the number of the fiber that is started next
    FIBER_ID = 19  # 19..30: offsets of what the machine keeps in fibers and wait queues
    FIBER_STATE = 20
    FIBER_STACK = 21
    FIBER_NEXT = 22
    FIBER_NEXT_LIVE = 23
    FIBER_PREVIOUS_LIVE = 24
    FIBER_FLAGS = 25
    FIBER_ERROR = 26
    FIBER_WAITING_ON = 27
    FIBER_JOINERS = 28
    QUEUE_FIRST = 29
    QUEUE_LAST = 30
    HOST_END = 31  # an address in the host's stack: below it, baseline code calls nothing more


_TOP = int(Register.TOP)  # an IntEnum member is slow as an index
_LIMIT = int(Register.LIMIT)


@unique
class Root(IntEnum):
    """The root words with a fixed meaning; the statics of class ``id`` are at ``STATICS + id``."""

    CURRENT = 0  # the fiber that runs
    READY_FIRST = 1  # fibers that can run, linked by FiberBase.next
    READY_LAST = 2
    SLEEP_FIRST = 3  # sleeping fibers, soonest first
    LIVE_FIRST = 4  # every fiber that has not ended, linked by FiberBase.nextLive
    MAIN = 5  # the fiber whose end ends the program
    OUT_OF_MEMORY = 6  # the error that is thrown when there is no room to make one
    HOST = 7  # 7..14: references a host operation has to keep across safepoints
    HASHES = 15  # not a reference: how many identity hashes have been given out
    STATICS = 16


def wrap(value: int) -> int:
    """The 64-bit two's complement word of an unbounded integer."""
    value &= WORD_MASK
    return value - (1 << 64) if value > MAX_INT else value


def reserve(size: int) -> mmap.mmap:
    """Zeroed bytes that take no room before they are written to.

    Private where the system knows that: the first write to a page costs half of what it does in Python's shared ones.
    """
    if not hasattr(mmap, "MAP_PRIVATE"):
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


class Memory:
    """Words, halves and the bump pointer. ``words`` and ``floats`` are two views of the same bytes."""

    def __init__(self, cap_bytes: int = DEFAULT_CAP) -> None:
        self.cap = max(cap_bytes // WORD, ROOTS + 4 * RESERVE)
        size = FIRST_HALF + 2 * self.cap + APART + SLACK
        try:
            self.map = reserve(size * WORD)
        except (OSError, ValueError, OverflowError) as error:
            raise UsageError(f"cannot reserve a heap of 2 x {self.cap * WORD >> 20} MiB: {error}") from error
        self.bytes = memoryview(self.map)
        self.words: memoryview[int] = self.bytes.cast("q")
        self.floats: memoryview[float] = self.bytes.cast("d")
        self._limit = 0
        self._stress = False
        self.base = self.words[Register.BASE] = FIRST_HALF
        self.top = self.base + ROOTS
        self.limit = self.base + min(MIN_LIMIT, self.cap - RESERVE)
        self.root_count: int = Root.STATICS  # root words in use
        self.dipping = False  # allocations may use the reserve, and never collect
        self.held = False  # nothing may move: an allocation that would need a collection fails
        self.collect: Callable[[], None] | None = None

    @property
    def address(self) -> int:
        """Where word 0 is, for native code."""
        return ctypes.addressof(ctypes.c_char.from_buffer(self.map))

    @property
    def top(self) -> int:
        """Where the next object goes."""
        return self.words[_TOP]

    @top.setter
    def top(self, top: int) -> None:
        self.words[_TOP] = top

    @property
    def limit(self) -> int:
        """How far the current half may fill before a collection."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        self._limit = limit
        self.words[_LIMIT] = 0 if self._stress else limit

    @property
    def stress(self) -> bool:
        """Whether every allocation collects first."""
        return self._stress

    @stress.setter
    def stress(self, on: bool) -> None:
        self._stress = on
        self.limit = self._limit

    @property
    def other_base(self) -> int:
        """The start of the half that is not in use."""
        return FIRST_HALF + self.cap + APART if self.base == FIRST_HALF else FIRST_HALF

    @property
    def used(self) -> int:
        """Words allocated in the current half, garbage included, roots not."""
        return self.top - self.base - ROOTS

    def root(self, which: int) -> int:
        """A root word."""
        return self.words[self.base + which]

    def set_root(self, which: int, ref: int) -> None:
        """Write a root word."""
        if which >= self.root_count:
            self.root_count = which + 1
        self.words[self.base + which] = ref

    def allocate(self, count: int) -> int:
        """The index of ``count`` fresh words (not cleared), collecting if the half is full.

        Raises:
            Throw: OutOfMemoryError, if there is no room even after a collection.
        """
        words = self.words
        ref = words[_TOP]
        top = ref + count
        if top > words[_LIMIT]:
            return self._allocate_slowly(count)
        words[_TOP] = top
        return ref

    def _allocate_slowly(self, count: int) -> int:
        if self.held:
            raise Throw("OutOfMemoryError", "there is no room without a collection")
        if self.dipping:
            return self.allocate_now(count)
        if self.collect is not None and count < self.cap:
            self.collect()
        if self.top + count > self.limit:
            self._raise_limit(count)
        ref = self.top
        self.top += count
        return ref

    def _raise_limit(self, count: int) -> None:
        most = self.base + self.cap - RESERVE
        if self.top + count > most:
            raise Throw("OutOfMemoryError", f"no room for {count} words in a heap of {self.cap} words")
        self.limit = min(most, max(self.top + count, self.base + MIN_LIMIT))

    def allocate_now(self, count: int) -> int:
        """Fresh words without a collection: nothing moves. May dip into the reserve.

        Raises:
            Throw: OutOfMemoryError, if the half is full to its cap.
        """
        if self.top + count > self.base + self.cap:
            raise Throw("OutOfMemoryError", f"no room for {count} words in a heap of {self.cap} words")
        ref = self.top
        self.top += count
        self.limit = max(self.limit, min(self.top, self.base + self.cap - RESERVE))
        return ref

    def switch(self, base: int, top: int) -> None:
        """Make the half at ``base``, filled up to ``top``, the current one."""
        most = base + self.cap - RESERVE
        live = top - base - ROOTS
        self.use((base, top, min(most, base + max(MIN_LIMIT, ROOTS + live + max(live, min(7 * live, AMPLE))))))

    @property
    def half(self) -> tuple[int, int, int]:
        """The current half as ``use`` takes it: base, top and limit."""
        return self.base, self.top, self.limit

    def use(self, half: tuple[int, int, int]) -> None:
        """Make a half the current one."""
        self.base, self.top, self.limit = half
        self.words[Register.BASE] = self.base

    def identity_hash(self, ref: int) -> int:
        """The object's identity hash, 31 bits, given out on first request in a fixed pseudo-random order."""
        header = self.words[ref]
        found = header >> HASH_SHIFT
        if found == 0:
            given = self.root(Root.HASHES) + 1
            self.set_root(Root.HASHES, given)
            found = (given * 0x9E3779B1) & 0x7FFFFFFF or 1
            self.words[ref] = header | (found << HASH_SHIFT)
        return found

    def close(self) -> None:
        """Give the memory back."""
        self.words.release()
        self.floats.release()
        self.bytes.release()
        self.map.close()
