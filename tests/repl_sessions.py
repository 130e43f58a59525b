"""Sessions for the tests of the REPL: made without a terminal, fed with texts."""

from __future__ import annotations

import io
from pathlib import Path

from lang.repl.reply import Reply
from lang.repl.session import Session
from lang.repl.workspace import Settings
from minivm.native.modes import Mode
from minivm.options import MachineOptions
from minivm.trace import Tracer

COUNTER = "class Counter { var n: int = 0; fun bump(): int { n += 1; return n } }"
COUNTER2 = "class Counter { var n: int = 0; var step: int = 10; fun bump(): int { n += step; return n } }"


def make_session(folder: Path, settings: Settings | None = None, mode: Mode = Mode.AUTO) -> Session:
    """A session whose program prints into a text."""
    options = MachineOptions(64 << 20, False, Tracer(), mode=mode)
    return Session(options, folder, output=io.StringIO(), errors=io.StringIO(), settings=settings)


def feed(session: Session, *texts: str) -> Reply:
    """Feed texts that must not fail; the last reply."""
    reply = Reply()
    for text in texts:
        reply = session.feed(text)
        assert not reply.failed, f"{text}\n{reply.text}"
    return reply


def printed(session: Session) -> str:
    """What the program has printed."""
    out = session.machine.output
    assert isinstance(out, io.StringIO)
    return out.getvalue()
