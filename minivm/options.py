"""The options that every command with a machine takes, and how their texts are read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from minivm.errors import UsageError
from minivm.native.modes import Mode
from minivm.trace import TOPICS, Tracer

DEFAULT_HEAP = "256M"
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@frozen
class MachineOptions:
    """How a machine is to be made; ``arguments`` are the program's."""

    heap_bytes: int
    gc_stress: bool
    tracer: Tracer
    arguments: tuple[str, ...] = ()
    seed: int | None = None  # what random generators without one of their own start from
    mode: Mode = Mode.AUTO


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    """Declare ``--heap``, ``--trace``, ``--tier``, ``--gc-stress`` and ``--seed``."""
    parser.add_argument(
        "--heap", metavar="SIZE", default=DEFAULT_HEAP, help="most memory for live objects, as 64M or 2G (%(default)s)"
    )
    parser.add_argument(
        "--trace",
        metavar="TOPICS[=FILE]",
        help=f"report what the machine does: {', '.join(TOPICS)}; several with commas; to FILE instead of stderr",
    )
    parser.add_argument(
        "--tier",
        choices=[mode.value for mode in Mode],
        default=Mode.AUTO.value,
        help="compile to machine code: what gets hot (auto), nothing (interpreter), all at its first call (native), "
        "that without optimising it (baseline); bare is auto that cannot be stopped or redefined while it runs, to "
        "measure what that costs",
    )
    parser.add_argument("--gc-stress", action="store_true", help="collect garbage at every allocation")
    parser.add_argument("--seed", metavar="N", help="make Random.fresh() give the same numbers in every run")


def machine_options(arguments: argparse.Namespace) -> MachineOptions:
    """The parsed options.

    Raises:
        UsageError: a size or topic that is none, or a trace file that cannot be written.
    """
    return MachineOptions(
        parse_size(arguments.heap),
        arguments.gc_stress,
        parse_trace(arguments.trace),
        tuple(getattr(arguments, "args", ())),
        parse_seed(arguments.seed),
        Mode(arguments.tier),
    )


def parse_seed(text: str | None) -> int | None:
    """A seed: any whole number, of which the low 64 bits count."""
    try:
        return None if text is None else int(text)
    except ValueError:
        raise UsageError(f"--seed takes a whole number, not {text!r}") from None


def parse_size(text: str) -> int:
    """Bytes: a number, possibly with K, M or G behind it."""
    digits = text.upper().removesuffix("B").rstrip("KMG")
    unit = text.upper().removesuffix("B")[len(digits) :]
    if not (digits.isascii() and digits.isdigit()) or unit not in _UNITS or int(digits[:20]) == 0:
        raise UsageError(f"--heap takes a size such as 64M or 2G, not {text!r}")
    return int(digits[:20]) * _UNITS[unit]


def parse_trace(text: str | None) -> Tracer:
    """A tracer for ``topic,topic[=file]``; with nothing on for None."""
    if text is None:
        return Tracer(sink=to_stderr)
    names, _, file = text.partition("=")
    topics = {name.strip() for name in names.split(",") if name.strip()}
    unknown = sorted(topics - set(TOPICS))
    if unknown or not topics:
        what = f"{unknown[0]!r} is no trace topic" if unknown else "--trace takes topics"
        raise UsageError(f"{what}; there are {', '.join(TOPICS)}")
    return Tracer(topics, to_file(Path(file)) if file else to_stderr)


def to_stderr(line: str) -> None:
    """A trace sink that keeps the order with what the program has printed."""
    sys.stdout.flush()
    print(line, file=sys.stderr)


def to_file(path: Path) -> Callable[[str], None]:
    """A trace sink that writes a file, line by line."""
    try:
        out = path.open("w", encoding="utf-8", buffering=1)
    except OSError as error:
        raise UsageError(f"cannot write the trace to {path}: {error.strerror}") from error
    return lambda line: print(line, file=out)
