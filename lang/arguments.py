"""Command lines: a parser for one command, which says what is wrong as a person would, with the nearest right word."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from lang.color import WHEN
from lang.commands import COMMANDS, command
from lang.diagnostics import nearest

USAGE = 2
MAX_WIDTH = 100  # columns of help: longer lines are hard to read
_LEAST_WIDTH = 40


class CommandParser(argparse.ArgumentParser):
    """The parser of one command.

    Raises:
        SystemExit: the help was shown (0), or the command line does not fit (2), and why was said.
    """

    _given: Sequence[str] = ()

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The parsed words after the command's name."""
        self._given = arguments
        parsed, rest = self.parse_known_args(list(arguments))
        if rest:
            self.error(f"one argument too many: `{rest[0]}`" if not _is_option(rest[0]) else self._unknown(rest[0]))
        return parsed

    def error(self, message: str) -> NoReturn:
        """Say what does not fit and where to read on."""
        unknown = self._first_unknown()
        text = self._unknown(unknown) if unknown else _plainly(message)
        usage = " ".join(self.format_usage().split())
        self.exit(USAGE, f"{self.prog}: {text}\n{usage}\n`{self.prog} --help` tells more\n")

    def names(self) -> list[str]:
        """Every option of the command."""
        return [name for action in self._actions for name in action.option_strings]

    def _unknown(self, word: str) -> str:
        name = word.partition("=")[0]
        known = [known for known in self.names() if known.startswith("--")]
        close = nearest(name, [option for option in known if option != "--help"]) or nearest(name, known)
        return f"no option `{name}`" + (f"; did you mean `{close}`?" if close else "")

    def _first_unknown(self) -> str:
        """The first option that there is not; "" if there are all. Words behind a program's file are the program's."""
        own = any(action.nargs == argparse.REMAINDER for action in self._actions)
        takes = {name for action in self._actions if action.nargs != 0 for name in action.option_strings}
        known = set(self.names())
        follows = False
        for word in self._given:
            if follows:
                follows = False
            elif not _is_option(word):
                if own:
                    return ""
            elif word.partition("=")[0] not in known:
                return word
            else:
                follows = word in takes
        return ""


def _is_option(word: str) -> bool:
    return word.startswith("-") and word not in ("-", "--")


def _plainly(message: str) -> str:
    """Argparse's complaint in our words."""
    if message.startswith("the following arguments are required: "):
        missing = message.partition(": ")[2].removesuffix(", ...")
        return f"{missing.rpartition('/')[2]} is missing"
    if ": invalid choice: " in message:
        what, _, rest = message.removeprefix("argument ").partition(": invalid choice: ")
        given, _, choices = rest.partition(" (choose from ")
        known = [choice.strip("' ") for choice in choices.rstrip(")").split(",")]
        close = nearest(given.strip("'"), known)
        hint = f"did you mean {close}?" if close else f"it can be {', '.join(known)}"
        return f"{what} cannot be {given.replace(chr(39), '`')}; {hint}"
    if ": invalid int value: " in message:
        what, _, given = message.removeprefix("argument ").partition(": invalid int value: ")
        return f"{what} is a number, not {given.replace(chr(39), '`')}"
    return message.removeprefix("argument ").replace("expected one argument", "a value is missing")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal, within reason."""

    def __init__(self, prog: str, **settings: Any) -> None:
        super().__init__(prog, width=width(), max_help_position=min(28, width() // 3), **settings)


def width() -> int:
    """Columns for help texts."""
    return max(min(shutil.get_terminal_size().columns - 1, MAX_WIDTH), _LEAST_WIDTH - 1)


def parser_of(name: str) -> CommandParser:
    """The parser of a command."""
    described = command(name)
    summary = COMMANDS[name]
    parser = CommandParser(
        f"minivm {name}",
        description=textwrap.fill(summary[0].upper() + summary[1:] + ".", width()),
        epilog="examples:\n" + "\n".join(_example_lines(described.EXAMPLES)),
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    described.options(parser)
    parser.add_argument(
        "--color",
        choices=WHEN,
        default="auto",
        help="colours: auto is only at a terminal, and heeds NO_COLOR and FORCE_COLOR (%(default)s)",
    )
    parser.add_argument("--no-color", dest="color", action="store_const", const="never", help="same as --color never")
    return parser


def examples_of(text: str) -> list[tuple[str, str]]:
    """Command lines and what they do; two spaces or more stand between."""
    rows = [re.split(r"  +", line, maxsplit=1) for line in text.strip().splitlines()]
    return [(row[0], row[1] if len(row) > 1 else "") for row in rows]


def _example_lines(text: str) -> Iterator[str]:
    """Side by side if the terminal is wide enough, else one below the other."""
    rows = examples_of(text)
    left = max(len(line) for line, _ in rows)
    beside = 2 + left + 3 + max(len(words) for _, words in rows) < width()
    for line, words in rows:
        if beside:
            yield f"  {line:<{left}}   {words}".rstrip()
        else:
            yield f"  {line}"
            yield from textwrap.wrap(words, width(), initial_indent=" " * 6, subsequent_indent=" " * 6)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare ``--json``."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON, for programs to read")


def is_file_name(word: str) -> bool:
    """Whether a word looks like a file to be run, rather than like a command."""
    return word.endswith((".mini", ".mclass", ".masm")) or os.sep in word
