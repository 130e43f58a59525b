"""Lines for a terminal: as wide as it is, and with colours where it has them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from attrs import frozen

from lang.syntax.stretches import Kind, stretches

BOLD, DIM = "1", "2"
_INKS = {
    Kind.KEYWORD: "1;34",
    Kind.CONSTANT: "35",
    Kind.TYPE: "36",
    Kind.FUNCTION: "33",
    Kind.NUMBER: "35",
    Kind.STRING: "32",
    Kind.ESCAPE: "1;32",
    Kind.BRACE: "1;32",
    Kind.COMMENT: DIM,
}


@frozen
class Ink:
    """How text is written: paragraphs in lines of ``measure``, everything else as wide as the terminal."""

    width: int
    measure: int
    color: bool

    def styled(self, style: str, text: str) -> str:
        """The text in a style, if there are any."""
        return f"\033[{style}m{text}\033[0m" if self.color and style and text else text

    def prose(self, text: str) -> str:
        """A paragraph, wrapped; a list's item goes on under its text."""
        bullet = re.match(r"- |\d+\. |", text)
        indent = " " * len(bullet.group()) if bullet else ""
        return textwrap.fill(text, self.measure, subsequent_indent=indent, break_on_hyphens=False)

    def line(self, text: str, style: str = "") -> str:
        """A line as it is; what the terminal cannot hold goes on below, indented."""
        if len(text) <= self.width:
            return self.styled(style, text)
        indent = len(text) - len(text.lstrip())
        after = " " * min(indent + 4, self.width // 2)
        lines = textwrap.wrap(text, self.width, subsequent_indent=after, break_on_hyphens=False)
        return "\n".join(self.styled(style, line) for line in lines)

    def code(self, text: str, before: tuple[str, str] = ("", "")) -> Iterator[str]:
        """The lines of some Mini, each behind its prompt: the first line's, and that of the others."""
        painted = self._painted(text).split("\n")
        for number, line in enumerate(text.split("\n")):
            prompt = before[min(number, 1)]
            fits = len(prompt + line) <= self.width
            yield self.styled(BOLD, prompt) + painted[number] if fits else self.line(prompt + line)

    def _painted(self, text: str) -> str:
        """The text with its colours, none of which goes on over a line's end."""
        pieces = []
        for found in stretches(text) if self.color else ():
            lines = text[found.start : found.end].split("\n")
            pieces.append("\n".join(self.styled(_INKS.get(found.kind, ""), line) for line in lines))
        return "".join(pieces) if self.color else text
