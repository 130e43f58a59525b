"""Where a session's program writes at a terminal."""

from __future__ import annotations

import sys


class Here:
    """Wherever a standard stream goes now: prompt-toolkit redirects it while a prompt is shown."""

    def __init__(self, name: str) -> None:
        self._name = name

    def write(self, text: str) -> int:
        """Write a text."""
        return int(getattr(sys, self._name).write(text))

    def flush(self) -> None:
        """Write what is still kept back."""
        getattr(sys, self._name).flush()
