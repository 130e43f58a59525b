"""New versions of classes: class declarations compiled in the context of a program that is already there."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attrs import evolve, frozen

from lang.checker import Unit
from lang.compiler import PRELUDE, Known, compile_units
from lang.diagnostics import CompileError, Diagnostic
from lang.library import standard_library
from lang.nodes import ClassDeclaration
from lang.nodes import Program as Tree
from lang.parser import parse
from lang.source import Source
from minivm.classfile import ClassFile

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
    """Compile class declarations as new versions of a program's classes.

    A class that only an imported module has is that module's class. ``module`` is the name for what stands beside the
    classes; ``modules`` are visible bare. Of a ``whole_file`` the statements, which have run long ago, are left out.

    Raises:
        CompileError: with every diagnostic.
    """
    program = parse(source)
    _check_redefinable(source, program)
    if not whole_file:
        _check_only_classes(source, program)
    homes = [(_home(node.name, files), node) for node in program.classes]
    prefixes = tuple(dict.fromkeys((home for home, _ in homes))) or ("",)
    trees = {p: evolve(program, statements=(), classes=_at(p, homes)) for p in prefixes}
    units = _units(source, module, trees)
    visible = (*(prefix.rstrip(".") for prefix in prefixes if prefix), *modules, PRELUDE)
    made = compile_units(units, Known(files, tuple(dict.fromkeys(visible))))
    own = {unit.module for unit in units}
    support = {n: f for n, f in made.items() if n in own or f.host in own}
    classes = {n: f for n, f in made.items() if n not in support}
    return Revision(classes, support if program.functions else {}, tuple(home + node.name for home, node in homes))


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


def _at(prefix: str, homes: list[tuple[str, ClassDeclaration]]) -> tuple[ClassDeclaration, ...]:
    return tuple(node for home, node in homes if home == prefix)


def _units(source: Source, module: str, trees: Mapping[str, Tree]) -> list[Unit]:
    """One unit for the classes of each module; what is not a class goes with the first."""
    units: list[Unit] = []
    for number, (prefix, tree) in enumerate(trees.items()):
        name = f"{module}${number}" if number else module
        only = evolve(tree, functions=()) if number else tree
        units.append(Unit(source=source, program=only, module=name, entry=True, prefix=prefix))
    return units


def _home(name: str, files: Mapping[str, ClassFile]) -> str:
    """The prefix of the class meant by a bare name: none, or that of the one imported module that has it."""
    if name in files:
        return ""
    homes = [full for full in files if full.endswith("." + name)]
    return homes[0].removesuffix(name) if len(homes) == 1 else ""
