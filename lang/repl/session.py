"""A REPL session without a terminal: text in, replies out. Prompts, colours and keys are ``terminal``'s.

An entry is a small program of its own, module ``repl$N``, which sees the earlier ones. Fibers it spawns live on: they
run while an entry runs, get one turn after it, and more while a prompt waits.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TextIO

from lang.diagnostics import CompileError
from lang.repl import commands
from lang.repl.command import find_command
from lang.repl.entries import enter, stop
from lang.repl.reading import is_unfinished
from lang.repl.reply import Reply, diagnostics_reply, error_reply
from lang.repl.stepping import go_on
from lang.repl.workspace import Settings, Workspace, make_workspace
from minivm.background import next_turn, run_ready
from minivm.errors import Deadlock, GuestError, LinkError, Throw, UsageError
from minivm.guard import SHOW_FAULTS
from minivm.interpreter import Interrupted
from minivm.machine import Exit, Machine
from minivm.options import MachineOptions

assert commands  # imported for what they register

# commands that run the program, which somebody is stepping through
_RUNNING = frozenset({"load", "run", "time", "step", "edit", "reset"})


class Session:
    """One session with a machine of its own.

    Args:
        folder: where imports and files are looked for.
        output, errors: the program's streams; standard output and error if not given.
        color: whether diagnostics are coloured.
        settings: what the session shows itself to.
    """

    def __init__(
        self,
        options: MachineOptions,
        folder: Path | None = None,
        *,
        output: TextIO | None = None,
        errors: TextIO | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._options = options
        self._folder = folder or Path()
        self._streams = output, errors
        self.settings = settings or Settings()
        self.workspace = self._fresh()

    def _fresh(self) -> Workspace:
        return make_workspace(self._options, self._folder, self.settings, *self._streams)

    @property
    def machine(self) -> Machine:
        """The machine that runs it all."""
        return self.workspace.machine

    @property
    def is_stepping(self) -> bool:
        """Whether an entry is being stepped through, and texts say how to go on."""
        return self.workspace.stepping is not None

    @staticmethod
    def needs_more(text: str) -> bool:
        """Whether the text is the beginning of something longer."""
        return is_unfinished(text)

    def feed(self, text: str) -> Reply:
        """Carry out one entry or command. Whatever fails or is refused leaves the session as it was."""
        if not text.strip() and not self.is_stepping:
            return Reply()
        try:
            with self.workspace.interrupts.watched():
                self.machine.vm.interrupted = False
                reply = self._carry_out(text)
                self.workspace.versions.update()
        except Exit as request:
            reply = Reply(status=request.status)
        except (Interrupted, KeyboardInterrupt):
            reply = Reply("interrupted", failed=True)
        except CompileError as error:
            reply = diagnostics_reply(error, self.settings.color)
        except (UsageError, LinkError, GuestError, Deadlock) as error:
            reply = error_reply(error)
        except Throw as problem:  # no room for what the session itself needs
            reply = error_reply(f"{problem.kind}: {problem.message}")
        except (MemoryError, RecursionError) as problem:
            reply = error_reply(f"that is too much for this machine ({type(problem).__name__})")
        except BrokenPipeError:
            raise  # nobody reads any more
        except OSError as problem:
            reply = error_reply(f"{problem.filename or 'the system'}: {problem.strerror or problem}")
        except Exception as fault:
            if os.environ.get(SHOW_FAULTS):
                raise
            reply = self._after_fault(fault)
        self.machine.output.flush()
        if reply.fresh:
            self._begin_again()
        return reply

    def _carry_out(self, text: str) -> Reply:
        if text.lstrip().startswith(":"):
            return self._command(text.strip())
        if self.is_stepping:
            return go_on(self.workspace, text)
        return enter(self.workspace, self.workspace.source(text.rstrip("\n")))

    def _command(self, text: str) -> Reply:
        word, _, rest = text[1:].partition(" ")
        word, line_end, more = word.partition("\n")  # `:redefine` and the class on the next line
        command = find_command(word)
        if self.is_stepping and command.name in _RUNNING:
            raise UsageError(f"`:{command.name}` has to wait: `c` runs the stepped entry to its end, `q` gives it up")
        return command.act(self.workspace, f"{more} {rest}".strip() if line_end else rest.strip())

    def _after_fault(self, fault: Exception) -> Reply:
        """A bug of the machine must not cost the session: the entry is stopped, if that can be done, and it is told."""
        with contextlib.suppress(Exception):
            stop(self.machine, "")
        text = f"this is a fault of minivm's own, not yours: {type(fault).__name__}: {fault}"
        return error_reply(f"{text}\n  the session goes on; with {SHOW_FAULTS}=1 it shows where; please report that")

    def _begin_again(self) -> None:
        old = self.workspace
        self.workspace = self._fresh()
        old.machine.close()

    # ── fibers that live on ──────────────────────────────────────────────────────────────────────────────

    def run_others(self, turns: int = 1) -> None:
        """Give ready fibers some turns, without waiting.

        Raises:
            Exit: the program asked for the end; Interrupted.
        """
        if turns and not self.is_stepping:
            run_ready(self.machine, turns)

    def next_turn(self) -> float | None:
        """Seconds until a fiber may have something to do; None: not before the next entry."""
        return None if self.is_stepping else next_turn(self.machine)
