"""``minivm run FILE [args]``: compile a program and run it, or run a compiled one."""

from __future__ import annotations

import argparse
from pathlib import Path

from minivm.options import add_machine_options, machine_options

EXAMPLES = """
minivm run shop.mini                          run a program
minivm run shop.mini --dry 12                 words after the file are the program's own: args()
minivm run --heap 64M --trace gc shop.mini    with at most 64 MB of live objects; tell of each collection
minivm run --trace load=story.txt shop.mini   write down which classes were loaded when, and why
minivm run out/shop.mclass                    run what `minivm compile shop.mini -o out` has made
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_machine_options(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="the program: .mini, .mclass or .masm")
    parser.add_argument("args", nargs=argparse.REMAINDER, metavar="...", help="words for the program")


def execute(parsed: argparse.Namespace) -> int:
    """Run the program; returns its exit status."""
    from lang.running import run

    return run(parsed.file, machine_options(parsed))
