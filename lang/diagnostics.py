"""What the compiler has to say about a text: one record, one renderer.

error[E001]: expected an expression, found `}`
  --> shop.mini:3:13
   |
 3 |     let x = }
   |             ^ label
   |
   = help: hint
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from attrs import frozen

from lang.source import Source, Span
from minivm.errors import MiniError

TAB = 4  # columns; a tab is shown as that many spaces, so that carets line up in every terminal
MAX_COLUMNS = 160  # a longer line is shown in part, around the caret
_LEAD = 60  # columns kept before the caret of such a line
_MAX_NAME = 100  # characters; difflib is quadratic and nobody mistypes longer names


@frozen
class Label:
    """A second place worth looking at, and what it has to do with the problem."""

    span: Span
    text: str


@frozen
class Diagnostic:
    """A problem: its code (see ``lang.codes``), what is wrong, where, and what to do about it."""

    code: str
    message: str
    source: Source
    span: Span
    label: str = ""
    hint: str = ""
    labels: tuple[Label, ...] = ()


class CompileError(MiniError):
    """A text that is not a program; ``diagnostics`` are all problems found."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("\n\n".join(map(render, diagnostics)))
        self.diagnostics = tuple(diagnostics)


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that ``name`` was probably meant to be, if one is close."""
    from difflib import get_close_matches  # here: nobody is mistaken on the way to a running program

    if len(name) > _MAX_NAME:
        return None
    known = [candidate for candidate in candidates if candidate != name]
    folded = {candidate.casefold(): candidate for candidate in known}
    if name.casefold() in folded:
        return folded[name.casefold()]
    return next(iter(get_close_matches(name, known, n=1, cutoff=0.6)), None)


# ── rendering ────────────────────────────────────────────────────────────────────────────────────────────

_RED, _BLUE, _CYAN, _BOLD, _PLAIN = "\x1b[1;31m", "\x1b[1;34m", "\x1b[36m", "\x1b[1m", "\x1b[0m"


@frozen
class _Paint:
    on: bool

    def __call__(self, style: str, text: str) -> str:
        return f"{style}{text}{_PLAIN}" if self.on and text else text


@frozen
class _Mark:
    """One underlined place of one line, in characters of that line."""

    line: int
    start: int
    end: int
    text: str
    sign: str


def render(diagnostic: Diagnostic, color: bool = False) -> str:
    """The diagnostic as text for people, without a final line end."""
    paint = _Paint(color)
    source, span = diagnostic.source, diagnostic.span
    marks = [_mark(source, span, diagnostic.label, "^")]
    marks += [_mark(source, label.span, label.text, "-") for label in diagnostic.labels]
    marks.sort(key=lambda mark: mark.line)  # stable: the main place comes first on its line
    margin = len(str(marks[-1].line))
    bar = " " * margin + paint(_BLUE, " |")
    at = f"{source.name}:{source.line(span.start)}:{source.column(span.start)}"
    rows = [
        paint(_RED, f"error[{diagnostic.code}]") + paint(_BOLD, f": {printable(diagnostic.message)}"),
        " " * margin + paint(_BLUE, "--> ") + printable(at),
        bar,
        *_excerpt(source, marks, margin, paint),
    ]
    if diagnostic.hint:
        rows += [bar, " " * margin + paint(_BLUE, " = ") + paint(_CYAN, "help") + f": {printable(diagnostic.hint)}"]
    return "\n".join(rows)


def _mark(source: Source, span: Span, text: str, sign: str) -> _Mark:
    """Where to underline; a span of several lines is underlined on its first."""
    line = source.line(span.start)
    start = source.column(span.start) - 1
    end = start + max(span.end - span.start, 1)
    end = min(end, max(len(source.line_text(line)), start + 1))
    return _Mark(line, start, end, text, sign)


def _excerpt(source: Source, marks: list[_Mark], margin: int, paint: _Paint) -> list[str]:
    rows: list[str] = []
    shown = 0
    for mark in marks:
        cells = [_cell(char) for char in source.line_text(mark.line)]
        left, right = _window(cells, mark)
        if mark.line != shown:
            if shown and mark.line > shown + 1:
                rows.append(paint(_BLUE, "..."))
            text = "".join(cells[left:right])
            text = ("…" if left else "") + text + ("…" if right < len(cells) else "")
            rows.append(paint(_BLUE, f"{mark.line:>{margin}} | ") + text.rstrip())
            shown = mark.line
        before = sum(map(_width, cells[left : max(mark.start, left)])) + (1 if left else 0)
        under = max(sum(map(_width, cells[mark.start : min(mark.end, right)])), 1)
        style = _RED if mark.sign == "^" else _BLUE
        pointer = paint(style, f"{mark.sign * under} {printable(mark.text)}".rstrip())
        rows.append(" " * margin + paint(_BLUE, " | ") + " " * before + pointer)
    return rows


def _window(cells: list[str], mark: _Mark) -> tuple[int, int]:
    """Which cells of a line to show: all, or those around the mark of an overlong one."""
    if len(cells) <= MAX_COLUMNS:
        return 0, len(cells)
    left = max(0, min(mark.start - _LEAD, len(cells) - MAX_COLUMNS))
    return left, min(len(cells), left + MAX_COLUMNS)


def _cell(char: str) -> str:
    """What is shown for one character of the source: nothing that could steer a terminal."""
    if char == "\t":
        return " " * TAB
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char


def printable(text: str) -> str:
    """The text with characters that would steer or break a terminal replaced."""
    return "".join("\n" if char == "\n" else _cell(char) for char in text)


def _width(cell: str) -> int:
    """The columns a cell takes in a terminal."""
    if len(cell) != 1:
        return len(cell)
    if unicodedata.category(cell) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(cell) in ("W", "F") else 1
