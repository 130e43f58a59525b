"""What a command is, and the table of all commands. Help, suggestions and completion read the table.

A command is one function:

    @command("gc", summary="collect garbage now", examples=(":gc",))
    def collect(workspace: Workspace, rest: str) -> Reply:
        \"\"\"What `:help gc` says at length.\"\"\"
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc

from attrs import frozen

from lang.diagnostics import nearest
from lang.repl.reply import Reply
from lang.repl.workspace import Workspace
from minivm.errors import UsageError

Act = Callable[[Workspace, str], Reply]

# what a command's arguments are, for completion
CLASS, MEMBER, FILE, CODE, COMMAND, TOPIC, NOTHING = "class", "member", "file", "code", "command", "topic", ""


@frozen
class Command:
    """A command: what it takes, what it does in one line and at length, examples, and the function that does it."""

    name: str
    takes: str
    summary: str
    act: Act
    about: str = ""
    examples: tuple[str, ...] = ()
    completes: str = NOTHING

    @property
    def group(self) -> str:
        """The file it is in: what it has to do with."""
        return self.act.__module__.rpartition(".")[2]

    @property
    def usage(self) -> str:
        """``:name ARGUMENTS``."""
        return f":{self.name} {self.takes}".rstrip()


COMMANDS: dict[str, Command] = {}


def command(
    name: str, takes: str = "", *, summary: str, examples: tuple[str, ...] = (), completes: str = NOTHING
) -> Callable[[Act], Act]:
    """Put a command into the table; its function's docstring is the long help."""

    def register(act: Act) -> Act:
        COMMANDS[name] = Command(name, takes, summary, act, cleandoc(act.__doc__ or ""), examples, completes)
        return act

    return register


def find_command(word: str) -> Command:
    """The command of that name, or the only one that begins so.

    Raises:
        UsageError: there is none; the message suggests the nearest.
    """
    word = word.removeprefix(":")
    if word in COMMANDS:
        return COMMANDS[word]
    begun = sorted(name for name in COMMANDS if word and name.startswith(word))
    if len(begun) == 1:
        return COMMANDS[begun[0]]
    if begun:
        raise UsageError(f"`:{word}` may be {' or '.join(f'`:{name}`' for name in begun)}")
    close = nearest(word, COMMANDS)
    raise UsageError(f"no command `:{word}`; " + (f"did you mean `:{close}`?" if close else "see `:help`"))


def takes_nothing(name: str, rest: str) -> None:
    """Refuse arguments to a command that has none.

    Raises:
        UsageError: there are some.
    """
    if rest:
        raise UsageError(f"`:{name}` takes nothing behind it")


def required(name: str, rest: str) -> str:
    """The arguments of a command that needs some.

    Raises:
        UsageError: there are none.
    """
    if not rest:
        raise UsageError(f"`:{name}` takes {COMMANDS[name].takes}; see `:help {name}`")
    return rest
