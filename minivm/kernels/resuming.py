"""Where machine code goes on that has left off, without the interpreter: the kernel that ``enter`` asks.

Machine code that cannot go on leaves plain frames behind. What the interpreter would do with them is done by kernels
where machine code goes on after it: behind the call that a method returns to and at the handler of an error
(``unwinding``), and where the fiber whose turn it is has waited, or begins (``fibers``).
"""

from __future__ import annotations

from minivm.frames import LINK, LINK_MASK, Link
from minivm.kernels.fibers import end_fiber, switch
from minivm.kernels.language import Words, kernel
from minivm.kernels.unwinding import catch, return_to_caller
from minivm.memory import Register


@kernel
def go_on(words: Words[int], table: Words[int], left: int) -> int:
    """The machine code that takes over from the code that has just left with ``left``; 0: the interpreter's turn.

    FRAME is the frame to enter it with, as it was the frame that has stopped or returned.
    """
    if left >= 0 and words[words[Register.FRAME] + LINK] & LINK_MASK == Link.BASE:
        return end_fiber(words, table)
    if left >= 0:
        return return_to_caller(words, table)
    if words[Register.THROWN]:
        return catch(words, table, words[Register.THROWN])
    return switch(words, table, words[Register.PARKED_ON]) if words[Register.PARKED_ON] else 0
