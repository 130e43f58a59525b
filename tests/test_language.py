"""The language, rule by rule: every script of the corpus. That no mode changes it: ``test_differential``."""

from __future__ import annotations

import pytest

from corpus import Expectation, Script, expectation, scripts
from lang.diagnostics import CompileError, render
from running import Outcome, compile_text, run

ALL = [*scripts("language"), *scripts("programs")]
ERRONEOUS = [script for script in ALL if expectation(script.text).diagnoses]
PROGRAMS = [script for script in ALL if script not in ERRONEOUS]


def marked(script: Script) -> object:
    return pytest.param(script, id=script.name, marks=[pytest.mark.long] if script.is_long else [])


@pytest.mark.parametrize("script", [marked(script) for script in PROGRAMS])
def test_program(script: Script) -> None:
    program = compile_text(script.path.stem, script.text, script.path.parent)
    check(run(program, heap_bytes=script.heap_bytes), expectation(script.text))


def check(outcome: Outcome, expected: Expectation) -> None:
    """Compare what happened with what should have."""
    assert outcome.error == expected.error
    assert outcome.lines == list(expected.output)
    assert bool(outcome.deadlock) == bool(expected.deadlock)
    assert expected.deadlock in outcome.deadlock
    assert expected.failed in outcome.errors
    assert outcome.status == expected.status
    rest = iter(outcome.trace)
    for name, line in expected.trace:
        assert any(f".{name} (" in at and at.endswith(f":{line})") for at in rest), (name, line, outcome.trace)


@pytest.mark.parametrize("script", ERRONEOUS, ids=[script.name for script in ERRONEOUS])
def test_diagnostics(script: Script) -> None:
    with pytest.raises(CompileError) as caught:
        compile_text(script.path.stem, script.text, script.path.parent)
    found = caught.value.diagnostics
    wanted = expectation(script.text).diagnoses
    assert sorted((d.code, d.source.line(d.span.start)) for d in found) == sorted((w.code, w.line) for w in wanted)
    for want in wanted:
        texts = [render(d) for d in found if (d.code, d.source.line(d.span.start)) == (want.code, want.line)]
        assert any(want.words in text for text in texts), texts


def test_the_corpus_is_large() -> None:
    codes = {d.code for script in ERRONEOUS for d in expectation(script.text).diagnoses}
    assert len(PROGRAMS) >= 250
    assert len(ERRONEOUS) >= 60
    assert len(codes) >= 50
