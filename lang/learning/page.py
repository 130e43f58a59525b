"""A page of Markdown whose code is performed.

```mini shapes.mini         a file, written before what follows is run
```mini                     a program to look at
```console                  a transcript: `$ command` or `mini> entry`, each with what it prints below it
<details>                   from here on the answer to an exercise
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

PROMPT, MORE, SHELL = "mini> ", "  ... ", "$ "
_FENCE = re.compile(r"^```(.*)$")


@frozen
class Heading:
    """A heading of some level."""

    text: str
    level: int


@frozen
class Prose:
    """A paragraph, or one item of a list with its bullet."""

    text: str


@frozen
class Code:
    """A block of code; ``name`` is that of the file it is, if it is one. ``line`` is the block's first in the page."""

    language: str
    name: str
    text: str
    line: int


@frozen
class Step:
    """One thing that is typed in a transcript, and what is shown below it. ``at``: its place in the page's lines."""

    prompt: str
    typed: str
    shown: str
    at: range


@frozen
class Transcript:
    """A block of steps."""

    steps: tuple[Step, ...]


@frozen
class Answer:
    """Here begins the answer to the exercise."""


Part = Heading | Prose | Code | Transcript | Answer


def parts(text: str) -> list[Part]:
    """The parts of a page, in order."""
    lines = text.split("\n")
    found: list[Part] = []
    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        if fence:
            end = next(i for i in range(at + 1, len(lines)) if lines[i].startswith("```"))
            found.append(_block(fence.group(1), lines, at + 1, end))
            at = end + 1
        else:
            end = next((i for i in range(at, len(lines)) if _FENCE.match(lines[i])), len(lines))
            found += _prose(lines[at:end])
            at = end
    return found


def title(text: str) -> str:
    """The page's first heading."""
    return next(part.text for part in parts(text) if isinstance(part, Heading))


def _block(info: str, lines: list[str], start: int, end: int) -> Part:
    language, _, name = info.strip().partition(" ")
    if language == "console":
        return Transcript(tuple(_steps(lines, start, end)))
    return Code(language, name, "\n".join(lines[start:end]) + "\n", start)


def _steps(lines: list[str], start: int, end: int) -> Iterator[Step]:
    at = start
    while at < end:
        prompt = next((p for p in (PROMPT, SHELL) if lines[at].startswith(p)), "")
        typed = [lines[at].removeprefix(prompt)]
        shown = at + 1
        while prompt == PROMPT and shown < end and lines[shown].startswith(MORE.rstrip()):
            typed.append(lines[shown].removeprefix(MORE.rstrip()).removeprefix(" "))
            shown += 1
        stop = next((i for i in range(shown, end) if lines[i].startswith((PROMPT, SHELL))), end)
        yield Step(prompt, "\n".join(typed), "\n".join(lines[shown:stop]), range(shown, stop))
        at = stop


def _prose(lines: list[str]) -> Iterator[Part]:
    """Headings, paragraphs and list items; HTML tags are dropped, but for the beginning of an answer."""
    gathered: list[str] = []
    for line in [*lines, ""]:
        starts = line.startswith(("- ", "* ", "#", "<", "|")) or re.match(r"\d+\. ", line)
        if (not line.strip() or starts) and gathered:
            yield Prose(" ".join(gathered))
            gathered = []
        if line.startswith("<details"):
            yield Answer()
        elif line.startswith("#"):
            hashes = line.split(" ", 1)[0]
            yield Heading(line[len(hashes) :].strip(), len(hashes))
        elif line.strip() and not line.startswith("<"):
            gathered.append(line.strip())
