"""One program, many ways to run it, one behaviour: output, errors, exit status and what is left in the heap.

The common modes for every script, and of those that take turns the ones that ``--rotation`` picks; all of them with
``--long``.
"""

from __future__ import annotations

import pytest

from corpus import Script, expectation, scripts
from lang.compiler import Program
from modes import PLAIN, Mode, admitted, chosen
from running import compile_text, run

SCRIPTS = [script for script in (*scripts("language"), *scripts("programs")) if not expectation(script.text).diagnoses]


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
