"""What is to be drawn, as data: boxes for static fields, frames and objects, and which cell refers to which box.

Strings, boxed numbers, enum cases and function literals that capture nothing are values here, shown where they are
used. Everything else that the program's own static fields and variables reach is an object with a box, nearest first,
up to a limit; what lies beyond is counted.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

from attrs import define, field, frozen

from minivm.classes import RuntimeClass, Stage
from minivm.classfile import Flags
from minivm.collector import object_words
from minivm.errors import UsageError
from minivm.glance import class_text, field_text, method_text
from minivm.interpreter import Interpreter
from minivm.kernels.fibers import State
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.machine import Machine
from minivm.memory import CLASS_MASK, SHAPE_MASK, Root
from minivm.redefine.survey import Survey
from minivm.scheduler import Scheduler
from minivm.types import Type
from minivm.variables import variables

LIMIT = 40  # boxes of objects: what fits on a page and can be read
MAX_ELEMENTS = 8  # elements shown of an array
MAX_CELLS = 16  # cells of a box
MAX_COUNTED = 100_000  # objects looked at to say what was left out

_FIBER_FIELDS = ("id", "state")  # of a fiber object; the others are the scheduler's


@frozen
class Cell:
    """One word of a box: where it is in the object, its name, and its value or the box it refers to."""

    place: str  # the word's offset from the header, or [index]; "" for what has no offset
    name: str
    text: str  # the value; for a reference what it refers to
    target: int | None = None  # the number of a box
    is_left_out: bool = False  # refers to an object that has no box


@frozen
class Box:
    """An object, the static fields of a class, or the variables of a frame."""

    kind: str  # "object", "statics", "frame"
    title: str
    note: str
    cells: tuple[Cell, ...]


@frozen
class Snapshot:
    """Boxes, the first ``roots`` of which are not objects; and what there was no room for, by class."""

    boxes: tuple[Box, ...]
    roots: int
    left_out: tuple[tuple[str, int], ...] = ()
    counted_all: bool = True


def take_snapshot(machine: Machine, *, limit: int = LIMIT, of: str = "") -> Snapshot:
    """The heap as it is now. With ``of``, only instances of that class and what they reach.

    Raises:
        UsageError: there is no instance of such a class.
    """
    machine.vm.sync()
    taker = _Taker(machine, limit)
    roots = _instances_as_roots(machine, of) if of else [*_statics(machine), *_frames(machine)]
    return taker.take(roots)


# ── roots ────────────────────────────────────────────────────────────────────────────────────────────────────


@frozen
class _Word:
    """A word of the memory that a box shows: where it is in the box, its name and type, its index in the memory."""

    place: str
    name: str
    type: Type
    at: int


@frozen
class _Holder:
    """Words that refer to objects, and how to call the box around them."""

    kind: str
    title: str
    note: str
    words: tuple[_Word, ...]


def _statics(machine: Machine) -> Iterator[_Holder]:
    """The program's classes with static fields; the top-level variables, whichever module has them, together."""
    top: list[_Word] = []
    for cls in machine.registry.loaded():
        if cls.is_boot or not cls.statics or cls.stage is Stage.LOADED or cls.file.flags & Flags.ENUM:
            continue  # the cases of an enum are values
        base = machine.memory.root(Root.STATICS + cls.id)
        module = bool(cls.file.flags & Flags.MODULE)
        words = [_Word("" if module else str(f.offset), f.name, f.type, base + f.offset) for f in cls.statics]
        if module:
            top += words
        else:
            yield _Holder("statics", f"static {cls.name}", "", tuple(words))
    if top:
        yield _Holder("statics", "top level", "", tuple(top))


def _frames(machine: Machine) -> Iterator[_Holder]:
    """The frames of the program's own methods, newest first, that have variables."""
    scheduler = machine.scheduler
    for fiber in scheduler.live():
        number = scheduler.get(fiber, "id")
        for frame in scheduler.frames(fiber):
            words = tuple(_Word("", v.name, v.type, v.at) for v in variables(frame))
            if words and not _is_plumbing(frame.method.owner):
                yield _Holder("frame", method_text(frame.method), f"fiber {number}, line {frame.line}", words)


def _is_plumbing(cls: RuntimeClass) -> bool:
    """Whether a frame's class is the library's, or the literal that a ``spawn`` stands for."""
    return cls.is_boot or (Flags.CLOSURE in cls.file.flags and all("$" in field.name for field in cls.layout))


def _instances_as_roots(machine: Machine, name: str) -> list[int]:
    words = machine.vm.words
    wanted = {cls.id for cls in machine.registry.loaded() if name in (cls.file.name, cls.name)}
    found = [ref for ref in Survey(machine.vm).objects() if words[ref] & SHAPE_MASK in wanted]
    if not found:
        raise UsageError(f"there is no instance of a class {name} to draw")
    return sorted(found)


# ── objects ──────────────────────────────────────────────────────────────────────────────────────────────────


@define
class _Taker:
    machine: Machine
    limit: int
    numbers: dict[int, int] = field(factory=dict)  # object -> number of its box
    drawn: list[int] = field(factory=list)

    @property
    def vm(self) -> Interpreter:
        return self.machine.vm

    def take(self, roots: list[_Holder] | list[int]) -> Snapshot:
        holders = [root for root in roots if isinstance(root, _Holder)]
        first = [ref for root in roots for ref in ([root] if isinstance(root, int) else self._held(root))]
        self._choose(first, len(holders))
        boxes = [Box(h.kind, h.title, h.note, tuple(self._cells(list(h.words)))) for h in holders]
        boxes += [self._object(ref) for ref in self.drawn]
        left_out, counted_all = self._left_out(first)
        return Snapshot(tuple(boxes), len(holders), left_out, counted_all)

    def _held(self, holder: _Holder) -> list[int]:
        return self._objects(list(holder.words))

    def _objects(self, words: list[_Word]) -> list[int]:
        """The objects with boxes of their own that some words refer to."""
        refs = [self.vm.words[word.at] for word in words if word.type.is_reference]
        return [ref for ref in refs if ref and self._has_box(ref)]

    def _has_box(self, ref: int) -> bool:
        cls = self.vm.classes[self.vm.words[ref] & CLASS_MASK]
        if cls is None or cls.type.name == "Box" or cls.file.name in ("String", "WaitQueue"):
            return False  # a fiber's stack, or a value
        return not (cls.file.flags & Flags.ENUM or (cls.file.flags & Flags.CLOSURE and not cls.layout))

    def _choose(self, first: list[int], offset: int) -> None:
        """Give boxes to the nearest objects, by what the boxes show."""
        queue = deque(first)
        while queue and len(self.drawn) < self.limit:
            ref = queue.popleft()
            if ref not in self.numbers:
                self.numbers[ref] = offset + len(self.drawn)
                self.drawn.append(ref)
                queue.extend(self._objects(self._words(ref)))

    def _class(self, ref: int) -> RuntimeClass:
        cls = self.vm.classes[self.vm.words[ref] & CLASS_MASK]
        assert cls is not None
        return cls

    def _words(self, ref: int) -> list[_Word]:
        """The words of an object that its box shows."""
        cls = self._class(ref)
        if cls.type.name == "Array":
            element, length = cls.type.args[0], self.vm.words[ref + ARRAY_LENGTH]
            shown = range(min(length, MAX_ELEMENTS))
            return [_Word(f"[{index}]", "", element, ref + ARRAY_FIRST + index) for index in shown]
        fields = cls.layout[:MAX_CELLS]
        if cls.is_below(self.machine.scheduler.fiber_class):
            fields = tuple(f for f in cls.layout if f.name in _FIBER_FIELDS)
        return [_Word(str(f.offset), f.name, f.type, ref + f.offset) for f in fields]

    def _object(self, ref: int) -> Box:
        cls = self._class(ref)
        size = object_words(self.vm.words, ref, self.vm.linker.layouts[self.vm.words[ref] & SHAPE_MASK])
        version = f"v{cls.version}, " if cls.version > 1 else ""
        cells = list(self._cells(self._words(ref)))
        hidden = self._hidden(cls, ref)
        if hidden:
            cells.append(Cell("", "", hidden))
        return Box("object", class_text(cls), f"{version}{size} word{'' if size == 1 else 's'}", tuple(cells))

    def _hidden(self, cls: RuntimeClass, ref: int) -> str:
        if cls.type.name == "Array":
            more = self.vm.words[ref + ARRAY_LENGTH] - MAX_ELEMENTS
            return f"… {more:,} more elements" if more > 0 else ""
        more = len(cls.layout) - MAX_CELLS
        return f"… {more} more fields" if more > 0 else ""

    def _cells(self, words: list[_Word]) -> Iterator[Cell]:
        for place, word in _joined(self.vm, words):
            ref = self.vm.words[word.at] if word.type.is_reference else 0
            if ref and self._has_box(ref):
                target = self.numbers.get(ref)
                yield Cell(place, word.name, class_text(self._class(ref)), target, target is None)
            else:
                yield Cell(place, word.name, self._value(word, ref))

    def _value(self, word: _Word, ref: int) -> str:
        scheduler = self.machine.scheduler
        if ref and self._class(ref).id == scheduler.queue_class.id:
            return _waiting(scheduler, ref)
        if word.name == "state" and self._is_fiber(word.at - scheduler.at["state"]):
            return State(self.vm.words[word.at]).name.lower()
        return field_text(self.vm, word.type, word.at, 0)

    def _is_fiber(self, ref: int) -> bool:
        return ref in self.numbers and self._class(ref).is_below(self.machine.scheduler.fiber_class)

    # ── what there was no room for ───────────────────────────────────────────────────────────────────────

    def _left_out(self, first: list[int]) -> tuple[tuple[tuple[str, int], ...], bool]:
        """How many objects of which class were reached but have no box, most frequent first; whether all were seen."""
        seen, pending = set(first), list(dict.fromkeys(first))
        while pending and len(seen) <= MAX_COUNTED:
            for child in self._references(pending.pop()):
                if child not in seen:
                    seen.add(child)
                    pending.append(child)
        found = Counter(class_text(self._class(ref)) for ref in seen if ref not in self.numbers)
        return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0]))), not pending

    def _references(self, ref: int) -> list[int]:
        words, cls = self.vm.words, self._class(ref)
        layout = self.vm.linker.layouts[words[ref] & SHAPE_MASK]
        if cls.is_below(self.machine.scheduler.fiber_class):
            return []
        if layout.kind == "array of references":
            children = self.vm.heap.elements(ref)
        else:
            children = [words[ref + offset] for offset in layout.references] if layout.kind == "fields" else []
        return [child for child in children if child and self._has_box(child)]


def _waiting(scheduler: Scheduler, queue: int) -> str:
    """Which fibers wait on a queue, for people."""
    numbers, at = [], scheduler.words[queue + scheduler.queue_at["first"]]
    while at:
        numbers.append(str(scheduler.get(at, "id")))
        at = scheduler.get(at, "next")
    if not numbers:
        return "no fiber waits"
    return f"fiber {numbers[0]} waits" if len(numbers) == 1 else f"fibers {', '.join(numbers)} wait"


def _joined(vm: Interpreter, words: list[_Word]) -> Iterator[tuple[str, _Word]]:
    """The words with their places; a run of array elements that are all zero is one, with the first word."""
    start = 0
    while start < len(words):
        first = words[start]
        end = start + 1
        if first.place.startswith("[") and not vm.words[first.at]:
            while end < len(words) and not vm.words[words[end].at]:
                end += 1
        last = words[end - 1].place.strip("[]")
        yield (first.place if end == start + 1 else f"{first.place[:-1]}–{last}]", first)
        start = end
