"""The README is true: its programs run, its session answers as shown, its files exist."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from corpus import expectation
from lang.repl.session import Session
from minivm.options import MachineOptions
from minivm.trace import Tracer
from running import compile_text, run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("text", blocks("mini"))
def test_programs_print_what_they_say(text: str) -> None:
    outcome = run(compile_text("readme", text), "normal")
    assert outcome.error == ""
    assert outcome.lines == list(expectation(text).output) != []


def test_the_session_answers_as_shown() -> None:
    (shown,) = (block for block in blocks("text") if "mini> " in block)
    entries = re.split(r"^mini> ", shown, flags=re.MULTILINE)[1:]
    session = Session(MachineOptions(64 << 20, False, Tracer()), output=io.StringIO(), errors=io.StringIO())
    for entry in entries:
        typed, _, expected = entry.partition("\n")
        assert without_times(session.feed(typed).text) == without_times(expected.rstrip("\n"))


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d ms", "T ms", text)


def test_the_two_commands_are_one_line_each() -> None:
    commands = blocks("sh")
    assert len(commands) >= 2
    assert all(command.count("\n") == 1 for command in commands[:2])
    assert "demo" in commands[0]
    assert "pytest" in commands[1]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:lang|minivm|tests)/[\w/.]*)`", README + CONTRIBUTING))))
def test_every_file_that_is_named_exists(name: str) -> None:
    assert (ROOT / name).exists()
