"""Frames that errors pass and methods return to, as kernels.

What is to be done with the frames that machine code leaves behind when it throws: the error's trace is recorded, its
handler is found, and a frame whose handler has returned is popped, as the interpreter would. The interpreter does it
where this fails: where the place has no machine code of its own, where there is no room for the trace, and beyond a
frame that no call waits for.

The table (``minivm.native.landings`` makes it) tells what there is to know of methods and classes:

    METHODS      how many method ids it knows; a row number for each from FIRST_ROW on, 0: nothing to land on
    CLASSES      how many class ids it knows; a row number for each behind those, 0: not an error
    FRAMES       the offset of an error's trace
    TRACE        the class of that array
    a method     LOCALS | how many HANDLERS | how many SITES | START… of each handler | SITE_PC… of each site
    a class      how many ids | its id and those of everything above it

A site is a call behind which machine code can go on, or BEGINNING, for the first frame of a fiber.
"""

from __future__ import annotations

from minivm.frames import FIRST, LINK, LINK_MASK, LINK_SHIFT, METHOD, PC, Link
from minivm.kernels.allocation import SLOW, allocate
from minivm.kernels.language import Words, kernel
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.memory import CLASS_MASK, Register

TRACE_LIMIT = 64  # frames recorded in an error: enough to see a recursion, small enough to afford a thousand overflows

METHODS = 0
CLASSES = 1
FRAMES = 2
TRACE = 3
FIRST_ROW = 4

LOCALS = 0
HANDLERS = 1
SITES = 2
FIRST_HANDLER = 3
START = 0
END = 1
CATCH = 2  # the id of a class; 0: of every class
TARGET = 3
ENTRY = 4  # the address of machine code that begins at the target; 0: there is none
HANDLER_WORDS = 5
BEGINNING = -1
SITE_PC = 0
SITE_RESULT = 1  # offset in the frame of the word that takes the call's result
SITE_ENTRY = 2
SITE_WAITS = 3  # whether it is a call that parks the fiber and, once that is woken, returns 0
SITE_WORDS = 4


@kernel
def return_to_caller(words: Words[int], table: Words[int]) -> int:
    """Pop FRAME, which returns VALUE; 0, with nothing changed, if there is no machine code behind the call."""
    if words[words[Register.FRAME] + LINK] & LINK_MASK != Link.CALL:
        return 0
    caller = caller_of(words, words[Register.FRAME])
    site = find_site(table, words[caller + METHOD], words[caller + PC])
    if site == 0:
        return 0
    words[caller + table[site + SITE_RESULT]] = words[Register.VALUE]
    words[caller + PC] += 1
    words[Register.FRAME] = caller
    return table[site + SITE_ENTRY]


@kernel
def find_site(table: Words[int], method_id: int, pc: int) -> int:
    """What there is to know of a call behind which machine code can go on; 0 if it cannot."""
    row = method_row(table, method_id)
    if row:
        first = row + FIRST_HANDLER + table[row + HANDLERS] * HANDLER_WORDS
        for number in range(table[row + SITES]):
            if table[first + number * SITE_WORDS + SITE_PC] == pc:
                return first + number * SITE_WORDS
    return 0


@kernel
def catch(words: Words[int], table: Words[int], error: int) -> int:
    """Pop frames down to the error's handler; 0, with nothing changed, if that is left to the interpreter."""
    family = class_row(table, words[error] & CLASS_MASK)
    if family == 0:
        return 0
    at = words[Register.FRAME]
    handler = find_handler(words, table, at, family)
    while handler == 0:
        if words[at + LINK] & LINK_MASK != Link.CALL:
            return 0
        at = caller_of(words, at)
        handler = find_handler(words, table, at, family)
    if table[handler + ENTRY] == 0 or not has_trace(words, table, error):
        return 0
    words[at + FIRST + table[method_row(table, words[at + METHOD]) + LOCALS]] = error
    words[at + PC] = table[handler + TARGET]
    words[Register.FRAME] = at
    return table[handler + ENTRY]


@kernel
def find_handler(words: Words[int], table: Words[int], frame: int, family: int) -> int:
    """The frame's first handler in force that catches a class, whose row is ``family``; 0 if there is none."""
    row = method_row(table, words[frame + METHOD])
    if row:
        pc = words[frame + PC]
        for number in range(table[row + HANDLERS]):
            at = row + FIRST_HANDLER + number * HANDLER_WORDS
            if table[at + START] <= pc < table[at + END] and is_below(table, family, table[at + CATCH]):
                return at
    return 0


@kernel
def method_row(table: Words[int], method_id: int) -> int:
    """The row of a method, or 0."""
    return table[FIRST_ROW + method_id] if method_id < table[METHODS] else 0


@kernel
def class_row(table: Words[int], class_id: int) -> int:
    """The row of a class of errors, or 0."""
    return table[FIRST_ROW + table[METHODS] + class_id] if class_id < table[CLASSES] else 0


@kernel
def is_below(table: Words[int], family: int, class_id: int) -> int:
    """Whether a class, whose row is ``family``, is the one with an id or below it; every class is below 0."""
    if class_id == 0:
        return 1
    for at in range(family + 1, family + 1 + table[family]):
        if table[at] == class_id:
            return 1
    return 0


@kernel
def has_trace(words: Words[int], table: Words[int], error: int) -> int:
    """Whether an error has a trace. One that has none gets the trace from FRAME on, if there is room for it."""
    if words[error + table[FRAMES]]:
        return 1
    count = count_frames(words, words[Register.FRAME])
    trace = allocate(words, ARRAY_FIRST + 2 * count)
    if trace == SLOW:
        return 0
    words[trace] = table[TRACE]
    words[trace + ARRAY_LENGTH] = 2 * count
    write_frames(words, words[Register.FRAME], trace + ARRAY_FIRST, count)
    words[error + table[FRAMES]] = trace
    return 1


@kernel
def count_frames(words: Words[int], frame: int) -> int:
    """How many frames a trace has that begins at one."""
    count = 1
    while count < TRACE_LIMIT and words[frame + LINK] & LINK_MASK != Link.BASE:
        frame = caller_of(words, frame)
        count += 1
    return count


@kernel
def write_frames(words: Words[int], frame: int, to: int, count: int) -> None:
    """Write method id and pc of some frames, newest first."""
    for at in range(count):
        words[to + 2 * at] = words[frame + METHOD]
        words[to + 2 * at + 1] = words[frame + PC]
        frame = caller_of(words, frame)


@kernel
def caller_of(words: Words[int], frame: int) -> int:
    """The frame that a frame of the running fiber returns to."""
    return words[Register.STACK] + (words[frame + LINK] >> LINK_SHIFT)
