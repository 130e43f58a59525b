"""What happens when a program is well formed but larger than a class file can hold."""

from __future__ import annotations

from lang.diagnostics import CompileError, Diagnostic
from lang.source import Source, Span

TOO_LARGE = "E201"


class TooLarge(Exception):
    """A limit of the class file was passed; ``generate`` turns this into a CompileError that names the method."""

    def __init__(self, excess: str, hint: str) -> None:
        super().__init__(excess)
        self.excess = excess
        self.hint = hint


def too_large(problem: TooLarge, what: str, line: int, source: Source) -> CompileError:
    """The diagnostic for ``what`` (a method or class, as text), declared on ``line``."""
    message = f"{what} is too large: {problem.excess}"
    return CompileError([Diagnostic(TOO_LARGE, message, source, _line_span(source, line), "", problem.hint)])


def _line_span(source: Source, line: int) -> Span:
    start = 0
    for _ in range(line - source.first_line):
        start = source.text.find("\n", start) + 1
    end = source.text.find("\n", start)
    return Span(start, end if end >= 0 else len(source.text))
