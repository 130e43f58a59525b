"""A program under a pseudo-terminal: type at it, wait for what it shows."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][AB012]|[=>78DEHM])")
_KEPT = 200_000  # characters
PATIENCE = 30.0  # seconds; a machine may be busy


class PseudoTerminal:
    """A running command whose standard streams are a terminal of its own, in a session of its own."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        cwd: Path = ROOT,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        settings = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "PYTHONPATH": str(ROOT)}
        settings = {name: value for name, value in settings.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}

        def own_terminal() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background is started with it ignored
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**settings, **(environment or {})},
            preexec_fn=own_terminal,
        )
        os.close(theirs)
        self.raw = ""  # the last of all that came, escape sequences included
        self.count = 0  # characters that came
        self._cut = ""  # an escape sequence that has only begun
        self.seen = ""  # what was shown and not yet waited for

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.ours, text.encode())

    def wait_for(self, text: str, *, patience: float = PATIENCE) -> str:
        """Read until the text is shown; what was shown before it. Escape sequences are left out."""
        end = time.monotonic() + patience
        while text not in self.seen:
            left = end - time.monotonic()
            assert left > 0 and self._read(left), f"waited for {text!r}, saw {self.seen[-2000:]!r}"
        before, _, self.seen = self.seen.partition(text)
        return before

    def enter(self, text: str, awaited: str) -> str:
        """Type an entry and Enter, and wait for an answer."""
        self.type(text + "\r")
        return self.wait_for(awaited)

    def interrupt(self) -> None:
        """Send SIGINT to the program, wherever it is."""
        os.kill(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        """Wait for the end; the exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read(0.1)
        return self.process.wait(timeout=1)

    def close(self) -> None:
        """End it, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.ours)

    def _read(self, seconds: float) -> bool:
        if not select.select([self.ours], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.ours, 1 << 16)
        except OSError:  # the other end is closed
            return False
        text = data.decode("utf-8", "replace")
        self.raw = (self.raw + text)[-_KEPT:]
        self.count += len(text)
        whole, self._cut = _whole(self._cut + text)
        self.seen = (self.seen + _ESCAPES.sub("", whole))[-_KEPT:]
        return bool(data)


def _whole(text: str) -> tuple[str, str]:
    """The text without an escape sequence that has only begun, and that beginning."""
    at = text.rfind("\x1b", len(text) - 20) if len(text) > 20 else text.rfind("\x1b")
    begun = at >= 0 and _ESCAPES.match(text, at) is None
    return (text[:at], text[at:]) if begun else (text, "")


def start_repl(*arguments: str, **settings: object) -> PseudoTerminal:
    """``minivm repl`` at a terminal."""
    command = [sys.executable, "-m", "lang.cli", "repl", *arguments]
    return PseudoTerminal(command, **settings)  # type: ignore[arg-type]
