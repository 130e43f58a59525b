"""Where the decisions come from: numbers, drawn or replayed. Zero is always the simplest choice.

A program is generated from a list of numbers and nothing else, so shortening and lowering the list makes the program
simpler, whatever the generator does with it. Spans say which numbers belong together, a statement's for instance.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

X = TypeVar("X")
LONGEST = 20_000  # numbers of one program; the rest are zeros


class Choices:
    """A source of numbers, from a seed or from a list (and zeros when that is used up)."""

    def __init__(self, seed: int | None = None, replay: Sequence[int] = ()) -> None:
        self.random = random.Random(seed) if seed is not None else None
        self.replay = replay
        self.made: list[int] = []
        self.spans: list[tuple[int, int]] = []

    def below(self, bound: int) -> int:
        """A number in 0..bound, the bound excluded."""
        at = len(self.made)
        if self.random is not None:
            value = self.random.randrange(bound) if at < LONGEST else 0
        else:
            value = min(self.replay[at], bound - 1) if at < len(self.replay) else 0
        self.made.append(value)
        return value

    def chance(self, percent: int) -> bool:
        """True that often; False is the simple choice."""
        return self.below(100) >= 100 - percent

    def pick(self, items: Sequence[X]) -> X:
        """One of the items; the first is the simplest."""
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[tuple[int, X]]) -> X:
        """One of the items, each as often as its weight says."""
        left = self.below(sum(weight for weight, _ in items))
        for weight, item in items:
            if left < weight:
                return item
            left -= weight
        raise AssertionError("weights are positive")

    def several(self, percent: int, most: int) -> Iterator[int]:
        """0, 1, 2, …: goes on with that chance each time. What is done with a number is one span."""
        for index in range(most):
            with self.span():
                if not self.chance(percent):
                    return
                yield index

    @contextmanager
    def span(self) -> Iterator[None]:
        """The numbers drawn inside belong together."""
        start = len(self.made)
        try:
            yield
        finally:
            if len(self.made) > start:
                self.spans.append((start, len(self.made)))
