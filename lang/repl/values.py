"""Values as a person would write them: ``Account(id: 7, owner: "ann", balance: 120)``.

Objects are read where they lie, so that showing them runs nothing of the program. Only the value of an entry asks a
``toString`` that the program itself has written. Cycles, depth and long collections are cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import define, field

from lang.repl.sketches import Sketch, group, literal
from minivm.classes import RuntimeClass, RuntimeField, Shape
from minivm.classfile import Flags
from minivm.handlers.values import TEXTS
from minivm.kernels.fibers import State
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.machine import Machine
from minivm.types import Kind, Type

TOP_ITEMS, ITEMS = 100, 10  # items shown of a collection: of the value itself, of one inside it
TOP_TEXT, TEXT = 2000, 60  # characters of a string, likewise
DEPTH = 5  # objects inside objects
BUDGET = 400  # objects in all


@define
class Portrait:
    """One value being looked at. ``asks``: whether an object's own toString is wanted; ``asked`` then lists those
    objects, with the sketches that wait for their texts: to be put in brackets behind a name that is there already."""

    machine: Machine
    asks: Callable[[RuntimeClass], bool] = lambda cls: False
    asked: list[tuple[int, Sketch]] = field(factory=list)
    _path: list[int] = field(factory=list)
    _left: int = BUDGET

    def value(self, type_: Type, word: int) -> Sketch:
        """A value of a static type."""
        if type_.is_primitive:
            return Sketch(TEXTS[type_.name](word))
        if not word:
            return Sketch("null" if type_.nullable or type_.kind is not Kind.CLASS else "<unset>")
        return self.object(word)

    def object(self, ref: int) -> Sketch:
        """An object."""
        cls = self.machine.registry.classes[self.machine.heap.class_id(ref)]
        if cls is None:
            return Sketch("<a fiber's stack>")
        if cls.shape is Shape.STRING:
            return Sketch(literal(self.machine.heap.string(ref), TEXT if self._path else TOP_TEXT))
        if self.asks(cls):
            waiting = Sketch(cls.name if cls.is_boot and cls.file.name == "StringBuilder" else "")
            self.asked.append((ref, waiting))
            return waiting
        if ref in self._path:
            return Sketch(f"<{cls.name} again>")
        self._left -= 1
        if len(self._path) >= DEPTH or self._left < 0:
            return Sketch(f"{cls.name}(…)")
        self._path.append(ref)
        try:
            return self._composed(cls, ref)
        finally:
            self._path.pop()

    def _composed(self, cls: RuntimeClass, ref: int) -> Sketch:
        if cls.shape is Shape.ARRAY:
            length = self.machine.memory.words[ref + ARRAY_LENGTH]
            return self._sequence("[", "]", cls.type.args[0], ref, range(length))
        if cls.is_boot:
            special = _SPECIAL.get(cls.file.name)
            if special is not None:
                return special(self, cls, ref)
        for family, sketch in _FAMILIES.items():
            if any(at.file.name == family for at in cls.supers()):
                return sketch(self, cls, ref)
        if Flags.CLOSURE in cls.file.flags:
            return Sketch(str(cls.interfaces[0].type) if cls.interfaces else "fun")
        return self._instance(cls, ref)

    def _instance(self, cls: RuntimeClass, ref: int) -> Sketch:
        shown = [f for f in cls.layout if not (cls.is_boot and Flags.PRIVATE in f.declared.flags)]
        if cls.layout and not shown:
            return Sketch(f"{cls.name}(…)")
        return group(f"{cls.name}(", [(f"{f.name}: ", self.field(ref, f)) for f in shown], ")")

    def field(self, ref: int, member: RuntimeField) -> Sketch:
        """The value of a field of an object (or of a class's statics)."""
        return self.value(member.type, self.machine.memory.words[ref + member.offset])

    def _at(self, cls: RuntimeClass, ref: int, name: str) -> int:
        found = cls.find_field(name)
        return self.machine.memory.words[ref + found.offset] if found is not None else 0

    def _sequence(self, opener: str, close: str, element: Type, array: int, places: range) -> Sketch:
        """Elements of an array object."""
        shown = places[: self.most]
        words = self.machine.memory.words
        items = [("", self.value(element, words[array + ARRAY_FIRST + at])) for at in shown]
        return group(opener, items, close, len(places) - len(shown))

    @property
    def most(self) -> int:
        """How many items of the present collection are shown."""
        return TOP_ITEMS if len(self._path) <= 1 else ITEMS

    # ── what the library has ─────────────────────────────────────────────────────────────────────────────

    def _box(self, cls: RuntimeClass, ref: int) -> Sketch:
        return self.field(ref, cls.fields["value"])

    def _list(self, cls: RuntimeClass, ref: int) -> Sketch:
        array, count = self._at(cls, ref, "items"), self._at(cls, ref, "count")
        return self._sequence("[", "]", cls.type.args[0], array, range(count))

    def _deque(self, cls: RuntimeClass, ref: int) -> Sketch:
        array, head, count = (self._at(cls, ref, name) for name in ("items", "head", "count"))
        words = self.machine.memory.words
        places = [(head + at) % words[array + ARRAY_LENGTH] for at in range(min(count, self.most))]
        items = [("", self.value(cls.type.args[0], words[array + ARRAY_FIRST + at])) for at in places]
        return group("[", items, "]", count - len(items))

    def _entries(self, cls: RuntimeClass, ref: int) -> Iterator[tuple[int, int]]:
        """The words of a map's keys and values."""
        words = self.machine.memory.words
        keys, values, hashes = (self._at(cls, ref, name) + ARRAY_FIRST for name in ("keyAt", "valueAt", "hashAt"))
        for at in range(self._at(cls, ref, "from"), self._at(cls, ref, "used")):
            if words[hashes + at] >= 0:
                yield words[keys + at], words[values + at]

    def _map(self, cls: RuntimeClass, ref: int) -> Sketch:
        key, value = cls.type.args
        size = self._at(cls, ref, "live")
        pairs = [pair for pair, _ in zip(self._entries(cls, ref), range(self.most), strict=False)]
        items = [(f"{self.value(key, k).flat()}: ", self.value(value, v)) for k, v in pairs]
        return group("{", items, "}", size - len(items))

    def _set(self, cls: RuntimeClass, ref: int) -> Sketch:
        inner = self._at(cls, ref, "items")
        map_class = self.machine.registry.classes[self.machine.heap.class_id(inner)]
        assert map_class is not None
        size = self._at(map_class, inner, "live")
        pairs = zip(self._entries(map_class, inner), range(self.most), strict=False)
        items = [("", self.value(cls.type.args[0], key)) for (key, _), _ in pairs]
        return group("{", items, "}", size - len(items))

    def _priority_queue(self, cls: RuntimeClass, ref: int) -> Sketch:
        array, count = self._at(cls, ref, "items"), self._at(cls, ref, "count")
        if not count:
            return Sketch(f"{cls.name}(0 items)")
        first = self.value(cls.type.args[0], self.machine.memory.words[array + ARRAY_FIRST])
        return group(f"{cls.name}({count:,} item{'' if count == 1 else 's'}, ", [("first: ", first)], ")")

    def _channel(self, cls: RuntimeClass, ref: int) -> Sketch:
        state = ", closed" if self._at(cls, ref, "closed") else ""
        count = self._at(cls, ref, "count")
        return Sketch(f"{cls.name}({count} item{'' if count == 1 else 's'}{state})")

    def _enum(self, cls: RuntimeClass, ref: int) -> Sketch:
        owner = next(at for at in cls.supers() if Flags.ENUM in at.file.flags)
        name = self._at(cls, ref, "name")
        return Sketch(f"{owner.name}.{self.machine.heap.string(name) if name else '<unset>'}")

    def _fiber(self, cls: RuntimeClass, ref: int) -> Sketch:
        scheduler = self.machine.scheduler
        return Sketch(f"{cls.name}({scheduler.get(ref, 'id')}, {State(scheduler.get(ref, 'state')).name.lower()})")

    def _error(self, cls: RuntimeClass, ref: int) -> Sketch:
        base = next(at for at in cls.supers() if at.file.name == "Error")
        own = [f for f in cls.layout if f.owner is not base and not any(f.owner is b for b in base.supers())]
        parts = [("", self.field(ref, base.fields["message"])), *((f"{f.name}: ", self.field(ref, f)) for f in own)]
        return group(f"{cls.name}(", parts, ")")


_SPECIAL: dict[str, Callable[[Portrait, RuntimeClass, int], Sketch]] = {
    "Box": Portrait._box,
    "List": Portrait._list,
    "Deque": Portrait._deque,
    "Map": Portrait._map,
    "Set": Portrait._set,
    "Channel": Portrait._channel,
    "PriorityQueue": Portrait._priority_queue,
}
_FAMILIES: dict[str, Callable[[Portrait, RuntimeClass, int], Sketch]] = {
    "Enum": Portrait._enum,
    "FiberBase": Portrait._fiber,
    "Error": Portrait._error,
}
