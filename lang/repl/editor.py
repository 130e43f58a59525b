"""Letting a person change a text in their own editor: ``$VISUAL`` or ``$EDITOR``."""

from __future__ import annotations

import os
from pathlib import Path

from lang.compiler import SUFFIX
from minivm.errors import UsageError

_USUAL = ("nano", "vim", "vi")  # where nobody has said which


def edit(name: str, text: str) -> str:
    """The text as it is when the editor has ended; ``name`` is for the file that it opens.

    Raises:
        UsageError: there is no editor, it failed, or what it left is no text.
    """
    import subprocess  # here, because most sessions edit nothing
    import tempfile

    words = _editor()
    with tempfile.TemporaryDirectory(prefix="minivm-") as folder:
        path = Path(folder, "".join(c if c.isalnum() else "_" for c in name) + SUFFIX)
        path.write_text(text + "\n", encoding="utf-8")
        try:
            status = subprocess.run([*words, str(path)], check=False).returncode
        except OSError as error:
            raise UsageError(f"cannot start the editor {words[0]}: {error.strerror}; set EDITOR to another") from error
        if status:
            raise UsageError(f"the editor {words[0]} ended with status {status}; nothing is changed")
        try:
            return path.read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"what {words[0]} left cannot be read: {error}; nothing is changed") from error


def _editor() -> list[str]:
    import shlex
    import shutil

    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if chosen:
        try:
            words = shlex.split(chosen)
        except ValueError:
            words = [chosen]
        if words:
            return words
    found = next((name for name in _USUAL if shutil.which(name)), None)
    if found is None:
        raise UsageError("there is no editor; set EDITOR to the command of yours")
    return [found]
