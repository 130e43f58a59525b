"""The value of a REPL entry as text: numbers and objects as ``print`` shows them, strings as literals."""

from __future__ import annotations

import unicodedata

from attrs import define

from lang.compiler import Known, compile_snippet
from lang.program import ProgramFinder
from lang.source import Source
from minivm.classes import RuntimeMethod
from minivm.handlers.values import TEXTS
from minivm.machine import Machine
from minivm.memory import Root
from minivm.types import STRING, VOID, Type, class_type

_VALUE = Root.HOST + 7  # keeps the value while its toString runs
_MODULE = "repl$show"
_SHOW = Source("<show>", 'fun show(value: Object?): String { return "{value}" }')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "{": "\\{", "\0": "\\0"}


@define
class Echo:
    """Shows values of one machine."""

    machine: Machine
    finder: ProgramFinder
    _show: RuntimeMethod | None = None

    def text(self, type_: Type, word: int) -> str:
        """The text of a value just computed; "" for void.

        Raises:
            GuestError: its toString threw; Interrupted.
        """
        if type_ == VOID:
            return ""
        if type_.is_primitive:
            return TEXTS[type_.name](word)
        if not word:
            return "null"
        heap, memory = self.machine.heap, self.machine.memory
        if type_.non_null() == STRING:
            return literal(heap.string(word))
        memory.set_root(_VALUE, word)
        try:
            shown = heap.string(self.machine.call(self._method(), lambda: [memory.root(_VALUE)]))
            return literal(shown) if heap.class_id(memory.root(_VALUE)) == heap.string_class else shown
        finally:
            memory.set_root(_VALUE, 0)

    def _method(self) -> RuntimeMethod:
        """``show``, compiled when first needed."""
        if self._show is None:
            self.finder.files.update(compile_snippet(_SHOW, _MODULE, Known(self.finder.library)))
            self._show = self.machine.load(class_type(_MODULE)).methods["show"]
        return self._show


def literal(text: str) -> str:
    """A string as it would be written in a program."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\u{{{ord(char):x}}}" if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char
