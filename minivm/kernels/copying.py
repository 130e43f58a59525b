"""Cheney's copy, as kernels: evacuate one object, forward a run of references, scan the queue of copies.

``state`` holds what they share (below) and, from ``TRAIL_FIRST`` on, the trail of a copy that may fail or be taken
back: where each copied object was, in order.
"""

from __future__ import annotations

from minivm.kernels.language import NATIVE, Words, inlined, kernel, prefetch
from minivm.kernels.tables import (
    REFERENCES,
    RELAID,
    RELAID_COPIES,
    RELAID_FIRST,
    RELAID_KEPT,
    RELAID_NEW,
    RELAID_NEW_SIZE,
    ROW_OFFSETS,
    ROW_REFERENCES,
    STACK,
    STATICS_SHIFT,
    STRING,
)
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH, STACK_CAPACITY, STRING_FIRST, STRING_LENGTH
from minivm.memory import SHAPE_MASK, STATICS_BIT

SCAN = 0  # the first copy whose references have not been looked at
TOP = 1  # where the next copy goes
END = 2  # the end of the half
SCANNED = 3  # how many copies have been looked at
TRAIL = 4  # the end of the trail; 0: there is no need of one, the copies are sure to fit
TRAIL_FIRST = 5

DONE = 0
NO_ROOM = -1
AHEAD = 12  # elements: how far before its turn an object's header is asked for


@inlined
@kernel
def evacuate(words: Words[int], table: Words[int], ref: int, header: int, to: int, state: Words[int]) -> int:
    """Copy the object at ``ref`` to ``to`` and leave its new address in its header; the new top, or NO_ROOM."""
    low = header & SHAPE_MASK
    if low >= STATICS_BIT:
        low -= STATICS_SHIFT
    row = table[low]
    size = table[row]
    if size <= 0:
        size = table[row + RELAID_NEW_SIZE] if size == RELAID else size_of(words, ref, size)
    top = to + size
    trail = state[TRAIL]
    if trail:
        if top > state[END]:
            return NO_ROOM
        state[trail] = ref
        state[TRAIL] = trail + 1
    if table[row] == RELAID:
        rewrite(words, table, ref, to, row)
    else:
        words[to:top] = words[ref : ref + size]
    words[ref] = -to
    return top


@kernel
def size_of(words: Words[int], ref: int, kind: int) -> int:
    """How many words an object takes that says so itself."""
    if kind == STRING:
        length = words[ref + STRING_LENGTH]
        return STRING_FIRST + (((length >> 2) << (length & 3)) + 7 >> 3)
    if kind == STACK:
        return words[ref + STACK_CAPACITY]
    return ARRAY_FIRST + words[ref + ARRAY_LENGTH]


@kernel
def rewrite(words: Words[int], table: Words[int], ref: int, to: int, row: int) -> None:
    """Write an object in its new layout: the header and the kept fields of the old one, the rest of the prototype."""
    run = row + RELAID_FIRST
    new = run + 3 * table[row + RELAID_KEPT]
    prototype = new + 3 * table[row + RELAID_NEW]
    while run < new:
        source = ref + table[run]
        place = to + table[run + 1]
        count = table[run + 2]
        words[place : place + count] = words[source : source + count]
        run += 3
    while run < prototype:
        source = prototype + table[run]
        place = to + table[run + 1]
        count = table[run + 2]
        words[place : place + count] = table[source : source + count]
        run += 3
    table[row + RELAID_COPIES] += 1


@kernel
def forward(words: Words[int], table: Words[int], first: int, end: int, top: int, state: Words[int]) -> int:
    """Make the references in ``first``..``end``-1 those of the copies, made now if need be; the new top, or NO_ROOM."""
    for at in range(first, end):
        if NATIVE:
            prefetch(words, words[at + AHEAD if at + AHEAD < end else at])
        ref = words[at]
        if ref:
            header = words[ref]
            if header < 0:
                words[at] = -header
            else:
                words[at] = top
                top = evacuate(words, table, ref, header, top, state)
                if top < 0:
                    return NO_ROOM
    return top


@kernel
def scan(words: Words[int], old: Words[int], new: Words[int], state: Words[int]) -> int:
    """Forward the references in the copies until there are no new ones.

    Returns DONE, NO_ROOM, or the address of a copied stack, whose frames are the caller's business; then go on.
    """
    at = state[SCAN]
    top = state[TOP]
    scanned = state[SCANNED]
    seen = -1
    size = first = last = 0
    while at < top:
        scanned += 1
        low = words[at] & SHAPE_MASK
        if low != seen:  # neighbours are mostly of one class: nothing to look up, nothing to wait for
            seen = low
            if low >= STATICS_BIT:
                low -= STATICS_SHIFT
            row = new[low]
            size = new[row]
            first = row + ROW_OFFSETS
            last = first + new[row + ROW_REFERENCES]
        if size > 0:
            for place in range(first, last):
                slot = at + new[place]
                ref = words[slot]
                if ref:
                    header = words[ref]
                    if header < 0:
                        words[slot] = -header
                    else:
                        words[slot] = top
                        top = evacuate(words, old, ref, header, top, state)
                        if top < 0:
                            return NO_ROOM
            at += size
        else:
            end = at + size_of(words, at, size)
            if size == REFERENCES:
                top = forward(words, old, at + ARRAY_FIRST, end, top, state)
                if top < 0:
                    return NO_ROOM
            elif size == STACK:
                state[SCAN] = end
                state[TOP] = top
                state[SCANNED] = scanned
                return at
            at = end
    state[SCAN] = at
    state[TOP] = top
    state[SCANNED] = scanned
    return DONE


@kernel
def restore(words: Words[int], state: Words[int]) -> None:
    """Give every object on the trail its header back."""
    for at in range(TRAIL_FIRST, state[TRAIL]):
        ref = state[at]
        words[ref] = words[-words[ref]]
    state[TRAIL] = TRAIL_FIRST


@kernel
def find_copies(words: Words[int], table: Words[int], wanted: int, found: Words[int], count: int, first: int) -> None:
    """Fill ``found`` with the addresses of the ``count`` copies from ``first`` on with that low header word."""
    at = first
    done = 0
    while done < count:
        low = words[at] & SHAPE_MASK
        if low == wanted:
            found[done] = at
            done += 1
        if low >= STATICS_BIT:
            low -= STATICS_SHIFT
        size = table[table[low]]
        at += size if size > 0 else size_of(words, at, size)


@kernel
def count_copies(words: Words[int], table: Words[int], counts: Words[int], first: int, end: int) -> None:
    """Count the instances among the objects in ``first``..``end``-1, by class id; stacks count as class 0."""
    at = first
    while at < end:
        low = words[at] & SHAPE_MASK
        if low >= STATICS_BIT:
            low -= STATICS_SHIFT
        else:
            counts[low] += 1
        size = table[table[low]]
        at += size if size > 0 else size_of(words, at, size)
