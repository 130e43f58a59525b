"""The text of a float, as a kernel, where its shortest digits are few.

A float ``a`` is the decimal number n / 10**k if that quotient, rounded once, is ``a``. With n below 10**15 at most one
n can be it for a given k, and it is the one nearest to a * 10**k; so the first k that works gives the shortest digits,
the ones that Python prints. What needs 16 or 17 digits, or an exponent, is left to Python.
"""

from __future__ import annotations

from minivm.heap import float_word
from minivm.kernels.allocation import SLOW
from minivm.kernels.language import (
    Words,
    float_of_int,
    float_product,
    float_quotient,
    float_sum,
    float_to_int,
    kernel,
    put_byte,
)
from minivm.kernels.strings import new_string
from minivm.layouts import STRING_FIRST
from minivm.memory import MAX_INT, WORD

MOST = 10**15  # fifteen digits: the most of which no two decimal numbers are one float
HALF = float_word(0.5)
LEAST = float_word(1e-4)  # below it and from 1e16 on, floats are printed with an exponent
TOO_LARGE = float_word(1e15)
PLACES = 19  # one more than the digits after the point that a float from 1e-4 on with 15 digits has


@kernel
def float_text(words: Words[int], word: int, cls: int) -> int:
    """The shortest digits that read back as the float, as a new string; SLOW if they are not easily found."""
    size = word & MAX_INT
    if size and (size < LEAST or size >= TOO_LARGE):
        return SLOW
    scale = 1
    for places in range(PLACES):
        power = float_of_int(scale)
        scaled = float_product(size, power)
        if scaled >= TOO_LARGE:
            return SLOW
        digits = float_to_int(float_sum(scaled, HALF))
        if digits < MOST and float_quotient(float_of_int(digits), power) == size:
            return decimal_text(words, word < 0, digits, places, scale, cls)
        scale *= 10
    return SLOW


@kernel
def decimal_text(words: Words[int], negative: int, digits: int, places: int, scale: int, cls: int) -> int:
    """The text of ``digits`` / ``scale``, which is 10**``places``, as a new string."""
    whole = digits // scale
    rest = digits % scale
    if places == 0:
        places = 1
    length = 1
    bound = 10
    while whole >= bound:
        bound *= 10
        length += 1
    made = new_string(words, cls, negative + length + 1 + places, 0)
    if made != SLOW:
        first = (made + STRING_FIRST) * WORD
        if negative:
            put_byte(words, first, 45)
        first += negative
        put_byte(words, first + length, 46)
        put_digits(words, first, length, whole)
        put_digits(words, first + length + 1, places, rest)
    return made


@kernel
def put_digits(words: Words[int], first: int, count: int, value: int) -> None:
    """Write so many digits of an int at a byte index."""
    at = first + count
    while at > first:
        at -= 1
        put_byte(words, at, 48 + value % 10)
        value = value // 10
