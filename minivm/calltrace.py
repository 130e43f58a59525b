"""The ``call`` trace: calls with their arguments, results and exceptions, indented by depth, fiber by fiber.

    [call] Item.init(name: "tea", cents: 250)
    [call] shop.total(items: List<Priced>(…))
    [call]   Item.price()
    [call]   -> 250

What the library does to serve a call is left out: only calls out of the program's own code, or into it, are shown.
"""

from __future__ import annotations

from minivm.classes import RuntimeMethod
from minivm.classfile import INIT, Flags
from minivm.errors import Throw
from minivm.frames import FIRST, LINK, LINK_MASK, LINK_SHIFT, Link
from minivm.glance import glance, method_text
from minivm.interpreter import Interpreter
from minivm.types import OBJECT, VOID

TOPIC = "call"


class CallTrace:
    """Reports the calls of one machine; the interpreter's handlers tell it while ``call_trace`` is on."""

    def __init__(self, vm: Interpreter) -> None:
        self.vm = vm
        self.fiber = 1  # whose line was last: 1 is the main fiber

    def entered(self, method: RuntimeMethod) -> None:
        """The current frame is a fresh one of ``method``, its arguments in place."""
        if self._is_shown(method):
            self._line(f"{method_text(method)}({', '.join(self._arguments(method))})")

    def returned(self, value: int) -> None:
        """The current frame is about to return a word."""
        method = self.vm.method_at(self.vm.fp)
        if method.result != VOID and method.name != INIT and self._is_shown(method):
            self._line(f"-> {glance(self.vm, method.result, value)}")

    def threw(self, throw: Throw) -> None:
        """The current frame's instruction threw."""
        text = self.vm.unwinder.describe(throw.ref) if throw.ref else f"{throw.kind}: {throw.message}"
        self._line(f"throws {text}")

    def caught(self) -> None:
        """The current frame is the one whose handler goes on."""
        method = self.vm.method_at(self.vm.fp)
        code = method.declared.code
        line = code.line_at(self.vm.pc) if code else 0
        self._line(f"caught in {method_text(method)} at {method.owner.file.source}:{line}")

    def _line(self, text: str) -> None:
        vm = self.vm
        now = vm.scheduler.current_id()
        if now != self.fiber:
            vm.tracer.event(TOPIC, f"fiber {now} goes on:")
            self.fiber = now
        vm.tracer.event(TOPIC, "  " * max(vm.depth() - 2, 0) + text)

    def _is_shown(self, method: RuntimeMethod) -> bool:
        """Whether a call into the current frame, of ``method``, is the program's business."""
        if method.name.startswith("=") or (method.name == INIT and _is_plumbing(method)):
            return False
        return not is_library(method) or not self._called_by_library()

    def _called_by_library(self) -> bool:
        vm = self.vm
        link = vm.words[vm.fp + LINK]
        return link & LINK_MASK == Link.BASE or is_library(vm.method_at(vm.stack + (link >> LINK_SHIFT)))

    def _arguments(self, method: RuntimeMethod) -> list[str]:
        vm = self.vm
        first = vm.fp + FIRST + (not method.is_static)
        names = method.declared.parameter_names
        texts = [glance(vm, type_, vm.words[first + i], 0) for i, type_ in enumerate(method.parameters)]
        return [f"{name}: {text}" for name, text in zip(names, texts, strict=False)] if names else texts


def _is_plumbing(method: RuntimeMethod) -> bool:
    """Whether the class of an init is one nobody wrote, or the one at the root of all."""
    return Flags.CLOSURE in method.owner.file.flags or method.owner.type == OBJECT


def is_library(method: RuntimeMethod) -> bool:
    """Whether the machine's library brought the method."""
    return method.owner.is_boot
