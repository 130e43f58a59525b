"""Arrays and identity, as kernels."""

from __future__ import annotations

from minivm.kernels.allocation import SLOW
from minivm.kernels.language import Words, copy_bytes, kernel
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.memory import HASH_SHIFT, WORD, Register, Root


@kernel
def copy_to(words: Words[int], source: int, start: int, target: int, to: int, count: int) -> int:
    """Copy elements into another array or another place of this one; SLOW outside them."""
    length = words[source + ARRAY_LENGTH]
    room = words[target + ARRAY_LENGTH]
    if count < 0 or count > length or count > room:
        return SLOW
    if start < 0 or start > length - count or to < 0 or to > room - count:
        return SLOW
    copy_bytes(words, (target + ARRAY_FIRST + to) * WORD, (source + ARRAY_FIRST + start) * WORD, count * WORD)
    return 0


@kernel
def clear(words: Words[int], ref: int, index: int) -> int:
    """Make an element unset; SLOW outside the array."""
    if index < 0 or index >= words[ref + ARRAY_LENGTH]:
        return SLOW
    words[ref + ARRAY_FIRST + index] = 0
    return 0


@kernel
def clear_range(words: Words[int], ref: int, start: int, end: int) -> int:
    """Make elements unset; SLOW outside the array."""
    if start < 0 or start > end or end > words[ref + ARRAY_LENGTH]:
        return SLOW
    for at in range(ref + ARRAY_FIRST + start, ref + ARRAY_FIRST + end):
        words[at] = 0
    return 0


@kernel
def identity(words: Words[int], left: int, right: int) -> int:
    """Whether two references are the same."""
    return left == right


@kernel
def identity_hash(words: Words[int], ref: int) -> int:
    """The object's identity hash, given out on first request in a fixed pseudo-random order."""
    header = words[ref]
    found = header >> HASH_SHIFT
    if not found:
        place = words[Register.BASE] + Root.HASHES
        words[place] += 1
        found = (words[place] * 0x9E3779B1) & 0x7FFFFFFF
        if not found:
            found = 1
        words[ref] = header | found << HASH_SHIFT
    return found
