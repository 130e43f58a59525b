"""Whether to write in colour: only at a terminal, unless somebody says otherwise."""

from __future__ import annotations

import os
from typing import TextIO

WHEN = ("auto", "always", "never")


def wants_color(stream: TextIO, when: str = "auto") -> bool:
    """Whether ``stream`` gets colours: ``when`` decides, then NO_COLOR, FORCE_COLOR, and whether it is a terminal.

    An environment variable counts if it is not empty; FORCE_COLOR=0 is a no.
    """
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"
