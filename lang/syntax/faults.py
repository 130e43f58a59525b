"""What the builder reports, and how the extent of a rule is found from its parts."""

from __future__ import annotations

from typing import Any

from lang.diagnostics import Diagnostic
from lang.nodes import Node
from lang.source import Source, Span


class SyntaxFault(Exception):
    """A rule matched but what it says cannot be; the parser turns it into a diagnostic."""

    def __init__(self, code: str, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = Span(start, end)
        self.hint = hint

    def diagnostic(self, source: Source) -> Diagnostic:
        """The fault as a diagnostic about ``source``."""
        return Diagnostic(self.code, self.message, source, self.span, hint=self.hint)


def between(parts: list[Any]) -> Span:
    """From the first part to the last: tokens, nodes, or non-empty lists of them; None is skipped."""
    start = next(part for part in parts if part is not None)
    end = next(part for part in reversed(parts) if part is not None)
    while isinstance(start, list):
        start = start[0]
    while isinstance(end, list):
        end = end[-1]
    return Span(
        start.span.start if isinstance(start, Node) else start.start,
        end.span.end if isinstance(end, Node) else end.end,
    )
