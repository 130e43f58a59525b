"""Cheney's copying collector (C. J. Cheney, "A nonrecursive list compacting algorithm", CACM 13:11, 1970).

Live words go to the other half, breadth first: the part of the copy between ``scan`` and ``top`` is the queue. Cost
follows what lives. The same copy, with some objects written in another layout, is what a class redefinition is, so
``Copier`` takes the layouts to write as a parameter and leaves switching halves to its caller. The copying itself is
``kernels.copying``; what is here knows what only Python knows, the stack maps.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from typing import NoReturn

from attrs import define, field

from minivm.classes import RuntimeMethod
from minivm.errors import Throw
from minivm.frames import walk
from minivm.kernels.choice import Kernels
from minivm.kernels.copying import DONE, NO_ROOM, SCANNED, TOP, TRAIL_FIRST, forward
from minivm.kernels.language import Words
from minivm.kernels.tables import Layouts, copies_made
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH, STACK_CAPACITY, STRING_FIRST, STRING_LENGTH, Layout
from minivm.memory import ROOTS, WORD, Memory, Root, reserve


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

    ``old`` is the table of the objects as they are, with a row of its own for those that are written anew; ``new`` that
    of the copies. ``undoable``: the old half can be had back.
    """

    memory: Memory
    methods: list[RuntimeMethod | None]
    old: memoryview[int]
    new: memoryview[int]
    kernels: Kernels
    undoable: bool = False
    base: int = 0
    state: Words[int] = field(factory=lambda: memoryview(array("q", bytes(WORD * TRAIL_FIRST))), repr=False)

    @property
    def top(self) -> int:
        """The end of the copies."""
        return self.state[TOP]

    @property
    def objects(self) -> int:
        """How many have been copied."""
        return self.state[SCANNED]

    def run(self) -> None:
        """Copy everything the roots reach. Afterwards ``base`` and ``top`` describe the copy.

        Raises:
            Throw: OutOfMemoryError, if the copies do not fit (only a growing layout can make that happen); the old
                half is as it was if the copy is undoable.
        """
        memory = self.memory
        self.base = memory.other_base
        first = self.base + ROOTS
        if self.undoable:  # an object has at least a word; pages that are never written to cost nothing
            self.state = memoryview(reserve((TRAIL_FIRST + memory.used) * WORD)).cast("q")
        self.state[:TRAIL_FIRST] = array("q", [first, first, self.base + memory.cap, 0, self.undoable and TRAIL_FIRST])
        count = memory.root_count
        memory.words[self.base : self.base + count] = memory.words[memory.base : memory.base + count]
        self._forward(self.base, self.base + Root.HASHES)
        self._forward(self.base + Root.HASHES + 1, self.base + count)
        self._scan()
        self.kernels.work += self.objects

    def _scan(self) -> None:
        kernel = self.kernels.for_work(0)["scan"]
        while (stack := kernel(self.memory.words, self.old, self.new, self.state)) != DONE:
            if stack == NO_ROOM:
                self._no_room()
            for frame in walk(self.memory.words, stack, self.methods):
                for offset in frame.references():
                    self._forward(frame.at + offset, frame.at + offset + 1)

    def _forward(self, first: int, end: int) -> None:
        top = forward(self.memory.words, self.old, first, end, self.top, self.state)
        if top == NO_ROOM:
            self._no_room()
        self.state[TOP] = top

    def _no_room(self) -> NoReturn:
        if self.undoable:
            self.undo()
        raise Throw("OutOfMemoryError", "no room for the copies in the other half")

    def undo(self) -> None:
        """Put the old half's headers back."""
        self.kernels.for_work(self.objects)["restore"](self.memory.words, self.state)

    def counts(self) -> dict[int, int]:
        """How many instances have been copied, by class id."""
        found = memoryview(array("q", bytes(WORD * ROOTS)))
        kernel = self.kernels.for_work(self.objects)["count_copies"]
        kernel(self.memory.words, self.new, found, self.base + ROOTS, self.top)
        return {class_id: count for class_id, count in enumerate(found.tolist()) if count and class_id}

    def copies_of(self, low: int) -> array[int]:
        """The addresses of the objects with that low header word that have been written anew."""
        count = copies_made(self.old, low)
        found = array("q", bytes(WORD * count))
        if count:
            kernel = self.kernels.for_work(self.objects)["find_copies"]
            kernel(self.memory.words, self.new, low, found, count, self.base + ROOTS)
        return found


@define
class Collector:
    """Garbage collection: copy, switch, report."""

    memory: Memory
    methods: list[RuntimeMethod | None]
    layouts: Layouts
    kernels: Kernels
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
        table = self.layouts.table()
        copier = Copier(memory, self.methods, table, table, self.kernels)
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
