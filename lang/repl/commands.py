"""The commands of a session: one row each, from which help and suggestions come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from lang.commands.dis import listing
from lang.compiler import PRELUDE, read_source
from lang.diagnostics import CompileError, nearest
from lang.parser import parse
from lang.repl import views
from lang.repl.entries import enter
from lang.repl.redefining import redefine_text
from lang.repl.reply import Reply, diagnostics_reply, error_reply
from lang.repl.workspace import NAME, Workspace
from lang.source import Source
from minivm.classfile import MAIN
from minivm.errors import Deadlock, GuestError, LinkError, UsageError
from minivm.loader import MemoryFinder
from minivm.trace import TOPICS
from minivm.types import VOID


@frozen
class Command:
    """A command: what it takes, what it does in one line, and the function that does it."""

    takes: str
    summary: str
    act: Callable[[Workspace, str], Reply]


def carry_out(workspace: Workspace, text: str) -> Reply:
    """Carry out a text that begins with a colon.

    Raises:
        Exit, Interrupted: of the program that a command ran.
    """
    word, _, rest = text[1:].partition(" ")
    command = COMMANDS.get(word)
    if command is None:
        close = nearest(word, COMMANDS)
        return error_reply(f"no command `:{word}`; " + (f"did you mean `:{close}`?" if close else "see `:help`"))
    try:
        return command.act(workspace, rest.strip())
    except CompileError as error:
        return diagnostics_reply(error, workspace.color)
    except (UsageError, LinkError, GuestError, Deadlock) as error:
        return error_reply(error)


def _help(workspace: Workspace, rest: str) -> Reply:
    rows = [f"  {f':{name} {command.takes}':<26}{command.summary}" for name, command in COMMANDS.items()]
    head = "Enter definitions, statements or an expression. Ctrl-C stops what runs. Commands:"
    return Reply("\n".join((head, *rows)))


def _quit(workspace: Workspace, rest: str) -> Reply:
    return Reply(status=0)


def _load(workspace: Workspace, rest: str) -> Reply:
    if not rest:
        raise UsageError("`:load` takes the name of a .mini file")
    path = workspace.finder.folder / rest
    return enter(workspace, workspace.revision_source(read_source(path).text, Path(rest).name))


def _type(workspace: Workspace, rest: str) -> Reply:
    source = Source(NAME, rest, workspace.lines_fed + 1)
    module = "repl$type"
    main = workspace.compile_entry(source, parse(source), module)[module].method(MAIN)
    return Reply(str(main.result if main else VOID))


def _dis(workspace: Workspace, rest: str) -> Reply:
    if not rest:
        raise UsageError("`:dis` takes CLASS or CLASS.METHOD")
    library, files = workspace.finder.library, workspace.files()
    boot, program = MemoryFinder(dict(library)), MemoryFinder(files)
    wanted = _function(workspace, rest) or rest
    return Reply(listing(files, library, wanted, boot, program, types=True).rstrip("\n"))


def _function(workspace: Workspace, name: str) -> str:
    """``MODULE.NAME`` of the function of that name which an entry would see, "" if there is none."""
    files = workspace.files()
    found = (module for module in (*workspace.modules, PRELUDE) if files[module].method(name) is not None)
    return next((f"{module}.{name}" for module in found if name != MAIN), "")


def _trace(workspace: Workspace, rest: str) -> Reply:
    tracer = workspace.machine.tracer
    topic, _, state = rest.partition(" ")
    if topic not in TOPICS or state.strip() not in ("on", "off"):
        now = ", ".join(f"{name} {'on' if name in tracer.topics else 'off'}" for name in TOPICS)
        raise UsageError(f"`:trace` takes a topic and on or off; now: {now}")
    (tracer.topics.add if state.strip() == "on" else tracer.topics.discard)(topic)
    workspace.machine.vm.call_trace = "call" in tracer.topics
    return Reply(f"trace {topic} {state.strip()}")


def _shown(view: Callable[[Workspace], str]) -> Callable[[Workspace, str], Reply]:
    return lambda workspace, rest: Reply(view(workspace))


COMMANDS = {
    "redefine": Command("CLASS…|FILE…", "give classes new versions while everything goes on", redefine_text),
    "classes": Command("", "the classes defined here, their versions and instances", _shown(views.classes)),
    "class": Command("NAME", "one class in detail", lambda w, name: Reply(views.class_details(w, name))),
    "fibers": Command("", "the fibers that have not ended, and where they are", _shown(views.fibers)),
    "frames": Command("", "every frame of every fiber", _shown(views.frames)),
    "heap": Command("", "how full the heap is, and of what", _shown(views.heap)),
    "gc": Command("", "collect garbage now", _shown(views.collect)),
    "load": Command("FILE", "enter a file's definitions and statements", _load),
    "type": Command("EXPRESSION", "the type of an expression, which is not evaluated", _type),
    "dis": Command("CLASS[.METHOD]", "bytecode, with the stack's types", _dis),
    "trace": Command("TOPIC on|off", f"report what the machine does: {', '.join(TOPICS)}", _trace),
    "help": Command("", "this list", _help),
    "quit": Command("", "leave (so does Ctrl-D)", _quit),
}
