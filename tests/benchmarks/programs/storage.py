"""Storage: a tree of arrays, seven levels deep, its leaves of random lengths. The answer: how many arrays it has."""

from __future__ import annotations

from lcg import Lcg
from timing import Benchmark, measure


class Store:
    def __init__(self) -> None:
        self.count = 0
        self.random = Lcg()

    def tree(self, depth: int) -> list[object]:
        self.count += 1
        if depth == 1:
            return [None] * (self.random.next() % 10 + 1)
        branches: list[object] = [None] * 4
        for i in range(4):
            branches[i] = self.tree(depth - 1)
        return branches


class Storage(Benchmark):
    def run(self, size: int) -> str:
        arrays = 0
        for _ in range(size):
            store = Store()
            store.tree(7)
            arrays = store.count
        return str(arrays)


if __name__ == "__main__":
    measure(Storage(), 250)
