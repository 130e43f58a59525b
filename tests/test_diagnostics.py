"""How diagnostics look, and what "did you mean" means."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lang
from lang.codes import CODES
from lang.diagnostics import CompileError, Diagnostic, Label, nearest, render
from lang.source import Source, Span


def diagnostic(text: str, start: int, end: int, **more: object) -> Diagnostic:
    return Diagnostic("E001", "no", Source("a.mini", text), Span(start, end), **more)  # type: ignore[arg-type]


def lines(text: str, start: int, end: int, **more: object) -> list[str]:
    return render(diagnostic(text, start, end, **more)).split("\n")


def test_the_whole_picture() -> None:
    text = "let a = 1\nlet b = a +\nlet c = 2\n"
    found = diagnostic(text, 18, 21, label="here", hint="do this", labels=(Label(Span(4, 5), "declared here"),))
    assert render(found) == (
        "error[E001]: no\n"
        " --> a.mini:2:9\n"
        "  |\n"
        "1 | let a = 1\n"
        "  |     - declared here\n"
        "2 | let b = a +\n"
        "  |         ^^^ here\n"
        "  |\n"
        "  = help: do this"
    )


@pytest.mark.parametrize(
    "text, start, end, pointer",
    [
        ("abc\ndef", 1, 6, "  |  ^^"),  # several lines: the first
        ("\tab", 1, 2, "  |     ^"),
        ("漢字ab", 1, 2, "  |   ^^"),
        ("e\u0301ab", 2, 3, "  |  ^"),
        ("ab", 2, 2, "  |   ^"),  # behind the end
        ("ab\r\n", 2, 4, "  |   ^"),
        ("", 0, 0, "  | ^"),
    ],
)
def test_the_caret_stands_under_the_text(text: str, start: int, end: int, pointer: str) -> None:
    assert lines(text, start, end)[-1] == pointer


def test_distant_lines_and_margins() -> None:
    text = "a\n" * 11
    assert lines(text, 20, 21, labels=(Label(Span(0, 1), "x"),))[3:] == [
        " 1 | a",
        "   | - x",
        "...",
        "11 | a",
        "   | ^",
    ]


def test_a_long_line_is_shown_around_the_caret() -> None:
    rows = lines("(" * 5000 + "x" + ")" * 5000, 5000, 5001)
    assert all(len(row) < 200 for row in rows)
    assert rows[3][rows[4].index("^")] == "x"


def test_nothing_in_a_source_reaches_the_terminal_raw() -> None:
    text = render(diagnostic("a\x1b[2J\ud800b", 0, 1))
    assert "\x1b" not in text and text.encode("utf-8")


def test_color() -> None:
    plain, colored = (render(diagnostic("ab", 0, 1), color) for color in (False, True))
    assert "\x1b" in colored and re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_compile_error_shows_all() -> None:
    error = CompileError([diagnostic("ab", 0, 1), diagnostic("ab", 1, 2)])
    assert str(error).count("error[E001]") == 2 and len(error.diagnostics) == 2


@pytest.mark.parametrize(
    "name, found", [("lenght", "length"), ("Length", "length"), ("size", None), ("x" * 1000, None), ("length", None)]
)
def test_nearest(name: str, found: str | None) -> None:
    assert nearest(name, ["length", "isEmpty"]) == found


def test_every_syntax_code_has_a_title() -> None:
    used: set[str] = set()
    folder = Path(lang.__file__).parent
    for path in (folder / "parser.py", *(folder / "syntax").glob("*.py")):
        used |= set(re.findall(r'"(E\d\d\d)"', path.read_text(encoding="utf-8")))
    assert used <= set(CODES) and {code for code in CODES if code < "E020"} <= used
