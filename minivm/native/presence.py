"""Whether there is a native tier at all: whether LLVM can be had. Costs nothing to import."""

from __future__ import annotations

from importlib.util import find_spec


def available() -> bool:
    """Whether llvmlite is installed. Does not load it."""
    try:
        return find_spec("llvmlite") is not None
    except (ImportError, ValueError):
        return False
