"""What a REPL session is made of: the machine, the entries so far, and how a text is compiled in their context."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from attrs import define, evolve, field

from lang.checker import Unit
from lang.codes import UNKNOWN_MODULE
from lang.compiler import PRELUDE, Known, compile_module, compile_units, module_path
from lang.diagnostics import CompileError, Diagnostic
from lang.library import library_finder, standard_library
from lang.program import ProgramFinder, current_files, know_versions
from lang.repl.echo import Echo
from lang.repl.editor import edit
from lang.repl.interrupts import Interrupts
from lang.repl.journal import Journal
from lang.repl.tables import WIDTH
from lang.repl.versions import Versions
from lang.revision import Revision, compile_revisions
from lang.source import Source, Span
from minivm.classfile import ClassFile
from minivm.machine import Machine
from minivm.options import MachineOptions
from minivm.runner import make_machine

if TYPE_CHECKING:
    from lang.nodes import Import
    from lang.nodes import Program as Tree
    from lang.repl.stepping import Stepping

NAME = "<repl>"
_MODULE = re.compile(r"\brepl\$\d+\.(?=[^\W\d]\w*)")


def plain(text: str) -> str:
    """A text about code with the names that were typed, not those of the classes that the entries have become."""
    return _MODULE.sub("", text)


@define
class Settings:
    """What a session shows itself to: ``color`` is for diagnostics, ``width`` in columns; ``interactive``: somebody
    types, and can be asked how to go on; ``edit`` lets them change a text."""

    color: bool = False
    width: int = WIDTH
    interactive: bool = False
    edit: Callable[[str, str], str] = edit


@define
class Workspace:
    """The context of a session. ``modules`` are the entries' module classes, the latest first; ``drafts`` are edited
    classes that were not taken; ``stepping`` is there while an entry is stepped
    through, ``compiled_in`` how long the last one took to compile."""

    options: MachineOptions
    machine: Machine
    finder: ProgramFinder
    echo: Echo
    versions: Versions
    interrupts: Interrupts
    settings: Settings = field(factory=Settings)
    journal: Journal = field(factory=Journal)
    drafts: dict[str, str] = field(factory=dict)
    stepping: Stepping | None = None
    compiled_in: float = 0.0
    modules: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    lines_fed: int = 0
    entries: int = 0
    revisions: int = 0
    _lines: dict[tuple[str, int], str] = field(factory=dict)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return self.settings.width

    def source(self, text: str) -> Source:
        """The next entry's text, its lines counted on from the last one's."""
        source = Source(NAME, text, self.lines_fed + 1)
        self.lines_fed += text.count("\n") + 1
        return self._remember(source)

    def revision_source(self, text: str, name: str = "") -> Source:
        """The text of a redefinition, a source of its own."""
        self.revisions += 1
        return self._remember(Source(name or f"<redefine {self.revisions}>", text))

    def _remember(self, source: Source) -> Source:
        for number, line in enumerate(source.text.split("\n"), source.first_line):
            self._lines[source.name, number] = line
        return source

    def line(self, name: str, number: int) -> str | None:
        """The text of a source line."""
        return self._lines.get((name, number))

    def next_module(self) -> str:
        """A name for the next entry's module class."""
        self.entries += 1
        return f"repl${self.entries}"

    def files(self) -> dict[str, ClassFile]:
        """Every class file that a text may refer to, as it runs now."""
        return current_files(self.machine, self.finder)

    # ── compiling ────────────────────────────────────────────────────────────────────────────────────────

    def compile_entry(self, source: Source, program: Tree, module: str) -> dict[str, ClassFile]:
        """The class files of an entry; nothing else changes.

        Raises:
            CompileError: with every diagnostic.
        """
        from lang.nodes import Import  # here, because a prompt that is shown has parsed nothing yet

        files = self.files()
        written = [node.name for node in program.imports]
        nodes = [Import(span=Span(0, 0), name=name) for name in self.imports if name not in written]
        program = evolve(program, imports=(*program.imports, *nodes))
        made = self._import(source, program.imports, files)
        unit = Unit(source=source, program=program, module=module, entry=True, prefix="", echo=True)
        known = Known({**files, **made}, (*self.modules, PRELUDE))
        return {**made, **compile_units([unit], known)}

    def _import(self, source: Source, imports: Sequence[Import], files: dict[str, ClassFile]) -> dict[str, ClassFile]:
        made: dict[str, ClassFile] = {}
        for node in imports:
            if node.name in files or node.name in made:
                continue
            path = module_path(self.finder.folder, node.name)
            if not os.path.isfile(path):
                hint = f"there is no {path.name} in {self.finder.folder}"
                message = f"module `{node.name}` not found"
                raise CompileError((Diagnostic(UNKNOWN_MODULE, message, source, node.span, hint=hint),))
            made |= compile_module(node.name, self.finder.folder, {**files, **made})
        return made

    def compile_revision(self, *sources: Source, whole_file: bool = False) -> Revision:
        """New versions of classes.

        Raises:
            CompileError: with every diagnostic.
        """
        module = f"redefine${self.revisions}"
        return compile_revisions(sources, module, self.files(), self.modules, whole_file=whole_file)

    def compile_for_program(self, text: str) -> Sequence[ClassFile]:
        """``VM.redefine`` from inside the session."""
        self.versions.update()
        revision = self.compile_revision(self.revision_source(text))
        self.finder.files.update(revision.support)
        know_versions(self.machine, revision)
        return list(revision.classes.values())

    # ── growing ──────────────────────────────────────────────────────────────────────────────────────────

    def add(self, files: dict[str, ClassFile], module: str, imports: Sequence[str]) -> None:
        """Make an entry's class files and names part of the session."""
        self.finder.files.update(files)
        self.modules = (module, *self.modules)
        self.imports = tuple(dict.fromkeys((*self.imports, *imports)))

    def hide(self, module: str) -> None:
        """Take an entry's names away again; its classes stay."""
        self.modules = tuple(name for name in self.modules if name != module)


def make_workspace(
    options: MachineOptions,
    folder: Path,
    settings: Settings,
    output: TextIO | None = None,
    errors: TextIO | None = None,
) -> Workspace:
    """A session's workspace with a fresh machine."""
    finder = ProgramFinder({}, folder, standard_library())
    machine = make_machine(library_finder(), finder, options, output, errors)
    parts = Echo(machine, finder), Versions(machine), Interrupts(machine)
    workspace = Workspace(options, machine, finder, *parts, settings)
    machine.compile = workspace.compile_for_program
    return workspace
