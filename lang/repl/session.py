"""A REPL session without a terminal: text in, replies out. Prompts, colours and keys are ``loop``'s.

An entry is a small program of its own, module ``repl$N``, which sees the earlier ones. Fibers it spawns live on: they
run while an entry runs, get one turn after it, and more while a prompt waits.
"""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from lang.parser import is_incomplete
from lang.repl.commands import carry_out
from lang.repl.entries import enter
from lang.repl.reply import Reply, error_reply
from lang.repl.workspace import make_workspace
from minivm.background import interruptible, next_turn, run_ready
from minivm.errors import Throw
from minivm.interpreter import Interrupted
from minivm.machine import Exit, Machine
from minivm.options import MachineOptions


class Session:
    """One session with a machine of its own.

    Args:
        folder: where imports and files are looked for.
        output, errors: the program's streams; standard output and error if not given.
        color: whether diagnostics are coloured.
    """

    def __init__(
        self,
        options: MachineOptions,
        folder: Path | None = None,
        *,
        output: TextIO | None = None,
        errors: TextIO | None = None,
        color: bool = False,
    ) -> None:
        self.workspace = make_workspace(options, folder or Path(), output, errors)
        self.workspace.color = color

    @property
    def machine(self) -> Machine:
        """The machine that runs it all."""
        return self.workspace.machine

    @staticmethod
    def needs_more(text: str) -> bool:
        """Whether the text is the beginning of something longer."""
        command, _, rest = text.strip().partition(" ")
        if command.startswith(":"):
            return command == ":redefine" and is_incomplete(rest)
        return is_incomplete(text)

    def feed(self, text: str) -> Reply:
        """Carry out one entry or command. Whatever fails or is refused leaves the session as it was."""
        if not text.strip():
            return Reply()
        try:
            with interruptible(self.machine, insist=False):
                self.machine.vm.interrupted = False
                reply = self._carry_out(text)
        except Exit as request:
            reply = Reply(status=request.status)
        except Interrupted:
            reply = Reply("interrupted", failed=True)
        except Throw as problem:  # no room for what the session itself needs
            reply = error_reply(f"{problem.kind}: {problem.message}")
        self.machine.output.flush()
        return reply

    def _carry_out(self, text: str) -> Reply:
        if text.lstrip().startswith(":"):
            return carry_out(self.workspace, text.strip())
        return enter(self.workspace, self.workspace.source(text.rstrip("\n")))

    # ── fibers that live on ──────────────────────────────────────────────────────────────────────────────

    def run_others(self, turns: int = 1) -> None:
        """Give ready fibers some turns, without waiting.

        Raises:
            Exit: the program asked for the end; Interrupted.
        """
        if turns:
            run_ready(self.machine, turns)

    def next_turn(self) -> float | None:
        """Seconds until a fiber may have something to do; None: not before the next entry."""
        return next_turn(self.machine)
