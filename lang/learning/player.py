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

from lang.learning.ink import BOLD, DIM, Ink
from lang.learning.page import MORE, PROMPT, SHELL, Answer, Code, Heading, Part, Prose, Step, Transcript, parts
from lang.learning.stage import Stage

_WIDEST = 92  # columns of prose: longer lines are hard to read
_PIPE = 1 << 20  # columns of a pipe
_MARGIN = "    "  # before code
_GO_ON = "Enter goes on. Or try something in Mini:"
_TRY = "Try the exercise here; Enter shows the answer."


class Left(Exception):
    """The reader wants no more."""


class Player:
    """Plays one page. ``stops``: whether somebody sits there, who reads and types."""

    def __init__(self, folder: Path, *, stops: bool, color: bool) -> None:
        columns = shutil.get_terminal_size().columns
        self.ink = Ink(columns if stops else _PIPE, min(columns, _WIDEST), color)
        self.stage = Stage(folder, columns)
        self.stops = stops

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
                print(self.ink.prose(_inline(part.text)) + "\n")
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
        print(self.ink.line(text, BOLD))
        print(("=" if part.level == 1 else "-") * min(len(text), self.ink.measure) + "\n")

    def _code(self, part: Code) -> None:
        if part.name:
            self.stage.put(part)
            print(self.ink.line(f"the file {part.name}:", DIM))
        text = textwrap.indent(part.text.rstrip("\n"), _MARGIN)
        for line in self.ink.code(text) if part.language == "mini" else map(self.ink.line, text.split("\n")):
            print(line)
        print()

    def _step(self, step: Step) -> None:
        if step.prompt == PROMPT:
            print("\n".join(self.ink.code(step.typed, (PROMPT, MORE))))
        else:
            print(self.ink.line(SHELL + step.typed, BOLD))
        self._show(self.stage.perform(step))

    def _show(self, shown: str) -> None:
        for line in shown.split("\n") if shown else ():
            print(self.ink.line(line))

    # ── the reader's turn ────────────────────────────────────────────────────────────────────────────────

    def _pause(self, invitation: str) -> None:
        """Let the reader read, and try things, until an empty line."""
        if not self.stops:
            return
        print(self.ink.line(invitation, DIM))
        while text := self._entry():
            self._show(self.stage.feed(text))
            if self.stage.ended:
                raise Left
        print()

    def _entry(self) -> str:
        """One entry, of several lines while it is incomplete; "" to go on.

        Raises:
            Left: Ctrl-C or Ctrl-D.
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
