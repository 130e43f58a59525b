"""A session at a terminal. The prompt is shown first; the machine is made while the user looks at it. While it waits
for an entry, fibers run, and what they print appears above it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING

from prompt_toolkit.application import get_app
from prompt_toolkit.patch_stdout import patch_stdout

from lang.repl.terminal.prompt import make_prompt
from lang.repl.terminal.streams import Here
from lang.version import VERSION

if TYPE_CHECKING:
    from lang.repl.session import Session
    from minivm.options import MachineOptions

_NAP = 0.02  # seconds between two looks at what fibers wait for
_CHUNK = 1 << 16  # characters written at once, so that Ctrl-C is seen in between


class Terminal:
    """A session at a terminal, from the banner to Ctrl-D."""

    def __init__(self, options: MachineOptions, *, color: bool) -> None:
        self._options = options
        self._color = color
        self._session: Session | None = None
        self._problem: BaseException | None = None
        self._maker = threading.Thread(target=self._make, name="machine", daemon=True)
        self._started = False
        self._ended: int | None = None
        self._interrupted = False
        self._prompt = make_prompt(self.session, lambda: bool(self._session and self._session.is_stepping), color=color)
        self._prompt.app.after_render += self._start

    def run(self) -> int:
        """Carry out entries until the session ends; the exit status.

        Raises:
            UsageError, LinkError: no machine could be made.
        """
        print(f"Mini {VERSION}. `:help` shows the commands, Ctrl-D leaves.")
        previous = signal.signal(signal.SIGINT, self._note_interrupt)
        try:
            while self._ended is None:
                text = self._read()
                if text is not None:
                    self._carry_out(text)
        finally:
            signal.signal(signal.SIGINT, previous)
        return self._ended

    def _note_interrupt(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-C where neither the prompt nor the session waits for it: never an exception out of nowhere."""
        self._interrupted = True

    def session(self) -> Session:
        """The session, once it is made.

        Raises:
            UsageError, LinkError: no machine could be made.
        """
        self._start()
        if self._session is None:
            self._maker.join()
        if self._problem is not None:
            raise self._problem
        assert self._session is not None
        return self._session

    def _start(self, application: object = None) -> None:
        """Begin to make the session: when the prompt is on the screen, or else when the session is needed."""
        if not self._started:
            self._started = True
            self._maker.start()

    def _make(self) -> None:
        """Make the session; on a thread of its own, while the prompt is there."""
        try:
            from lang.repl.session import Session
            from lang.repl.workspace import Settings

            settings = Settings(self._color, _columns(), interactive=True)
            out, err = Here("stdout"), Here("stderr")
            self._session = Session(self._options, output=out, errors=err, settings=settings)  # type: ignore[arg-type]
        except BaseException as problem:
            self._problem = problem

    # ── one entry ────────────────────────────────────────────────────────────────────────────────────────

    def _read(self) -> str | None:
        """One entry; None if it was dropped, or the session ends."""
        try:
            with patch_stdout(raw=True):
                return self._prompt.prompt(pre_run=self._meanwhile)
        except KeyboardInterrupt:
            return None
        except EOFError:
            if self._problem is not None:
                raise self._problem from None
            self._ended = 0 if self._ended is None else self._ended
            return None

    def _carry_out(self, text: str) -> None:
        session = self.session()
        session.settings.width = _columns()
        reply = session.feed(text)
        if reply.text:
            self._write(reply.text + "\n")
        self._ended = reply.status if self._ended is None else self._ended

    def _write(self, text: str) -> None:
        """Write a text of any length; Ctrl-C ends that."""
        self._interrupted = False
        for at in range(0, len(text), _CHUNK):
            sys.stdout.write(text[at : at + _CHUNK])
            sys.stdout.flush()
            if self._interrupted:
                print("\ninterrupted")
                break

    # ── while the prompt waits ───────────────────────────────────────────────────────────────────────────

    def _meanwhile(self) -> None:
        get_app().create_background_task(self._run_fibers())

    async def _run_fibers(self) -> None:
        """Run the machine's fibers turn by turn until the entry is there."""
        while self._session is None and self._problem is None:
            await asyncio.sleep(_NAP)
        while self._problem is None and self._ended is None:
            session = self.session()
            pause = session.next_turn()
            if pause is None:
                return
            if pause == 0:
                self._turn(session)
            await asyncio.sleep(min(pause, _NAP))
        get_app().exit(exception=EOFError)

    def _turn(self, session: Session) -> None:
        from minivm.errors import MiniError, Throw
        from minivm.machine import Exit

        try:
            session.run_others()
        except Exit as request:
            self._ended = request.status
            print(f"the program has ended the session with status {request.status}")
        except (MiniError, Throw) as problem:
            print(f"error: {problem}", file=sys.stderr)
        except OSError:
            raise
        except Exception as fault:  # a bug of the machine must not cost the session
            print(f"this is a fault of minivm's own, not yours: {type(fault).__name__}: {fault}", file=sys.stderr)


def _columns() -> int:
    return shutil.get_terminal_size().columns
