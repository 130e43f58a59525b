"""``:help`` and ``:quit``."""

from __future__ import annotations

from collections.abc import Iterator

from lang.repl.command import COMMAND, COMMANDS, Command, command, find_command, takes_nothing
from lang.repl.reply import Reply
from lang.repl.tables import table, wrapped
from lang.repl.workspace import Workspace

_HEAD = (
    "Enter definitions, statements or an expression; an entry goes on over several lines while a bracket is open.",
    "Tab completes, Ctrl-C drops the entry or stops the program, Ctrl-D leaves.",
)
_GROUPS = ("defining", "running", "classes", "compiled", "watching", "general")  # the order of the list


@command(
    "help",
    "[COMMAND]",
    summary="the commands, or one of them in detail",
    examples=(":help", ":help redefine"),
    completes=COMMAND,
)
def help_(workspace: Workspace, rest: str) -> Reply:
    """List the commands; or tell what one of them takes and does, with examples.

    A command may be shortened as long as it is clear which one is meant: `:red` is `:redefine`.
    """
    rows = _one(find_command(rest), workspace.width) if rest else _all(workspace.width)
    return Reply("\n".join(rows))


def _all(width: int) -> list[str]:
    rows = [line for text in _HEAD for line in wrapped(text, width)]
    order = {group: at for at, group in enumerate(_GROUPS)}
    found = sorted(COMMANDS.values(), key=lambda one: order.get(one.group, len(order) - 2))
    rows += ["", *table(((one.usage, one.summary) for one in found), width, "  ")]
    return [*rows, "", *wrapped("`:help COMMAND` tells more about one of them.", width)]


def _one(found: Command, width: int) -> Iterator[str]:
    yield from wrapped(f"{found.usage}   {found.summary}", width, "", "    ")
    for paragraph in found.about.split("\n\n"):
        yield ""
        yield from wrapped(" ".join(paragraph.split()), width, "  ", "  ")
    if found.examples:
        yield ""
        yield from (f"    {example}" for example in found.examples)


@command("quit", summary="leave (so does Ctrl-D)", examples=(":quit",))
def quit_(workspace: Workspace, rest: str) -> Reply:
    """End the session. Fibers that still run end with it; nothing is saved but what you have entered (see `:save`)."""
    takes_nothing("quit", rest)
    return Reply(status=0)
