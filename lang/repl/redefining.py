"""``:redefine``: new versions from text or files, and the record of what came of it."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Container, Sequence
from pathlib import Path

from lang.compiler import SUFFIX, read_source
from lang.diagnostics import CompileError, nearest
from lang.program import know_versions
from lang.repl.reply import Reply, error_reply
from lang.repl.tables import wrapped
from lang.repl.workspace import Workspace
from lang.revision import Revision
from lang.source import Source
from minivm.errors import UsageError
from minivm.redefine import Reason, Record, redefine, refused

_NOT_COMPILED = "R501"
_TEXT = re.compile(r"\s*(class|interface|enum|abstract|final|import|fun|//|/\*)")


def redefine_text(workspace: Workspace, rest: str) -> Reply:
    """Carry out ``:redefine``; whatever is refused leaves everything as it was.

    Raises:
        UsageError: no classes, none that exist, or a file that cannot be read.
    """
    paths = [] if _TEXT.match(rest) else _paths(rest)
    sources = _sources(workspace, rest, paths)
    try:
        with workspace.interrupts.breakable():
            revision = workspace.compile_revision(*sources, whole_file=bool(paths))
    except CompileError as error:
        reason = Reason(_NOT_COMPILED, "the source does not compile", tuple(str(error).splitlines()))
        return _reply(workspace, refused(reason))
    known = workspace.files()
    if not any(name in known for name in revision.declared):
        return error_reply(_unknown(workspace, revision.declared))
    return _reply(workspace, _redefine(workspace, revision, sources, known, whole_file=bool(paths)))


def _redefine(
    workspace: Workspace, revision: Revision, sources: list[Source], known: Container[str], *, whole_file: bool
) -> Record:
    know_versions(workspace.machine, revision)
    workspace.versions.update()
    files = {**revision.support, **revision.classes}
    record = redefine(workspace.machine, list(files.values()))
    if record.applied:
        workspace.finder.files.update(files)
        for source in sources:
            workspace.journal.add_new(source, known, functions=not whole_file)
    return record


def _paths(rest: str) -> list[str]:
    """The files that are named.

    Raises:
        UsageError: that is neither classes nor source files.
    """
    try:
        paths = shlex.split(rest)
    except ValueError:
        paths = rest.split()
    wrong = next((path for path in paths if not path.endswith(SUFFIX)), None)
    if wrong is not None or not paths:
        close = f"; `{wrong}` is neither" if wrong else ""
        raise UsageError(f"`:redefine` takes class declarations, or the names of {SUFFIX} files{close}")
    return paths


def _reply(workspace: Workspace, record: Record) -> Reply:
    text = record.text()
    if workspace.settings.interactive and record.code != _NOT_COMPILED:  # that one shows source lines with carets
        text = "\n".join(row for line in text.split("\n") for row in _folded(line, workspace.width))
    return Reply(text, failed=record.status == "refused", record=record)


def _folded(line: str, width: int) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    return wrapped(line.strip(), width, indent, indent + "    ")


def _sources(workspace: Workspace, rest: str, paths: list[str]) -> list[Source]:
    """The texts, each under a name of its own.

    Raises:
        UsageError: a file cannot be read.
    """
    if not paths:
        return [workspace.revision_source(rest)]
    folder = workspace.finder.folder
    texts = {path: read_source(folder / Path(path).expanduser()).text for path in paths}
    names = Counter(Path(path).name for path in texts)
    return [
        workspace.revision_source(text, Path(path).name if names[Path(path).name] == 1 else path)
        for path, text in texts.items()
    ]


def _unknown(workspace: Workspace, declared: Sequence[str]) -> str:
    """None of the classes exists. (New ones beside an old one are welcome.)"""
    if not declared:
        return "there is no class in that text; `:redefine` takes class declarations"
    close = nearest(declared[0], (name for name in workspace.files() if "$" not in name))
    hint = f"did you mean `{close}`?" if close else "to define it, leave `:redefine` away"
    return f"there is no class `{declared[0]}` to redefine; {hint}"
