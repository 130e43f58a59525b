"""``minivm dis FILE [CLASS[.METHOD]]``: class files as text, of a compiled program or of a source."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from lang.compiled import compiled_file
from lang.diagnostics import nearest
from lang.library import standard_library
from minivm.classfile import ClassFile
from minivm.classpath import is_class_file
from minivm.errors import UsageError
from minivm.inspection import inspect
from minivm.loader import Finder, MemoryFinder


def dis(path: Path, wanted: str, *, types: bool) -> int:
    """Show a program's classes, or those that ``wanted`` names; returns the exit status.

    Raises:
        CompileError, UsageError, LinkError: there is nothing to show, and why.
    """
    library = standard_library()
    boot: Finder = MemoryFinder(dict(library))
    program: Finder
    if is_class_file(path):
        from lang.commands.classfiles import open_class_file

        file, boot, program = open_class_file(path)
        files: Mapping[str, ClassFile] = {file.name: file}
    else:
        files = compiled_file(path).files
        program = MemoryFinder(files)
    sys.stdout.write(listing(files, library, wanted, boot, program, types=types))
    return 0


def listing(
    files: Mapping[str, ClassFile],
    library: Mapping[str, ClassFile],
    wanted: str,
    boot: Finder,
    program: Finder,
    *,
    types: bool,
) -> str:
    """The text of the wanted classes: all of ``files``, or one class of them or of the library, or one method."""
    if not wanted:
        return "\n".join(inspect(file, boot, program, types=types) for file in files.values())
    file, method = find(files, library, wanted)
    texts = [inspect(file, boot, program, method=method, types=types)]
    if not method:
        texts += [inspect(literal, boot, program, types=types) for literal in _literals(file, files)]
    return "\n".join(texts)


def find(files: Mapping[str, ClassFile], library: Mapping[str, ClassFile], wanted: str) -> tuple[ClassFile, str]:
    """The class, and the method or "", that ``CLASS`` or ``CLASS.METHOD`` means.

    Raises:
        UsageError: there is no such class or method.
    """
    known = {**library, **files}
    if wanted in known:
        return known[wanted], ""
    owner, _, method = wanted.rpartition(".")
    if owner in known:
        found = known[owner]
        if found.method(method) is None:
            raise UsageError(f"class {owner} has no method {method}{_hint(method, (m.name for m in found.methods))}")
        return found, method
    raise UsageError(f"there is no class {owner or wanted}{_hint(owner or wanted, known)}")


def _hint(name: str, known: Mapping[str, ClassFile] | Iterator[str]) -> str:
    close = nearest(name, known)
    return f"; did you mean {close}?" if close else ""


def _literals(file: ClassFile, files: Mapping[str, ClassFile]) -> Iterator[ClassFile]:
    """The classes of the function literals that stand in a class."""
    return (f for f in files.values() if f.host == file.name)
