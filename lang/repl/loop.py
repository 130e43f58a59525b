"""``minivm repl``: a session on standard input, typed or piped."""

from __future__ import annotations

import sys

from minivm.options import MachineOptions


def repl(options: MachineOptions, *, strict: bool, color: bool) -> int:
    """Read entries until the input ends; returns the exit status.

    Raises:
        UsageError, LinkError: no machine could be made.
    """
    if sys.stdin.isatty() and sys.stdout.isatty():
        from lang.repl.terminal.loop import Terminal

        return Terminal(options, color=color).run()
    from lang.repl.piped import piped
    from lang.repl.session import Session

    return piped(Session(options), strict=strict)
