"""Cheney's copying collector (C. J. Cheney, "A nonrecursive list compacting algorithm", CACM 13:11, 1970).

Live words go to the other half, breadth first: the part of the copy between ``scan`` and ``top`` is the queue. Cost
follows what lives. The same copy, with some objects written in another layout, is what a class redefinition is, so
``Copier`` takes the layouts to write as a parameter and leaves switching halves to its caller.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import define, field

from minivm.classes import RuntimeMethod
from minivm.errors import Throw
from minivm.frames import walk
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH, STACK_CAPACITY, STRING_FIRST, STRING_LENGTH, Layout
from minivm.memory import ROOTS, SHAPE_MASK, WORD, Memory, Root

Relayout = tuple[
    int, tuple[tuple[int, int], ...], memoryview
]  # new size, (old offset, new offset) pairs, new prototype


def object_words(words: memoryview[int], ref: int, layout: Layout) -> int:
    """How many words the object at ``ref`` takes."""
    kind = layout.kind
    if kind == "fields":
        return layout.size
    if kind == "string":
        return string_words(words[ref + STRING_LENGTH])
    if kind == "stack":
        return words[ref + STACK_CAPACITY]
    return ARRAY_FIRST + words[ref + ARRAY_LENGTH]


def string_words(length_word: int) -> int:
    """The words of a string object, from its length word."""
    return STRING_FIRST + (((length_word >> 2) << (length_word & 3)) + 7 >> 3)


@define
class Copier:
    """One copy of the live words into the other half.

    ``old`` are the layouts of the objects as they are, by the low 32 bits of the header; ``new`` those of the copies.
    ``relayouts`` says how an object that changes is written; absent ones are copied word for word.
    """

    memory: Memory
    methods: list[RuntimeMethod | None]
    old: dict[int, Layout]
    new: dict[int, Layout]
    relayouts: dict[int, Relayout]
    base: int = 0
    top: int = 0
    objects: int = 0
    relaid: dict[int, int] = field(factory=dict)  # header's low word -> copies made in a new layout
    watched: dict[int, list[int]] = field(factory=dict)  # header's low word -> addresses of those copies, if wanted

    def run_or_undo(self) -> None:
        """``run``, but a failed copy leaves the old half as it was.

        Raises:
            Throw: OutOfMemoryError.
        """
        try:
            self.run()
        except Throw:
            self.undo()
            raise

    def run(self) -> None:
        """Copy everything the roots reach. Afterwards ``base`` and ``top`` describe the copy.

        Raises:
            Throw: OutOfMemoryError, if the copies do not fit (only a growing layout can make that happen); the old
                half then has forwarding headers: call ``undo``.
        """
        memory = self.memory
        words = memory.words
        self.base = memory.other_base
        self.top = self.base + ROOTS
        self.relaid = dict.fromkeys(self.relayouts, 0)
        count = memory.root_count
        words[self.base : self.base + count] = words[memory.base : memory.base + count]
        for slot in range(self.base, self.base + count):
            if words[slot] and slot != self.base + Root.HASHES:
                words[slot] = self.copy(words[slot])
        self._scan()

    def copy(self, ref: int) -> int:
        """The address of the object's copy, made now if it is the first visit."""
        words = self.memory.words
        header = words[ref]
        if header < 0:
            return -header
        low = header & SHAPE_MASK
        to = self.top
        change = self.relayouts.get(low)
        if change is None:
            layout = self.old[low]
            size = layout.size if layout.kind == "fields" else object_words(words, ref, layout)
            self._reserve(to + size)
            words[to : to + size] = words[ref : ref + size]
        else:
            self._relay(ref, to, low, change)
        words[ref] = -to
        self.objects += 1
        return to

    def _reserve(self, top: int) -> None:
        if top > self.base + self.memory.cap:
            raise Throw("OutOfMemoryError", "no room for the copies in the other half")
        self.top = top

    def _relay(self, ref: int, to: int, low: int, change: Relayout) -> None:
        size, pairs, prototype = change
        self._reserve(to + size)
        words = self.memory.words
        words[to : to + size] = prototype
        words[to] = words[ref]
        for old_offset, new_offset in pairs:
            words[to + new_offset] = words[ref + old_offset]
        self.relaid[low] += 1
        if low in self.watched:
            self.watched[low].append(to)

    def _scan(self) -> None:
        words = self.memory.words
        new = self.new
        copy = self.copy
        scan = self.base + ROOTS
        while scan < self.top:
            layout = new[words[scan] & SHAPE_MASK]
            if layout.kind == "fields":
                for offset in layout.references:
                    ref = words[scan + offset]
                    if ref:
                        header = words[ref]
                        words[scan + offset] = -header if header < 0 else copy(ref)
                scan += layout.size
            else:
                scan = self._scan_special(scan, layout)

    def _scan_special(self, scan: int, layout: Layout) -> int:
        words = self.memory.words
        end = scan + object_words(words, scan, layout)
        if layout.kind == "array of references":
            copy = self.copy
            for at in range(scan + ARRAY_FIRST, end):
                ref = words[at]
                if ref:
                    header = words[ref]
                    words[at] = -header if header < 0 else copy(ref)
        elif layout.kind == "stack":
            self._scan_stack(scan)
        return end

    def _scan_stack(self, stack: int) -> None:
        words = self.memory.words
        for frame in walk(words, stack, self.methods):
            for offset in frame.references():
                ref = words[frame.at + offset]
                if ref:
                    words[frame.at + offset] = self.copy(ref)

    def undo(self) -> None:
        """Put the old half's headers back from the copies made so far (after a failed copy)."""
        words = self.memory.words
        scan = self.base + ROOTS
        restored: dict[int, int] = {}
        while scan < self.top:
            low = words[scan] & SHAPE_MASK
            restored[scan] = words[scan]
            scan += object_words(words, scan, self.new[low])
        self._restore(restored)

    def _restore(self, headers: dict[int, int]) -> None:
        words = self.memory.words
        at = self.memory.base + ROOTS
        end = self.memory.top
        while at < end:
            if words[at] < 0:
                words[at] = headers[-words[at]]
            at += object_words(words, at, self.old[words[at] & SHAPE_MASK])


@define
class Collector:
    """Garbage collection: copy, switch, report."""

    memory: Memory
    methods: list[RuntimeMethod | None]
    layouts: dict[int, Layout]
    before: Callable[[], None]  # brings the running frame's record up to date
    after: Callable[[int], None]  # told the running stack's new address
    report: Callable[[str], None]
    collections: int = 0

    def collect(self) -> None:
        """Copy what lives to the other half and make that the current one."""
        memory = self.memory
        if memory.dipping:
            return  # the other half is being kept for an undo
        started = time.perf_counter()
        self.before()
        used = memory.used
        copier = Copier(memory, self.methods, self.layouts, self.layouts, {})
        copier.run()
        memory.switch(copier.base, copier.top)
        self.collections += 1
        self.after(memory.root(Root.CURRENT))
        took = (time.perf_counter() - started) * 1000
        self.report(
            f"collection {self.collections}: {size_text(used)} in use; {copier.objects:,} objects live on in "
            f"{size_text(memory.used)} of the other half; {size_text(used - memory.used)} freed in {took:.1f} ms"
        )


def size_text(words: int) -> str:
    """A number of words as bytes, KiB or MiB."""
    size = words * WORD
    if size < 1 << 20:
        return f"{size / 1024:.1f} KiB" if size >= 1 << 10 else f"{size} bytes"
    return f"{size / (1 << 20):.1f} MiB"
