"""Whole processes: from the command to its end, with nothing cached and with everything, beside the twin's.

A program that ends soon leaves some of its code to be optimised by later runs, so a few of them fill the cache.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import frozen

from .catalogue import Program
from .legs import CPYTHON, Leg
from .processes import run_program

FILLING = 20  # runs at most


@frozen
class Process:
    """Seconds of the whole process for one iteration."""

    program: str
    leg: str
    size: int
    cold: float
    warm: float
    cpython: float


def measure(leg: Leg, program: Program, size: int, rounds: int) -> Process:
    """Cold, warm and twin in turn. The cold run of a round and some after it fill the cache of its warm one."""
    cold, warm, cpython = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="minivm-benchmark-") as folder:
            cache = Path(folder)
            cold.append(run_program(leg, program, size, 1, cache).whole)
            _fill(leg, program, size, cache)
            warm.append(run_program(leg, program, size, 1, cache).whole)
            cpython.append(run_program(CPYTHON, program, size, 1, cache).whole)
    medians = (statistics.median(times) for times in (cold, warm, cpython))
    return Process(program.title, leg.title, size, *medians)


def _fill(leg: Leg, program: Program, size: int, cache: Path) -> None:
    """Run a program until there is nothing more that it adds to the cache."""
    before = -1
    for _ in range(FILLING):
        entries = sum(1 for _ in cache.rglob("*"))
        if entries == before:
            return
        before = entries
        run_program(leg, program, size, 1, cache)


def measure_all(
    leg: Leg, sizes: Sequence[tuple[Program, int]], rounds: int, progress: Callable[[Process], None]
) -> list[Process]:
    """Every program with its size, telling ``progress`` of each."""
    found = []
    if sizes:
        measure(leg, sizes[0][0], sizes[0][1], 1)  # Python writes its bytecode files: an installed machine has them
    for program, size in sizes:
        found.append(measure(leg, program, size, rounds))
        progress(found[-1])
    return found
