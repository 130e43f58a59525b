"""Where the transcripts of one page are performed: one session, and commands, in one folder."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from functools import cached_property
from pathlib import Path

from lang.learning.page import PROMPT, Code, Step
from lang.repl.session import Session
from lang.repl.workspace import Settings
from minivm.options import MachineOptions, parse_size
from minivm.trace import Tracer

_HEAP = "64M"
_COMMANDS = {"minivm": "lang.cli", "python -m minivm": "minivm"}  # what a page may run, and the module that it is


class Stage:
    """The session of a page and its folder; ``width`` is the terminal's."""

    def __init__(self, folder: Path, width: int = 100) -> None:
        self.folder = folder
        self.width = width
        self.ended = False  # the program, or the reader, has ended the session
        self._printed = io.StringIO()

    @cached_property
    def session(self) -> Session:
        """The session, made when a page first needs it."""
        tracer = Tracer(sink=lambda line: print(line, file=self._printed))
        options = MachineOptions(parse_size(_HEAP), False, tracer)
        settings = Settings(width=self.width)
        return Session(options, self.folder, output=self._printed, errors=self._printed, settings=settings)

    def put(self, code: Code) -> None:
        """Write a page's file."""
        path = self.folder / code.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code.text, encoding="utf-8")

    def perform(self, step: Step) -> str:
        """Do what is typed; what that shows."""
        return self.feed(step.typed) if step.prompt == PROMPT else self._run(step.typed)

    def feed(self, text: str) -> str:
        """Enter a text into the session; what the program printed, and the reply."""
        reply = self.session.feed(text)
        self.ended = self.ended or reply.status is not None
        printed = self._printed.getvalue()
        self._printed.seek(0)
        self._printed.truncate()
        return (printed + reply.text).rstrip("\n")

    def _run(self, command: str) -> str:
        """Run a command line as a shell would, without one."""
        program = next((name for name in _COMMANDS if command.startswith(name + " ")), None)
        if program is None:
            return f"(a page cannot run this: {command})"
        words = shlex.split(command.removeprefix(program))
        environment = {**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "COLUMNS": str(self.width)}
        done = subprocess.run(
            [sys.executable, "-m", _COMMANDS[program], *words],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        return done.stdout.rstrip("\n")
