"""How a compiled program meets a machine: finding its classes, compiling modules on demand, ``VM.redefine``."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from itertools import count
from pathlib import Path

from attrs import define, field

from lang.compiled import compiled_module
from lang.compiler import Program, module_path
from lang.diagnostics import CompileError
from lang.fingerprint import key
from lang.library import library_finder, standard_library
from lang.revision import Revision, compile_revision
from lang.source import Source
from minivm.classfile import ClassFile
from minivm.errors import LinkError, UsageError
from minivm.machine import Machine
from minivm.options import MachineOptions
from minivm.runner import make_machine
from minivm.types import class_type


@define
class ProgramFinder:
    """Where the app loader looks: the program's class files, then modules beside it, compiled when asked for."""

    files: MutableMapping[str, ClassFile]
    folder: Path
    library: MutableMapping[str, ClassFile]  # only read
    identity: str = ""  # of all that is in ``files``; "" if that cannot be told
    _tried: set[str] = field(factory=set)

    def find(self, name: str) -> tuple[ClassFile, str] | None:
        """The class file of that name.

        Raises:
            LinkError: the module it should be in does not compile; the message is the diagnostics.
        """
        module = name.rpartition(".")[0]
        if name not in self.files and module and module not in self._tried:
            self._compile(module)
        found = self.files.get(name)
        return (found, found.source or "memory") if found else None

    def _compile(self, module: str) -> None:
        if not os.path.isfile(module_path(self.folder, module)):
            return
        self._tried.add(module)
        try:
            known = ChainMap(self.files, self.library)
            made = compiled_module(module, self.folder, known, self.identity)
        except (CompileError, UsageError) as error:
            self._tried.discard(module)  # the file may be mended while the program runs
            raise LinkError(f"module {module} cannot be loaded\n{error}") from error
        for name, file in made.files.items():
            self.files.setdefault(name, file)
        self.identity = key(self.identity, made.identity) if self.identity else ""

    def add(self, files: Mapping[str, ClassFile]) -> None:
        """Let more class files be found, which no source file holds."""
        if files:
            self.files.update(files)
            self.identity = ""


def program_machine(program: Program, folder: Path, options: MachineOptions) -> Machine:
    """The machine that runs a compiled program and offers it ``VM.redefine`` of source text."""
    finder = ProgramFinder(program.files, folder, standard_library(), program.identity)
    machine = make_machine(library_finder(), finder, options)
    numbers = count(1)

    def compile_for_program(text: str) -> Sequence[ClassFile]:
        number = next(numbers)
        source = Source(f"<redefine {number}>", text)
        revision = compile_revision(source, f"redefine${number}", current_files(machine, finder), (program.main,))
        finder.add(revision.support)
        know_versions(machine, revision)
        return list(revision.classes.values())

    machine.compile = compile_for_program
    return machine


def current_files(machine: Machine, finder: ProgramFinder) -> dict[str, ClassFile]:
    """Every class file a new text may refer to, each in the version that runs now."""
    templates = {name: file for name, (file, _) in machine.app.templates.items()}
    return {**finder.library, **finder.files, **templates}


def know_versions(machine: Machine, revision: Revision) -> None:
    """Make the machine know the old versions of classes it has not needed so far, so that there is a difference."""
    for name in revision.declared:
        found = machine.app.template(name)
        if found is not None and not found[0].is_template:
            machine.app.load(class_type(name))
