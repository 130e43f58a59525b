"""Every code is explained, and every example gets the code it stands for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lang import explanations
from lang.cli import main
from lang.codes import CODES
from lang.explanations import explanation, titles
from lang.explanations.trial import trials
from minivm.redefine.record import CODES as OUTCOMES

Capture = pytest.CaptureFixture[str]


def test_every_code_has_a_section_and_every_section_a_code() -> None:
    assert sorted(explanations._sections()) == sorted({**CODES, **OUTCOMES})
    assert not set(CODES) & set(OUTCOMES)


@pytest.mark.parametrize("code", titles())
def test_the_example_gets_the_code_and_the_remedy_does_not(code: str) -> None:
    found = explanation(code)
    tried = {block.role: (block.language, trial) for block, trial in trials(found)}
    language, wrong = tried["wrong"]
    assert wrong.codes == (code,) if language == "mini" else code in wrong.codes, wrong.text
    if language == "mini" or (code[0] == "R" and code not in ("R106", "R502")):
        language, right = tried["right"]
        assert right.codes == () if language == "mini" else right.codes[-1] == "A001", right.text


@pytest.mark.parametrize("code", titles())
def test_explanations_are_short_sentences_and_blocks(code: str) -> None:
    texts = [part for part in explanation(code).parts if isinstance(part, str)]
    assert texts and all("```" not in text and text.endswith((".", "…")) for text in texts)


def test_text_fits_a_narrow_terminal(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    text = run(capsys, "E028")[1].partition("For example")[0]
    assert len(text.splitlines()) > 5 and all(len(line) < 40 for line in text.splitlines()[1:])


def run(capsys: Capture, *argv: str) -> tuple[int, str, str]:
    status = main(["explain", *argv])
    return status, *capsys.readouterr()


def test_explain_shows_text_and_examples(capsys: Capture) -> None:
    status, out, err = run(capsys, "E050")
    assert (status, err) == (0, "")
    assert out.startswith("E050  a value of the wrong type\n\nThe value")
    assert 'For example:\n    let age: int = "41"\n\nInstead:\n    let age: int = 41\n' in out


@pytest.mark.parametrize("word", ["e050", "error[E050]", "[E050]"])
def test_a_code_may_be_copied_as_it_was_printed(capsys: Capture, word: str) -> None:
    assert run(capsys, word)[1].startswith("E050  ")


def test_explain_tries_the_example_when_asked(capsys: Capture) -> None:
    status, out, _ = run(capsys, "R101", "--run")
    assert status == 0
    assert "refused[R101]  Account v3 would lose" in out or "refused[R101]  Account v2 would lose" in out
    assert "applied  Account" in out
    assert "error[E050]: the value of `age` must be `int`, not `String`" in run(capsys, "E050", "--run")[1]


def test_the_example_alone_is_a_program(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "wrong.mini"
    path.write_text(run(capsys, "E020", "--example")[1])
    assert main(["run", str(path)]) == 65
    assert "error[E020]" in capsys.readouterr().err


def test_explain_lists_every_code_and_speaks_json(capsys: Capture) -> None:
    out = run(capsys)[1]
    assert [line.split("  ")[0] for line in out.splitlines()] == list(titles())
    assert json.loads(run(capsys, "--json")[1]) == titles()
    record = json.loads(run(capsys, "--json", "R201")[1])
    assert (record["code"], record["title"]) == ("R201", titles()["R201"])
    assert [example["role"] for example in record["examples"]] == ["wrong", "right"]


def test_an_unknown_code_suggests_the_nearest(capsys: Capture) -> None:
    status, out, err = run(capsys, "E0500")
    assert (status, out) == (2, "") and "did you mean E050?" in err


def test_long_lines_are_shown_in_part(capsys: Capture) -> None:
    assert all(len(line) <= 120 for line in run(capsys, "E201")[1].splitlines())
