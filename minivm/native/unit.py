"""A compiled unit: one method, entered at one place, with the small methods it calls; and all that it relies on.

What a unit took for granted is data, so that the compiler and whoever changes the world meet only here: ``classes``
are the class versions whose layouts, methods and tables it was made from, ``assumptions`` what it believes of the
classes below a class, ``unresolved`` the instructions whose symbols meant nothing yet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import define

from minivm.classes import RuntimeClass, RuntimeMethod, Stage
from minivm.frames import FIRST
from minivm.handlers.calls import Site
from minivm.kernels.natives import NativeKernel
from minivm.loader import Loader, class_of
from minivm.memory import Register
from minivm.native.body import LOWERINGS, Body
from minivm.native.engine import Level
from minivm.native.module import CODE, ENTRY, RESULT, ROOM_ASSUMED, ROOM_TESTED, Module
from minivm.types import PRIMITIVES, STRING, Type

if TYPE_CHECKING:
    from minivm.interpreter import Interpreter

INLINED = 100  # instructions of a callee at most that is put into its caller's unit, for LLVM to inline
SMALL = 20  # instructions of one that LLVM must inline: it would count blocks that are never reached, too
FEW_CALLS = 8  # of it in the unit, if it must; with more the unit would take long to compile
_CALL = re.compile(r"call \S+ \S+ @(m\d+)\(")
_INTERNAL = re.compile(r"^define internal [^@]*@(m\d+)\(.* nounwind", re.MULTILINE)
UNIT_LIMIT = 500  # instructions of a unit; beyond it nothing more is put in: compiling 1,000 takes LLVM a second

Place = tuple[RuntimeMethod, int]  # a method and an instruction of it
Key = tuple[RuntimeMethod, int | None]  # what a unit is for: a method, and where it is entered


@define(eq=False)
class Source:
    """A unit's module."""

    text: str  # empty: nobody wants its code any more

    def ir(self, level: Level) -> str:
        """The whole module as it is to be compiled for a level."""
        return self.text + (ROOM_TESTED if level is Level.BASELINE else ROOM_ASSUMED)


class Unit:
    """One unit, lowered when it is made. ``start`` is 0 for a unit that is called, else the instruction it starts at.

    The method must have been prepared. Nothing is loaded, linked or initialised for the sake of a unit. A ``bare`` unit
    burns no fuel and calls what it can without a cell. ``why`` it is made is for the trace.
    """

    def __init__(
        self, vm: Interpreter, method: RuntimeMethod, start: int | None, bare: bool = False, why: str = ""
    ) -> None:
        self.vm = vm
        self.why = why
        self.method = method
        self.start = start
        self.bare = bare
        self.module = Module()
        self.classes: set[RuntimeClass] = set()
        self.assumptions: dict[tuple[int, str], RuntimeMethod | None] = {}  # (class id, method name), "" for the class
        self.unresolved: set[Place] = set()
        self.included: dict[RuntimeMethod, str] = {}
        self.size = 0
        self.depend(method.owner)
        if start is None:
            self.included[method] = CODE
        self._lower(method, CODE, start, "")
        self._inline_always()
        self.module.functions.append(self._entry())
        self.source = Source(self.module.text())

    @property
    def key(self) -> Key:
        """What the unit is for."""
        return self.method, self.start

    def _lower(self, method: RuntimeMethod, symbol: str, start: int | None, linkage: str) -> None:
        assert method.declared.code is not None
        self.size += len(method.declared.code.instructions)
        self.module.functions.append(Body(self, method, symbol, start).text(linkage))

    def _inline_always(self) -> None:
        """Mark what is small and called in few places."""
        text = "\n".join(self.module.functions)
        calls = Counter(_CALL.findall(text))
        small = {s for m, s in self.included.items() if m.declared.code and len(m.declared.code.instructions) <= SMALL}
        for n, function in enumerate(self.module.functions):
            found = _INTERNAL.search(function)
            if found is not None and found[1] in small and calls[found[1]] <= FEW_CALLS:
                self.module.functions[n] = function[: found.end()] + " alwaysinline" + function[found.end() :]

    def _entry(self) -> str:
        """The function entered from outside: arguments come from the frame at ``fp``, the result goes to VALUE."""
        lines = [f"define i64 @{ENTRY}(ptr %memory, i64 %fp) nounwind {{"]
        lines.append("  %frame = getelementptr i64, ptr %memory, i64 %fp")
        arguments = ""
        for n in range(self.method.slots if self.start is None else 0):
            lines.append(f"  %p{n} = getelementptr i64, ptr %frame, i64 {FIRST + n}")
            lines.append(f"  %a{n} = load i64, ptr %p{n}")
            arguments += f", i64 %a{n}"
        return "\n".join(
            (
                *lines,
                f"  %fuel.at = getelementptr i64, ptr %memory, i64 {Register.FUEL:d}",
                f"  %value.at = getelementptr i64, ptr %memory, i64 {Register.VALUE:d}",
                f"  %newest.at = getelementptr i64, ptr %memory, i64 {Register.FRAME:d}",
                "  %fuel = load i64, ptr %fuel.at",
                f"  %both = call {RESULT} @{CODE}(ptr %memory, i64 %fp, i64 %fuel{arguments})",
                f"  %value = extractvalue {RESULT} %both, 0",
                f"  %left = extractvalue {RESULT} %both, 1",
                "  %stopped = icmp slt i64 %left, 0",
                "  br i1 %stopped, label %out, label %done",
                "done:",
                "  store i64 %value, ptr %value.at",
                "  store i64 %left, ptr %fuel.at",
                "  store i64 %fp, ptr %newest.at",
                "  br label %out",
                "out:",
                "  ret i64 %left",
                "}",
            )
        )

    # ── what is known of the program ─────────────────────────────────────────────────────────────────────

    def depend(self, cls: RuntimeClass) -> None:
        """Note that the unit is void once ``cls`` is no more the current version of its class."""
        self.classes.add(cls)

    def linked(self, method: RuntimeMethod, type_: Type) -> RuntimeClass | None:
        """The class of a type as a method sees it, if it is linked already."""
        return self._linked(method.scope(self.vm.machine.app), type_)

    def linked_for_natives(self, type_: Type) -> RuntimeClass | None:
        """The class of a type as natives see it, if it is linked already."""
        return self._linked(self.vm.loader, type_)

    def _linked(self, scope: Loader, type_: Type) -> RuntimeClass | None:
        found = scope.classes.get(class_of(type_))
        if found is None or found.stage is Stage.LOADED:
            return None
        self.depend(found)
        return found

    def initialised(self, cls: RuntimeClass) -> bool:
        """Whether a class needs no more to be initialised."""
        self.depend(cls)
        return cls.stage is Stage.INITIALISED

    def string_class(self) -> RuntimeClass:
        """The class String."""
        found = self.vm.classes[self.vm.heap.string_class]
        assert found is not None
        self.depend(found)
        return found

    def made_by(self, kernel: NativeKernel) -> RuntimeClass:
        """The class of what a kernel makes: String, or a box's that is linked."""
        if kernel.made == STRING.name:
            return self.string_class()
        found = self.linked_for_natives(PRIMITIVES[kernel.made])
        assert found is not None
        return found

    def prototype(self, cls: RuntimeClass) -> Sequence[int]:
        """The words of a fresh instance."""
        return self.vm.linker.prototypes[cls.id]

    def _below(self, cls: RuntimeClass) -> list[RuntimeClass]:
        """The linked classes at and below a class."""
        classes = self.vm.classes
        return [c for c in classes if c is not None and cls.id in c.ancestors and c.stage is not Stage.LOADED]

    def has_nothing_below(self, cls: RuntimeClass) -> bool:
        """Whether an instance of a class is of exactly that class; noted as an assumption."""
        if cls.is_interface or len(self._below(cls)) > 1:
            return False
        self.assumptions[cls.id, ""] = None
        return True

    def sole_target(self, cls: RuntimeClass, name: str) -> RuntimeMethod | None:
        """The one method that every receiver at or below a class has under a name; noted as an assumption."""
        found = {c.table[name] for c in self._below(cls) if name in c.table and not c.is_interface}
        if len(found) != 1:
            return None
        target = found.pop()
        if target.declared.code is None and target.native is None:
            return None
        self.assumptions[cls.id, name] = target
        self.depend(target.owner)
        return target

    def likely_target(self, method: RuntimeMethod, pc: int) -> tuple[RuntimeClass, RuntimeMethod] | None:
        """The one receiver class that a call has met in the interpreter, and its method."""
        cell = method.code[pc] if method.code is not None else None
        site = cell[2] if cell is not None else None
        if not isinstance(site, Site) or len(site.targets) != 1:
            return None
        ((class_id, target),) = site.targets.items()
        cls = self.vm.classes[class_id]
        if cls is None or target.native is not None or self.function_of(target) is None:
            return None
        self.depend(cls)
        return cls, target

    # ── callees ──────────────────────────────────────────────────────────────────────────────────────────

    def function_of(self, method: RuntimeMethod) -> str | None:
        """The symbol of a method's function in this module, put in now if the method is small; None if it is not."""
        symbol = self.included.get(method)
        if symbol is not None:
            return symbol
        code = method.declared.code
        if code is None or not method.id or method.verified is None:
            return None  # never run: what it needs may not be linked yet
        if self.size > UNIT_LIMIT or (len(code.instructions) > INLINED and not self.bare):
            return None
        symbol = self.included[method] = f"m{len(self.included)}"
        self.depend(method.owner)
        self._lower(method, symbol, None, "internal ")
        return symbol


def missing_lowerings(names: Sequence[str]) -> list[str]:
    """Rows that are not lowered (a test keeps this empty)."""
    return [name for name in names if name not in LOWERINGS]
