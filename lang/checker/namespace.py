"""What a unit's bare and qualified names mean outside any function: classes, modules and their top levels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from attrs import define, frozen

from lang.checker.environment import Unit
from lang.checker.report import Report
from lang.checker.table import ClassEntry, Table
from minivm.classfile import MAIN, Field, Flags, Method


@frozen(eq=False)
class Ambiguous:
    """Several imported modules have the name."""

    owners: tuple[str, ...]


@frozen(eq=False)
class TopLevel:
    """A function or variable of a module."""

    module: ClassEntry
    member: Field | Method


@define(eq=False, slots=False)
class Namespace:
    """The names of one unit. ``module`` is the module class the unit's top level goes into."""

    unit: Unit
    module: ClassEntry
    table: Table
    report: Report

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """The modules the unit imports."""
        return tuple(dict.fromkeys(i.name for i in self.unit.program.imports))

    @cached_property
    def visible_modules(self) -> tuple[str, ...]:
        """Modules that may be named: the unit's own, the imported and the automatic ones."""
        return (self.unit.module, *self.imports, *self.table.environment.auto_imports)

    def find_module(self, name: str) -> ClassEntry | None:
        """The class of a module that may be named here."""
        return self.table.find(name) if name in self.visible_modules else None

    def is_package(self, path: str) -> bool:
        """Whether ``path`` is the beginning of an imported module's name (``plugins`` of ``plugins.csv``)."""
        return any(name.startswith(path + ".") for name in self.imports)

    def find_class(self, name: str) -> ClassEntry | Ambiguous | None:
        """The class that a bare or qualified name means."""
        module, dot, _ = name.rpartition(".")
        if dot:
            return self._proper(name) if module in self.visible_modules else None
        return self._proper(self.unit.prefix + name) or self._visible_bare(name)

    def _visible_bare(self, name: str) -> ClassEntry | Ambiguous | None:
        outside = self._proper(name)
        if outside is not None and (outside.unit is None or outside.unit.prefix == ""):
            return outside
        for module in self.table.environment.auto_imports:
            found = self._proper(f"{module}.{name}")
            if found is not None:
                return found
        imported = [c for c in (self._proper(f"{module}.{name}") for module in self.imports) if c is not None]
        if len(imported) > 1:
            return Ambiguous(tuple(c.name for c in imported))
        return imported[0] if imported else None

    def _proper(self, name: str) -> ClassEntry | None:
        """The class of that full name, unless it is a module's or a literal's."""
        found = self.table.find(name)
        return None if found is None or found.file.flags & (Flags.MODULE | Flags.CLOSURE) else found

    # ── the top levels of modules ────────────────────────────────────────────────────────────────────────

    def find_own(self, name: str) -> TopLevel | None:
        """A function or variable of this unit's own module."""
        return top_level(self.module, name)

    def find_outside(self, name: str) -> TopLevel | Ambiguous | None:
        """A function or variable of an automatic module, or of exactly one imported one."""
        for module in self.table.environment.auto_imports:
            entry = self.table.find(module)
            found = top_level(entry, name) if entry else None
            if found is not None:
                return found
        imported = []
        for module in self.imports:
            entry = self.table.find(module)
            found = top_level(entry, name) if entry else None
            if found is not None:
                imported.append(found)
        if len(imported) > 1:
            return Ambiguous(tuple(f"{found.module.name}.{name}" for found in imported))
        return imported[0] if imported else None

    def names(self) -> Iterator[str]:
        """Every bare name, for suggestions."""
        yield from self.class_names()
        modules = [self.module, *(self.table.find(m) for m in self.visible_modules)]
        for module in modules:
            if module is not None:
                yield from top_level_names(module)
        yield from self.imports

    def class_names(self) -> Iterator[str]:
        """Every bare class name, for suggestions."""
        prefixes = {self.unit.prefix, *(f"{module}." for module in self.imports)}
        for name in self.table.known_names():
            module, _, last = name.rpartition(".")
            yield last if module and f"{module}." in prefixes else name


def top_level(module: ClassEntry, name: str) -> TopLevel | None:
    """The function or variable of that name in a module's class."""
    if not module.has(Flags.MODULE) or name == MAIN:
        return None
    member = module.field(name) or module.methods.get(name)
    return TopLevel(module, member) if member is not None else None


def top_level_names(module: ClassEntry) -> Iterator[str]:
    """The names of a module's functions and variables."""
    yield from module.fields
    yield from (name for name in module.methods if name != MAIN and name[0] not in "=$")
