"""What was typed, kept between runs. A history that cannot be read or written is no reason to fail."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

CHOICE = "MINIVM_HISTORY"  # the environment variable that names the file, or says "off"
MOST_BYTES = 1 << 20  # of the file; the older half goes
LONGEST = 1 << 16  # characters of an entry that is kept


class SafeHistory(FileHistory):
    """A history file that others may write too, that may be damaged, and whose disk may be full."""

    def load_history_strings(self) -> Iterable[str]:
        """The entries, the latest first."""
        try:
            return list(super().load_history_strings())
        except OSError:
            return []

    def store_string(self, string: str) -> None:
        """Keep an entry."""
        if len(string) <= LONGEST:
            with contextlib.suppress(OSError, UnicodeEncodeError):
                super().store_string(string)


def open_history() -> History:
    """The user's history, or one for this session only."""
    path = history_path()
    if path is None:
        return InMemoryHistory()
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        _shorten(path)
    except OSError:
        return InMemoryHistory()
    return SafeHistory(path)


def history_path() -> str | None:
    """``MINIVM_HISTORY`` if it is set, or else where the system keeps such things; None if the user wants none."""
    chosen = os.environ.get(CHOICE)
    if chosen is not None:
        return None if chosen in ("", "off") else os.path.abspath(os.path.expanduser(chosen))
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        return os.path.join(os.environ.get("LOCALAPPDATA") or home, "minivm", "history")
    state = os.environ.get("XDG_STATE_HOME", "")
    return os.path.join(state if os.path.isabs(state) else os.path.join(home, ".local", "state"), "minivm", "history")


def _shorten(path: str) -> None:
    """Drop the older half of a file that has grown too long."""
    if not os.path.exists(path) or os.path.getsize(path) <= MOST_BYTES:
        return
    with open(path, "rb") as old:
        old.seek(-MOST_BYTES // 2, os.SEEK_END)
        kept = old.read()
    kept = kept[max(kept.find(b"\n# "), 0) :]
    handle, name = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "wb") as new:
        new.write(kept)
    os.replace(name, path)
