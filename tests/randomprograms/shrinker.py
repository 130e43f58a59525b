"""Make a failing program small: drop and lower the numbers it comes from while it still fails in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable

from .program import Generated, regenerate

Fails = Callable[[Generated], bool]


def shrink(start: Generated, fails: Fails, seconds: float = 300) -> Generated:
    """The smallest program found in that time for which ``fails`` holds, as it does for ``start``."""
    return _Shrinker(start, fails, time.monotonic() + seconds).run()


class _Shrinker:
    def __init__(self, start: Generated, fails: Fails, deadline: float) -> None:
        self.best = start
        self.fails = fails
        self.deadline = deadline
        self.tried: set[str] = set()

    def run(self) -> Generated:
        while not self.over:
            before = self.best
            for one_pass in (self.drop_spans, self.zero_spans, self.drop_runs, self.lower_numbers):
                one_pass()
            if self.best is before:
                break
        return self.best

    @property
    def over(self) -> bool:
        return time.monotonic() > self.deadline

    def attempt(self, numbers: tuple[int, ...]) -> bool:
        """Take the numbers if they make a smaller program that still fails."""
        if self.over:
            return False
        candidate = regenerate(numbers)
        if candidate.text in self.tried or weight(candidate) >= weight(self.best):
            return False
        self.tried.add(candidate.text)
        if not self.fails(candidate):
            return False
        self.best = candidate
        return True

    def spans(self) -> list[tuple[int, int]]:
        """The spans of the best program, longest first."""
        return sorted(set(self.best.spans), key=lambda span: span[0] - span[1])

    def drop_spans(self) -> None:
        """Leave out a statement, an expression, a function."""
        at = 0
        while at < len(spans := self.spans()):
            start, end = spans[at]
            if not self.attempt(self.best.choices[:start] + self.best.choices[end:]):
                at += 1

    def zero_spans(self) -> None:
        """Make a statement, an expression or a function the simplest that it can be."""
        at = 0
        while at < len(spans := self.spans()):
            start, end = spans[at]
            self.attempt((*self.best.choices[:start], 0, *self.best.choices[end:]))
            self.attempt(self.best.choices[:start] + (0,) * (end - start) + self.best.choices[end:])
            at += 1

    def drop_runs(self) -> None:
        """Leave out some numbers in a row."""
        for length in (16, 8, 4, 2, 1):
            at = 0
            while at + length <= len(self.best.choices):
                if not self.attempt(self.best.choices[:at] + self.best.choices[at + length :]):
                    at += 1

    def lower_numbers(self) -> None:
        """Make a choice simpler."""
        at = 0
        while at < len(self.best.choices):
            for value in (0, 1, self.best.choices[at] // 2, self.best.choices[at] - 1):
                if at < len(self.best.choices) and 0 <= value < self.best.choices[at]:
                    self.attempt((*self.best.choices[:at], value, *self.best.choices[at + 1 :]))
            at += 1


def weight(program: Generated) -> tuple[int, int, int]:
    """What is to become less: lines, letters, numbers."""
    return len(program.text.splitlines()), len(program.text), sum(program.choices)
