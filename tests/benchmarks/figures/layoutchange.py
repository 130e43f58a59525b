"""What a Python program does to give a class a fourth field while so many instances live, in order or shuffled."""

from __future__ import annotations

import random
import sys
import time


class Point:
    def __init__(self, x: int) -> None:
        self.x = x
        self.y = 1
        self.z = 2

    def sum(self) -> int:
        return self.x + self.y + self.z


class Wider:
    def __init__(self, x: int) -> None:
        self.x = x
        self.y = 1
        self.z = 2
        self.w = 7

    def sum(self) -> int:
        return self.x + self.y + self.z + self.w


everything: list[Point | Wider] = [Point(i) for i in range(int(sys.argv[1]))]
if sys.argv[2] == "shuffled":
    random.Random(1).shuffle(everything)
started = time.perf_counter_ns()
for one in everything:
    one.__class__ = Wider
    one.w = 7
took = time.perf_counter_ns() - started
print(f"ms {took / 1e6}")
print(f"answer {sum(one.sum() for one in everything)}")
