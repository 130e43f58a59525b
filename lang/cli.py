"""The ``minivm`` command: finds the command that was meant and carries it out. Nothing is imported before it is
needed: every command's parts are its own file's, in ``lang.commands``.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from lang.commands import COMMANDS, OTHERS, command
from lang.version import version_text
from minivm.guard import INTERRUPTED, USAGE, guarded

NOT_A_PROGRAM = 65
_COLLECT_AFTER = 50_000  # objects of Python's: what starting makes is there to stay, and looking at it costs a tenth
_HELP = """\
Mini, a small language whose programs can be changed while they run.

usage: minivm COMMAND ...

commands:
{commands}

`minivm COMMAND --help` tells more, with examples; `minivm demo` shows the idea in a minute.

options:
  -h, --help     show this
  -V, --version  show the version

exit status:
  0    fine
  1    an uncaught Mini error, a class file that is refused, or a failed check
  2    a request that cannot be carried out: a wrong option, a missing file
  65   the source does not compile
  70   a fault of minivm itself
  74   the output cannot be written
  130  interrupted by Ctrl-C
  141  nobody reads the output any more
A program may end with any other, by exit(n).
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status. Never raises for anything a user can do."""
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is None:  # this process is ours
        gc.set_threshold(_COLLECT_AFTER)
    try:
        return guarded(lambda: _command(words))
    except KeyboardInterrupt:  # on the way in or out
        return INTERRUPTED


def _command(words: list[str]) -> int:
    first = words[0] if words else ""
    if first in ("--version", "-V"):
        print(version_text())
        return 0
    if first in ("--help", "-h") or words == ["help"]:
        print(help_text(), end="")
        return 0
    if first == "help":
        words = [words[1], "--help"]
    if words and words[0] in COMMANDS:
        return _execute(words[0], words[1:])
    sys.stderr.write(_wrong_command(words[0]) + "\n" if words else help_text())
    return USAGE


def help_text() -> str:
    """The help of ``minivm`` itself."""
    every = {**COMMANDS, **OTHERS}
    wide = max(map(len, every)) + 2
    return _HELP.format(commands="\n".join(f"  {name:<{wide}}{text}" for name, text in every.items()))


def _execute(name: str, words: Sequence[str]) -> int:
    from lang.arguments import parser_of
    from lang.diagnostics import CompileError

    try:
        parsed = parser_of(name).parse(words)
    except SystemExit as end:  # the help, or what is wrong, has been said
        return int(end.code or 0)
    try:
        return command(name).execute(parsed)
    except CompileError as error:
        from lang.reporting import report

        report(error, parsed.color)
        return NOT_A_PROGRAM
    except ModuleNotFoundError as error:
        from minivm.errors import UsageError

        raise UsageError(f"the Python package {error.name} is missing; `pip install minivm` brings it") from error


def _wrong_command(word: str) -> str:
    """What to say of a first word that is no command."""
    from lang.arguments import is_file_name, parser_of
    from lang.diagnostics import nearest

    if word.startswith("-"):
        misplaced = word.partition("=")[0] in parser_of("run").names()
        close = None if misplaced else nearest(word, ["--help", "--version"])
        hint = f"did you mean `{close}`?" if close else f"options go behind the command, as in `minivm run {word} …`"
        return f"minivm: no option `{word}` here; {hint}"
    if is_file_name(word):
        return f"minivm: to run a program, write `minivm run {word}`"
    close = nearest(word, [*COMMANDS, *OTHERS])
    hint = f"did you mean `{close}`?" if close else f"there are {', '.join(COMMANDS)}"
    return f"minivm: no command `{word}`; {hint}"


if __name__ == "__main__":
    sys.exit(main())
