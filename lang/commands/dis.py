"""``minivm dis FILE [CLASS[.METHOD]]``: class files as text, of a compiled program or of a source."""

from __future__ import annotations

import argparse
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

EXAMPLES = """
minivm dis shop.mini                     every class of a program, as its code
minivm dis shop.mini Item.price          one method; a library class works too: List.add
minivm dis --types shop.mini Item        with the types on the stack before each instruction
minivm dis out/Item.mclass               what is in a class file
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--types", action="store_true", help="the stack's types before each instruction")
    parser.add_argument("file", type=Path, metavar="FILE", help="a .mini source, or a .mclass or .masm file")
    parser.add_argument("wanted", nargs="?", default="", metavar="CLASS[.METHOD]", help="only this class or method")


def execute(parsed: argparse.Namespace) -> int:
    """Show a program's classes, or those that are wanted.

    Raises:
        CompileError, UsageError, LinkError: there is nothing to show, and why.
    """
    library = standard_library()
    boot: Finder = MemoryFinder(library)
    program: Finder
    if is_class_file(parsed.file):
        from lang.classfiles import open_class_file

        file, boot, program = open_class_file(parsed.file)
        files: Mapping[str, ClassFile] = {file.name: file}
    else:
        files = compiled_file(parsed.file).files
        program = MemoryFinder(files)
    sys.stdout.write(listing(files, library, parsed.wanted, boot, program, types=parsed.types))
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
