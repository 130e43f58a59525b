"""``minivm compile FILE -o DIR``: the program's class files, and the library's beside them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from lang.arguments import add_json
from lang.compiler import Program
from minivm.classfile import ClassFile
from minivm.classpath import SUFFIX, write_class_file
from minivm.errors import UsageError

LIBRARY = "std"  # the folder in DIR that the machine's boot loader looks in
EXAMPLES = """
minivm compile shop.mini -o out               write out/*.mclass, and the library's to out/std
python -m minivm out/shop.mclass              run them where the language is not installed
minivm compile --module plugin.mini -o out    a module's classes only, to be loaded while a program runs
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_json(parser)
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--module", action="store_true", help="FILE is a module to be loaded at run time")
    parser.add_argument("file", type=Path, metavar="FILE", help="the program: a .mini source")


def execute(parsed: argparse.Namespace) -> int:
    """Compile a program, or a module to be loaded at run time, into a folder.

    Raises:
        CompileError: with every diagnostic; UsageError: a file cannot be read or written.
    """
    if parsed.module:
        return _module(parsed.file, parsed.output, as_json=parsed.json)
    return _program(parsed.file, parsed.output, as_json=parsed.json)


def _program(path: Path, folder: Path, *, as_json: bool) -> int:
    from lang.compiled import compiled_file

    program = compiled_file(path)
    made, library = write_program(program, folder)
    entry = folder / (program.main + SUFFIX)
    if as_json:
        _print_record(main=str(entry), classes=made, library=library)
    else:
        print(f"{_counted(made)} in {folder}, {_counted(library)} of the library")
        print(f"run it with: python -m minivm {entry}")
    return 0


def write_program(program: Program, folder: Path) -> tuple[list[str], list[str]]:
    """Write a program's class files, and the library's; the paths of both. UsageError: they cannot be written."""
    from lang.library import standard_library

    return _write(folder, program.files), _write(folder / LIBRARY, standard_library())


def _module(path: Path, folder: Path, *, as_json: bool) -> int:
    from lang.compiler import compile_module
    from lang.library import standard_library

    made = _write(folder, compile_module(path.stem, path.parent, standard_library()))
    if as_json:
        _print_record(module=path.stem, classes=made)
    else:
        print(f"{_counted(made)} of module {path.stem} in {folder}")
    return 0


def _write(folder: Path, files: Mapping[str, ClassFile]) -> list[str]:
    """Write class files; their paths."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [str(write_class_file(folder, file)) for file in files.values()]
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from error


def _counted(paths: list[str]) -> str:
    return f"{len(paths)} class file{'' if len(paths) == 1 else 's'}"


def _print_record(**record: object) -> None:
    print(json.dumps(record, ensure_ascii=False, indent=2))
