"""Strings, as kernels: code points, new strings, copying between widths, equality, hash and order."""

from __future__ import annotations

from minivm.heap import MAX_LENGTH
from minivm.kernels.allocation import SLOW, allocate
from minivm.kernels.language import (
    BLOCK,
    Words,
    copy_block,
    copy_bytes,
    get_byte,
    get_int,
    get_short,
    kernel,
    outlined,
    put_byte,
    put_int,
    put_short,
)
from minivm.layouts import STRING_FIRST, STRING_HASH, STRING_LENGTH
from minivm.memory import CLASS_MASK, WORD

HASH_MASK = (1 << 62) - 1
ONE_POINT = 1 << 2  # the length word of a string of one narrow code point
LOW_FACTOR, HIGH_FACTOR = 0x1E3779B97F4A7C15, 0x2545F4914F6CDD1D  # odd, and as random as their bits may look


@kernel
def string_length(words: Words[int], ref: int) -> int:
    """Code points."""
    return words[ref + STRING_LENGTH] >> 2


@kernel
def get_point(words: Words[int], at: int, code: int) -> int:
    """The code point of width ``code`` at a byte index."""
    if code == 0:
        return get_byte(words, at)
    if code == 1:
        return get_short(words, at)
    return get_int(words, at)


@kernel
def put_point(words: Words[int], at: int, code: int, point: int) -> None:
    """Write a code point of width ``code`` at a byte index."""
    if code == 0:
        put_byte(words, at, point)
    elif code == 1:
        put_short(words, at, point)
    else:
        put_int(words, at, point)


@kernel
def code_at(words: Words[int], ref: int, index: int) -> int:
    """The code point at an index; SLOW outside the string."""
    length = words[ref + STRING_LENGTH]
    if index < 0 or index >= length >> 2:
        return SLOW
    code = length & 3
    return get_point(words, (ref + STRING_FIRST) * WORD + (index << code), code)


@kernel
def new_string(words: Words[int], cls: int, length: int, code: int) -> int:
    """A string of a width, its code points still to be written; SLOW if there is no room."""
    if length > MAX_LENGTH:
        return SLOW
    size = STRING_FIRST + ((length << code) + 7 >> 3)
    ref = allocate(words, size)
    if ref == SLOW:
        return SLOW
    words[ref] = cls
    words[ref + STRING_LENGTH] = length << 2 | code
    words[ref + STRING_HASH] = 0
    if length:
        words[ref + size - 1] = 0  # so that equal strings have equal words to their ends
    return ref


@kernel
def width_of(words: Words[int], at: int, code: int, length: int) -> int:
    """The narrowest width for ``length`` code points of width ``code`` at a byte index."""
    widest = 0
    if code:
        for index in range(length):
            widest |= get_point(words, at + (index << code), code)
    return 0 if widest < 256 else 1 if widest < 65536 else 2


@kernel
def copy_points(words: Words[int], to: int, to_code: int, source: int, code: int, length: int) -> None:
    """Copy code points between byte indexes, from one width to another that holds them."""
    if to_code == code:
        copy_bytes(words, to, source, length << code)
    else:
        for index in range(length):
            put_point(words, to + (index << to_code), to_code, get_point(words, source + (index << code), code))


@kernel
def substring(words: Words[int], ref: int, start: int, end: int) -> int:
    """The string of code points start..end-1, a new one unless that is all of them; SLOW outside the string."""
    length = words[ref + STRING_LENGTH]
    if start < 0 or start > end or end > length >> 2:
        return SLOW
    if end - start == length >> 2:
        return ref
    if length & 3:
        return wide_part(words, ref, start, end)
    return narrow_part(words, ref, start, end - start)


@outlined
@kernel
def wide_part(words: Words[int], ref: int, start: int, end: int) -> int:
    """A new string of code points of a string of width 1 or 2, which has them."""
    code = words[ref + STRING_LENGTH] & 3
    source = (ref + STRING_FIRST) * WORD + (start << code)
    width = width_of(words, source, code, end - start)
    made = new_string(words, words[ref] & CLASS_MASK, end - start, width)
    if made != SLOW:
        copy_points(words, (made + STRING_FIRST) * WORD, width, source, code, end - start)
    return made


@kernel
def narrow_part(words: Words[int], ref: int, start: int, length: int) -> int:
    """A new string of code points of a string of width 0, which has them."""
    made = new_string(words, words[ref] & CLASS_MASK, length, 0)
    if made != SLOW:
        to = (made + STRING_FIRST) * WORD
        source = (ref + STRING_FIRST) * WORD + start
        if length > BLOCK:
            copy_bytes(words, to, source, length)
        else:
            copy_block(words, to, source, length)
    return made


@kernel
def char_at(words: Words[int], ref: int, index: int) -> int:
    """The string of one code point; SLOW outside the string."""
    length = words[ref + STRING_LENGTH]
    if index < 0 or index >= length >> 2:
        return SLOW
    if length & 3 or length == ONE_POINT:
        return substring(words, ref, index, index + 1)
    made = new_string(words, words[ref] & CLASS_MASK, 1, 0)
    if made != SLOW:
        words[made + STRING_FIRST] = get_byte(words, (ref + STRING_FIRST) * WORD + index)
    return made


@kernel
def from_code(words: Words[int], point: int, cls: int) -> int:
    """The string of one code point; SLOW for what is none."""
    if point < 0 or point > 0x10FFFF or (point >> 11) == 0x1B:
        return SLOW
    code = 0 if point < 256 else 1 if point < 65536 else 2
    made = new_string(words, cls, 1, code)
    if made != SLOW:
        words[made + STRING_FIRST] = point
    return made


@kernel
def same_text(words: Words[int], left: int, right: int) -> int:
    """Whether two strings have the same code points: the same words, but for the remembered hashes."""
    length = words[left + STRING_LENGTH]
    if length != words[right + STRING_LENGTH]:
        return 0
    one = words[left + STRING_HASH]
    other = words[right + STRING_HASH]
    if one and other and one != other:
        return 0
    for at in range(STRING_FIRST, STRING_FIRST + (((length >> 2) << (length & 3)) + 7 >> 3)):
        if words[left + at] != words[right + at]:
            return 0
    return 1


@kernel
def string_equal(words: Words[int], left: int, right: int) -> int:
    """Whether ``right``, null or any object, is a string of the same code points as ``left``."""
    if left == right:
        return 1
    if not right or words[right] & CLASS_MASK != words[left] & CLASS_MASK:
        return 0
    return same_text(words, left, right)


@kernel
def string_hash(words: Words[int], ref: int) -> int:
    """The hash, computed once: of the words, which equal strings have alike; 62 bits, never 0.

    Both halves of a word are multiplied, so that all of its bits count, and high bits are brought down again, since
    those who use a hash modulo a small number see the low ones only.
    """
    found = words[ref + STRING_HASH]
    if not found:
        length = words[ref + STRING_LENGTH]
        found = length
        for at in range(ref + STRING_FIRST, ref + STRING_FIRST + (((length >> 2) << (length & 3)) + 7 >> 3)):
            mixed = found ^ words[at]
            found = (mixed * LOW_FACTOR + (mixed >> 32) * HIGH_FACTOR) & HASH_MASK
            found ^= found >> 31
        if not found:
            found = 1
        words[ref + STRING_HASH] = found
    return found


@kernel
def string_compare(words: Words[int], left: int, right: int) -> int:
    """-1, 0 or 1, by code points."""
    one = words[left + STRING_LENGTH]
    other = words[right + STRING_LENGTH]
    length = one >> 2 if one >> 2 < other >> 2 else other >> 2
    left_at = (left + STRING_FIRST) * WORD
    right_at = (right + STRING_FIRST) * WORD
    for index in range(length):
        a = get_point(words, left_at + (index << (one & 3)), one & 3)
        b = get_point(words, right_at + (index << (other & 3)), other & 3)
        if a != b:
            return 1 if a > b else -1
    return (one >> 2 > other >> 2) - (one >> 2 < other >> 2)
