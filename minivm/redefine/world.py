"""The world as it would be: loaders that see the new class files, beside the real ones that do not.

Classes that the set touches are made anew, under their old ids; all others are shared with the real world. Nothing
here is visible to the program until ``commit`` moves it over.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from minivm.classes import RuntimeClass
from minivm.classfile import ClassFile
from minivm.errors import LinkError
from minivm.loader import Loader, Registry
from minivm.trace import Tracer
from minivm.types import Type


@define(eq=False)
class Fork(Loader):
    """A hypothetical loader over a real one."""

    base: Loader | None = None
    forks: dict[int, Fork] = field(factory=dict)  # by id() of the real loader; shared by all forks of one world
    ids: dict[tuple[int, Type], int] = field(factory=dict)  # ids to reuse, by id() of real loader and type

    def _home(self, key: Type) -> Loader:
        home = Loader._home(self, key)
        return self.forks.get(id(home), home)

    def class_id(self, key: Type) -> int:
        """The old id of a class made anew, or a fresh one."""
        known = self.ids.get((id(self.base), key))
        return self.registry.next_class_id() if known is None else known


@define
class World:
    """The hypothetical world of one transaction."""

    registry: Registry
    forks: dict[int, Fork]
    affected: dict[int, RuntimeClass]  # by class id: the old versions of the classes made anew
    _made: list[RuntimeClass] = field(factory=list)

    def fork_of(self, loader: Loader) -> Fork:
        """The fork that stands for a real loader."""
        return self.forks[id(loader)]

    def made(self) -> list[RuntimeClass]:
        """Every class made by ``close``."""
        return self._made

    def close(self) -> None:
        """Take stock: every class that exists only in this world, new versions and newly loaded ones."""
        found: dict[int, RuntimeClass] = {}
        for fork in self.forks.values():
            base = fork.base
            assert base is not None
            for key, cls in fork.classes.items():
                if isinstance(cls.loader, Fork) and base.classes.get(key) is not cls:  # not just found anew
                    found[cls.id] = cls
        self._made = sorted(found.values(), key=lambda cls: (len(cls.ancestors), cls.id))  # superclasses first


def touched(loaded: Iterable[RuntimeClass], names: frozenset[str]) -> dict[int, RuntimeClass]:
    """The loaded classes made from a file in the set, and everything below them, by id."""
    loaded = list(loaded)
    direct = {c.id for c in loaded if c.file.name in names}
    return {c.id: c for c in loaded if direct & c.ancestors}


def make_world(registry: Registry, loaders: list[Loader], files: dict[str, tuple[ClassFile, Loader]]) -> World:
    """Fork every loader and put the new files in. ``loaders`` lists parents before children."""
    affected = touched(registry.loaded(), frozenset(files))
    shadow = Registry(list(registry.classes), registry.methods, free=list(registry.free))
    forks: dict[int, Fork] = {}
    ids = {(id(c.loader), c.type): c.id for c in affected.values()}
    for loader in loaders:
        parent = forks[id(loader.parent)] if loader.parent is not None else None
        fork = Fork(loader.name, parent, loader.finder, shadow, Tracer(), base=loader, forks=forks, ids=ids)
        fork.classes = {k: c for k, c in loader.classes.items() if c.id not in affected}
        fork.templates = {n: (f, forks.get(id(home), fork)) for n, (f, home) in loader.templates.items()}
        forks[id(loader)] = fork
    for name, (file, home) in files.items():
        for fork in forks.values():
            if fork is forks[id(home)] or name in fork.templates:
                fork.templates[name] = (file, forks[id(home)])
    return World(shadow, forks, affected)


def load_affected(world: World) -> list[str]:
    """Make every touched class anew; returns what could not be made, as messages."""
    problems = []
    for old in world.affected.values():
        fork = world.fork_of(old.loader)
        try:
            new = fork.load(old.type)
        except LinkError as error:
            problems.append(f"{old.type}: {error}")
            continue
        for name, type_args in old.instantiations:
            method = new.methods.get(name)
            if method is not None and len(method.declared.type_parameters) == len(type_args):
                new.instantiate(method, type_args)
    return problems
