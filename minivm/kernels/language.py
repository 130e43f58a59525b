"""The language of kernels: what a function marked ``@kernel`` may be made of, and what the primitives mean.

    parameters     words (``Words``) first, then ints; the result is an int, or 0 for a function that is ``-> None``
    statements     names and elements assigned, if, while, for … in range(…), break, continue, return, calls
    expressions    ints, + - * // % << >> & | ^ ~, comparisons, and, or, not, x if c else y, calls of kernels
    block copies   words[a : a + n] = words[b : b + n]

Ints are the 64-bit words they become, so a kernel that may go beyond them says where it wraps. Names from outside a
kernel are int constants, other kernels, or the primitives below.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeVar

from minivm.memory import WORD, wrap

__all__ = [
    "BLOCK", "FUNCTIONS", "INLINED", "NATIVE", "OUTLINED", "Kernel", "Words", "bytes_equal", "copy_block", "copy_bytes",
    "float_of_int", "float_product", "float_quotient", "float_sum", "float_to_int", "get_byte", "get_int", "get_short",
    "inlined", "kernel", "ones", "outlined", "prefetch", "put_byte", "put_int", "put_short", "signature",
    "trailing_zeros", "wrap",
]  # fmt: skip

Words = memoryview  # of 64-bit ints, or an array of them
BLOCK = 16  # bytes that machine code looks at or copies at once; memory goes on for so many after its last word
NATIVE = False  # True in machine code: what stands under it would cost more than it saves in Python

Kernel = Callable[..., int]
Function = TypeVar("Function", bound=Callable[..., object])

FUNCTIONS: dict[str, Callable[..., object]] = {}  # every kernel by name
INLINED: set[str] = set()  # those whose machine code always stands where they are called
OUTLINED: set[str] = set()  # those whose machine code never does


def kernel(function: Function) -> Function:
    """Make a function known as a kernel."""
    name = function.__name__
    assert name not in FUNCTIONS, f"two kernels named {name}"
    FUNCTIONS[name] = function
    return function


def outlined(function: Function) -> Function:
    """Keep a kernel's machine code out of its callers: a rare case would make the common one save registers."""
    OUTLINED.add(function.__name__)
    return function


def inlined(function: Function) -> Function:
    """Let a kernel's machine code stand where it is called, however large it is."""
    INLINED.add(function.__name__)
    return function


def signature(function: Callable[..., object]) -> list[tuple[str, bool]]:
    """A kernel's parameters: the name, and whether it is words rather than an int."""
    return [(name, "Words" in str(kind)) for name, kind in function.__annotations__.items() if name != "return"]


def get_byte(words: Words[int], at: int) -> int:
    """The byte at a byte index."""
    return words[at >> 3] >> ((at & 7) << 3) & 0xFF


def get_short(words: Words[int], at: int) -> int:
    """The two bytes at an even byte index."""
    return words[at >> 3] >> ((at & 7) << 3) & 0xFFFF


def get_int(words: Words[int], at: int) -> int:
    """The four bytes at a byte index that is a multiple of four, unsigned."""
    return words[at >> 3] >> ((at & 7) << 3) & 0xFFFFFFFF


def bytes_equal(words: Words[int], at: int, byte: int) -> int:
    """Which of the ``BLOCK`` bytes from a byte index on are a byte, as bits from bit 0 on."""
    found = 0
    for place, other in enumerate(words.cast("B")[at : at + BLOCK]):
        found |= (other == byte) << place
    return found


def copy_block(words: Words[int], to: int, source: int, count: int) -> None:
    """Copy at most ``BLOCK`` bytes to whole words, with zeros behind them; what follows these may be anything."""
    view = words.cast("B")
    end = (count + WORD - 1) // WORD * WORD
    view[to : to + end] = bytes(view[source : source + count]).ljust(end, b"\0")


def trailing_zeros(word: int) -> int:
    """How many low bits are 0 in a word that is not 0."""
    return (word & -word).bit_length() - 1


def ones(word: int) -> int:
    """How many bits are 1 in a word that is not negative."""
    return word.bit_count()


def put_byte(words: Words[int], at: int, value: int) -> None:
    """Write one byte."""
    words.cast("B")[at] = value


def put_short(words: Words[int], at: int, value: int) -> None:
    """Write two bytes at an even byte index."""
    words.cast("B").cast("H")[at >> 1] = value


def put_int(words: Words[int], at: int, value: int) -> None:
    """Write four bytes at a byte index that is a multiple of four."""
    words.cast("B").cast("I")[at >> 2] = value


def copy_bytes(words: Words[int], to: int, source: int, count: int) -> None:
    """Copy bytes between byte indexes; the two places may overlap."""
    view = words.cast("B")
    view[to : to + count] = bytes(view[source : source + count])


def _float(word: int) -> float:
    return float(struct.unpack("<d", struct.pack("<q", word))[0])


def _word(value: float) -> int:
    return int(struct.unpack("<q", struct.pack("<d", value))[0])


def float_of_int(value: int) -> int:
    """The word of the float nearest to an int. Floats are words to a kernel, and these are what it can do with them."""
    return _word(float(value))


def float_to_int(word: int) -> int:
    """The int of a float's word, toward zero; the float must have one of 64 bits."""
    return int(_float(word))


def float_sum(left: int, right: int) -> int:
    """The word of the sum of two floats' words."""
    return _word(_float(left) + _float(right))


def float_product(left: int, right: int) -> int:
    """The word of the product of two floats' words."""
    return _word(_float(left) * _float(right))


def float_quotient(left: int, right: int) -> int:
    """The word of the quotient of two floats' words; the second must not be zero."""
    return _word(_float(left) / _float(right))


def prefetch(words: Words[int], at: int) -> None:
    """Ask for a word that will be needed soon; any index will do."""
