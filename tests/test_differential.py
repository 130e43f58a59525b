"""One program, many ways to run it, one behaviour: output, errors, exit status and what is left in the heap.

The common modes for every script and example, and one of the rare ones, which ``--rotation`` picks; all with ``--long``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus import KINDS, Script, expectation, scripts
from lang.compiler import Program
from modes import PLAIN, Mode, admitted, chosen
from running import compile_text, run

SCRIPTS = [script for script in (*scripts("language"), *scripts("programs")) if not expectation(script.text).diagnoses]
EXAMPLES = Path(__file__).parent.parent / "examples"
PROGRAMS = sorted(path for path in EXAMPLES.glob("*.mini") if "// expect:" in path.read_text(encoding="utf-8"))

COUNTING = {"bank"}  # prints how often a class was redefined


def modes_for(name: str, kinds: tuple[str, ...], config: pytest.Config) -> list[Mode]:
    modes = admitted(kinds)
    return list(modes) if config.getoption("--long") else chosen(modes, name, config.getoption("--rotation"))


def hold_together(program: Program, modes: list[Mode], heap_bytes: int = 64 << 20, timed: bool = False) -> None:
    """Run a program plainly and in each mode; compare."""
    expected = run(program, PLAIN, heap_bytes)
    for mode in modes:
        found = run(program, mode, heap_bytes)
        if timed:
            found.digest = expected.digest
        assert found == expected, mode.name


@pytest.mark.parametrize("script", [s for s in SCRIPTS if not s.is_long], ids=lambda script: script.name)
def test_a_script_does_the_same_in_every_mode(script: Script, pytestconfig: pytest.Config) -> None:
    program = compile_text(script.path.stem, script.text, script.path.parent)
    hold_together(program, modes_for(script.name, script.kinds, pytestconfig), script.heap_bytes, script.is_timed)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_an_example_does_the_same_in_every_mode(
    path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(EXAMPLES)  # where the host looks for plugins
    program = compile_text(path.stem, path.read_text(encoding="utf-8"), EXAMPLES)
    kinds = tuple(kind for kind in KINDS if kind != "redefining") if path.stem in COUNTING else KINDS
    hold_together(program, modes_for(path.stem, kinds, pytestconfig))
