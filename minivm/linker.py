"""Linking: a loaded class gets its layout, its method table and its statics (the JVM's *prepare*)."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Mapping
from typing import Any

from minivm.classes import RuntimeClass, RuntimeField, Shape, Stage
from minivm.classfile import CLASS_INITIALISER, FIELD_INITIALISERS, INIT, Flags
from minivm.errors import LinkError, VerifyError
from minivm.kernels.tables import Layouts
from minivm.layouts import layouts_of
from minivm.memory import ROOTS, STATICS_BIT, Memory, Root
from minivm.trace import Tracer
from minivm.types import FLOAT
from minivm.verifier import check_class

_NEVER_VIRTUAL = frozenset({INIT, FIELD_INITIALISERS, CLASS_INITIALISER})


class Linker:
    """Links classes of one machine; keeps the layouts by header word and the instance prototypes by class id."""

    def __init__(self, memory: Memory, tracer: Tracer) -> None:
        self.memory = memory
        self.tracer = tracer
        self.layouts = Layouts()
        self.prototypes: dict[int, memoryview[int]] = {}
        self.natives: Mapping[tuple[str, str], Any] = {}
        self.linked: Callable[[RuntimeClass], None] = lambda cls: None  # told of every class and every new version

    def link(self, cls: RuntimeClass) -> None:
        """Lay the class out and make its statics object; does nothing if that is done.

        Raises:
            LinkError: too many classes; VerifyError: the class breaks a rule of whole classes.
            Throw: OutOfMemoryError.
        """
        if cls.stage is not Stage.LOADED:
            return
        with self.tracer.task("load", f"link {cls.type}") as report:
            self._link(cls)
            if self.tracer.on("load"):
                report(describe_layout(cls))

    def _link(self, cls: RuntimeClass) -> None:
        for above in (cls.superclass, *cls.interfaces):
            if above is not None:
                self.link(above)
        if Root.STATICS + cls.id >= ROOTS:
            raise LinkError(f"too many classes: {cls.type} would be number {cls.id}")
        faults = check_class(cls, cls.loader)
        if faults:
            raise VerifyError(tuple(faults))
        arrange(cls)
        self.bind_natives(cls)
        self.register(cls)
        self.memory.set_root(Root.STATICS + cls.id, self.make_statics(cls))
        cls.stage = Stage.LINKED
        self.linked(cls)

    def bind_natives(self, cls: RuntimeClass) -> None:
        """Give native methods their functions.

        Raises:
            LinkError: the machine has no such native, or the class is not a boot class.
        """
        for method in cls.methods.values():
            if Flags.NATIVE in method.declared.flags:
                found = self.natives.get((cls.file.name, method.name))
                if found is None or not cls.is_boot:
                    raise LinkError(f"the machine has no native method {cls.file.name}.{method.name}")
                method.native = found

    def register(self, cls: RuntimeClass) -> None:
        """Make the class's layouts and prototype the current ones for its id."""
        self.layouts.update(layouts_of(cls))
        self.prototypes[cls.id] = memoryview(array("q", prototype(cls)))

    def make_statics(self, cls: RuntimeClass) -> int:
        """A statics object with the constants in place; nothing moves."""
        count = 1 + len(cls.statics) + len(cls.literals)
        ref = self.memory.allocate_now(count)
        words = self.memory.words
        words[ref] = cls.id | STATICS_BIT
        for offset in range(1, count):
            words[ref + offset] = 0
        for field in cls.statics:
            words[ref + field.offset] = constant_word(field)
        return ref


def arrange(cls: RuntimeClass) -> None:
    """Fill in the layout, statics, literals and method table; pure but for the class itself."""
    above = cls.superclass
    own = [f for f in cls.fields.values() if not f.is_static]
    cls.layout = (above.layout if above else ()) + tuple(own)
    for index, field in enumerate(own, len(cls.layout) - len(own)):
        field.offset = index + 1
    cls.statics = tuple(f for f in cls.fields.values() if f.is_static)
    for index, field in enumerate(cls.statics):
        field.offset = index + 1
    texts = [i for i, constant in enumerate(cls.file.constants) if isinstance(constant, str)]
    cls.literals = {index: 1 + len(cls.statics) + n for n, index in enumerate(texts)}
    cls.table = dict(above.table) if above else {}
    for name, method in cls.methods.items():
        if is_virtual(name, method.declared.flags) and not method.declared.type_parameters:
            cls.table[name] = method


def is_virtual(name: str, flags: Flags) -> bool:
    """Whether calls of a method go through the receiver's class."""
    return name not in _NEVER_VIRTUAL and not name.startswith("=") and not flags & (Flags.STATIC | Flags.PRIVATE)


def constant_word(field: RuntimeField) -> int:
    """The word a field starts with: its class file's constant, or zero."""
    constant = field.declared.constant
    if field.type == FLOAT:
        return int(struct.unpack("<q", struct.pack("<d", float(constant)))[0])
    return int(constant)


def prototype(cls: RuntimeClass) -> list[int]:
    """The words of a fresh instance."""
    return [cls.id, *(constant_word(field) for field in cls.layout)]


def describe_layout(cls: RuntimeClass) -> str:
    """One line for the trace: how an instance is laid out, which statics the class has, how many methods."""
    parts = [_instance_text(cls)]
    if cls.statics:
        parts.append("static " + ", ".join(f"{f.name}: {f.type}" for f in cls.statics))
    if not cls.file.flags & Flags.MODULE:
        parts.append(f"its method table has {len(cls.table)} entries")
    return "; ".join(parts)


def _instance_text(cls: RuntimeClass) -> str:
    if cls.is_interface or cls.file.flags & Flags.MODULE:
        return "no instances, so no layout"
    if cls.shape is Shape.ARRAY:
        return "an instance is header | length | elements, a word each"
    if cls.shape is Shape.STRING:
        return "an instance is header | length | hash | code points"
    words = " | ".join(["header", *(f"{f.name}: {f.type}" for f in cls.layout)])
    return f"an instance is {1 + len(cls.layout)} word{'s' if cls.layout else ''}: {words}"
