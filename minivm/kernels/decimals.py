"""The text of a float, as kernels: its shortest digits, and so many after the point.

Most floats are an int and a fraction f / 2**s whose numerator leaves room in a word: the fraction's digits come one by
one, exactly, as f * 10 / 2**s. The shortest digits end where what is left is within half a unit of the last bit (Steele
and White); a digit is nothing else than f * 5 / 2**(s - 1), which leaves more room.

Of the others a float ``a`` is the decimal number n / 10**k if that quotient, rounded once, is ``a``. With n below
10**15 at most one n can be it for a given k, and it is the one nearest to a * 10**k; so the first k that works gives
the shortest digits, the ones that Python prints. What needs more, or an exponent, is left to Python.
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
FRACTION_BITS = 52
FRACTION = (1 << FRACTION_BITS) - 1
BIAS = 1023
MOST_BITS = 61  # after the binary point, which floats from 2**-9 on have: with more there is no room for a digit
SHORTEST_BITS = 58  # of floats from 2**-6 on, whose shortest digits end 18 places after the point at most
MOST_DIGITS = 10**18
MOST_FIXED = 17  # places
PLACES = 19  # one more than the digits after the point that a float from 1e-4 on with 15 digits has


@kernel
def float_text(words: Words[int], word: int, cls: int) -> int:
    """The shortest digits that read back as the float, as a new string; SLOW if they are not easily found."""
    size = word & MAX_INT
    if size and (size < LEAST or size >= TOO_LARGE):
        return SLOW
    bits = BIAS + FRACTION_BITS - (size >> FRACTION_BITS)
    if 0 < bits <= SHORTEST_BITS and size & FRACTION:
        return shortest_text(words, word < 0, size & FRACTION | 1 << FRACTION_BITS, bits, cls)
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
def shortest_text(words: Words[int], negative: int, number: int, bits: int, cls: int) -> int:
    """The shortest text of number / 2**bits among what is nearer to it than any other float; no power of two."""
    digits = number >> bits
    rest = number - (digits << bits) << 1  # of 2**bits, in which half a unit of the number's last bit is ``half``
    bits += 1
    half = 1
    even = number & 1 ^ 1  # then half a unit away is near enough, too
    places = 0
    scale = 1
    below = rest < half + even
    above = rest + half + even > 1 << bits
    while not below and not above:
        rest *= 5
        half *= 5
        bits -= 1
        digits = digits * 10 + (rest >> bits)
        rest &= (1 << bits) - 1
        places += 1
        scale *= 10
        below = rest < half + even
        above = rest + half + even > 1 << bits
    middle = 1 << bits - 1
    if above and (not below or rest > middle or (rest == middle and digits & 1)):
        digits += 1
    return decimal_text(words, negative, digits, places, scale, cls)


@kernel
def fixed_text(words: Words[int], word: int, places: int, cls: int) -> int:
    """The text of a float with so many digits after the point, rounded half to even; SLOW for many, or none."""
    size = word & MAX_INT
    bits = BIAS + FRACTION_BITS - (size >> FRACTION_BITS) if size else 0
    if places < 1 or places > MOST_FIXED or bits < 0 or bits > MOST_BITS:
        return SLOW
    number = size & FRACTION | 1 << FRACTION_BITS if size else 0
    digits = number >> bits
    rest = number - (digits << bits)
    scale = 1
    for _ in range(places):
        digits *= 10
        scale *= 10
        if bits > 0:
            rest *= 5
            bits -= 1
            digits += rest >> bits
            rest &= (1 << bits) - 1
        if digits >= MOST_DIGITS // 10:
            return SLOW
    if bits > 0:
        middle = 1 << bits - 1
        digits += rest > middle or (rest == middle and digits & 1)
    return decimal_text(words, word < 0, digits, places, scale, cls)


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
