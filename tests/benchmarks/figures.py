"""The machine's own figures: what allocation, errors, switches, collection and redefinition cost, and how long
a request waits.

Each is a small Mini program in ``figures/`` that prints lines of a name and a value; its ``answer`` is checked before
the values count.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from attrs import evolve, frozen

from .legs import CPYTHON, Leg
from .processes import BenchmarkError, run_process

FOLDER = Path(__file__).parent / "figures"


@frozen
class Figure:
    """One figure: the program that measures it, the answer it has to give, and which of its values counts.

    ``value`` names the lines whose median is the figure, or is ``record``: the milliseconds of redefinition records,
    in which ``migrated`` instances have to have moved. ``must`` and ``aim`` are what the native tier is held to.
    """

    title: str
    unit: str
    stem: str
    arguments: tuple[object, ...]
    value: str
    answer: int
    must: float | None = None
    aim: float | None = None
    has_twin: bool = False
    migrated: int = 0
    rounds: int | None = None  # None: as many as the command line says


@frozen
class Result:
    """The median over the rounds; None where the system does not tell."""

    title: str
    unit: str
    leg: str
    value: float | None
    highest: float | None
    cpython: float | None
    must: float | None
    aim: float | None


@frozen
class Scale:
    """How much the figures are measured with: all of it, or little, to see that they work."""

    instances: int = 1_000_000
    nodes: int = 5_000_000
    errors: int = 999_999
    items: int = 1_000_000
    redefinitions: int = 10_000
    requests: int = 50
    repeats: int = 5


INTERPRETED = Scale(nodes=100_000, errors=9_999, items=10_000, redefinitions=1_000)
SMALL = Scale(instances=2_000, nodes=2_000, errors=99, items=100, redefinitions=20, requests=3, repeats=2)


def figures(scale: Scale) -> list[Figure]:
    """Every figure at a scale."""
    count, repeats = scale.instances, scale.repeats
    numbers = count * (count - 1) // 2  # the sum of 0..count
    return [
        Figure(
            "allocation of a 3-word node that dies young, with collection", "ns", "allocation",
            (scale.nodes, repeats), "ns", scale.nodes // 100 * 4950, must=12, aim=5, has_twin=True,
        ),
        Figure(
            "error thrown, and caught two calls further out", "ns", "errors",
            (scale.errors, repeats), "ns", scale.errors // 3 * 5, must=400, aim=200, has_twin=True,
        ),
        Figure(
            "item handed to another fiber, each waiting for the other", "ns", "switches",
            (scale.items, repeats), "ns", scale.items // 100 * 4950, has_twin=True,
        ),
        Figure(
            f"collection of {count:,} live 4-word objects", "ms", "collection",
            (count, repeats), "ms", numbers + 3 * count, must=40, aim=12, has_twin=True,
        ),
        Figure(
            f"layout change of {count:,} live instances, 3 fields + 1, in order", "ms", "layoutchange",
            (count, "ordered"), "record", numbers + 10 * count, must=60, aim=15, has_twin=True, migrated=count,
        ),
        Figure(
            f"layout change of {count:,} live instances, 3 fields + 1, shuffled", "ms", "layoutchange",
            (count, "shuffled"), "record", numbers + 10 * count, has_twin=True, migrated=count,
        ),
        Figure(
            "change of a method body, 10 live instances", "ms", "bodychange",
            (10, repeats), "record", 45 + (3 + repeats) * 10, must=2, aim=0.3,
        ),
        Figure(
            f"change of a method body, {count:,} live instances", "ms", "bodychange",
            (count, repeats), "record", numbers + (3 + repeats) * count, must=2, aim=0.3,
        ),
        Figure(
            "request to safepoint in a hot loop", "µs", "latency",
            (scale.requests,), "us", scale.requests + 1,
        ),
        Figure(
            f"growth of the process by one of {scale.redefinitions:,} redefinitions of a hot class", "bytes", "growth",
            (scale.redefinitions,), "bytes", _growth_answer(scale.redefinitions), must=10_240, rounds=1,
        ),
    ]  # fmt: skip


def _growth_answer(times: int) -> int:
    """What growth.mini adds up: 2,000 steps after each redefinition, half of them odd, every other one 1 higher."""
    return 1000 * times + 2000 * ((times + 1) // 2)


def without_goals(figure: Figure) -> Figure:
    """For another tier or scale than the one that ``must`` and ``aim`` are for."""
    return evolve(figure, must=None, aim=None)


def measure(figure: Figure, leg: Leg, rounds: int, cache: Path) -> Result:
    """Run a figure's program, and its twin in turn; BenchmarkError if it answers wrongly."""
    mini: list[float] = []
    cpython: list[float] = []
    for _ in range(figure.rounds or rounds):
        mini += run(figure, leg, cache)
        if figure.has_twin:
            cpython += run(figure, CPYTHON, cache)
    known = [value for value in mini if value >= 0]
    return Result(
        figure.title,
        figure.unit,
        leg.title,
        statistics.median(known) if known else None,
        max(known, default=None),
        statistics.median(cpython) if cpython else None,
        figure.must,
        figure.aim,
    )


def run(figure: Figure, leg: Leg, cache: Path) -> list[float]:
    """The values of one process."""
    lines, _ = run_process(leg, leg.line(FOLDER, figure.stem, *figure.arguments), cache)
    pairs = [(name, text) for name, _, text in (line.partition(" ") for line in lines)]
    answers = {text for name, text in pairs if name == "answer"}
    if answers != {str(figure.answer)}:
        raise BenchmarkError(f"{figure.title}, {leg.title}: the answer is {answers}, not {figure.answer}")
    values = list(_values(figure, leg, pairs))
    if not values:
        raise BenchmarkError(f"{figure.title}, {leg.title}: nothing was measured")
    return values


def _values(figure: Figure, leg: Leg, pairs: list[tuple[str, str]]) -> Iterator[float]:
    wanted = "ms" if leg is CPYTHON and figure.value == "record" else figure.value
    for name, text in pairs:
        if name == "record":
            milliseconds = _milliseconds(figure, text)
            if wanted == "record":
                yield milliseconds
        elif name == wanted:
            yield float(text)


def _milliseconds(figure: Figure, text: str) -> float:
    record = json.loads(text)
    moved = sum(change["migrated"] for change in record["classes"])
    if record["status"] != "applied" or moved < figure.migrated:
        raise BenchmarkError(f"{figure.title}: the redefinition has moved {moved} instances: {text}")
    return float(record["milliseconds"])


def measure_all(
    wanted: Sequence[Figure], leg: Leg, rounds: int, cache: Path, progress: Callable[[Result], None]
) -> list[Result]:
    """Every figure, telling ``progress`` of each."""
    found = []
    for figure in wanted:
        found.append(measure(figure, leg, rounds, cache))
        progress(found[-1])
    return found
