"""How a compiled program meets a machine: finding its classes, compiling modules on demand, and new class versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from attrs import define, evolve, field, frozen

from lang.compiler import PRELUDE, Known, Program, compile_module, compile_units, module_path
from lang.diagnostics import CompileError, Diagnostic
from lang.library import standard_library
from lang.source import Source
from minivm.classfile import ClassFile, Flags
from minivm.errors import LinkError, UsageError
from minivm.loader import MemoryFinder
from minivm.machine import Machine
from minivm.options import MachineOptions
from minivm.types import class_type

if TYPE_CHECKING:
    from lang.checker.environment import Unit
    from lang.nodes import ClassDeclaration

_MISPLACED = "E013"


@define
class ProgramFinder:
    """Where the app loader looks: the program's class files, then modules beside the program, compiled when asked for."""

    files: dict[str, ClassFile]
    folder: Path
    library: Mapping[str, ClassFile]
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
        if not module_path(self.folder, module).is_file():
            return
        self._tried.add(module)
        try:
            made = compile_module(module, self.folder, {**self.library, **self.files})
        except (CompileError, UsageError) as error:
            self._tried.discard(module)  # the file may be mended while the program runs
            raise LinkError(f"module {module} cannot be loaded\n{error}") from error
        for name, file in made.items():
            self.files.setdefault(name, file)


def make_machine(
    finder: ProgramFinder, options: MachineOptions, output: TextIO | None = None, errors: TextIO | None = None
) -> Machine:
    """A machine for a program, with the standard library as its boot classes."""
    return Machine(
        MemoryFinder(dict(finder.library), "the library"),
        finder,
        heap_bytes=options.heap_bytes,
        gc_stress=options.gc_stress,
        tracer=options.tracer,
        output=output,
        errors=errors,
        arguments=options.arguments,
    )


def program_machine(program: Program, folder: Path, options: MachineOptions) -> Machine:
    """The machine that runs a compiled program and offers it ``VM.redefine`` of source text."""
    finder = ProgramFinder(program.files, folder, standard_library())
    machine = make_machine(finder, options)
    numbers = count(1)

    def compile_for_program(text: str) -> Sequence[ClassFile]:
        number = next(numbers)
        source = Source(f"<redefine {number}>", text)
        revision = compile_revision(source, f"redefine${number}", current_files(machine, finder), (program.main,))
        finder.files.update(revision.support)
        know_versions(machine, revision)
        return list(revision.classes.values())

    machine.compile = compile_for_program
    return machine


def current_files(machine: Machine, finder: ProgramFinder) -> dict[str, ClassFile]:
    """Every class file a new text may refer to, each in the version that runs now."""
    templates = {name: file for name, (file, _) in machine.app.templates.items()}
    return {**finder.library, **finder.files, **templates}


# ── new versions ─────────────────────────────────────────────────────────────────────────────────────────


@frozen
class Revision:
    """New versions of some classes, compiled: the set, and the top level written beside them, if any."""

    classes: dict[str, ClassFile]
    support: dict[str, ClassFile]
    declared: tuple[str, ...]  # full names of the classes as written


def compile_revision(
    source: Source, module: str, files: Mapping[str, ClassFile], modules: Collection[str], *, whole_file: bool = False
) -> Revision:
    """Compile class declarations as new versions in the context of a program.

    A class that only an imported module has is that module's class. ``module`` is the name for what stands beside the
    classes; ``modules`` are visible bare. Of a ``whole_file`` the statements, which have run long ago, are left out.

    Raises:
        CompileError: with every diagnostic.
    """
    from lang.parser import parse

    program = parse(source)
    if program.statements and not whole_file:
        span = program.statements[0].span
        hint = "redefinition takes classes; statements are for the program"
        raise CompileError((Diagnostic(_MISPLACED, "a statement among new versions", source, span, hint=hint),))
    groups: dict[str, list[ClassDeclaration]] = {}
    for node in program.classes:
        groups.setdefault(_home(node.name, files), []).append(node)
    units = _units(source, evolve(program, statements=()), module, groups)
    visible = (*(p.rstrip(".") for p in groups if p), *modules, PRELUDE)
    made = compile_units(units, Known(files, tuple(dict.fromkeys(visible))))
    own = {unit.module for unit in units}
    support = {n: f for n, f in made.items() if n in own or f.host in own}
    if not program.functions:
        support = {}
    classes = {n: f for n, f in made.items() if n not in own and f.host not in own}
    return Revision(classes, support, tuple(p + n.name for p, nodes in groups.items() for n in nodes))


def _units(source: Source, program: object, module: str, groups: dict[str, list[ClassDeclaration]]) -> list[Unit]:
    """One unit for the classes of each module; what is not a class goes with the first."""
    from lang.checker import Unit
    from lang.nodes import Program as Tree

    assert isinstance(program, Tree)
    units = []
    for number, (prefix, nodes) in enumerate(groups.items() or [("", [])]):
        functions = () if number else program.functions
        tree = evolve(program, classes=tuple(nodes), functions=functions)
        name = f"{module}${number}" if number else module
        units.append(Unit(source=source, program=tree, module=name, entry=True, prefix=prefix))
    return units


def _home(name: str, files: Mapping[str, ClassFile]) -> str:
    """The prefix of the class meant by a bare name: none, or that of the one imported module that has it."""
    if name in files:
        return ""
    homes = [full for full in files if full.endswith("." + name)]
    return homes[0].removesuffix(name) if len(homes) == 1 else ""


def know_versions(machine: Machine, revision: Revision) -> None:
    """Make the machine know the old versions of classes it has not needed so far, so that there is a difference."""
    for name in revision.declared:
        found = _template(machine, name)
        if found is not None and not found.is_template:
            machine.app.load(class_type(name))


def _template(machine: Machine, name: str) -> ClassFile | None:
    found = machine.app.template(name)
    return found[0] if found is not None else None


def own_classes(files: Mapping[str, ClassFile]) -> Iterator[ClassFile]:
    """The classes that a person wrote: no modules, no function literals."""
    return (f for f in files.values() if not f.flags & (Flags.MODULE | Flags.CLOSURE))
