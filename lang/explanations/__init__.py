"""What each code of a diagnostic or of a redefinition's record means, with an example that shows it.

The pages beside this file are Markdown: under the heading of a code some sentences, then fenced blocks:

    mini wrong, mini right           a program that gets the code, and one that does not any more
    session wrong, session right     the same, as lines for the REPL; ``right`` goes on where ``wrong`` stopped
    mini file=NAME                   a file beside the program
    mini compiled=NAME               a program that is compiled beside the session
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from attrs import frozen

from lang.codes import CODES

_PAGES = ("syntax", "names", "types", "classes", "flow", "limits", "redefinition")
_SECTION = re.compile(r"^## (\w\d\d\d)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```\n?", re.DOTALL | re.MULTILINE)


@frozen
class Block:
    """A fenced block: what it is (``mini`` or ``session``), what for, and its text."""

    language: str
    role: str
    text: str


@frozen
class Explanation:
    """A code's title, what it means, paragraphs and blocks in turn."""

    code: str
    title: str
    parts: tuple[str | Block, ...]

    def block(self, role: str) -> Block | None:
        """The block of that role."""
        return next((part for part in self.parts if isinstance(part, Block) and part.role == role), None)

    def files(self, kind: str) -> dict[str, str]:
        """Texts by file name, of the blocks whose role is ``kind=NAME``."""
        blocks = [part for part in self.parts if isinstance(part, Block)]
        return {part.role.partition("=")[2]: part.text for part in blocks if part.role.startswith(f"{kind}=")}


def titles() -> dict[str, str]:
    """Every code with its title, those of the compiler first."""
    from minivm.redefine.record import CODES as OUTCOMES

    return {**CODES, **OUTCOMES}


def explanation(code: str) -> Explanation:
    """What a code means. KeyError: there is no such code."""
    return Explanation(code, titles()[code], _parts(_sections()[code]))


@cache
def _sections() -> dict[str, str]:
    here = Path(__file__).parent
    pages = [(here / f"{name}.md").read_text(encoding="utf-8") for name in _PAGES]
    return {code: text for page in pages for code, text in _SECTION.findall(page)}


def _parts(section: str) -> tuple[str | Block, ...]:
    parts: list[str | Block] = []
    at = 0
    for found in _BLOCK.finditer(section):
        parts += [section[at : found.start()].strip(), Block(found[1], found[2], found[3])]
        at = found.end()
    parts.append(section[at:].strip())
    return tuple(part for part in parts if part)
