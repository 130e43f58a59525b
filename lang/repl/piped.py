"""A session on standard input that is no terminal: no prompts, no colour; errors do not end it unless asked to."""

from __future__ import annotations

import sys

from lang.repl.reading import Reader
from lang.repl.session import Session
from minivm.guard import FAILED


def piped(session: Session, *, strict: bool) -> int:
    """Entries from a pipe or file: results on standard output, errors on standard error. Returns the exit status."""
    reader = Reader()
    while line := _read_line():
        for entry in reader.add(line):
            status = _reply(session, entry, strict)
            if status is not None:
                return status
    status = _reply(session, reader.text, strict)
    return status or 0


def _read_line() -> str:
    try:
        return sys.stdin.readline()
    except UnicodeDecodeError:
        return "\ufffd\n"  # reported as the invalid character that it is


def _reply(session: Session, text: str, strict: bool) -> int | None:
    """Feed one text and show the reply; the exit status, if that was the end."""
    reply = session.feed(text)
    if reply.text:
        sys.stdout.flush()
        out = sys.stderr if reply.failed and reply.record is None else sys.stdout
        print(reply.text, file=out, flush=True)
    if reply.status is not None:
        return reply.status
    return FAILED if strict and reply.failed else None
