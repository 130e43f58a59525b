"""What is compared: ways to run a program of the catalogue, each as a process of its own."""

from __future__ import annotations

import functools
import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import evolve, field, frozen

HEAP = "1G"
MINIVM = (sys.executable, "-m", "lang.cli", "run")


@frozen
class Leg:
    """One way to run programs: the start of a command line, and what is added to the environment."""

    title: str
    command: tuple[str, ...]
    suffix: str
    environment: Mapping[str, str] = field(factory=dict)

    def line(self, folder: Path, stem: str, *arguments: object) -> list[str]:
        """The command line for a program."""
        return [*self.command, str(folder / f"{stem}{self.suffix}"), *map(str, arguments)]


CPYTHON = Leg("CPython", (sys.executable,), ".py")


@functools.cache
def has_tiers() -> bool:
    """Whether this machine can be told which tier to use."""
    run = subprocess.run([*MINIVM, "--help"], capture_output=True, text=True, check=True)
    return "--tier" in run.stdout


def interpreter() -> Leg:
    """Mini, interpreted."""
    return _mini("Mini interpreter", "interpreter")


def native(tier: str = "auto") -> Leg:
    """Mini with the native tier.

    Raises:
        LookupError: there is none; the message says why.
    """
    if not has_tiers():
        raise LookupError("`minivm run` has no option --tier")
    if importlib.util.find_spec("llvmlite") is None:
        raise LookupError("llvmlite is not installed: pip install '.[native]'")
    return _mini("Mini native", tier)


def bare(leg: Leg, switch: str) -> Leg:
    """The same leg with the machine's support for redefinition compiled out: by an option, or by NAME=VALUE."""
    bare_leg = evolve(leg, title=f"{leg.title}, not redefinable")
    if switch.startswith("-"):
        return evolve(bare_leg, command=(*leg.command, switch))
    name, _, value = switch.partition("=")
    return evolve(bare_leg, environment={**leg.environment, name: value})


def _mini(title: str, tier: str) -> Leg:
    choice = ("--tier", tier) if has_tiers() else ()
    return Leg(title, (*MINIVM, "--heap", HEAP, *choice), ".mini")
