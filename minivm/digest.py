"""The heap digest: a hash of everything the program can reach, the same wherever the words happen to lie.

The walk is canonical: roots in order, then objects in the order first met, each under the number of its meeting.
What only tells how the program has been executed so far is left out: string constants that have been made already,
hashes that strings remember, classes without static fields that have been loaded, which bits stand for a NaN.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from minivm.classes import RuntimeClass, RuntimeMethod, Shape
from minivm.collector import object_words
from minivm.frames import typed_slots, walk
from minivm.heap import same_nan
from minivm.layouts import ARRAY_FIRST, STACK_CLASS, Layout
from minivm.memory import CLASS_MASK, HASH_SHIFT, SHAPE_MASK, STATICS_BIT, Memory, Root
from minivm.types import FLOAT, Type


class Digest:
    """One walk over the live words of a machine at a safepoint.

    ``left_out`` are objects to treat as null.
    """

    def __init__(
        self,
        memory: Memory,
        classes: list[RuntimeClass | None],
        methods: list[RuntimeMethod | None],
        layouts: dict[int, Layout],
        left_out: Callable[[int], bool] = lambda ref: False,
    ) -> None:
        self.left_out = left_out
        self.memory = memory
        self.classes = classes
        self.methods = methods
        self.layouts = layouts
        self.numbers: dict[int, int] = {}
        self.queue: list[int] = []

    def compute(self) -> str:
        """The digest, as 32 hexadecimal digits."""
        hasher = hashlib.blake2b(digest_size=16)
        words = self.memory.words
        base = self.memory.base
        for slot in range(self.memory.root_count):
            word = words[base + slot]
            if word and self._counts(slot):
                hasher.update(f"root {slot} {word if slot == Root.HASHES else self._number(word)}\n".encode())
        at = 0
        while at < len(self.queue):
            hasher.update(self._object(self.queue[at]).encode())
            at += 1
        return hasher.hexdigest()

    def _counts(self, slot: int) -> bool:
        if slot < Root.STATICS:
            return True
        cls = self.classes[slot - Root.STATICS]
        return cls is not None and bool(cls.statics)

    def _number(self, ref: int) -> int:
        if ref == 0:
            return 0
        found = self.numbers.get(ref)
        if found is None and self.left_out(ref):
            return 0
        if found is None:
            self.queue.append(ref)
            found = self.numbers[ref] = len(self.queue)
        return found

    def _object(self, ref: int) -> str:
        words = self.memory.words
        header = words[ref]
        low = header & SHAPE_MASK
        layout = self.layouts[low]
        if low == STACK_CLASS:
            return self._stack(ref)
        cls = self.classes[low & CLASS_MASK]
        assert cls is not None
        size = object_words(words, ref, layout)
        values = words[ref + 1 : ref + size].tolist()
        if low & STATICS_BIT:
            del values[len(cls.statics) :]  # the string constants
        if layout.kind == "fields":
            for offset in layout.references:
                if offset <= len(values):
                    values[offset - 1] = self._number(values[offset - 1])
        elif layout.kind == "array of references":
            first = ARRAY_FIRST - 1
            values[first:] = [self._number(value) for value in values[first:]]
        elif layout.kind == "string":
            values[1] = 0  # the cached hash is no part of the value
        for index in _floats(cls, low, len(values)):
            values[index] = same_nan(values[index])
        kind = "statics" if low & STATICS_BIT else "object"
        return f"{kind} {cls.type} v{cls.version} {header >> HASH_SHIFT} {values}\n"

    def _stack(self, stack: int) -> str:
        words = self.memory.words
        parts = []
        for frame in walk(words, stack, self.methods):
            slots = self._frame_values(frame.at, frame.method, frame.pc, frame.in_call)
            parts.append(f"{frame.method} {frame.pc} {slots}")
        return f"stack {parts}\n"

    def _frame_values(self, at: int, method: RuntimeMethod, pc: int, in_call: bool) -> list[int]:
        words = self.memory.words
        slots = typed_slots(method, pc, in_call)
        return [self._value(words[at + offset], type_) for offset, type_ in slots]

    def _value(self, word: int, type_: Type) -> int:
        return self._number(word) if type_.is_reference else same_nan(word) if type_ == FLOAT else word


def _floats(cls: RuntimeClass, low: int, count: int) -> Iterable[int]:
    """Which of the words behind an object's header are floats; it has ``count``."""
    if low & STATICS_BIT:
        return [field.offset - 1 for field in cls.statics if field.type == FLOAT]
    if cls.shape is Shape.ARRAY:
        return range(ARRAY_FIRST - 1, count) if cls.type.args[0] == FLOAT else ()
    return [field.offset - 1 for field in cls.layout if field.type == FLOAT]
