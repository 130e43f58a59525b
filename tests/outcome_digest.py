"""The digest of what a program is or leaves behind, without what may differ between two ways of running it.

The machine's own digest counts the versions of classes, the numbers of classes and methods, when a sleeper wakes and
how long a redefinition took. None of that is the program's doing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from minivm.classes import RuntimeClass, Shape, Stage
from minivm.digest import Digest
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.machine import Machine
from minivm.memory import CLASS_MASK, STATICS_BIT, Root
from minivm.types import BOOL, ERROR, Type, class_type

_VERSION = re.compile(r"^((?:object|statics) .*) v\d+ (\d+ \[.*)", re.DOTALL)
_STARTED = (Stage.INITIALISING, Stage.INITIALISED, Stage.FAILED)


class OutcomeDigest(Digest):
    """One walk over the live words of a machine at a safepoint."""

    def __init__(self, machine: Machine) -> None:
        records = machine.boot.load(class_type("Redefinition"))
        super().__init__(
            machine.memory,
            machine.registry.classes,
            machine.registry.methods,
            machine.linker.layouts,
            lambda ref: machine.heap.class_id(ref) == records.id,
        )
        machine.vm.sync()
        self.fiber = machine.scheduler.fiber_class
        self.wake_at = machine.scheduler.at["wakeAt"]
        self.error = machine.boot.load(ERROR)
        self.frames = machine.vm.unwinder.frames_offset

    def compute(self) -> str:
        """The digest; statics in the order of the names of their classes."""
        hasher = hashlib.blake2b(digest_size=16)
        slots = [slot for slot in range(Root.STATICS) if slot != Root.HASHES]
        slots += [Root.STATICS + cls.id for cls in sorted(self._with_statics(), key=lambda cls: str(cls.type))]
        hasher.update(str([self._number(self.memory.root(slot)) for slot in slots]).encode())
        at = 0
        while at < len(self.queue):
            hasher.update(self._object(self.queue[at]).encode())
            at += 1
        return hasher.hexdigest()

    def _with_statics(self) -> list[RuntimeClass]:
        return [cls for cls in self.classes if cls is not None and cls.statics and cls.stage in _STARTED]

    def _object(self, ref: int) -> str:
        words = self.memory.words
        changed: dict[int, int] = {}
        for at, word in self._levelled(ref):
            changed.setdefault(at, words[at])
            words[at] = word
        text = super()._object(ref)
        for at, word in changed.items():
            words[at] = word
        return _VERSION.sub(r"\1 \2", text)

    def _levelled(self, ref: int) -> Iterator[tuple[int, int]]:
        """The words of an object that count as something else."""
        words = self.memory.words
        cls = self.classes[words[ref] & CLASS_MASK]
        if cls is None:
            return
        if not words[ref] & STATICS_BIT:
            if cls.is_below(self.fiber):
                yield ref + self.wake_at, 0
            if cls.is_below(self.error):
                yield ref + self.frames, 0
        for at in self._bools(ref, cls):
            assert words[at] in (0, 1), f"a bool of {words[at]}"

    def _bools(self, ref: int, cls: RuntimeClass) -> list[int]:
        words = self.memory.words
        if words[ref] & STATICS_BIT:
            return [ref + field.offset for field in cls.statics if field.type == BOOL]
        if cls.shape is not Shape.ARRAY:
            return [ref + field.offset for field in cls.layout if field.type == BOOL]
        length = words[ref + ARRAY_LENGTH] if cls.type.args[0] == BOOL else 0
        return [ref + ARRAY_FIRST + i for i in range(length)]

    def _value(self, word: int, type_: Type) -> int:
        assert type_ != BOOL or word in (0, 1), f"a bool of {word}"
        return super()._value(word, type_)
