"""Columns and wrapped lines for what a session shows, so that it can be read in a narrow terminal too."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from lang.diagnostics import printable

WIDTH = 80  # columns where nobody knows better
NARROWEST = 20  # below that, lines are simply long
GAP = "   "


def table(rows: Iterable[Sequence[str]], width: int, indent: str = "") -> list[str]:
    """Rows as aligned columns. Where they are too wide, what follows the first column goes below it."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if not cells:
        return []
    count = max(map(len, cells))
    widths = [max((len(row[at]) for row in cells if at < len(row)), default=0) for at in range(count)]
    if len(indent) + sum(widths) + len(GAP) * (count - 1) > max(width, NARROWEST):
        return _stacked(cells, widths, width, indent)
    return [_joined(row, widths, indent) for row in cells]


def _joined(row: Sequence[str], widths: Sequence[int], indent: str) -> str:
    return (indent + GAP.join(f"{cell:<{widths[at]}}" for at, cell in enumerate(row))).rstrip()


def _stacked(cells: Sequence[Sequence[str]], widths: list[int], width: int, indent: str) -> list[str]:
    """Every column but the last one side by side if that fits, and the last one below or beside it."""
    first = sum(widths[:-1]) + len(GAP) * max(len(widths) - 2, 0)
    rows: list[str] = []
    for row in cells:
        if len(row) < len(widths) or len(row) == 1 or first + len(indent) + len(GAP) > width * 2 // 3:
            head, *rest = [cell for cell in row if cell] or [""]
            rows += wrapped(head, width, indent, indent + "  ")
            rows += [line for cell in rest for line in wrapped(cell, width, indent + "    ", indent + "    ")]
            continue
        head_text = _joined(row[:-1], widths[:-1], indent)
        lead = f"{head_text:<{len(indent) + first}}{GAP}"
        rows += wrapped(row[-1], width, lead, " " * len(lead))
    return rows


def wrapped(text: str, width: int, first: str = "", following: str = "") -> list[str]:
    """A text in lines of at most ``width`` columns, at spaces where there are some."""
    room = max(width, NARROWEST)
    if len(first) + len(text) <= room:
        return [(first + text).rstrip()]
    lines = textwrap.wrap(text, room, initial_indent=first, subsequent_indent=following, break_on_hyphens=False)
    return lines or [first.rstrip()]
