"""Commands that make definitions, and keep them: ``:redefine``, ``:edit``, ``:load``, ``:save``, ``:reset``."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from lang.compiler import SUFFIX, compile_program, read_source
from lang.diagnostics import CompileError
from lang.repl.command import CLASS, FILE, command, required, takes_nothing
from lang.repl.commands.lookup import class_file, path_of
from lang.repl.entries import enter
from lang.repl.redefining import redefine_text
from lang.repl.reply import Reply, error_reply
from lang.repl.workspace import Workspace
from lang.source import Source
from minivm.errors import UsageError


@command(
    "redefine",
    "CLASS…|FILE…",
    summary="give classes new versions while everything goes on",
    examples=(
        ":redefine class Counter { var n: int = 0; fun bump(): int { n += 2; return n } }",
        ":redefine shop.mini stock.mini",
    ),
    completes=FILE,
)
def redefine(workspace: Workspace, rest: str) -> Reply:
    """Replace classes by new versions: every instance moves to the new layout, and all that refers to it goes on
    referring to it.

    Several classes, or files, make one transaction: all of them are replaced, or none. New classes may come along.
    Every field of the old class has to be in the new one with the same type; new fields get their initialiser, once
    per instance. What does not fit is refused with every reason, and then nothing has changed.
    """
    return redefine_text(workspace, required("redefine", rest))


@command(
    "edit",
    "NAME",
    summary="change a class in your editor, then redefine it",
    examples=(":edit Counter",),
    completes=CLASS,
)
def edit(workspace: Workspace, rest: str) -> Reply:
    """Open the class's source in `$VISUAL` or `$EDITOR`; when the editor ends, the class is redefined.

    If the new text is refused or does not compile, it is kept, and `:edit NAME` goes on with it.
    """
    name = required("edit", rest)
    file = class_file(workspace, name)
    if file.name in workspace.finder.library:
        raise UsageError(f"`{name}` belongs to the machine's own library and cannot be redefined")
    before = workspace.drafts.get(name) or file.text
    after = workspace.settings.edit(name, before)
    workspace.machine.vm.interrupted = False  # a Ctrl-C was the editor's
    if not after.strip() or after.strip() == file.text.strip():
        workspace.drafts.pop(name, None)
        return Reply(f"{name} is as it was")
    workspace.drafts[name] = after
    reply = redefine_text(workspace, after)
    if reply.failed:
        return Reply(
            f"{reply.text}\nyour text is kept: `:edit {name}` goes on with it", failed=True, record=reply.record
        )
    workspace.drafts.pop(name, None)
    return reply


@command(
    "load", "FILE", summary="enter a file's definitions and statements", examples=(":load shop.mini",), completes=FILE
)
def load(workspace: Workspace, rest: str) -> Reply:
    """Enter a file as if you had typed it: its classes, functions and variables are yours afterwards.

    When you have changed the file, `:redefine FILE` brings the new versions of its classes in.
    """
    path = path_of(workspace, required("load", rest))
    return enter(workspace, workspace.revision_source(read_source(path).text, path.name))


@command("save", "FILE", summary="write the session as a program", examples=(":save shop.mini",), completes=FILE)
def save(workspace: Workspace, rest: str) -> Reply:
    """Write everything entered so far as one program: classes in their present versions, functions, and the statements
    that came to their end, in order. Expressions that were only looked at become comments.

    `minivm run FILE` runs it; `:load FILE` brings it back.
    """
    path = path_of(workspace, required("save", rest))
    path = path if path.suffix or os.path.isdir(path) else path.with_suffix(SUFFIX)
    text = workspace.journal.program(workspace.files())
    existed = os.path.exists(path)
    _write(path, text)
    saved = f"{'replaced' if existed else 'saved'} {path.name}, {text.count(chr(10))} lines"
    try:
        compile_program(Source(path.name, text), path.parent, path.stem, workspace.finder.library)
    except (CompileError, UsageError) as error:
        return error_reply(f"{saved}; but it needs a hand, as a program it does not compile\n{error}")
    return Reply(saved)


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    import tempfile  # here, because most sessions save nothing

    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        os.chmod(name, mode)
        os.replace(name, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


@command("reset", summary="begin again with a fresh machine", examples=(":reset",))
def reset(workspace: Workspace, rest: str) -> Reply:
    """Forget every definition, variable and fiber. What you have typed stays in the history of the arrow keys."""
    takes_nothing("reset", rest)
    return Reply("a fresh machine", fresh=True)
