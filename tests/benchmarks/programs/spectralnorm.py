"""Spectral norm: the largest singular value of an infinite matrix, from its first rows, by the power method.

The answer: that value.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from timing import Benchmark, measure


def element(row: int, column: int) -> float:
    diagonal = row + column
    return 1.0 / (diagonal * (diagonal + 1) // 2 + row + 1)


def multiply(vector: list[float], cell: Callable[[int, int], float]) -> list[float]:
    """What `cell` gives for each row and column, times a vector."""
    product = [0.0] * len(vector)
    for row in range(len(vector)):
        total = 0.0
        for column in range(len(vector)):
            total += cell(row, column) * vector[column]
        product[row] = total
    return product


def twice(vector: list[float]) -> list[float]:
    once = multiply(vector, element)
    return multiply(once, lambda row, column: element(column, row))


def dot(a: list[float], b: list[float]) -> float:
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


class SpectralNorm(Benchmark):
    def run(self, size: int) -> str:
        u = [1.0] * size
        v = u
        for _ in range(10):
            v = twice(u)
            u = twice(v)
        return str(math.sqrt(dot(u, v) / dot(v, v)))


if __name__ == "__main__":
    measure(SpectralNorm(), 200)
