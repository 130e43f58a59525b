"""New versions of classes: class declarations compiled in the context of a program that is already there."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attrs import evolve, frozen

from lang.checker import Unit
from lang.compiler import PRELUDE, Known, compile_units
from lang.diagnostics import CompileError, Diagnostic
from lang.nodes import ClassDeclaration
from lang.nodes import Program as Tree
from lang.parser import parse
from lang.source import Source
from minivm.classfile import ClassFile

_MISPLACED = "E013"  # the parser's code: a declaration, or here a statement, in the wrong place


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
    if program.statements and not whole_file:
        span = program.statements[0].span
        hint = "a redefinition takes classes; statements go into the program"
        raise CompileError((Diagnostic(_MISPLACED, "a statement among new versions", source, span, hint=hint),))
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
