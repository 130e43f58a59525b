"""A page in a terminal: its prose wrapped, its transcripts performed as one watches, and a prompt to try things at.

Piped, it goes through without stopping.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import shutil
import sys
import textwrap
from pathlib import Path

from lang.learning.page import MORE, PROMPT, SHELL, Answer, Code, Heading, Part, Prose, Step, Transcript, parts
from lang.learning.stage import Stage

_WIDEST = 92
_BOLD, _DIM, _PLAIN = "\033[1m", "\033[2m", "\033[0m"
_GO_ON = "Enter goes on. Or try something in Mini:"
_TRY = "Try the exercise here; Enter shows the answer."


class Left(Exception):
    """The reader wants no more."""


class Player:
    """Plays one page. ``stops``: whether somebody sits there, who reads and types."""

    def __init__(self, folder: Path, *, stops: bool, color: bool) -> None:
        self.width = min(shutil.get_terminal_size().columns, _WIDEST)
        self.stage = Stage(folder, self.width)
        self.stops = stops
        self.color = color

    def play(self, text: str) -> None:
        """The whole page.

        Raises:
            Left: the reader has left before its end.
        """
        found = parts(text)
        for index, part in enumerate(found):
            self._part(part)
            following = found[index + 1] if index + 1 < len(found) else None
            if isinstance(following, Answer):
                self._pause(_TRY)
            elif isinstance(following, Heading) or (following and isinstance(part, Transcript)):
                self._pause(_GO_ON)

    def _part(self, part: Part) -> None:
        match part:
            case Heading():
                self._heading(part)
            case Prose():
                self._say(part.text)
            case Code():
                self._code(part)
            case Transcript():
                for step in part.steps:
                    self._step(step)
                print()
            case Answer():
                self._heading(Heading("Answer", 2))

    def _heading(self, part: Heading) -> None:
        text = _inline(part.text)
        print(self._styled(_BOLD, text))
        print(("=" if part.level == 1 else "-") * min(len(text), self.width) + "\n")

    def _say(self, text: str) -> None:
        bullet = re.match(r"- |\d+\. |", text)
        indent = " " * len(bullet.group()) if bullet else ""
        print(textwrap.fill(_inline(text), self.width, subsequent_indent=indent, break_on_hyphens=False) + "\n")

    def _code(self, part: Code) -> None:
        if part.name:
            self.stage.put(part)
            print(self._styled(_DIM, f"the file {part.name}:"))
        for line in part.text.rstrip("\n").split("\n"):
            self._line("    " + line if line else "")
        print()

    def _step(self, step: Step) -> None:
        first, *rest = step.typed.split("\n")
        self._line(self._styled(_BOLD, (step.prompt or SHELL) + first))
        for line in rest:
            self._line(self._styled(_BOLD, MORE + line))
        shown = self.stage.perform(step)
        for line in shown.split("\n") if shown else ():
            self._line(line)

    def _line(self, line: str) -> None:
        """A line as it is; one that the terminal cannot hold goes on below, indented."""
        if not self.stops or len(line) <= self.width:
            print(line)
            return
        indent = len(line) - len(line.lstrip())
        after = " " * min(indent + 4, self.width // 2)
        print(textwrap.fill(line, self.width, subsequent_indent=after, break_on_hyphens=False))

    def _styled(self, style: str, text: str) -> str:
        return f"{style}{text}{_PLAIN}" if self.color else text

    # ── the reader's turn ────────────────────────────────────────────────────────────────────────────────

    def _pause(self, invitation: str) -> None:
        """Let the reader read, and try things, until an empty line."""
        if not self.stops:
            return
        print(self._styled(_DIM, textwrap.fill(invitation, self.width)))
        while text := self._entry():
            shown = self.stage.feed(text)
            for line in shown.split("\n") if shown else ():
                self._line(line)
        print()

    def _entry(self) -> str:
        """One entry, of several lines while it is incomplete; "" to go on.

        Raises:
            Left: Ctrl-C, Ctrl-D or `:quit`.
        """
        text = ""
        try:
            while True:
                text += input(MORE if text else PROMPT) + "\n"
                if not text.strip() or not self.stage.session.needs_more(text):
                    break
        except (EOFError, KeyboardInterrupt):
            print()
            raise Left from None
        if text.strip() in (":quit", ":q", "quit", "exit"):
            raise Left
        return text.strip()


def _inline(text: str) -> str:
    """Markdown inside a line as plain text: links without their targets, no stars; code keeps its backticks."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"\*\*(.+?)\*\*|(?<!\w)\*(\S[^*]*?)\*(?!\w)", lambda found: found[1] or found[2], text)


def attended() -> bool:
    """Whether somebody sits at a terminal; if so, lines can be edited there."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    with contextlib.suppress(ImportError):  # not on every system
        importlib.import_module("readline")
    return True
