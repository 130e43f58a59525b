"""New versions of classes: class declarations compiled in the context of a program that is already there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from lang.checker import Unit
from lang.compiler import PRELUDE, Known, compile_units
from lang.diagnostics import CompileError, Diagnostic
from lang.library import standard_library
from lang.parser import parse
from lang.source import Source
from minivm.classfile import ClassFile

if TYPE_CHECKING:
    from lang.nodes import ClassDeclaration
    from lang.nodes import Program as Tree

_MISPLACED = "E013"  # the parser's code: a declaration, or here a statement, in the wrong place
_BUILT_IN = "E024"  # the checker's code: a name that is taken


@frozen
class Revision:
    """New versions of some classes, compiled: the set, and the top level written beside them, if any."""

    classes: dict[str, ClassFile]
    support: dict[str, ClassFile]
    declared: tuple[str, ...]  # full names of the classes as written


def compile_revision(
    source: Source, module: str, files: Mapping[str, ClassFile], modules: Collection[str], *, whole_file: bool = False
) -> Revision:
    """Compile class declarations as new versions of a program's classes; see ``compile_revisions``."""
    return compile_revisions([source], module, files, modules, whole_file=whole_file)


def compile_revisions(
    sources: Sequence[Source],
    module: str,
    files: Mapping[str, ClassFile],
    modules: Collection[str],
    *,
    whole_file: bool = False,
) -> Revision:
    """Compile class declarations as new versions of a program's classes; those of several texts see each other.

    A class that only an imported module has is that module's class. ``module`` is the name for what stands beside the
    classes; ``modules`` are visible bare. Of a ``whole_file`` the statements, which have run long ago, are left out.

    Raises:
        CompileError: with every diagnostic.
    """
    units: list[Unit] = []
    for source in sources:
        program = parse(source)
        _check_redefinable(source, program)
        if not whole_file:
            _check_only_classes(source, program)
        units += _units(source, module, program, files, len(units))
    prefixes = [unit.prefix.rstrip(".") for unit in units if unit.prefix]
    made = compile_units(units, Known(files, tuple(dict.fromkeys((*prefixes, *modules, PRELUDE)))))
    own = {unit.module for unit in units}
    support = {n: f for n, f in made.items() if n in own or f.host in own}
    classes = {n: f for n, f in made.items() if n not in support}
    functions = any(unit.program.functions for unit in units)
    declared = tuple(unit.prefix + node.name for unit in units for node in unit.program.classes)
    return Revision(classes, support if functions else {}, declared)


def _check_only_classes(source: Source, program: Tree) -> None:
    """Raise CompileError for statements, and for functions that do not come along with a class."""
    if program.statements:
        hint = "a redefinition takes classes; statements go into the program"
        span = program.statements[0].span
        raise CompileError((Diagnostic(_MISPLACED, "a statement among new versions", source, span, hint=hint),))
    if program.functions and not program.classes:
        hint = "only classes have versions: make what is to change while it is in use a method"
        span = program.functions[0].name_span
        raise CompileError((Diagnostic(_MISPLACED, "a function cannot be redefined", source, span, hint=hint),))


def _check_redefinable(source: Source, program: Tree) -> None:
    """Raise CompileError if a class is the library's: the machine stands on those as they are."""
    library = standard_library()
    found = [node for node in program.classes if node.name in library]
    if found:
        message = "`{}` belongs to the machine's own library and cannot be redefined"
        raise CompileError([Diagnostic(_BUILT_IN, message.format(n.name), source, n.name_span) for n in found])


def _units(source: Source, module: str, program: Tree, files: Mapping[str, ClassFile], first: int) -> list[Unit]:
    """One unit for the classes of each module; what is not a class goes with the first. ``first`` numbers them on."""
    homes: dict[str, list[ClassDeclaration]] = {}
    for node in program.classes:
        homes.setdefault(_home(node.name, files), []).append(node)
    units: list[Unit] = []
    for number, (prefix, nodes) in enumerate(homes.items() or [("", [])]):
        name = f"{module}${first + number}" if first + number else module
        functions = () if number else program.functions
        tree = evolve(program, statements=(), functions=functions, classes=tuple(nodes))
        units.append(Unit(source=source, program=tree, module=name, entry=True, prefix=prefix))
    return units


def _home(name: str, files: Mapping[str, ClassFile]) -> str:
    """The prefix of the class meant by a bare name: none, or that of the one imported module that has it."""
    if name in files:
        return ""
    homes = [full for full in files if full.endswith("." + name)]
    return homes[0].removesuffix(name) if len(homes) == 1 else ""
