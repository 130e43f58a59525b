"""A value's text before it is laid out: what stands in it, and how it is broken into lines if it is too wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from attrs import define, field

INDENT = "    "
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "{": "\\{", "\0": "\\0"}


@define
class Sketch:
    """A text, or brackets around labelled parts. ``rest`` stands after the parts: ``… 90 more``."""

    text: str = ""
    parts: list[tuple[str, Sketch]] = field(factory=list)
    close: str = ""
    rest: str = ""

    def flat(self) -> str:
        """All of it in one line."""
        inner = [label + part.flat() for label, part in self.parts]
        return self.text + ", ".join([*inner, *([self.rest] if self.rest else [])]) + self.close

    def lines(self, width: int, lead: str = "", tail: str = "") -> list[str]:
        """It in lines of at most ``width`` columns if that can be; ``lead`` and ``tail`` surround it."""
        flat = lead + self.flat() + tail
        if len(flat) <= width or not self.parts:
            return [flat]
        rows = self._filled(width) if self._plain() else self._stacked(width)
        return [lead + self.text, *(INDENT + row for row in rows), self.close + tail]

    def _plain(self) -> bool:
        return not any(label or part.parts for label, part in self.parts)

    def _stacked(self, width: int) -> list[str]:
        rows: list[str] = []
        for number, (label, part) in enumerate(self.parts, 1):
            comma = "," if number < len(self.parts) or self.rest else ""
            rows += part.lines(max(width - len(INDENT), len(INDENT)), label, comma)
        return [*rows, self.rest] if self.rest else rows

    def _filled(self, width: int) -> list[str]:
        """As many of the parts on each line as fit."""
        texts = [part.text for _, part in self.parts] + ([self.rest] if self.rest else [])
        rows, line = [], ""
        for number, text in enumerate(texts, 1):
            piece = text + ("," if number < len(texts) else "")
            if line and len(INDENT) + len(line) + 1 + len(piece) > width:
                rows.append(line)
                line = piece
            else:
                line = f"{line} {piece}" if line else piece
        return [*rows, line]


def group(opener: str, parts: Sequence[tuple[str, Sketch]], close: str, left_out: int = 0) -> Sketch:
    """Brackets around parts, of which some more are left out."""
    return Sketch(opener, list(parts), close, f"… {left_out:,} more" if left_out else "")


def literal(text: str, limit: int) -> str:
    """A string as it would be written in a program; a longer one is cut, and its length told."""
    cut = text[:limit]
    more = f"… ({len(text):,} characters)" if len(text) > limit else ""
    return '"' + "".join(map(_character, cut)) + '"' + more


def _character(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\u{{{ord(char):x}}}" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char
