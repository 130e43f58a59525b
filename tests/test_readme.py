"""The README is true: its programs run, its session answers as shown, its files exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lang.learning.page import Code, parts
from running import compile_text, run
from transcripts import differences

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CODE = [part for part in parts(README) if isinstance(part, Code)]
NAMED = set(re.findall(r"`((?:lang|minivm|tests|examples)/[\w/.]*)`", README + CONTRIBUTING))
LINKED = set(re.findall(r"\]\(([\w/.-]+)\)", README + CONTRIBUTING))


@pytest.mark.parametrize("program", [part for part in CODE if part.language == "mini"], ids=lambda p: f"line {p.line}")
def test_programs_print_what_they_say(program: Code) -> None:
    outcome = run(compile_text("readme", program.text), "normal")
    assert outcome.error == ""
    assert outcome.lines == re.findall(r"// prints (.*)", program.text) != []


def test_the_session_answers_as_shown(tmp_path: Path) -> None:
    assert "mini> :redefine" in README
    assert "\n\n".join(differences(ROOT / "README.md", tmp_path)) == ""


def test_the_two_commands_are_one_line_each() -> None:
    commands = [part.text for part in CODE if part.language == "sh"]
    assert len(commands) >= 2
    assert all(command.count("\n") == 1 for command in commands[:2])
    assert "demo" in commands[0]
    assert "pytest" in commands[1]


@pytest.mark.parametrize("name", sorted(NAMED | LINKED))
def test_every_file_that_is_named_exists(name: str) -> None:
    assert (ROOT / name).exists()
