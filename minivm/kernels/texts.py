"""Making strings of others, as kernels: joining, repeating, trimming, changing case, and the text of an int."""

from __future__ import annotations

from minivm.heap import MAX_LENGTH
from minivm.kernels.allocation import SLOW
from minivm.kernels.language import BLOCK, Words, copy_block, inlined, kernel, outlined, put_byte
from minivm.kernels.strings import copy_points, get_point, new_string, put_point, substring
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH, STRING_FIRST, STRING_LENGTH
from minivm.memory import CLASS_MASK, FIRST_HALF, MIN_INT, WORD, Register

ONES = 0x0101010101010101
HIGHS = 0x80 * ONES
SPACES = 0x20 * ONES  # the bit that tells a capital from a small letter
SCRATCH = 32  # where the operands of ``concat`` are put: words before the first half that are no registers
SCRATCH_WORDS = 32
assert max(Register) < SCRATCH and SCRATCH + SCRATCH_WORDS <= FIRST_HALF
TRUE = int.from_bytes(b"true", "little")
FALSE = int.from_bytes(b"false", "little")


@kernel
def append(words: Words[int], to: int, code: int, part: int) -> int:
    """Copy a string's code points to a byte index in another width; the byte index after them.

    What follows them is to be written afterwards, or is nothing.
    """
    length = words[part + STRING_LENGTH]
    source = (part + STRING_FIRST) * WORD
    if code == 0 and length <= BLOCK << 2:
        copy_block(words, to, source, length >> 2)
    else:
        copy_points(words, to, code, source, length & 3, length >> 2)
    return to + ((length >> 2) << code)


@kernel
def concat(words: Words[int], first: int, count: int) -> int:
    """A new string of the ``count`` strings that the words from ``first`` on refer to; at least one."""
    total = 0
    code = 0
    for at in range(first, first + count):
        length = words[words[at] + STRING_LENGTH]
        total += length >> 2
        if code < length & 3:
            code = length & 3
    made = new_string(words, words[words[first]] & CLASS_MASK, total, code)
    if made != SLOW:
        to = (made + STRING_FIRST) * WORD
        for at in range(first, first + count):
            to = append(words, to, code, words[at])
    return made


@kernel
def join(words: Words[int], parts: int, count: int, separator: int) -> int:
    """A new string of the first parts of an array with a separator between each two; SLOW if one is not set."""
    if count < 0 or count > words[parts + ARRAY_LENGTH]:
        return SLOW
    between = words[separator + STRING_LENGTH]
    code = between & 3 if count > 1 and between >> 2 else 0
    total = (between >> 2) * (count - 1) if count else 0
    for at in range(parts + ARRAY_FIRST, parts + ARRAY_FIRST + count):
        if not words[at]:
            return SLOW
        length = words[words[at] + STRING_LENGTH]
        total += length >> 2
        if code < length & 3:
            code = length & 3
    made = new_string(words, words[separator] & CLASS_MASK, total, code)
    if made != SLOW:
        to = (made + STRING_FIRST) * WORD
        for index in range(count):
            if index:
                to = append(words, to, code, separator)
            to = append(words, to, code, words[parts + ARRAY_FIRST + index])
    return made


@kernel
def repeat(words: Words[int], ref: int, count: int) -> int:
    """A new string of the text a number of times; SLOW for a negative or huge one."""
    length = words[ref + STRING_LENGTH]
    if not length >> 2 and count > 0:
        count = 0
    if count < 0 or count > MAX_LENGTH or (length >> 2) * count > MAX_LENGTH:
        return SLOW
    code = length & 3 if count else 0
    made = new_string(words, words[ref] & CLASS_MASK, (length >> 2) * count, code)
    if made != SLOW:
        to = (made + STRING_FIRST) * WORD
        for _ in range(count):
            to = append(words, to, code, ref)
    return made


@kernel
def reversed_text(words: Words[int], ref: int) -> int:
    """A new string, last code point first."""
    length = words[ref + STRING_LENGTH]
    code = length & 3
    made = new_string(words, words[ref] & CLASS_MASK, length >> 2, code)
    if made != SLOW:
        to = (made + STRING_FIRST) * WORD
        last = (ref + STRING_FIRST) * WORD + ((length >> 2) - 1 << code)
        for index in range(length >> 2):
            put_point(words, to + (index << code), code, get_point(words, last - (index << code), code))
    return made


@kernel
def is_space(point: int) -> int:
    """Whether Unicode, and so Python's ``strip``, calls a code point white space."""
    if point < 128:
        return 9 <= point <= 13 or 28 <= point <= 32
    if point == 0x85 or point == 0xA0 or point == 0x1680 or 0x2000 <= point <= 0x200A:
        return 1
    return point == 0x2028 or point == 0x2029 or point == 0x202F or point == 0x205F or point == 0x3000


@kernel
def spaces_before(words: Words[int], ref: int) -> int:
    """How many code points of white space a string begins with."""
    code = words[ref + STRING_LENGTH] & 3
    at = (ref + STRING_FIRST) * WORD
    end = words[ref + STRING_LENGTH] >> 2
    start = 0
    while start < end and is_space(get_point(words, at + (start << code), code)):
        start += 1
    return start


@kernel
def end_before_spaces(words: Words[int], ref: int, start: int) -> int:
    """The index after the last code point from ``start`` on that is not white space; ``start`` if there is none."""
    code = words[ref + STRING_LENGTH] & 3
    at = (ref + STRING_FIRST) * WORD
    end = words[ref + STRING_LENGTH] >> 2
    while end > start and is_space(get_point(words, at + (end - 1 << code), code)):
        end -= 1
    return end


@kernel
def trim(words: Words[int], ref: int) -> int:
    """The string without white space at both ends."""
    start = spaces_before(words, ref)
    return substring(words, ref, start, end_before_spaces(words, ref, start))


@kernel
def trim_start(words: Words[int], ref: int) -> int:
    """The string without white space at its start."""
    return substring(words, ref, spaces_before(words, ref), words[ref + STRING_LENGTH] >> 2)


@kernel
def trim_end(words: Words[int], ref: int) -> int:
    """The string without white space at its end."""
    return substring(words, ref, 0, end_before_spaces(words, ref, 0))


@kernel
def letters_of(word: int, first: int) -> int:
    """Which of eight ASCII characters are among the 26 from ``first`` on: the highest bits of their bytes."""
    return (word + (128 - first) * ONES) ^ (word + (128 - first - 26) * ONES)


@inlined
@kernel
def narrow_in_case(words: Words[int], ref: int, first: int, count: int) -> int:
    """``in_case`` of a string of bytes in ``count`` words."""
    every = 0
    letters = 0
    for at in range(ref + STRING_FIRST, ref + STRING_FIRST + count):
        every |= words[at]
        letters |= letters_of(words[at], first)
    if every & HIGHS:
        return SLOW
    if not letters & HIGHS:
        return ref
    made = new_string(words, words[ref] & CLASS_MASK, words[ref + STRING_LENGTH] >> 2, 0)
    if made != SLOW:
        for at in range(STRING_FIRST, STRING_FIRST + count):
            words[made + at] = words[ref + at] ^ (letters_of(words[ref + at], first) >> 2 & SPACES)
    return made


@outlined
@kernel
def long_in_case(words: Words[int], ref: int, first: int) -> int:
    """``in_case`` of a string of any length, or none at all."""
    length = words[ref + STRING_LENGTH]
    return SLOW if length & 3 else narrow_in_case(words, ref, first, (length >> 2) + 7 >> 3)


@kernel
def in_case(words: Words[int], ref: int, first: int) -> int:
    """The string with the ASCII letters from ``first`` on (A or a) in the other case; SLOW if it is not all ASCII."""
    length = words[ref + STRING_LENGTH]
    if length & 3 == 0 and 0 < length <= WORD << 2:
        return narrow_in_case(words, ref, first, 1)
    return long_in_case(words, ref, first)


@kernel
def upper(words: Words[int], ref: int) -> int:
    """In upper case."""
    return in_case(words, ref, 97)


@kernel
def lower(words: Words[int], ref: int) -> int:
    """In lower case."""
    return in_case(words, ref, 65)


@kernel
def int_text(words: Words[int], value: int, cls: int) -> int:
    """The decimal digits of an int as a new string."""
    if value == MIN_INT:
        return SLOW
    rest = -value if value < 0 else value
    length = 2 if value < 0 else 1
    bound = 10
    while length < 20 and rest >= bound and bound < 1000000000000000000:
        bound *= 10
        length += 1
    if rest >= bound:
        length += 1
    made = new_string(words, cls, length, 0)
    if made != SLOW:
        first = (made + STRING_FIRST) * WORD
        at = first + length - 1
        while at > first or (at == first and value >= 0):
            put_byte(words, at, 48 + rest % 10)
            rest = rest // 10
            at -= 1
        if value < 0:
            put_byte(words, first, 45)
    return made


@kernel
def bool_text(words: Words[int], value: int, cls: int) -> int:
    """``true`` or ``false``."""
    made = new_string(words, cls, 4 if value else 5, 0)
    if made != SLOW:
        words[made + STRING_FIRST] = TRUE if value else FALSE
    return made
