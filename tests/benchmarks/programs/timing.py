"""What all the twins share: running one as often as the command line says, and timing each run.

``python richards.py [SIZE [ITERATIONS [SECONDS]]]`` prints a line for each iteration: nanoseconds, a tab, and the
answer. After so many seconds it starts no other, but for the first few, which warm it up.
"""

from __future__ import annotations

import sys
import time

FEW = 6


class Benchmark:
    def prepare(self, size: int) -> None:
        """Whatever an iteration needs that is not to be timed."""

    def run(self, size: int) -> str:
        """One iteration; returns its answer as text."""
        raise NotImplementedError


def measure(benchmark: Benchmark, usual: int) -> None:
    size = argument(1, usual)
    iterations = argument(2, 1)
    limit = argument(3, 3600) * 1_000_000_000
    benchmark.prepare(size)
    begun = time.perf_counter_ns()
    for i in range(iterations):
        started = time.perf_counter_ns()
        if i >= FEW and started - begun > limit:
            break
        answer = benchmark.run(size)
        took = time.perf_counter_ns() - started
        print(f"{took}\t{answer}")


def argument(index: int, usual: int) -> int:
    return int(sys.argv[index]) if index < len(sys.argv) else usual
