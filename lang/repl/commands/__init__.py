"""The commands, one small function each; importing this fills the table in ``lang.repl.command``."""

from __future__ import annotations

from lang.repl.commands import classes, compiled, defining, general, running, watching

__all__ = ["classes", "compiled", "defining", "general", "running", "watching"]
