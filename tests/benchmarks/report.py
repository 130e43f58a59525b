"""What was measured, as lines for people and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from attrs import asdict, define, field

from .figures import Result
from .statistic import geometric_mean
from .steady import Row, Speed
from .wholeprocess import Process

MUST_SPEED, AIM_SPEED, LEAST_SPEED = 25.0, 50.0, 8.0
MUST_WHOLE, AIM_WHOLE = 0.35, 0.2
MUST_OVERHEAD, AIM_OVERHEAD = 15.0, 3.0


@define
class Report:
    """Everything that one run of the command has measured."""

    machine: dict[str, str] = field(factory=dict)
    steady: list[Row] = field(factory=list)
    processes: list[Process] = field(factory=list)
    figures: list[Result] = field(factory=list)

    def json(self) -> dict[str, object]:
        """All of it as plain data, with the means."""
        return {**asdict(self), "means": means(self.steady)}


def machine() -> dict[str, str]:
    """What it was measured on."""
    try:
        llvmlite = version("llvmlite")
    except PackageNotFoundError:
        llvmlite = "not installed"
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "llvmlite": llvmlite,
        "load": _load(),
    }


def _load() -> str:
    """How busy the computer is before anything is measured."""
    if not hasattr(os, "getloadavg"):
        return "unknown"
    load = os.getloadavg()[0]
    return f"{load:.1f}" + (" (busy: times will be longer, ratios noisier)" if load > (os.cpu_count() or 1) / 2 else "")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def means(rows: Sequence[Row]) -> dict[str, float]:
    """Geometric means over the programs: how many times as fast as CPython each leg is, and what safety costs.

    The cost is a matter of percents, so it is taken from the fastest iterations.
    """
    found = {}
    for name in ("native", "bare", "interpreter"):
        speeds = [getattr(row, name).ratio for row in rows if getattr(row, name) is not None]
        if speeds:
            found[name] = geometric_mean(speeds)
            found[f"{name}_best"] = geometric_mean(getattr(row, name).best_ratio for row in rows if getattr(row, name))
    costs = [row.native.best / row.bare.best for row in rows if row.native and row.bare]
    if costs:
        found["overhead_percent"] = (geometric_mean(costs) - 1) * 100
    return found


# ── the steady state ─────────────────────────────────────────────────────────────────────────────────────────

NOTE = "Milliseconds an iteration takes in the steady state; every answer was right."
SLOW_NOTE = (
    "The interpreter runs a smaller size, beside its twin on that size; `slower`: how many times as long it takes."
)


def steady_head(shown: Sequence[str]) -> str:
    """The heading for the legs that are there: ``native``, ``bare``, ``interpreter``."""
    columns = {
        "native": f"{'size':>9} {'CPython':>9} {'native':>9} {'faster':>9}",
        "bare": f"{'bare':>9} {'overhead':>9}",
        "interpreter": f"{'size':>9} {'CPython':>9} {'interp.':>9} {'slower':>9}",
    }
    notes = [NOTE, *([SLOW_NOTE] if "interpreter" in shown else [])]
    return "\n".join([*notes, "", "   ".join([f"{'program':<17}", *(columns[leg] for leg in shown)])])


def steady_line(row: Row) -> str:
    """One program."""
    cells = [f"{row.program:<17}"]
    if row.native is not None:
        cells.append(_speed(row.native, row.native.ratio))
    if row.bare is not None and row.native is not None:
        overhead = f"{(row.native.best / row.bare.best - 1) * 100:.1f} %"
        cells.append(f"{_digits(row.bare.seconds * 1000):>9} {overhead:>9}")
    if row.interpreter is not None:
        cells.append(_speed(row.interpreter, 1 / row.interpreter.ratio))
    return "   ".join(cells)


def _speed(speed: Speed, ratio: float) -> str:
    cpython, own = _digits(speed.cpython * 1000), _digits(speed.seconds * 1000)
    return f"{speed.size:>9} {cpython:>9} {own:>9} {_digits(ratio):>9}"


def steady_summary(rows: Sequence[Row]) -> list[str]:
    """The means, the slowest program, and the overhead of being redefinable."""
    found = means(rows)
    lines = []
    natives = [(row.native.ratio, row.program) for row in rows if row.native is not None]
    if natives:
        ratio, program = min(natives)
        lines += [
            f"Mini native: {_digits(found['native'])} times as fast as CPython,"
            f" geometric mean of {len(natives)} programs ({_goal(found['native'], MUST_SPEED, AIM_SPEED)})",
            f"  by the fastest iterations: {_digits(found['native_best'])} times",
            f"  slowest: {program}, {_digits(ratio)} times ({_goal(ratio, LEAST_SPEED)})",
        ]
    if "overhead_percent" in found:
        cost = found["overhead_percent"]
        lines.append(
            f"Being redefinable costs {cost:.1f} %, by the fastest iterations"
            f" ({_goal(-cost, -MUST_OVERHEAD, -AIM_OVERHEAD)})"
        )
    if "interpreter" in found:
        slower = _digits(1 / found["interpreter"])
        lines.append(f"Mini interpreter: {slower} times as slow as CPython, geometric mean of {len(rows)} programs")
    return lines


def _goal(value: float, must: float, aim: float | None = None) -> str:
    """How a value stands to what it has to reach; higher is better."""
    wanted = f"must {abs(must):g}" + (f", aim {abs(aim):g}" if aim is not None else "")
    if value < must:
        return f"{wanted}: NOT reached"
    return f"{wanted}: {'aim' if aim is not None and value >= aim else 'must'} reached"


# ── whole processes and figures ──────────────────────────────────────────────────────────────────────────────

PROCESS_HEAD = (
    "Whole processes: seconds from the command to its end, one iteration.\n\n"
    f"{'program':<27} {'size':>8} {'cold cache':>11} {'warm cache':>11} {'CPython':>9}"
)


def process_line(process: Process) -> str:
    """One program."""
    return (
        f"{process.program:<27} {process.size:>8} {process.cold:>11.3f} {process.warm:>11.3f} {process.cpython:>9.3f}"
    )


FIGURES_HEAD = f"Figures\n\n{'':<84} {'median':>10} {'highest':>10} {'CPython':>10}"


def figure_line(result: Result) -> str:
    """One figure."""
    values = " ".join(f"{_digits(value):>10}" for value in (result.value, result.highest, result.cpython))
    goal = ""
    if result.must is not None and result.value is not None:
        goal = _goal(-result.value, -result.must, -result.aim if result.aim is not None else None)
    return f"{result.title + ', ' + result.unit:<84} {values}   {goal}".rstrip()


def process_summary(processes: Sequence[Process]) -> list[str]:
    """What the process with a known amount of work has to reach."""
    return [
        f"{process.program}, warm cache: {process.warm:.3f} s ({_goal(-process.warm, -MUST_WHOLE, -AIM_WHOLE)})"
        for process in processes
        if process.program.endswith("of work")
    ]


def _digits(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return "-"
    for bound, places in ((100, 0), (10, 1), (1, 2)):
        if abs(value) >= bound:
            return f"{value:,.{places}f}"
    return f"{value:.3f}"
