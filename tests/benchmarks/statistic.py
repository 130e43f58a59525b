"""Medians and means of what was measured."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence


def steady(iterations: Sequence[float]) -> float:
    """What an iteration takes once the program is warm: the median of the second half."""
    return statistics.median(iterations[len(iterations) // 2 :])


def geometric_mean(ratios: Iterable[float]) -> float:
    """The mean of ratios."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(statistics.fmean(logarithms))
