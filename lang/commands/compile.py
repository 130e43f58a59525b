"""``minivm compile FILE -o DIR``: the program's class files, and the library's beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lang.compiled import compiled_file
from lang.compiler import compile_module
from lang.library import standard_library
from minivm.classfile import ClassFile
from minivm.classpath import SUFFIX, write_class_file
from minivm.errors import UsageError

LIBRARY = "std"  # the folder in DIR that the machine's boot loader looks in


def compile_(path: Path, folder: Path, *, module: bool = False) -> int:
    """Compile a program, or a module to be loaded at run time, into a folder; returns the exit status.

    Raises:
        CompileError: with every diagnostic; UsageError: a file cannot be read or written.
    """
    library = standard_library()
    if module:
        files: Mapping[str, ClassFile] = compile_module(path.stem, path.parent, library)
        print(f"{_write(folder, files)} of module {path.stem} in {folder}")
        return 0
    program = compiled_file(path)
    print(f"{_write(folder, program.files)} in {folder}, {_write(folder / LIBRARY, library)} of the library")
    print(f"run it with: python -m minivm {folder / (program.main + SUFFIX)}")
    return 0


def _write(folder: Path, files: Mapping[str, ClassFile]) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files.values():
            write_class_file(folder, file)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from error
    return f"{len(files)} class file{'' if len(files) == 1 else 's'}"
