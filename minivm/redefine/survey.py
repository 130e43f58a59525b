"""Looking at live objects without moving them: counting instances, and finding values that contradict a type."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import define, field

from minivm.classes import RuntimeClass
from minivm.collector import Copier, object_words
from minivm.errors import LinkError
from minivm.frames import typed_slots, walk
from minivm.interpreter import Interpreter
from minivm.layouts import ARRAY_FIRST, STACK_CLASS, Layout
from minivm.memory import CLASS_MASK, SHAPE_MASK, STATICS_BIT, Root
from minivm.types import Type

OBJECT_WORDS = 8  # of a usual heap, garbage included: for guessing how many objects there are


@define
class Survey:
    """A walk over everything reachable."""

    vm: Interpreter
    seen: set[int] = field(factory=set)

    def objects(self, limit: int = 0) -> Iterator[int]:
        """Every live object once. With a limit, stops after that many; check ``exhausted``."""
        memory, words = self.vm.memory, self.vm.words
        self.vm.sync()
        roots = words[memory.base : memory.base + memory.root_count].tolist()
        roots[Root.HASHES] = 0
        pending = [ref for ref in roots if ref]
        self.seen = set(pending)
        while pending:
            ref = pending.pop()
            yield ref
            if limit and len(self.seen) > limit:
                return
            for child in self._children(ref, limit):
                if child and child not in self.seen:
                    self.seen.add(child)
                    pending.append(child)

    def _children(self, ref: int, limit: int) -> list[int]:
        words = self.vm.words
        low = words[ref] & SHAPE_MASK
        layout: Layout = self.vm.linker.layouts[low]
        if layout.kind == "fields":
            return [words[ref + offset] for offset in layout.references]
        if layout.kind == "array of references":
            end = ref + object_words(words, ref, layout)
            return words[ref + ARRAY_FIRST : min(end, ref + ARRAY_FIRST + limit + 1) if limit else end].tolist()
        if low == STACK_CLASS:
            return [words[f.at + o] for f in walk(words, ref, self.vm.methods) for o in f.references()]
        return []

    def count(self, limit: int = 0) -> dict[int, int] | None:
        """Live instances by class id; None if there are more than ``limit`` objects to look at."""
        if not limit and self._may_copy():
            return self._copy_and_count()
        found: dict[int, int] = {}
        words = self.vm.words
        for ref in self.objects(limit):
            low = words[ref] & SHAPE_MASK
            if low and not low & STATICS_BIT:
                found[low] = found.get(low, 0) + 1
        return None if limit and len(self.seen) > limit else found

    def _may_copy(self) -> bool:
        """Whether machine code is there to copy a large heap, and the other half is not being kept for an undo."""
        memory = self.vm.memory
        return not memory.dipping and self.vm.machine.kernels.are_native_for(memory.used // OBJECT_WORDS)

    def _copy_and_count(self) -> dict[int, int]:
        """What lives is what a copy copies; then the old half is made as it was."""
        vm = self.vm
        vm.sync()
        table = vm.linker.layouts.table()
        copier = Copier(vm.memory, vm.methods, table, table, vm.machine.kernels, undoable=True)
        copier.run()
        copier.undo()
        return copier.counts()

    def contradictions(self, fits: Callable[[int, Type], bool], classes: list[RuntimeClass | None]) -> list[str]:
        """Places whose value ``fits`` says does not belong there, described."""
        found: list[str] = []
        for ref in self.objects():
            low = self.vm.words[ref] & SHAPE_MASK
            if low == STACK_CLASS:
                found += self._bad_slots(ref, fits)
                continue
            cls = classes[low & CLASS_MASK]
            assert cls is not None
            found += self._bad_fields(ref, low, cls, fits)
        return sorted(set(found))

    def _bad_fields(self, ref: int, low: int, cls: RuntimeClass, fits: Callable[[int, Type], bool]) -> Iterator[str]:
        words = self.vm.words
        layout = self.vm.linker.layouts[low]
        if layout.kind == "array of references":
            element = cls.type.args[0]
            for index, value in enumerate(self.vm.heap.elements(ref)):
                if value and not fits(value, element):
                    yield f"element {index} of an {cls.type} holds {self._name(value)}"
        elif layout.kind == "fields":
            for member in cls.statics if low & STATICS_BIT else cls.layout:
                value = words[ref + member.offset]
                if member.type.is_reference and value and not fits(value, member.type):
                    yield f"field {member.owner.type}.{member.name}: {member.type} holds {self._name(value)}"

    def _bad_slots(self, stack: int, fits: Callable[[int, Type], bool]) -> Iterator[str]:
        words = self.vm.words
        for frame in walk(words, stack, self.vm.methods):
            for offset, type_ in typed_slots(frame.method, frame.pc, frame.in_call):
                value = words[frame.at + offset]
                if type_.is_reference and value and not fits(value, type_):
                    source = frame.method.owner.file.source
                    yield f"a variable of {frame.method} at {source}:{frame.line} ({type_}) holds {self._name(value)}"

    def _name(self, ref: int) -> str:
        cls = self.vm.classes[self.vm.words[ref] & CLASS_MASK]
        return f"a {cls.type}" if cls else "an object"


def fits_in(
    load: Callable[[Type], RuntimeClass], class_of: Callable[[int], RuntimeClass | None]
) -> Callable[[int, Type], bool]:
    """Whether a live value belongs in a place of some type, in the world that ``load`` and ``class_of`` describe."""

    def fits(ref: int, type_: Type) -> bool:
        cls = class_of(ref)
        if cls is None:
            return True  # a fiber's stack: no program ever sees one
        try:
            return cls.is_below(load(type_))
        except LinkError:
            return True  # a type whose class is not loaded cannot be contradicted by a live value

    return fits
