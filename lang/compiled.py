"""Compiling with a memory: what a text was compiled to is kept in the user's cache, so that a warm start compiles
nothing, and imports neither Lark nor the checker.

An entry is found by the compiler, the name and the text of the program. It names the modules that were compiled with
it and hashes of their texts, and counts only while those are what they were:

    entry      u32 length   MAIN  (\\n MODULE  space  HASH)*   archive
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

from attrs import evolve

from lang.archive import pack, unpack
from lang.compiler import (
    Program,
    compile_module_source,
    compile_program,
    read_module,
    read_source,
)
from lang.fingerprint import key
from lang.library import CLASSES, standard_library
from minivm.classfile import ClassFile
from minivm.errors import FormatError, UsageError

_LENGTH = struct.Struct("<I")


def compiled_file(path: Path) -> Program:
    """The program in a file and everything it imports, compiled now or earlier.

    Raises:
        CompileError: with every diagnostic; UsageError: a file cannot be read.
    """
    source = read_source(path)
    name = key("program", source.name, source.text)
    kept = _kept(name, path.parent)
    if kept is None:
        kept = compile_program(source, path.parent, path.stem, standard_library())
        _keep(name, kept)
    return _identified(kept, name)


def compiled_module(module: str, folder: Path, known: Mapping[str, ClassFile], context: str) -> Program:
    """A module for a program that is there already; ``context`` is the identity of what ``known`` holds, "" if it has
    none.

    Raises:
        CompileError: with every diagnostic; UsageError: a file cannot be read.
    """
    source = read_module(module, folder)
    name = key("module", context, module, source.text)
    kept = _kept(name, folder) if context else None
    if kept is None:
        kept = compile_module_source(source, module, folder, known)
        if context:
            _keep(name, kept)
    return _identified(kept, name if context else "")


def _identified(program: Program, name: str) -> Program:
    """The program with its identity: what it was compiled from, imported texts included."""
    texts = (text for pair in sorted(program.imports.items()) for text in pair)
    return evolve(program, identity=key(name, *texts) if name else "")


def _keep(name: str, program: Program) -> None:
    rows = [program.main, *(f"{module} {key(text)}" for module, text in program.imports.items())]
    head = "\n".join(rows).encode()
    try:
        CLASSES.write(name, _LENGTH.pack(len(head)) + head + pack(program.files))
    except FormatError:  # it runs, but is larger than a class file may be
        return


def _kept(name: str, folder: Path) -> Program | None:
    """The program of an entry, if there is one and every module it was compiled with is what it was."""
    data = CLASSES.read(name)
    if data is None:
        return None
    try:
        (length,) = _LENGTH.unpack_from(data)
        main, *rows = data[_LENGTH.size : _LENGTH.size + length].decode().split("\n")
        files = unpack(data[_LENGTH.size + length :])
        imports = _same_imports(rows, folder)
    except (FormatError, UsageError, struct.error, ValueError):  # not an entry; a module that is gone
        return None
    return None if imports is None else Program(main, files, imports)


def _same_imports(rows: list[str], folder: Path) -> Mapping[str, str] | None:
    found = {}
    for row in rows:
        module, known = row.split(" ")
        found[module] = read_module(module, folder).text
        if key(found[module]) != known:
            return None
    return found
