"""What may stand where the cursor is: commands, names, members by static type, classes, files. Without a terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator

from attrs import frozen

from lang.compiler import PRELUDE, SUFFIX
from lang.repl.command import CLASS, CODE, COMMAND, COMMANDS, FILE, MEMBER, TOPIC, find_command
from lang.repl.members import Member, class_members, function_members, members_before
from lang.repl.reading import code_of, words
from lang.repl.workspace import Workspace
from lang.syntax import tokens as t
from minivm.classfile import MAIN, Flags
from minivm.errors import UsageError
from minivm.trace import TOPICS

_WORD = re.compile(r"[^\W\d]\w*$")
_SOURCES = (SUFFIX, ".mclass", ".masm")


@frozen
class Candidate:
    """A text that may replace the last ``length`` characters before the cursor; ``about`` says what it is."""

    text: str
    length: int
    about: str = ""


def candidates(workspace: Workspace, text: str) -> list[Candidate]:
    """What may stand at the end of ``text``, sorted, each once."""
    found = _command(workspace, text) if text.lstrip().startswith(":") else _code(workspace, text)
    return list({one.text: one for one in found}.values())


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────


def _command(workspace: Workspace, text: str) -> Iterable[Candidate]:
    word, space, rest = text.lstrip()[1:].partition(" ")
    if not space:
        return _commands(word)
    try:
        command = find_command(word)
    except UsageError:
        return ()
    code = code_of(text)
    if command.completes == CODE or (code is not None and not _looks_like_file(rest)):
        return _code(workspace, rest)
    last = re.split(r"\s", rest)[-1]
    if command.completes == FILE or "--svg" in rest:
        return _files(workspace, last, sources=command.name not in ("save", "heap"))
    return _argument(workspace, command.completes, rest.lstrip(), last)


def _commands(begun: str) -> Iterator[Candidate]:
    for name, command in sorted(COMMANDS.items()):
        if name.startswith(begun):
            yield Candidate(f":{name}{' ' if command.takes else ''}", len(begun) + 1, command.summary)


def _looks_like_file(rest: str) -> bool:
    return re.match(r"\s*(class|interface|enum|abstract|final|fun|import)\b", rest) is None


def _argument(workspace: Workspace, kind: str, rest: str, last: str) -> Iterable[Candidate]:
    if kind == CLASS:
        return _begun(_classes(workspace), last)
    if kind == MEMBER:
        return _methods(workspace, last)
    if kind == COMMAND:
        return _begun(COMMANDS, last, lambda name: COMMANDS[name].summary)
    if kind == TOPIC:
        return _begun(("on", "off") if " " in rest else TOPICS, last)
    return ()


def _methods(workspace: Workspace, last: str) -> Iterator[Candidate]:
    """``NAME.METHOD`` for a disassembly; a function of the top level is a method of its module."""
    owner, dot, begun = last.rpartition(".")
    if dot and owner in workspace.files():
        methods = (m.name for m in workspace.files()[owner].methods if Flags.SYNTHETIC not in m.flags)
        yield from _begun(methods, begun)
        return
    yield from _begun((*_classes(workspace), *(m.name for m in _top_level(workspace) if m.is_function)), last)


def _classes(workspace: Workspace) -> list[str]:
    hidden = Flags.MODULE | Flags.CLOSURE
    return [name for name, file in workspace.files().items() if not file.flags & hidden and "$" not in name]


def _files(workspace: Workspace, begun: str, *, sources: bool) -> Iterator[Candidate]:
    folder, name = os.path.split(begun)
    try:
        with os.scandir(workspace.finder.folder / os.path.expanduser(folder)) as found:
            entries = sorted((entry.name, entry.is_dir()) for entry in found)
    except OSError:
        return
    for entry, is_folder in entries:
        if not entry.startswith(name) or (entry.startswith(".") and not name) or not entry.isprintable():
            continue
        if is_folder:
            yield Candidate(entry + "/", len(name))
        elif not sources or entry.endswith(_SOURCES):
            yield Candidate(entry, len(name))


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────


def _code(workspace: Workspace, text: str) -> Iterable[Candidate]:
    found = _WORD.search(text)
    begun = found.group() if found else ""
    before = text[: len(text) - len(begun)]
    tokens = words(text)
    if begun and not (tokens and tokens[-1].end == len(text) and tokens[-1].kind in (t.NAME, *t.KEYWORDS)):
        return ()  # in a string or a comment
    dot = tokens[-2 if begun else -1].kind if len(tokens) > bool(begun) else ""
    if dot in (".", "?.") and before.rstrip().endswith("."):
        return _members(members_before(workspace, before.rstrip().removesuffix(".").removesuffix("?")), begun)
    if dot == "import":
        return _modules(workspace, begun)
    if not begun:
        return ()
    return _names(workspace, tokens, begun)


def _members(found: Iterable[Member], begun: str) -> Iterator[Candidate]:
    for member in sorted(found, key=lambda one: one.name):
        if member.name.startswith(begun):
            yield Candidate(member.name, len(begun), member.about)


def _modules(workspace: Workspace, begun: str) -> Iterator[Candidate]:
    for one in _files(workspace, begun, sources=True):
        if one.text.endswith(SUFFIX):
            yield Candidate(one.text.removesuffix(SUFFIX), one.length)


def _names(workspace: Workspace, tokens: list[t.Token], begun: str) -> Iterator[Candidate]:
    """Names that are known here: of this very text, of earlier entries, of the library; then keywords."""
    about = {member.name: member.about for member in _top_level(workspace)}
    own = [str(token.value) for token in tokens[:-1] if token.kind == t.NAME]
    names = {*own, *about, *(name for name in _classes(workspace) if "." not in name), *workspace.imports}
    yield from _begun(names, begun, lambda name: about.get(name, ""))
    yield from _begun(t.KEYWORDS, begun)


def _top_level(workspace: Workspace) -> Iterator[Member]:
    """Functions and variables of the entries and of the library, what is hidden by a later one left out."""
    files = workspace.files()
    seen: set[str] = {MAIN}
    for module in (*workspace.modules, PRELUDE):
        for member in (*class_members(files[module], static=True), *function_members(files[module])):
            if member.name not in seen:
                seen.add(member.name)
                yield member


def _begun(names: Iterable[str], begun: str, about: Callable[[str], str] = lambda name: "") -> Iterator[Candidate]:
    for name in sorted(names):
        if name.startswith(begun):
            yield Candidate(name, len(begun), about(name))
