"""Running a leg once: its process, its lines, and the check that its answers are right."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from .catalogue import PROGRAMS_FOLDER, Program
from .legs import Leg

ROOT = Path(__file__).parents[2]
LIMIT = 1800.0  # seconds a process may take


class BenchmarkError(Exception):
    """A program failed, or its answer is wrong: nothing it took counts."""


@frozen
class Run:
    """One process: seconds of each iteration, and of the whole."""

    iterations: list[float]
    whole: float


def run_program(leg: Leg, program: Program, size: int, iterations: int, cache: Path, seconds: int | None = None) -> Run:
    """Run a program of the catalogue; BenchmarkError unless every answer is the right one.

    With ``seconds`` the program starts no more iterations after that time, but for the first few, which warm it up.
    """
    limit = () if seconds is None else (seconds,)
    lines, whole = run_process(leg, leg.line(PROGRAMS_FOLDER, program.stem, size, iterations, *limit), cache)
    if seconds is not None:
        iterations = max(1, min(iterations, len(lines)))
    return Run(checked(lines, program, size, iterations, leg.title), whole)


def run_process(leg: Leg, line: list[str], cache: Path) -> tuple[list[str], float]:
    """Run a command: what it printed, and how many seconds it took."""
    environment = _environment(leg.environment, cache)
    started = time.perf_counter()
    try:
        done = subprocess.run(
            line, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, env=environment, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"{' '.join(line)}: still running after {LIMIT:.0f} s") from None
    whole = time.perf_counter() - started
    if done.returncode:
        raise BenchmarkError(f"{' '.join(line)}: exit status {done.returncode}\n{done.stderr.strip()}")
    return done.stdout.splitlines(), whole


def checked(lines: list[str], program: Program, size: int, iterations: int, who: str) -> list[float]:
    """The seconds of each iteration, from lines of nanoseconds, a tab and an answer."""
    expected = program.expected(size)
    if len(lines) != iterations:
        raise BenchmarkError(f"{program.title}, {who}: {len(lines)} answers to {iterations} iterations")
    seconds = []
    for line in lines:
        nanoseconds, _, answer = line.partition("\t")
        if answer != expected or not nanoseconds.isdigit():
            raise BenchmarkError(f"{program.title}, {who}, size {size}: {line!r} instead of the answer {expected!r}")
        seconds.append(int(nanoseconds) / 1e9)
    return seconds


def _environment(more: Mapping[str, str], cache: Path) -> dict[str, str]:
    """This process's, so that the machine is this checkout's, and Python keeps its bytecode as in an installed one."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": path, "MINIVM_CACHE": str(cache), "NO_COLOR": "1", **more}
