"""Uncaught errors for people: the Mini stack trace with the source lines of the program's own frames."""

from __future__ import annotations

import re
from collections.abc import Callable

from lang.diagnostics import printable
from minivm.errors import GuestError

Lines = Callable[[str, int], str | None]  # (source name, line) -> the line's text, if it is at hand

_PLACE = re.compile(r" \((?P<name>.*):(?P<line>\d+)\)$")


def with_lines(error: GuestError, lines: Lines) -> str:
    """The error, its message and its trace, each frame followed by its line where ``lines`` knows it."""
    head = f"{error.kind}: {error.message}" if error.message else error.kind
    rows = [head]
    shown = ""
    for row in error.trace:
        rows.append(row)
        found = _PLACE.search(row)
        text = lines(found["name"], int(found["line"])) if found else None
        again, shown = found is not None and found[0] == shown, found[0] if found else ""
        if text and text.strip() and not again:  # a recursion shows its line once
            rows.append("           " + printable(text.strip()))
    return "\n".join(rows)
