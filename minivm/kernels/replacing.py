"""Replacing one text by another, as a kernel."""

from __future__ import annotations

from minivm.kernels.allocation import SLOW
from minivm.kernels.language import Words, copy_bytes, kernel
from minivm.kernels.searching import find_from
from minivm.kernels.strings import new_string, string_equal
from minivm.layouts import STRING_FIRST, STRING_LENGTH
from minivm.memory import CLASS_MASK, WORD


@kernel
def replace(words: Words[int], ref: int, old: int, by: int) -> int:
    """Every occurrence replaced; the string itself if that is no change; SLOW for an empty ``old`` or wide strings."""
    length = words[ref + STRING_LENGTH]
    if (length | words[old + STRING_LENGTH] | words[by + STRING_LENGTH]) & 3 or not words[old + STRING_LENGTH]:
        return SLOW
    if string_equal(words, old, by):
        return ref
    step = words[old + STRING_LENGTH] >> 2
    count = 0
    found = find_from(words, ref, old, 0)
    while found >= 0:
        count += 1
        found = find_from(words, ref, old, found + step)
    if found == SLOW or not count:
        return SLOW if found == SLOW else ref
    made = new_string(
        words, words[ref] & CLASS_MASK, (length >> 2) + count * ((words[by + STRING_LENGTH] >> 2) - step), 0
    )
    if made != SLOW:
        write_replaced(words, made, ref, old, by)
    return made


@kernel
def write_replaced(words: Words[int], made: int, ref: int, old: int, by: int) -> None:
    """Write the code points of a string of the right length; ``replace`` has found every occurrence before."""
    source = (ref + STRING_FIRST) * WORD
    to = (made + STRING_FIRST) * WORD
    size = words[by + STRING_LENGTH] >> 2
    start = 0
    found = find_from(words, ref, old, 0)
    while found >= 0:
        copy_bytes(words, to, source + start, found - start)
        to += found - start
        copy_bytes(words, to, (by + STRING_FIRST) * WORD, size)
        to += size
        start = found + (words[old + STRING_LENGTH] >> 2)
        found = find_from(words, ref, old, start)
    copy_bytes(words, to, source + start, (words[ref + STRING_LENGTH] >> 2) - start)
