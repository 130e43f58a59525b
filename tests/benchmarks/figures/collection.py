"""A full collection of so many live objects of three fields, which a list holds."""

from __future__ import annotations

import gc
import sys
import time


class Triple:
    __slots__ = ("a", "b", "c")

    def __init__(self, a: int) -> None:
        self.a = a
        self.b = 1
        self.c = 2


everything = [Triple(i) for i in range(int(sys.argv[1]))]
gc.collect()
for _ in range(int(sys.argv[2])):
    started = time.perf_counter_ns()
    gc.collect()
    took = time.perf_counter_ns() - started
    print(f"ms {took / 1e6}")
print(f"answer {sum(one.a + one.b + one.c for one in everything)}")
