"""Uncaught errors for people: the Mini stack trace with the source lines of the program's own frames."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby

from lang.diagnostics import printable
from minivm.errors import GuestError

Lines = Callable[[str, int], str | None]  # (source name, line) -> the line's text, if it is at hand

_PLACE = re.compile(r" \((?P<name>.*):(?P<line>\d+)\)$")


def with_lines(error: GuestError, lines: Lines) -> str:
    """The error, its message and its trace, each frame followed by its line where ``lines`` knows it."""
    head = f"{error.kind}: {error.message}" if error.message else error.kind
    rows = [head]
    for row, same in groupby(error.trace):
        rows.append(row)
        found = _PLACE.search(row)
        text = lines(found["name"], int(found["line"])) if found else None
        if text and text.strip():
            rows.append("           " + printable(text.strip()))
        more = len(list(same)) - 1
        if more:
            rows.append(f"        and {more} more of this")
    return "\n".join(rows)
