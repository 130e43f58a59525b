"""Running a program: compile it, or take it as it was compiled, and give it to a machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lang.compiled import compiled_file
from lang.compiler import module_path, read_source
from lang.program import program_machine
from minivm.classpath import is_class_file
from minivm.errors import GuestError, UsageError
from minivm.options import MachineOptions
from minivm.runner import run_program


def run(path: Path, options: MachineOptions) -> int:
    """Run the program in a file; returns the exit status.

    Raises:
        CompileError: it is no program; UsageError: it cannot be read; LinkError: a class file is unfit.
    """
    if is_class_file(path):
        return _run_compiled(path, options)
    program = compiled_file(path)
    machine = program_machine(program, path.parent, options)

    def render(error: GuestError) -> str:
        from lang.traces import with_lines

        return with_lines(error, SourceLines(path).line)

    return run_program(machine, program.main, render)


def _run_compiled(path: Path, options: MachineOptions) -> int:
    from lang.classfiles import compiled_machine

    machine, main = compiled_machine(path, options)
    return run_program(machine, main)


class SourceLines:
    """The lines of a program's own sources, read again when a trace asks for them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts: dict[str, Mapping[int, str]] = {}

    def line(self, name: str, number: int) -> str | None:
        """The text of a line, or None if it is not there (any more)."""
        if name not in self._texts:
            self._texts[name] = self._read(name)
        return self._texts[name].get(number)

    def _read(self, name: str) -> Mapping[int, str]:
        module = name.removesuffix(".mini").replace("/", ".")
        path = self._path if name == self._path.name else module_path(self._path.parent, module)
        try:
            text = read_source(path).text
        except UsageError:
            return {}  # the library's, or a text that was never in a file
        return dict(enumerate(text.split("\n"), 1))
