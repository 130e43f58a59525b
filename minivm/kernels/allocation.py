"""Allocation, as a kernel, and how a kernel gives up.

A kernel that stands for a native never collects and never throws: where it would have to, or where the case is rare,
it returns SLOW having changed nothing that counts, and the interpreter runs the Python native, which is what the kernel
has to agree with. A result that happens to be the same word only makes the interpreter compute it again.
"""

from __future__ import annotations

from minivm.kernels.language import Words, kernel
from minivm.memory import Register

SLOW = -(1 << 63)


@kernel
def allocate(words: Words[int], count: int) -> int:
    """The index of ``count`` fresh words; SLOW if that takes a collection."""
    ref = words[Register.TOP]
    if ref + count > words[Register.LIMIT]:
        return SLOW
    words[Register.TOP] = ref + count
    return ref
