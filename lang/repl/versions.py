"""The versions a session's classes have had: their text, their layout and what changed, for ``:history`` and
``:layout``. The machine itself forgets a version that nothing refers to."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field, frozen

from minivm.classes import RuntimeClass
from minivm.classfile import ClassFile, Flags
from minivm.machine import Machine
from minivm.redefine.diff import Change, diff, field_text

HIDDEN = Flags.MODULE | Flags.CLOSURE


@frozen
class Slot:
    """A word of an object: its offset from the header, and the field that it holds."""

    offset: int
    name: str
    type: str
    owner: str  # the class that declares it


@frozen
class Version:
    """One version of one class."""

    name: str
    number: int
    file: ClassFile
    slots: tuple[Slot, ...]
    statics: tuple[Slot, ...]


@define
class Versions:
    """Every version seen so far, by the class's name with its type arguments."""

    machine: Machine
    _seen: dict[str, list[Version]] = field(factory=dict)

    def update(self) -> None:
        """Note what is new since last time."""
        app = self.machine.app
        for cls in self.machine.registry.loaded():
            if cls.loader is not app or cls.file.flags & HIDDEN or cls.is_boot:
                continue
            known = self._seen.setdefault(cls.name, [])
            if not known or known[-1].number != cls.version:
                known.append(_version(cls))
            elif cls.layout and not known[-1].slots and not known[-1].statics:
                known[-1] = _version(cls)  # it was not laid out yet

    def of(self, name: str) -> list[list[Version]]:
        """The versions of a class; of every instance of a template."""
        self.update()
        return [found for found in self._seen.values() if name in (found[-1].name, found[-1].file.name)]


def version_of(machine: Machine, name: str) -> int:
    """The current version of a class, 1 if nothing of it is loaded."""
    return max((c.version for c in machine.registry.loaded() if c.file.name == name), default=1)


def _version(cls: RuntimeClass) -> Version:
    slots = tuple(Slot(f.offset, f.name, str(f.type), f.owner.file.name) for f in cls.layout)
    statics = tuple(Slot(f.offset, f.name, str(f.type), cls.file.name) for f in cls.statics)
    return Version(cls.name, cls.version, cls.file, slots, statics)


def changes(old: ClassFile, new: ClassFile) -> Iterator[str]:
    """What is different in a new version, member by member."""
    difference = diff(old, new)
    for change in difference.fields:
        found = change.new or change.old
        assert found is not None
        kind = "static field" if change.is_static else "field"
        yield f"{change.change.value} {kind} {field_text(new if change.new else old, found)}"
    yield from (f"{m.change.value} method {m.name}" for m in difference.methods if not m.synthetic)
    if difference.supertypes_changed:
        yield f"{Change.CHANGED.value} supertypes"
