"""The commands of ``minivm``, one file each, imported when it is asked for.

A command's file has its examples, ``options``, which declares what it takes, and ``execute``, which does it. To add
one, write the file and a line here: help, completion and the hint at a mistyped name follow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

COMMANDS: dict[str, str] = {
    "run": "run a program: a .mini source, or a .mclass or .masm file",
    "repl": "enter programs line by line, and redefine their classes",
    "check": "report every mistake in some sources, without running them",
    "compile": "write a program's class files",
    "dis": "show the code of a program or class file",
    "new": "make the folder of a small project to begin with",
    "demo": "watch a running service being changed",
    "learn": "play lessons on loading and redefining classes",
    "explain": "tell what the code of an error or refusal means, by example",
    "cache": "show or clear what is kept between runs",
    "completion": "print a script that makes a shell complete all this",
}
OTHERS = {"help": "show the help of a command"}


class Command(Protocol):
    """A command's file."""

    EXAMPLES: str  # one a line: a command line, and after two spaces or more what it does

    @staticmethod
    def options(parser: ArgumentParser) -> None:
        """Declare what the command takes."""
        ...

    @staticmethod
    def execute(parsed: Namespace) -> int:
        """Carry it out; returns the exit status."""
        ...


def command(name: str) -> Command:
    """The command of that name, which must be one."""
    return cast(Command, import_module(f"lang.commands.{name}"))
