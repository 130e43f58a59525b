"""``minivm repl``: a session on standard input. Piped, it shows results only; in a terminal, prompts, and fibers run on
while it waits for a line."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

from lang.repl.piped import piped
from lang.repl.session import Session
from lang.repl.workspace import Settings
from lang.version import VERSION
from minivm.machine import Exit
from minivm.options import MachineOptions

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.eventloop import InputHookContext

PROMPT = "mini> "
MORE = "  ... "
_NAP = 0.02  # seconds between two looks at the keyboard while fibers run


class _Here:
    """Wherever standard output goes now: prompt-toolkit redirects it while a prompt is shown."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


def repl(options: MachineOptions, *, strict: bool, color: bool) -> int:
    """Read entries until the input ends; returns the exit status.

    Raises:
        UsageError, LinkError: no machine could be made.
    """
    if sys.stdin.isatty() and sys.stdout.isatty():
        here: TextIO = _Here()  # type: ignore[assignment]  # all that the machine asks of a stream
        return _Terminal(Session(options, output=here, settings=Settings(color, interactive=True))).run()
    return piped(Session(options), strict=strict)


class _Terminal:
    """A session at a terminal."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.ended: int | None = None

    def run(self) -> int:
        """Read entries until Ctrl-D."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.patch_stdout import patch_stdout

        print(f"Mini {VERSION}. `:help` shows the commands, Ctrl-D leaves.")
        prompt: PromptSession[str] = PromptSession()
        while self.ended is None:
            try:
                with patch_stdout(raw=True):
                    text = self._entry(prompt)
            except KeyboardInterrupt:
                continue
            except EOFError:
                return 0
            reply = self.session.feed(text)
            if reply.text:
                print(reply.text)
            self.ended = reply.status if self.ended is None else self.ended
        return self.ended

    def _entry(self, prompt: PromptSession[str]) -> str:
        """One entry, of several lines while it is incomplete; "" once the program has ended the session."""
        text = ""
        while self.ended is None:
            text += prompt.prompt(MORE if text else PROMPT, inputhook=self._wait) + "\n"
            if not self.session.needs_more(text):
                return text
        return ""

    def _wait(self, keyboard: InputHookContext) -> None:
        """Run the machine's fibers until a key is pressed."""
        while not keyboard.input_is_ready():
            pause = self.session.next_turn() if self.ended is None else None
            if pause == 0:
                self._turn()
            else:
                time.sleep(_NAP if pause is None else min(pause, _NAP))

    def _turn(self) -> None:
        try:
            self.session.run_others()
        except Exit as request:
            self.ended = request.status
            print(f"the program has ended with status {request.status}; Enter leaves")
