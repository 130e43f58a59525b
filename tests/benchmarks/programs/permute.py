"""Permute: all orders of six numbers by swapping. The answer: how many calls that takes."""

from __future__ import annotations

from timing import Benchmark, measure


class Permutations:
    def __init__(self, size: int) -> None:
        self.count = 0
        self.items = list(range(size))

    def permute(self, n: int) -> None:
        """Put the first n items into every order."""
        self.count += 1
        if n == 0:
            return
        last = n - 1
        self.permute(last)
        for i in range(last, -1, -1):
            self.swap(last, i)
            self.permute(last)
            self.swap(last, i)

    def swap(self, i: int, j: int) -> None:
        self.items[i], self.items[j] = self.items[j], self.items[i]


class Permute(Benchmark):
    def run(self, size: int) -> str:
        calls = 0
        for _ in range(size):
            everything = Permutations(6)
            everything.permute(6)
            calls = everything.count
        return str(calls)


if __name__ == "__main__":
    measure(Permute(), 300)
