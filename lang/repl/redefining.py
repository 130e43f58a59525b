"""``:redefine``: new versions from text or files, and the record of what came of it."""

from __future__ import annotations

import re
from pathlib import Path

from lang.compiler import SUFFIX, read_source
from lang.diagnostics import CompileError, nearest
from lang.program import know_versions
from lang.repl.reply import Reply, error_reply
from lang.repl.workspace import Workspace
from lang.source import Source
from minivm.classfile import ClassFile
from minivm.errors import UsageError
from minivm.redefine import Reason, Record, redefine, refused

_TEXT = re.compile(r"\s*(class|interface|enum|abstract|final|import|fun|//|/\*)")


def redefine_text(workspace: Workspace, rest: str) -> Reply:
    """Carry out ``:redefine``; whatever is refused leaves everything as it was.

    Raises:
        UsageError: no classes, none that exist, or a file that cannot be read.
    """
    paths = [] if _TEXT.match(rest) else rest.split()
    if not rest or not all(path.endswith(SUFFIX) for path in paths):
        raise UsageError(f"`:redefine` takes class declarations, or the names of {SUFFIX} files")
    try:
        files, declared = _compile(workspace, _sources(workspace, rest, paths), whole_file=bool(paths))
    except CompileError as error:
        reason = Reason("R501", "the source does not compile", tuple(str(error).splitlines()))
        return _reply(refused(reason))
    if not any(name in workspace.files() for name in declared):
        return error_reply(_unknown(workspace, declared))
    record = redefine(workspace.machine, list(files.values()))
    if record.applied:
        workspace.finder.files.update(files)
    return _reply(record)


def _reply(record: Record) -> Reply:
    return Reply(record.text(), failed=record.status == "refused", record=record)


def _sources(workspace: Workspace, rest: str, paths: list[str]) -> list[Source]:
    if not paths:
        return [workspace.revision_source(rest)]
    texts = [(Path(path).name, read_source(workspace.finder.folder / path).text) for path in paths]
    return [workspace.revision_source(text, name) for name, text in texts]


def _compile(
    workspace: Workspace, sources: list[Source], *, whole_file: bool
) -> tuple[dict[str, ClassFile], list[str]]:
    """The set, and the names of its classes as written."""
    files: dict[str, ClassFile] = {}
    declared: list[str] = []
    for source in sources:
        revision = workspace.compile_revision(source, whole_file=whole_file)
        know_versions(workspace.machine, revision)
        files |= {**revision.support, **revision.classes}
        declared += revision.declared
    return files, declared


def _unknown(workspace: Workspace, declared: list[str]) -> str:
    """None of the classes exists. (New ones beside an old one are welcome.)"""
    if not declared:
        return "there is no class in that text; `:redefine` takes class declarations"
    close = nearest(declared[0], (name for name in workspace.files() if "$" not in name))
    hint = f"did you mean `{close}`?" if close else "to define it, leave `:redefine` away"
    return f"there is no class `{declared[0]}` to redefine; {hint}"
