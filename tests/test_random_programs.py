"""Random programs do the same in every mode; and the machinery that finds, shrinks and counts works."""

from __future__ import annotations

from pathlib import Path

import pytest

from lang.diagnostics import CompileError
from modes import PLAIN
from randomprograms.campaign import State, carry_on, judged
from randomprograms.child import Child
from randomprograms.choices import Choices
from randomprograms.oracle import Finding, judge
from randomprograms.program import PRELUDE, Generated, generate, regenerate
from randomprograms.shrinker import shrink
from running import compile_text, run

BATCH = 100
BATCHES = 20  # 2,000 programs


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_batch(batch: int, pytestconfig: pytest.Config) -> None:
    rotation = pytestconfig.getoption("--rotation")
    first = (rotation * BATCHES + batch) * BATCH
    results = judged(range(first, first + BATCH), 1, rotation)
    assert {seed: finding for seed, finding in results.items() if finding} == {}


def test_a_seed_is_one_program() -> None:
    for seed in range(20):
        first = generate(seed)
        assert generate(seed).text == first.text
        assert regenerate(first.choices).text == first.text


def test_any_list_of_numbers_is_a_program() -> None:
    for numbers in ((), (99,) * 50, tuple(range(100)), (0, 99) * 200):
        compile_text("random", regenerate(numbers).text)


def test_programs_use_the_language() -> None:
    texts = [generate(seed).text.removeprefix(PRELUDE) for seed in range(400)]
    wanted = ("class", "extends", "implements", "enum", "override", "static", "try", "finally", "catch", "throw",
              "spawn", "Channel", "VM.redefine", "Map<", "List<", "Array<", "while", "break", "continue", " is ", "??",
              "as Object", "match", "fun(", ">>>", "0.0 / 0.0", "-9223372036854775808", "StackOverflowError",
              "2000000000", "?.", "!!", "VM.gc", "pause()", ".trace()",
              "settled(", "rested(", "fun toString", "fun equals", "fun hash", ".hash()", "as Object?",
              "Holder<", ".swap(", ".changed(", "either<", ".cancel()", ".split(", ".isDigits()")  # fmt: skip
    for words in wanted:
        assert sum(words in text for text in texts) >= 2, words


def test_programs_get_somewhere() -> None:
    lines = []
    for seed in range(30):
        lines += run(compile_text("random", generate(seed).text), PLAIN, 4 << 20).lines
    ends = [line for line in lines if line.startswith("part") and line.split()[-1].lstrip("-").isdigit()]
    assert len(ends) >= 60
    assert len(set(ends)) >= 40


def test_what_differs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from minivm.handlers import arithmetic

    text = "var sum = 0\nfor i in 0..9 { sum += i * i }\nprint(sum)\n"
    assert judge(text, [PLAIN]) is None
    runs = iter(range(100))
    monkeypatch.setattr(arithmetic, "wrap", lambda value: next(runs))
    overflowing = "var x = 9223372036854775807\nx += 1\nprint(x)\n"
    found = judge(overflowing, [PLAIN])
    assert found is not None
    assert (found.kind, found.mode) == ("differs", "normal")
    assert "line 1" in found.text


def test_a_crash_is_an_answer() -> None:
    with Child() as child:
        assert child.ask({"text": "print(1)", "modes": []}) is None
        child.process.kill()
        found = child.ask({"text": "print(1)", "modes": []})
        assert found is not None
        assert found.kind == "crash"
        assert child.ask({"text": "print(1)", "modes": []}) is None


def test_a_hang_is_an_answer() -> None:
    with Child(seconds=1) as child:
        found = child.ask({"text": "while true { }", "modes": []})
    assert found is not None
    assert found.kind == "hangs"


def test_shrinking_keeps_what_fails() -> None:
    start = next(p for p in map(generate, range(100)) if "finally" in p.text and len(p.text) > 4000)

    def fails(program: Generated) -> bool:
        try:
            compile_text("random", program.text)
        except CompileError:
            return False
        return "finally" in program.text

    small = shrink(start, fails, 60)
    assert fails(small)
    assert len(small.text) < len(PRELUDE) + 400


def test_a_campaign_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    class Enough(Exception):
        pass

    def stop(state: State) -> None:
        state.save(path)
        raise Enough

    with pytest.raises(Enough):
        carry_on(State(first=1000, count=10), 1, stop, each=8)
    state = State.load(path)
    assert (state.done, sum(state.counts.values())) == (8, 8)
    carry_on(state, 1, lambda state: state.save(path), each=8)
    assert State.load(path).done == 10
    assert sum(State.load(path).counts.values()) == 10


def test_spans_hold_what_was_drawn() -> None:
    choices = Choices(1)
    with choices.span():
        choices.below(10)
        with choices.span():
            choices.below(10)
    assert choices.spans == [(1, 2), (0, 2)]
    assert Finding("crash", "a", "x").is_like(Finding("crash", "a", "y"))
