"""The value of a REPL entry as text: as ``values`` shows it, but asking the ``toString`` of the program's classes."""

from __future__ import annotations

from attrs import define

from lang.compiler import Known, compile_snippet
from lang.program import ProgramFinder
from lang.repl.sketches import literal
from lang.repl.values import TEXT, Portrait
from lang.source import Source
from minivm.classes import RuntimeClass, RuntimeMethod
from minivm.layouts import ARRAY_FIRST
from minivm.machine import Machine
from minivm.memory import Root
from minivm.types import OBJECT, VOID, Type, array_of, class_type

_ASKED = Root.HOST + 7  # an array that keeps the objects whose toString is asked
_MODULE = "repl$show"
_SHOW = Source("<show>", 'fun show(value: Object): String { return "{value}" }')
_OWN_TEXTS = ("StringBuilder", "Class", "Redefinition")  # of the library's classes: what they are is their text
STILL = 400
_MOST = 20 * TEXT  # characters of one toString


@define
class Echo:
    """Shows values of one machine."""

    machine: Machine
    finder: ProgramFinder
    _show: RuntimeMethod | None = None

    def text(self, type_: Type, word: int, width: int) -> str:
        """The text of a value just computed; "" for void.

        Raises:
            GuestError: its toString threw; Interrupted.
        """
        if type_ == VOID:
            return ""
        portrait = Portrait(self.machine, self._asks)
        sketch = portrait.value(type_, word)
        if portrait.asked:
            self._ask(portrait)
        return "\n".join(sketch.lines(width))

    def still(self, type_: Type, word: int, limit: int = STILL) -> str:
        """The text of a value in one line of at most ``limit`` characters; nothing of the program runs."""
        text = Portrait(self.machine).value(type_, word).flat()
        return text if len(text) <= limit else f"{text[: limit - 2]} …"

    @staticmethod
    def _asks(cls: RuntimeClass) -> bool:
        method = cls.table.get("toString")
        if method is None:
            return False
        return not method.owner.is_boot or method.owner.file.name in _OWN_TEXTS

    def _ask(self, portrait: Portrait) -> None:
        """Ask every object that has a text of its own. They move while they are asked, so an array holds them."""
        memory, heap = self.machine.memory, self.machine.heap
        self._keep([ref for ref, _ in portrait.asked])
        try:
            show = self._method()
            for at, (_, sketch) in enumerate(portrait.asked):
                place = ARRAY_FIRST + at
                word = self.machine.call(show, lambda place=place: [memory.words[memory.root(_ASKED) + place]])  # type: ignore[misc]
                text = heap.string(word)
                if sketch.text:
                    sketch.text = f"{sketch.text}({literal(text, _MOST)})"
                else:
                    sketch.text = text if len(text) <= _MOST else literal(text, _MOST)
        finally:
            memory.set_root(_ASKED, 0)

    def _keep(self, refs: list[int]) -> None:
        machine = self.machine
        cls = machine.load(array_of(OBJECT.or_null()))
        machine.memory.dipping = True  # the references stay good until they are in the array
        try:
            array = machine.heap.new_array(cls, len(refs))
        finally:
            machine.memory.dipping = False
        for at, ref in enumerate(refs):
            machine.memory.words[array + ARRAY_FIRST + at] = ref
        machine.memory.set_root(_ASKED, array)

    def _method(self) -> RuntimeMethod:
        """``show``, compiled when first needed."""
        if self._show is None:
            self.finder.files.update(compile_snippet(_SHOW, _MODULE, Known(self.finder.library)))
            self._show = self.machine.load(class_type(_MODULE)).methods["show"]
        return self._show
