"""Reading strings where they lie: what takes a part of a string costs that part, not the whole."""

from __future__ import annotations

from minivm.interpreter import Interpreter
from minivm.layouts import STRING_FIRST, STRING_LENGTH
from minivm.memory import WORD

_CODECS = ("latin-1", "utf-16-le", "utf-32-le")  # by the width code in the low bits of the length word


def length_of(vm: Interpreter, string: int) -> int:
    """Code points."""
    return vm.words[string + STRING_LENGTH] >> 2


def width_code(vm: Interpreter, string: int) -> int:
    """0, 1 or 2 where a code point takes 1, 2 or 4 bytes."""
    return vm.words[string + STRING_LENGTH] & 3


def encoded(vm: Interpreter, string: int) -> tuple[int, memoryview[int]]:
    """The length word and the bytes: equal for equal strings."""
    word = vm.words[string + STRING_LENGTH]
    start = (string + STRING_FIRST) * WORD
    return word, vm.memory.bytes[start : start + ((word >> 2) << (word & 3))]


def unit(vm: Interpreter, string: int, index: int) -> int:
    """The code point at an index within the string."""
    code = width_code(vm, string)
    start = (string + STRING_FIRST) * WORD + (index << code)
    return int.from_bytes(vm.memory.bytes[start : start + (1 << code)], "little")


def part(vm: Interpreter, string: int, start: int, end: int) -> str:
    """Code points start..end-1, which are within the string."""
    code = width_code(vm, string)
    first = (string + STRING_FIRST) * WORD
    return str(vm.memory.bytes[first + (start << code) : first + (end << code)], _CODECS[code])


def place(vm: Interpreter, string: int, sought: int, start: int) -> int:
    """Where another string first occurs at or after an index, or -1. Searches the bytes without copying them."""
    code, end = width_code(vm, string), length_of(vm, string)
    if start > end or width_code(vm, sought) > code:
        return -1  # each string has the narrowest width: a wider one holds a character that this one does not
    needle = vm.heap.string(sought).encode(_CODECS[code])
    first = (string + STRING_FIRST) * WORD
    stop = first + (end << code)
    found = vm.memory.map.find(needle, first + (start << code), stop)
    while found >= 0 and (found - first) & ((1 << code) - 1):
        found = vm.memory.map.find(needle, found + 1, stop)  # that one began inside a character
    return -1 if found < 0 else (found - first) >> code
