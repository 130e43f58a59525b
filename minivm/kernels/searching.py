"""Finding one string in another, as kernels."""

from __future__ import annotations

from minivm.kernels.allocation import SLOW
from minivm.kernels.language import BLOCK, Words, bytes_equal, kernel, outlined, trailing_zeros
from minivm.kernels.strings import get_point
from minivm.layouts import STRING_FIRST, STRING_LENGTH
from minivm.memory import WORD

ONE_BYTE = 1 << 2  # the length word of a string of one narrow code point
PATIENCE = 16  # comparisons for each code point of the text before Python's cleverer search takes over


@kernel
def matches_at(words: Words[int], text: int, part: int, index: int) -> int:
    """How many code points of ``part`` stand at ``index`` of ``text``, where all of it has room."""
    code = words[text + STRING_LENGTH] & 3
    part_code = words[part + STRING_LENGTH] & 3
    at = (text + STRING_FIRST) * WORD + (index << code)
    part_at = (part + STRING_FIRST) * WORD
    count = words[part + STRING_LENGTH] >> 2
    for i in range(count):
        if get_point(words, at + (i << code), code) != get_point(words, part_at + (i << part_code), part_code):
            return i
    return count


@kernel
def find_byte(words: Words[int], text: int, byte: int, start: int) -> int:
    """Where a byte first occurs in a string of bytes at or after ``start`` >= 0; -1 if it does not."""
    first = (text + STRING_FIRST) * WORD
    end = first + (words[text + STRING_LENGTH] >> 2)
    at = first + start
    while at < end:
        found = bytes_equal(words, at, byte)
        if found:
            at += trailing_zeros(found)
            return at - first if at < end else -1
        at += BLOCK
    return -1


@kernel
def find_from(words: Words[int], text: int, part: int, start: int) -> int:
    """Where ``part`` first occurs in ``text`` at or after ``start`` >= 0; -1 if it does not."""
    if words[part + STRING_LENGTH] == ONE_BYTE and words[text + STRING_LENGTH] & 3 == 0:
        return find_byte(words, text, words[part + STRING_FIRST], start)
    if words[part + STRING_LENGTH] < ONE_BYTE:
        return start if start <= words[text + STRING_LENGTH] >> 2 else -1
    return find_text(words, text, part, start)


@outlined
@kernel
def find_text(words: Words[int], text: int, part: int, start: int) -> int:
    """The same for any two texts of which the second is not empty."""
    length = words[text + STRING_LENGTH] >> 2
    count = words[part + STRING_LENGTH] >> 2
    code = words[text + STRING_LENGTH] & 3
    at = (text + STRING_FIRST) * WORD
    first = get_point(words, (part + STRING_FIRST) * WORD, words[part + STRING_LENGTH] & 3)
    patience = PATIENCE * (length + count)
    for index in range(start, length - count + 1):
        if get_point(words, at + (index << code), code) == first:
            found = matches_at(words, text, part, index)
            if found == count:
                return index
            patience -= found
            if patience < 0:
                return SLOW
    return -1


@kernel
def index_of(words: Words[int], text: int, part: int) -> int:
    """Where a text first occurs, or -1."""
    return find_from(words, text, part, 0)


@kernel
def index_from(words: Words[int], text: int, part: int, start: int) -> int:
    """Where a text first occurs at or after an index, or -1."""
    return find_from(words, text, part, start if start > 0 else 0)


@kernel
def last_index_of(words: Words[int], text: int, part: int) -> int:
    """Where a text last occurs, or -1."""
    count = words[part + STRING_LENGTH] >> 2
    index = (words[text + STRING_LENGTH] >> 2) - count
    patience = PATIENCE * (index + 2 * count)
    while index >= 0:
        found = matches_at(words, text, part, index)
        if found == count:
            return index
        patience -= found
        if patience < 0:
            return SLOW
        index -= 1
    return -1


@kernel
def contains(words: Words[int], text: int, part: int) -> int:
    """Whether a text occurs."""
    found = find_from(words, text, part, 0)
    return found if found == SLOW else found >= 0


@kernel
def starts_with(words: Words[int], text: int, part: int) -> int:
    """Whether it begins with a text."""
    count = words[part + STRING_LENGTH] >> 2
    return count <= words[text + STRING_LENGTH] >> 2 and matches_at(words, text, part, 0) == count


@kernel
def ends_with(words: Words[int], text: int, part: int) -> int:
    """Whether it ends with a text."""
    count = words[part + STRING_LENGTH] >> 2
    start = (words[text + STRING_LENGTH] >> 2) - count
    return start >= 0 and matches_at(words, text, part, start) == count
