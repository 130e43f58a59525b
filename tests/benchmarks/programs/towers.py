"""Towers: thirteen disks go from one of three piles to another, never a larger one on a smaller one.

The answer: how many moves that takes.
"""

from __future__ import annotations

from timing import Benchmark, measure


class Disk:
    def __init__(self, size: int) -> None:
        self.size = size
        self.below: Disk | None = None


class Piles:
    def __init__(self, disks: int) -> None:
        self.moves = 0
        self.tops: list[Disk | None] = [None] * 3
        for size in range(disks, -1, -1):
            self.push(Disk(size), 0)

    def move(self, disks: int, start: int, to: int) -> None:
        if disks == 1:
            self.move_top(start, to)
            return
        other = 3 - start - to
        self.move(disks - 1, start, other)
        self.move_top(start, to)
        self.move(disks - 1, other, to)

    def move_top(self, start: int, to: int) -> None:
        self.push(self.pop(start), to)
        self.moves += 1

    def push(self, disk: Disk, pile: int) -> None:
        top = self.tops[pile]
        if top is not None and disk.size >= top.size:
            raise ValueError(f"disk {disk.size} cannot lie on {top.size}")
        disk.below = top
        self.tops[pile] = disk

    def pop(self, pile: int) -> Disk:
        top = self.tops[pile]
        if top is None:
            raise ValueError(f"pile {pile} is empty")
        self.tops[pile] = top.below
        top.below = None
        return top


class Towers(Benchmark):
    def run(self, size: int) -> str:
        moves = 0
        for _ in range(size):
            piles = Piles(13)
            piles.move(13, 0, 1)
            moves = piles.moves
        return str(moves)


if __name__ == "__main__":
    measure(Towers(), 300)
