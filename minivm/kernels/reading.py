"""What kind of text a string is, and the number that it is, as kernels. Wide characters are left to Python."""

from __future__ import annotations

from minivm.kernels.allocation import SLOW, allocate
from minivm.kernels.language import Words, float_of_int, float_product, float_quotient, get_byte, kernel
from minivm.kernels.strings import get_point
from minivm.kernels.texts import is_space
from minivm.layouts import STRING_FIRST, STRING_LENGTH
from minivm.memory import MIN_INT, WORD

BOX_WORDS = 2  # a header and the value
INT_DIGITS = 18  # however large they are, they are an int
FLOAT_DIGITS = 10**15  # fifteen digits, and powers of ten up to this, are floats: one division rounds once
FLOAT_PLACES = 18
MOST_EXPONENT = 1000


@kernel
def new_box(words: Words[int], cls: int, value: int) -> int:
    """A boxed int or float; SLOW if there is no room."""
    made = allocate(words, BOX_WORDS)
    if made != SLOW:
        words[made] = cls
        words[made + 1] = value
    return made


@kernel
def is_digits(words: Words[int], ref: int) -> int:
    """Whether it is digits 0 to 9, at least one."""
    length = words[ref + STRING_LENGTH]
    at = (ref + STRING_FIRST) * WORD
    for place in range(at, at + (length >> 2)):
        if not 48 <= get_byte(words, place) <= 57:
            return 0
    return length & 3 == 0 and length > 0


@kernel
def is_letter(point: int) -> int:
    """Whether Unicode, and so Python's ``isalpha``, calls a code point below 256 a letter."""
    if point < 128:
        return 97 <= point | 32 <= 122
    if point >= 0xC0:
        return point != 0xD7 and point != 0xF7
    return point == 0xAA or point == 0xB5 or point == 0xBA


@kernel
def is_letters(words: Words[int], ref: int) -> int:
    """Whether it is letters, at least one."""
    length = words[ref + STRING_LENGTH]
    if length & 3:
        return SLOW
    at = (ref + STRING_FIRST) * WORD
    for place in range(at, at + (length >> 2)):
        if not is_letter(get_byte(words, place)):
            return 0
    return length > 0


@kernel
def is_blank(words: Words[int], ref: int) -> int:
    """Whether it is white space, at least one."""
    length = words[ref + STRING_LENGTH]
    code = length & 3
    at = (ref + STRING_FIRST) * WORD
    for index in range(length >> 2):
        if not is_space(get_point(words, at + (index << code), code)):
            return 0
    return length >> 2 > 0


@kernel
def after_space(words: Words[int], at: int, end: int) -> int:
    """The byte index of the first byte that is no white space."""
    while at < end and is_space(get_byte(words, at)):
        at += 1
    return at


@kernel
def before_space(words: Words[int], at: int, end: int) -> int:
    """The byte index after the last byte that is no white space."""
    while end > at and is_space(get_byte(words, end - 1)):
        end -= 1
    return end


@kernel
def is_sign(byte: int) -> int:
    """Whether it is + or -."""
    return byte == 43 or byte == 45


@kernel
def to_int(words: Words[int], ref: int, cls: int) -> int:
    """The int that the text is, boxed, or null; SLOW if it is long."""
    length = words[ref + STRING_LENGTH]
    if length & 3:
        return SLOW
    first = (ref + STRING_FIRST) * WORD
    end = before_space(words, first, first + (length >> 2))
    at = after_space(words, first, end)
    negative = at < end and get_byte(words, at) == 45
    if at < end and is_sign(get_byte(words, at)):
        at += 1
    if end - at > INT_DIGITS:
        return SLOW
    if at == end:
        return 0
    value = 0
    while at < end:
        digit = get_byte(words, at) - 48
        if digit < 0 or digit > 9:
            return 0
        value = value * 10 + digit
        at += 1
    return new_box(words, cls, -value if negative else value)


@kernel
def to_float(words: Words[int], ref: int, cls: int) -> int:
    """The float that the text is, boxed; SLOW unless it has few digits and a small exponent."""
    length = words[ref + STRING_LENGTH]
    if length & 3:
        return SLOW
    first = (ref + STRING_FIRST) * WORD
    end = before_space(words, first, first + (length >> 2))
    at = after_space(words, first, end)
    negative = at < end and get_byte(words, at) == 45
    if at < end and is_sign(get_byte(words, at)):
        at += 1
    digits = 0
    power = 0
    value = 0
    point = 0
    while at < end:
        byte = get_byte(words, at)
        if byte == 46 and not point:
            point = 1
        elif 48 <= byte <= 57:
            value = value * 10 + byte - 48
            digits += 1
            power -= point
            if value >= FLOAT_DIGITS:
                return SLOW
        else:
            break
        at += 1
    if not digits:
        return SLOW
    if at < end:
        exponent = exponent_at(words, at, end)
        if exponent == SLOW:
            return SLOW
        power += exponent
    if power > FLOAT_PLACES or power < -FLOAT_PLACES:
        return SLOW
    scale = float_of_int(power_of_ten(-power if power < 0 else power))
    word = float_of_int(value)
    word = float_quotient(word, scale) if power < 0 else float_product(word, scale)
    return new_box(words, cls, word ^ MIN_INT if negative else word)


@kernel
def exponent_at(words: Words[int], at: int, end: int) -> int:
    """The exponent that stands at a byte index, with its e; SLOW if there is something else."""
    if get_byte(words, at) | 32 != 101:
        return SLOW
    at += 1
    negative = at < end and get_byte(words, at) == 45
    if at < end and is_sign(get_byte(words, at)):
        at += 1
    if at == end:
        return SLOW
    value = 0
    while at < end:
        digit = get_byte(words, at) - 48
        if digit < 0 or digit > 9 or value > MOST_EXPONENT:
            return SLOW
        value = value * 10 + digit
        at += 1
    return -value if negative else value


@kernel
def power_of_ten(exponent: int) -> int:
    """10 to a power that is at most ``FLOAT_PLACES``."""
    value = 1
    for _ in range(exponent):
        value *= 10
    return value
