"""The lessons are true: every transcript shows what the page says, every exercise has an answer that does, too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from lang.cli import main
from lang.commands.learn import LESSONS
from lang.learning.ink import Ink
from lang.learning.page import Answer, Heading, Transcript, parts, title
from transcripts import differences, same

PAGES = sorted(LESSONS.glob("[0-9]*.md"))
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_lesson_shows_what_happens(page: Path, tmp_path: Path) -> None:
    assert "\n\n".join(differences(page, tmp_path)) == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_lesson_is_whole(page: Path) -> None:
    found = parts(page.read_text(encoding="utf-8"))
    headings = [part.text for part in found if isinstance(part, Heading)]
    number = int(page.stem[:2])
    assert headings[0].startswith(f"{number}. ")
    assert {"Try it", "The JVM", "Exercise"} <= set(headings)
    (answer,) = (index for index, part in enumerate(found) if isinstance(part, Answer))
    assert any(isinstance(part, Transcript) for part in found[:answer])
    assert any(isinstance(part, Transcript) and any(s.shown for s in part.steps) for part in found[answer:])


def test_there_are_ten_lessons_and_the_list_links_them() -> None:
    assert [page.stem[:2] for page in PAGES] == [f"{n:02}" for n in range(1, 11)]
    listed = (ROOT / "examples/lessons/README.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert f"]({page.name})" in listed and title(page.read_text(encoding="utf-8")).partition(". ")[2] in listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pictures_and_programs_are_narrow(page: Path) -> None:
    for block in re.findall(r"^```text\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        assert max(map(len, block.split("\n"))) <= 40, block


# ── minivm learn ─────────────────────────────────────────────────────────────────────────────────────────────


def test_learn_lists_the_lessons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn"]) == 0
    out = capsys.readouterr().out
    assert [int(n) for n in re.findall(r"^ +(\d+)  \w", out, re.MULTILINE)] == list(range(1, 11))


def test_learn_plays_a_lesson_through_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "6", "--folder", str(tmp_path / "made")]) == 0
    out = capsys.readouterr().out
    for part in parts(PAGES[5].read_text(encoding="utf-8")):
        for step in part.steps if isinstance(part, Transcript) else ():
            assert step.prompt + step.typed.split("\n")[0] in out
    assert "\033" not in out and "Enter" not in out
    assert out.endswith("Next: `minivm learn 7`.\n")


def test_the_lessons_are_installed_with_the_language() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["lang"]
    assert set(PAGES) <= {path for pattern in patterns for path in (ROOT / "lang").glob(pattern)}
    assert LESSONS.resolve() == ROOT / "examples" / "lessons"


def test_lessons_that_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lang.commands.learn.LESSONS", tmp_path)
    assert main(["learn"]) == 2
    assert "the lessons are missing" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "11", "-3"])
def test_a_lesson_that_is_not_there(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", number]) == 2
    assert (
        capsys.readouterr().err == f"minivm: there is no lesson {number}; the lessons are 1 to 10: see `minivm learn`\n"
    )


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["learn", "1", "--folder", str(tmp_path / "file" / "x")]) == 2
    assert "cannot make the folder" in capsys.readouterr().err


class Reader:
    """Somebody at the keyboard, who types these lines."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)

    def __call__(self, prompt: str) -> str:
        print(prompt, end="")
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lang.commands.learn.attended", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")


@pytest.mark.usefixtures("at_a_terminal")
def test_the_reader_goes_on_with_enter_and_may_try_things(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "builtins.input", Reader("class Mine {", "  fun answer(): int { return 42 }", "}", "Mine().answer()")
    )
    assert main(["learn", "6"]) == 0
    out = capsys.readouterr().out
    assert "42" in out
    assert out.endswith("`minivm learn 6` begins it again.\n")


@pytest.mark.usefixtures("at_a_terminal")
def test_a_narrow_terminal_is_wide_enough(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("builtins.input", Reader(*[""] * 30))
    assert main(["learn", "6"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert [line for line in lines if len(line) > 40] == []


def test_colours_change_nothing_but_the_colour() -> None:
    text = 'class A { // "x"\n  let s = """a {1 +\n 2}"""\n}'
    plain, colored = Ink(30, 30, False), Ink(30, 30, True)
    assert "\n".join(plain.code(text)) == text
    assert re.sub(r"\033\[[\d;]*m", "", "\n".join(colored.code(text))) == text
    assert colored.line("word", "1") == "\033[1mword\033[0m"


def test_long_lines_go_on_below() -> None:
    assert Ink(12, 12, False).line("  a long line of words") == "  a long\n      line\n      of\n      words"
    assert Ink(12, 12, False).prose("- one two three") == "- one two\n  three"


def test_differences_are_found() -> None:
    assert (
        same("a\n…\nd", "a\nb\nc\nd")
        and same("a\n…", "a")
        and same("x … z", "x y z")
        and same("in 0.4 ms", "in 12.5 ms")
    )
    assert not same("a\n…\nd", "a\nb") and not same("x … z", "x y") and not same("1 instance", "2 instances")
    assert not same("", "x") and same("…", "")
