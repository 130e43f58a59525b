"""Machine code made after a redefinition lays frames out as the interpreter does."""

from __future__ import annotations

import pytest

from corpus import Script, expectation, scripts
from minivm.native.presence import available
from running import compile_text, run

WAITERS = ("join_of_a_fiber_by_many", "many_workers_share_a_channel", "selects_share_the_work")
SCRIPTS = [script for script in scripts("language") if script.path.stem in WAITERS]


@pytest.mark.skipif(not available(), reason="llvmlite is not installed")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.path.stem)
def test_frames_left_by_new_versions_are_whole(script: Script) -> None:
    program = compile_text(script.path.stem, script.text, script.path.parent)
    outcome = run(program, "native, redefining", script.heap_bytes)
    assert (outcome.lines, outcome.errors) == (list(expectation(script.text).output), "")


def test_the_scripts_are_there() -> None:
    assert len(SCRIPTS) == len(WAITERS)
