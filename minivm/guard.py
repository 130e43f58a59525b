"""The edge of a command line: whatever happens inside, the user sees a message and a status, never a traceback.

0 fine   1 an uncaught Mini error, or a class file that is refused   2 a request that cannot be carried out
70 a fault of the machine itself   74 the output cannot be written   130 Ctrl-C   141 nobody reads the output
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Literal, TextIO

FAILED = 1
USAGE = 2
FAULT = 70
OUTPUT_LOST = 74
INTERRUPTED = 130
BROKEN_PIPE = 141  # what a shell reports of a program that SIGPIPE ended

SHOW_FAULTS = "MINIVM_TRACEBACK"  # the environment variable that lets faults of the machine out as they are


def guarded(command: Callable[[], int], name: str = "minivm") -> int:
    """Run a command of a command line, so that nothing but a message ever reaches the user. Returns the status."""
    _mend_streams()
    try:
        status = command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = BROKEN_PIPE
    except Exception as error:
        if os.environ.get(SHOW_FAULTS):
            raise
        status = _told(error, name)
    _flush()
    return status


def _told(error: Exception, name: str) -> int:
    """Say what went wrong; the status that goes with it."""
    from minivm.errors import LinkError, MiniError

    status, text = FAULT, f"this is a fault of {name}'s own, not yours: {type(error).__name__}: {error}\n"
    text += f"  with {SHOW_FAULTS}=1 it shows where; please report that"
    if isinstance(error, MiniError):
        status, text = FAILED if isinstance(error, LinkError) else USAGE, str(error)
    elif isinstance(error, OSError):
        what = error.strerror or str(error)
        status = USAGE if error.filename else OUTPUT_LOST
        text = f"{error.filename}: {what}" if error.filename else f"the output cannot be written: {what}"
    elif isinstance(error, MemoryError):
        status, text = FAILED, "there is not enough memory"
    with contextlib.suppress(OSError, ValueError):
        print(f"{name}: {text}", file=sys.stderr)
    return status


def _mend_streams() -> None:
    """Give streams that were closed before we started somewhere to go; let no character stop an output."""
    if sys.stdin is None:
        sys.stdin = _nowhere("r")
    if sys.stdout is None:
        sys.stdout = _nowhere("w")
    if sys.stderr is None:
        sys.stderr = _nowhere("w")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to fail


def _nowhere(mode: Literal["r", "w"]) -> TextIO:
    return open(os.devnull, mode, encoding="utf-8")


def _flush() -> None:
    """Flush, and let what cannot be written go nowhere, or Python would say so at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _drain(stream)


def _drain(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):  # a stream that is no file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
