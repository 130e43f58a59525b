"""Splitting a text at every occurrence of another, as kernels."""

from __future__ import annotations

from minivm.kernels.allocation import SLOW
from minivm.kernels.language import BLOCK, Words, bytes_equal, kernel, ones, outlined, trailing_zeros
from minivm.kernels.searching import ONE_BYTE, find_from
from minivm.kernels.strings import narrow_part, substring
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH, STRING_FIRST, STRING_LENGTH
from minivm.memory import WORD, Register

CUT = 64  # pieces that are cut at once: where the heap is full, so many are left to Python


@kernel
def occurrences(words: Words[int], text: int, part: int) -> int:
    """How often a text occurs, without overlaps; SLOW if it is empty."""
    step = words[part + STRING_LENGTH] >> 2
    if not step:
        return SLOW
    if words[part + STRING_LENGTH] == ONE_BYTE and words[text + STRING_LENGTH] & 3 == 0:
        return count_byte(words, text, words[part + STRING_FIRST])
    count = 0
    found = find_from(words, text, part, 0)
    while found >= 0:
        count += 1
        found = find_from(words, text, part, found + step)
    return found if found == SLOW else count


@kernel
def count_byte(words: Words[int], text: int, byte: int) -> int:
    """How often a byte occurs in a string of bytes."""
    at = (text + STRING_FIRST) * WORD
    left = words[text + STRING_LENGTH] >> 2
    count = 0
    while left > 0:
        found = bytes_equal(words, at, byte)
        if left < BLOCK:
            found &= (1 << left) - 1
        count += ones(found)
        at += BLOCK
        left -= BLOCK
    return count


@kernel
def cut(words: Words[int], text: int, separator: int, start: int, parts: int, first: int) -> int:
    """Put what is between the separators from ``start`` on into elements ``first``… of an array, at most ``CUT``.

    The result is where to go on: after the separator that follows the last of them.
    """
    length = words[text + STRING_LENGTH] >> 2
    room = words[parts + ARRAY_LENGTH]
    if start < 0 or start > length or first < 0 or first > room or not words[separator + STRING_LENGTH]:
        return SLOW
    top = words[Register.TOP]
    end = first + CUT if room - first > CUT else room
    if words[separator + STRING_LENGTH] == ONE_BYTE and words[text + STRING_LENGTH] & 3 == 0:
        after = cut_bytes(words, text, words[separator + STRING_FIRST], start, parts + ARRAY_FIRST + first, end - first)
    else:
        after = cut_texts(words, text, separator, start, parts + ARRAY_FIRST + first, end - first)
    if after == SLOW:
        for index in range(first, end):
            words[parts + ARRAY_FIRST + index] = 0
        words[Register.TOP] = top
    return after


@kernel
def cut_bytes(words: Words[int], text: int, byte: int, start: int, to: int, count: int) -> int:
    """``cut`` for a separator and a text of bytes; ``to`` is where the first of ``count`` parts goes."""
    first = (text + STRING_FIRST) * WORD
    length = words[text + STRING_LENGTH] >> 2
    block = first + start
    found = bytes_equal(words, block, byte)
    for place in range(to, to + count):
        if start > length:
            break
        while not found and block + BLOCK < first + length:
            block += BLOCK
            found = bytes_equal(words, block, byte)
        stop = length
        if found:
            stop = block + trailing_zeros(found) - first
            found &= found - 1
            if stop > length:  # what follows the text
                stop = length
        made = text if stop - start == length else narrow_part(words, text, start, stop - start)
        if made == SLOW:
            return SLOW
        words[place] = made
        start = stop + 1
    return start


@outlined
@kernel
def cut_texts(words: Words[int], text: int, separator: int, start: int, to: int, count: int) -> int:
    """``cut`` for any separator and text."""
    length = words[text + STRING_LENGTH] >> 2
    for place in range(to, to + count):
        if start > length:
            break
        stop = find_from(words, text, separator, start)
        if stop == SLOW:
            return SLOW
        if stop < 0:
            stop = length
        made = substring(words, text, start, stop)
        if made == SLOW:
            return SLOW
        words[place] = made
        start = stop + (words[separator + STRING_LENGTH] >> 2)
    return start
