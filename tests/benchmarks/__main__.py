"""``python -m tests.benchmarks``: the machine measured beside CPython; answers are checked before times count."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from . import figures, legs, report, steady, wholeprocess
from .catalogue import PROGRAMS, Program, find
from .chart import chart
from .processes import BenchmarkError

PARTS = ("steady", "processes", "figures")
WORK = 0.05  # seconds of work of the whole process that has a figure to reach
EPILOG = """\
python -m tests.benchmarks                                   everything
python -m tests.benchmarks richards words --only steady      two programs, their steady state
python -m tests.benchmarks --json FILE --chart FILE          keep the figures, draw the chart
python -m tests.benchmarks --quick                           small sizes: does it work at all?
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit status 1 if an answer is wrong, 2 for usage."""
    options = _parser().parse_args(arguments)
    try:
        programs = find(options.programs)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    try:
        found = measure(options, programs)
    except BenchmarkError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    _write(found, options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks",
        description="Measure the machine beside CPython. Every answer is checked before its time counts.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="only these; all if there are none")
    parser.add_argument("--only", metavar="PARTS", type=_parts, default=PARTS, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=3, help="how often each leg is run, in turn (%(default)s)")
    parser.add_argument(
        "--tier", choices=("auto", "native", "baseline", "interpreter"), default="auto",
        help="what `native` is run with (%(default)s); `interpreter`: no native leg",
    )  # fmt: skip
    parser.add_argument("--no-interpreter", action="store_true", help="no interpreter leg")
    parser.add_argument(
        "--bare", metavar="SWITCH",
        help="also run native without the support for redefinition; SWITCH is the option, or NAME=VALUE, that does it",
    )  # fmt: skip
    parser.add_argument("--redefinitions", type=int, metavar="N", help="for the growth of the process (10,000)")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the steady state as SVG")
    return parser


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    wrong = sorted(set(parts) - set(PARTS))
    if wrong:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r} is none of {', '.join(PARTS)}")
    return parts


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────────────


def measure(options: argparse.Namespace, programs: list[Program]) -> report.Report:
    """Run the parts that were asked for, printing as they come."""
    found = report.Report(machine=report.machine())
    print("   ".join(f"{name}: {value}" for name, value in found.machine.items()))
    chosen = _legs(options)
    rounds = 1 if options.quick else options.rounds
    if options.quick:
        programs = [evolve(p, size=p.small_size, slow_size=p.small_size) for p in programs]
    with tempfile.TemporaryDirectory(prefix="minivm-benchmark-") as folder:
        cache = Path(folder)
        if "steady" in options.only:
            found.steady = _steady(programs, chosen, rounds, cache, not options.quick)
        if "processes" in options.only:
            work = [] if options.quick else _known_work(found.steady)
            found.processes = _processes(programs, chosen, rounds, work)
        if "figures" in options.only:
            found.figures = _figures(options, chosen, rounds, cache)
    return found


def _legs(options: argparse.Namespace) -> steady.Legs:
    """The legs that are wanted and there; says which are not, and why."""
    native = None
    if options.tier != "interpreter":
        try:
            native = legs.native(options.tier)
        except LookupError as error:
            print(f"No native leg: {error.args[0]}")
    bare = legs.bare(native, options.bare) if native is not None and options.bare else None
    interpreter = None if options.no_interpreter and native is not None else legs.interpreter()
    return steady.Legs(native, bare, interpreter)


def _steady(programs: list[Program], chosen: steady.Legs, rounds: int, cache: Path, judged: bool) -> list[steady.Row]:
    shown = [name for name in ("native", "bare", "interpreter") if getattr(chosen, name) is not None]
    print(f"\n{report.steady_head(shown)}")
    rows = steady.measure_all(programs, chosen, rounds, cache, lambda row: print(report.steady_line(row), flush=True))
    print()
    print("\n".join(report.steady_summary(rows)) if judged else "Small sizes: these figures say only that it works.")
    return rows


def _processes(
    programs: list[Program], chosen: steady.Legs, rounds: int, work: list[tuple[Program, int]]
) -> list[wholeprocess.Process]:
    leg = chosen.native or chosen.interpreter
    assert leg is not None
    sizes = [(program, program.size if chosen.native else program.slow_size) for program in programs]
    sizes += work
    print(f"\n{report.PROCESS_HEAD}")
    found = wholeprocess.measure_all(leg, sizes, rounds, lambda one: print(report.process_line(one), flush=True))
    summary = report.process_summary(found)
    if summary:
        print("\n" + "\n".join(summary))
    return found


def _known_work(rows: list[steady.Row]) -> list[tuple[Program, int]]:
    """A program with the size that makes its steady iteration take ``WORK``, if that was measured."""
    program = PROGRAMS[0]
    speeds = [row.native for row in rows if row.program == program.title and row.native is not None]
    title = f"{program.title}, {WORK * 1000:.0f} ms of work"
    return [(evolve(program, title=title), max(1, round(WORK / s.seconds * s.size))) for s in speeds]


def _figures(options: argparse.Namespace, chosen: steady.Legs, rounds: int, cache: Path) -> list[figures.Result]:
    leg = chosen.native or chosen.interpreter
    assert leg is not None
    scale = figures.SMALL if options.quick else figures.Scale() if chosen.native else figures.INTERPRETED
    if options.redefinitions is not None:
        scale = evolve(scale, redefinitions=options.redefinitions)
    wanted = figures.figures(scale)
    if options.quick or chosen.native is None:
        wanted = [figures.without_goals(figure) for figure in wanted]
    print(f"\n{report.FIGURES_HEAD}")
    return figures.measure_all(wanted, leg, rounds, cache, lambda one: print(report.figure_line(one), flush=True))


def _write(found: report.Report, options: argparse.Namespace) -> None:
    if options.json:
        options.json.write_text(json.dumps(found.json(), indent=2) + "\n", encoding="utf-8")
    if options.chart and found.steady:
        where = f"{found.machine['processor']}, CPython {found.machine['python']}"
        options.chart.write_text(chart(found.steady, where), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
