"""The steady state: each leg's time for an iteration, the legs run in turn, round by round."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import frozen

from .catalogue import Program
from .legs import CPYTHON, Leg
from .processes import run_program
from .statistic import steady

NATIVE_ITERATIONS = 400  # the first half is for the tier to get warm: that all is optimised takes some seconds
ITERATIONS = 3
SECONDS = 10  # after which a process that has done a few begins no other iteration


@frozen
class Speed:
    """Seconds an iteration of a leg takes beside CPython's on the same size.

    ``best`` are those of the fastest iteration of all, which other load on the computer has disturbed least.
    """

    leg: str
    size: int
    seconds: float
    cpython: float
    best: float
    cpython_best: float

    @property
    def ratio(self) -> float:
        """How many times as fast as CPython."""
        return self.cpython / self.seconds

    @property
    def best_ratio(self) -> float:
        """The same by the fastest iterations."""
        return self.cpython_best / self.best


@frozen
class Row:
    """What was measured of one program; a speed is None if its leg was not to be had."""

    program: str
    native: Speed | None
    bare: Speed | None
    interpreter: Speed | None


@frozen
class Legs:
    """The legs of a comparison; None for those that are not to be had or not wanted."""

    native: Leg | None
    bare: Leg | None
    interpreter: Leg | None


def measure(program: Program, legs: Legs, rounds: int, cache: Path) -> Row:
    """Run the legs in turn; BenchmarkError if one gives a wrong answer."""
    times: dict[tuple[str, int], list[list[float]]] = {}
    for _ in range(rounds):
        for leg, size, iterations in _runs(program, legs):
            run = run_program(leg, program, size, iterations, cache, SECONDS)
            times.setdefault((leg.title, size), []).append(run.iterations)
    medians = {key: statistics.median(map(steady, runs)) for key, runs in times.items()}
    fastest = {key: min(map(min, runs)) for key, runs in times.items()}

    def speed(leg: Leg | None, size: int) -> Speed | None:
        if leg is None:
            return None
        own, twin = (leg.title, size), (CPYTHON.title, size)
        return Speed(leg.title, size, medians[own], medians[twin], fastest[own], fastest[twin])

    return Row(
        program.title,
        speed(legs.native, program.size),
        speed(legs.bare, program.size),
        speed(legs.interpreter, program.slow_size),
    )


def _runs(program: Program, legs: Legs) -> list[tuple[Leg, int, int]]:
    """What one round runs: leg, size, iterations. CPython stands between the legs it is compared with."""
    runs: list[tuple[Leg, int, int]] = []
    if legs.native is not None:
        runs += [(legs.native, program.size, NATIVE_ITERATIONS), (CPYTHON, program.size, ITERATIONS)]
    if legs.bare is not None:
        runs.append((legs.bare, program.size, NATIVE_ITERATIONS))
    if legs.interpreter is not None:
        runs += [(legs.interpreter, program.slow_size, ITERATIONS), (CPYTHON, program.slow_size, ITERATIONS)]
    return runs


def measure_all(
    programs: Sequence[Program], legs: Legs, rounds: int, cache: Path, progress: Callable[[Row], None]
) -> list[Row]:
    """Every program, telling ``progress`` of each."""
    rows = []
    for program in programs:
        rows.append(measure(program, legs, rounds, cache))
        progress(rows[-1])
    return rows
