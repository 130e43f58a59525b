"""``minivm repl``: a session at the terminal, or on whatever standard input is."""

from __future__ import annotations

import argparse
import sys

from lang.color import wants_color
from minivm.options import add_machine_options, machine_options

EXAMPLES = """
minivm repl                         try things; `:help` in it shows its commands, Ctrl-D leaves
minivm repl < session.txt           enter the lines of a file: results only, errors do not end it
minivm repl --strict < session.txt  end at the first error, with status 1
minivm repl --trace load,redefine   tell of every class that is loaded or redefined
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_machine_options(parser)
    parser.add_argument("--strict", action="store_true", help="end at the first error (for scripts on standard input)")


def execute(parsed: argparse.Namespace) -> int:
    """Read entries until there are no more."""
    from lang.repl.loop import repl

    return repl(machine_options(parsed), strict=parsed.strict, color=wants_color(sys.stdout, parsed.color))
