"""Source text and places in it."""

from __future__ import annotations

from bisect import bisect_right

from attrs import field, frozen


@frozen
class Span:
    """Characters start..end-1 of a source."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of ``other``."""
        return Span(self.start, other.end)


@frozen
class Source:
    """A named text. ``first_line`` is the number of its first line (a REPL counts on from entry to entry)."""

    name: str
    text: str
    first_line: int = 1
    _starts: tuple[int, ...] = field(init=False, repr=False, eq=False)

    @_starts.default
    def _find_starts(self) -> tuple[int, ...]:
        return (0, *(i + 1 for i, char in enumerate(self.text) if char == "\n"))

    def line(self, offset: int) -> int:
        """The number of the line that holds character ``offset``."""
        return bisect_right(self._starts, offset) - 1 + self.first_line

    def column(self, offset: int) -> int:
        """The 1-based column of character ``offset``."""
        return offset - self._starts[bisect_right(self._starts, offset) - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a line by number, without its line end."""
        return self.text.split("\n")[line - self.first_line].rstrip("\r")
