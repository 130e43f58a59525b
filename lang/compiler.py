"""Compiling: text in, class files out. One function a stage, and the two ways in: a program and a snippet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from lang.checker import Unit, check
from lang.codegen import generate
from lang.codes import UNKNOWN_MODULE
from lang.diagnostics import CompileError, Diagnostic, nearest
from lang.parser import parse
from lang.source import Source, Span
from minivm.classfile import ClassFile
from minivm.codec import MAGIC
from minivm.errors import UsageError

if TYPE_CHECKING:
    from lang.nodes import Import

SUFFIX = ".mini"
MAX_SOURCE = 4 << 20  # bytes, as much as a class file may have: fifty times the longest text that anybody writes
PRELUDE = "prelude"


@frozen
class Known:
    """What the checker may look up: class files by name, and the modules whose members are visible bare."""

    files: Mapping[str, ClassFile]
    auto_imports: tuple[str, ...] = (PRELUDE,)
    allow_native: bool = False

    def find(self, name: str) -> ClassFile | None:
        """The class file of that name."""
        return self.files.get(name)


@frozen
class Program:
    """A compiled program, or module: its module class's name, its class files by name, and the texts of the modules
    that it imports, directly or not. ``identity`` tells apart what was compiled from other texts; "": unknown."""

    main: str
    files: MutableMapping[str, ClassFile]
    imports: Mapping[str, str] = field(factory=dict)
    identity: str = ""


def compile_units(units: Sequence[Unit], known: Known) -> dict[str, ClassFile]:
    """Check units together and generate their class files, by name.

    Raises:
        CompileError: with every diagnostic.
    """
    sources = {unit.source.name: unit.source for unit in units}
    files: dict[str, ClassFile] = {}
    for typed in check(units, known):
        for file in generate(typed, sources[typed.header.source]):
            files[file.name] = file
    return files


def read_source(path: Path, name: str = "") -> Source:
    """A source file's text.

    Raises:
        UsageError: it cannot be read, is too large, or is not UTF-8 text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SOURCE + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}{_hint(path)}") from error
    except ValueError:  # a null character
        raise UsageError(f"{str(path)!r} is no name of a file") from None
    if len(data) > MAX_SOURCE:
        raise UsageError(f"{path} is not a Mini source: it has more than {MAX_SOURCE >> 20} MiB")
    if data.startswith(MAGIC) and b"\0" in data[:16]:
        raise UsageError(f"{path} is not a Mini source but a class file, whose name ends in .mclass")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not a Mini source: byte {error.start} is not UTF-8 text") from error
    return Source(name or path.name, text.replace("\r\n", "\n").replace("\r", "\n"))


def _hint(path: Path) -> str:
    """What may have been meant by the name of a file that cannot be read."""
    if os.path.isdir(path):  # unlike Path.is_dir, it takes any name
        program = path / "main.mini"
        return f"; its program is {program}" if os.path.isfile(program) else ""
    try:
        there = [other.name for other in path.parent.iterdir() if other.suffix == SUFFIX]
    except OSError:
        return ""
    close = path.name + SUFFIX if path.name + SUFFIX in there else nearest(path.name, there)
    return f"; did you mean {path.with_name(close)}?" if close else ""


def compile_file(path: Path, library: Mapping[str, ClassFile]) -> Program:
    """Compile a program file and everything it imports.

    Raises:
        CompileError: with every diagnostic; UsageError: a file cannot be read.
    """
    return compile_program(read_source(path), path.parent, path.stem, library)


def compile_program(source: Source, folder: Path, stem: str, library: Mapping[str, ClassFile]) -> Program:
    """Compile a program text whose imports are looked for in ``folder``."""
    program = parse(source)
    taken = stem in library or any(c.name == stem for c in program.classes)
    main = stem + "Main" if taken else stem
    unit = Unit(source=source, program=program, module=main, entry=True, prefix="")
    return _compile(unit, folder, library)


def compile_module(name: str, folder: Path, library: Mapping[str, ClassFile]) -> MutableMapping[str, ClassFile]:
    """Compile one importable module, as ``VM.load`` does at run time. UsageError if there is no such source."""
    return compile_module_source(read_module(name, folder), name, folder, library).files


def compile_module_source(source: Source, name: str, folder: Path, library: Mapping[str, ClassFile]) -> Program:
    """Compile the text of module ``name``; ``library`` holds whatever classes are there already."""
    return _compile(_module_unit(source, name), folder, library)


def read_module(name: str, folder: Path) -> Source:
    """The text of module ``name``. UsageError if there is none."""
    return read_source(module_path(folder, name), name.replace(".", "/") + SUFFIX)


def _compile(unit: Unit, folder: Path, library: Mapping[str, ClassFile]) -> Program:
    imported = _imported(unit, folder, library)
    files = compile_units([unit, *imported], Known(library))
    return Program(unit.module, files, {other.module: other.source.text for other in imported})


def module_path(folder: Path, name: str) -> Path:
    """Where module ``name`` would be: dots are folders."""
    return folder.joinpath(*name.split(".")).with_suffix(SUFFIX)


def _module_unit(source: Source, name: str) -> Unit:
    return Unit(source=source, program=parse(source), module=name, entry=False, prefix=name + ".")


def _imported(unit: Unit, folder: Path, library: Mapping[str, ClassFile]) -> list[Unit]:
    """Every module that a unit imports, directly or not, that is not compiled yet; each once."""
    found: dict[str, Unit] = {}
    pending: list[tuple[Unit, Import]] = [(unit, node) for node in unit.program.imports]
    while pending:
        importer, node = pending.pop()
        if node.name in found or node.name in library or node.name == unit.module:
            continue
        path = module_path(folder, node.name)
        if not os.path.isfile(path):
            raise _missing_module(importer.source, node.name, node.span, path)
        found[node.name] = _module_unit(read_module(node.name, folder), node.name)
        pending += [(found[node.name], inner) for inner in found[node.name].program.imports]
    return list(found.values())


def _missing_module(source: Source, name: str, span: Span, path: Path) -> CompileError:
    message = f"module `{name}` not found"
    return CompileError(
        (Diagnostic(UNKNOWN_MODULE, message, source, span, hint=f"there is no {path.name} beside this file"),)
    )


def compile_snippet(
    source: Source,
    module: str,
    known: Known,
    *,
    echo: bool = False,
) -> dict[str, ClassFile]:
    """Compile text that stands in the context ``known``: a REPL entry, or the new versions of some classes."""
    unit = Unit(source=source, program=parse(source), module=module, entry=True, prefix="", echo=echo)
    return compile_units([unit], known)


def compile_library(sources: Iterable[Source]) -> dict[str, ClassFile]:
    """Compile the standard library's files, all together."""
    units = [Unit(source=source, program=parse(source), module=PRELUDE, entry=False, prefix="") for source in sources]
    return compile_units(units, Known({}, (), allow_native=True))
