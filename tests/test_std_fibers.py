"""Fibers share collections and channels: the turn may be lost at any poll, and nothing is lost with it."""

from __future__ import annotations

import pytest

from corpus import expectation, scripts
from minivm import interpreter
from running import compile_text, run

SHARED = [s for s in scripts("language") if "shared_by_fibers" in s.name or s.name.startswith("fibers/select")]


@pytest.mark.parametrize("polls", [1, 2, 3, 5, 11])
@pytest.mark.parametrize("name", [script.name for script in SHARED])
def test_a_turn_of_few_polls(name: str, polls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "QUANTUM", polls)
    (script,) = (script for script in SHARED if script.name == name)
    outcome = run(compile_text(script.path.stem, script.text), "normal")
    expected = expectation(script.text)
    assert (outcome.error, outcome.lines) == (expected.error, list(expected.output))
    assert bool(outcome.deadlock) == bool(expected.deadlock)
