"""Making and reading objects: instances, arrays, strings, stacks. Any ``new_…`` may collect."""

from __future__ import annotations

import struct

from minivm.classes import RuntimeClass
from minivm.errors import Throw
from minivm.layouts import (
    ARRAY_FIRST,
    ARRAY_LENGTH,
    STACK_CAPACITY,
    STACK_CLASS,
    STACK_TOP,
    STRING_FIRST,
    STRING_HASH,
    STRING_LENGTH,
)
from minivm.linker import Linker
from minivm.memory import CLASS_MASK, WORD, Memory

MAX_LENGTH = (1 << 31) - 1  # elements of an array, characters of a string
_CODECS = ("latin-1", "utf-16-le", "utf-32-le")

NAN = 0x7FF8_0000_0000_0000  # the bits that every NaN counts as


class Heap:
    """Object construction and access over one memory."""

    def __init__(self, memory: Memory, linker: Linker) -> None:
        self.memory = memory
        self.words = memory.words
        self.linker = linker
        self.string_class = 0

    def class_id(self, ref: int) -> int:
        """The class id of a non-null reference."""
        return self.words[ref] & CLASS_MASK

    def new_object(self, cls: RuntimeClass) -> int:
        """A fresh instance of a linked class, constants in place."""
        prototype = self.linker.prototypes[cls.id]
        size = len(prototype)
        ref = self.memory.allocate(size)
        self.words[ref : ref + size] = prototype
        return ref

    def new_array(self, cls: RuntimeClass, length: int) -> int:
        """A fresh array of zeros.

        Raises:
            Throw: IndexError for a negative length, OutOfMemoryError.
        """
        if length < 0:
            raise Throw("IndexError", f"an array cannot have length {length}")
        if length > MAX_LENGTH:
            raise Throw("OutOfMemoryError", f"an array cannot have {length} elements")
        ref = self.memory.allocate(ARRAY_FIRST + length)
        self.words[ref] = cls.id
        self.words[ref + ARRAY_LENGTH] = length
        self.memory.bytes[(ref + ARRAY_FIRST) * WORD : (ref + ARRAY_FIRST + length) * WORD] = bytes(length * WORD)
        return ref

    def new_string(self, text: str) -> int:
        """A string object of ``text``, in the narrowest width that holds it."""
        widest = max(text, default="\0")
        code = 0 if widest < "\u0100" else 1 if widest < "\U00010000" else 2
        data = text.encode(_CODECS[code])
        if len(text) > MAX_LENGTH:
            raise Throw("OutOfMemoryError", "the string is too long")
        size = STRING_FIRST + (len(data) + WORD - 1) // WORD
        ref = self.memory.allocate(size)
        words = self.words
        words[ref] = self.string_class
        words[ref + STRING_LENGTH] = len(text) << 2 | code
        words[ref + STRING_HASH] = 0
        if data:
            words[ref + size - 1] = 0
            start = (ref + STRING_FIRST) * WORD
            self.memory.bytes[start : start + len(data)] = data
        return ref

    def string(self, ref: int) -> str:
        """The text of a string object."""
        length = self.words[ref + STRING_LENGTH]
        code = length & 3
        start = (ref + STRING_FIRST) * WORD
        return str(self.memory.bytes[start : start + ((length >> 2) << code)], _CODECS[code])

    def new_stack(self, capacity: int) -> int:
        """An empty stack object of ``capacity`` words in all."""
        ref = self.memory.allocate(capacity)
        self.words[ref] = STACK_CLASS
        self.words[ref + STACK_CAPACITY] = capacity
        self.words[ref + STACK_TOP] = 0
        return ref

    def elements(self, ref: int) -> list[int]:
        """The words of an array's elements."""
        first = ref + ARRAY_FIRST
        return self.words[first : first + self.words[ref + ARRAY_LENGTH]].tolist()


def float_word(value: float) -> int:
    """The bits of a float as a word."""
    return int(struct.unpack("<q", struct.pack("<d", value))[0])


def same_nan(word: int) -> int:
    """The bits of a float, the same for every NaN: which ones a computation gives is the processor's choice."""
    value = word_float(word)
    return word if value == value else NAN


def word_float(word: int) -> float:
    """The float whose bits a word is."""
    return float(struct.unpack("<d", struct.pack("<q", word))[0])


def float_text(value: float) -> str:
    """A float as Mini prints it: shortest digits that read back the same."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)
