"""What the checker is given: the texts to check together, and the classes that exist already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from lang.nodes import Program
    from lang.source import Source
    from minivm.classfile import ClassFile


@frozen(eq=False)
class Unit:
    """One parsed text and the place its declarations get.

    ``module`` names the class that holds its top level; ``prefix`` ("" or ``shapes.``) is put before its class
    names. ``entry``: its statements become ``main``; otherwise they run when the module class is initialised.
    ``echo``: ``main`` returns the value of a last expression statement, for a host that shows it.
    """

    source: Source
    program: Program
    module: str
    entry: bool
    prefix: str
    echo: bool = False


class Environment(Protocol):
    """The classes outside the batch. ``auto_imports`` are the modules whose top level is visible everywhere,
    latest first; ``allow_native`` is true for the standard library only."""

    @property
    def auto_imports(self) -> tuple[str, ...]:
        """Modules visible without an import, the latest first."""
        ...

    @property
    def allow_native(self) -> bool:
        """Whether ``native`` methods and arrays of unset references may be written."""
        ...

    def find(self, name: str) -> ClassFile | None:
        """The class file of a class by its full name."""
        ...


@frozen
class ClassFiles:
    """An environment that is a dictionary of class files by name."""

    files: Mapping[str, ClassFile] = field(factory=dict)
    auto_imports: tuple[str, ...] = ("prelude",)
    allow_native: bool = False

    def find(self, name: str) -> ClassFile | None:
        """The class file of that name."""
        return self.files.get(name)
