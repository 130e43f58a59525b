"""How the writers recurse without Python's stack: a step yields the steps inside it, and ``drive`` runs them all.

A writer method that has sub-expressions is a generator: ``yield self.expression(x)`` means "generate x completely,
then go on here". A method without sub-expressions emits at once and returns None. So an expression may be as deep as
memory allows.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

Work: TypeAlias = "Generator[Step, None, None]"
Step: TypeAlias = "Work | None"


class _Done:
    pass


_DONE = _Done()


def drive(first: Step) -> None:
    """Run ``first`` and all the work it yields, innermost first."""
    stack = [first] if first is not None else []
    while stack:
        step = next(stack[-1], _DONE)
        if isinstance(step, _Done):
            stack.pop()
        elif step is not None:
            stack.append(step)
