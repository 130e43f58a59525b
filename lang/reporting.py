"""Diagnostics on their way to the user: as text on standard error, or as JSON."""

from __future__ import annotations

import sys
from typing import Any

from lang.color import wants_color
from lang.diagnostics import CompileError, Diagnostic, render
from lang.source import Source, Span


def report(error: CompileError, when: str = "auto") -> None:
    """Print diagnostics to standard error, in colour if somebody looks (see ``lang.color``)."""
    sys.stdout.flush()
    color = wants_color(sys.stderr, when)
    print("\n\n".join(render(diagnostic, color) for diagnostic in error.diagnostics), file=sys.stderr)
    count, codes = len(error.diagnostics), sorted({diagnostic.code for diagnostic in error.diagnostics})
    more = f"`minivm explain {codes[0]}` tells more"
    print(f"\n{count} error{'' if count == 1 else 's'}; {more}", file=sys.stderr)


def as_record(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as plain data, its places as lines and columns that count from 1."""
    return {
        "code": diagnostic.code,
        "message": diagnostic.message,
        **_place(diagnostic.source, diagnostic.span),
        "label": diagnostic.label,
        "hint": diagnostic.hint,
        "labels": [{**_place(diagnostic.source, label.span), "text": label.text} for label in diagnostic.labels],
    }


def _place(source: Source, span: Span) -> dict[str, Any]:
    return {
        "file": source.name,
        "line": source.line(span.start),
        "column": source.column(span.start),
        "endLine": source.line(span.end),
        "endColumn": source.column(span.end),
    }
