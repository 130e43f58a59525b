"""What all the twins share: running one as often as the command line says, and timing each run.

``python richards.py [SIZE [ITERATIONS]]`` prints a line for each iteration: nanoseconds, a tab, and the answer.
"""

from __future__ import annotations

import sys
import time


class Benchmark:
    def prepare(self, size: int) -> None:
        """Whatever an iteration needs that is not to be timed."""

    def run(self, size: int) -> str:
        """One iteration; returns its answer as text."""
        raise NotImplementedError


def measure(benchmark: Benchmark, usual: int) -> None:
    size = argument(1, usual)
    iterations = argument(2, 1)
    benchmark.prepare(size)
    for _ in range(iterations):
        started = time.perf_counter_ns()
        answer = benchmark.run(size)
        took = time.perf_counter_ns() - started
        print(f"{took}\t{answer}")


def argument(index: int, usual: int) -> int:
    return int(sys.argv[index]) if index < len(sys.argv) else usual
