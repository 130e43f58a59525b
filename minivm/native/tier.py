"""The native tier of one machine: what gets hot is compiled, runs, and is discarded when what it relied on changes.

    hot → Unit (LLVM IR) → optimised code from the cache → linked → entered
                         → else baseline code, made on a second thread → linked → entered, until optimised code is made

Native code is entered from the interpreter only: at a call, at a loop's head or where an error or a fiber's turn has
led to. It leaves plain frames behind when it stops. So units come and go between two instructions of the interpreter,
and nobody is on their code then.
"""

from __future__ import annotations

import contextlib
import ctypes
import weakref
from collections.abc import Callable, Iterable
from queue import SimpleQueue

from attrs import define, field

from minivm.classes import RuntimeClass, RuntimeMethod, Stage
from minivm.classfile import Code
from minivm.frames import METHOD, PC
from minivm.interpreter import Interpreter
from minivm.memory import Register
from minivm.native import rows
from minivm.native.compiling import Turn, in_background
from minivm.native.engine import Engine, InvalidCode, Level, Library, ObjectCode, shared_engine
from minivm.native.hosting import Host
from minivm.native.landings import Landings
from minivm.native.linkage import Linkage, Pool
from minivm.native.modes import Mode
from minivm.native.module import CODE, CONSTANTS, ENTRY
from minivm.native.requests import RuntimeRequest, UnitRequest
from minivm.native.runtime import best_runtime, runtime
from minivm.native.slots import CodeOf
from minivm.native.unit import Key, Unit

assert rows  # imported for what it registers

HOT_LANDING = 50  # errors or turns that have led to one place that make compiling what follows worth its while
LARGEST = 5000  # instructions of a method that is compiled at all
LARGEST_FRAME = 1024  # words
UNDERSTOOD = "its symbols mean something now"  # why code is made anew
REPLACED = "it is optimised now"

_ENTER = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


@define(eq=False)
class Compiled:
    """A unit that can run."""

    unit: Unit
    library: Library
    level: Level
    pool: Pool
    entry: int
    misses: int = 0  # stops at instructions that meant nothing when it was compiled
    waits: list[tuple[int, int]] = field(factory=list)  # where: method ids, which an undone redefinition takes, and pcs


@define(eq=False, repr=False)
class Tier:
    """Compiles for one interpreter."""

    vm: Interpreter
    engine: Engine
    at_once: Level | None = None  # wait for code of that level, and be content with it
    bare: bool = False  # leave out fuel and cells (to measure what they cost)
    units: dict[Key, Compiled] = field(factory=dict)
    pending: dict[Key, Unit] = field(factory=dict)  # being compiled, or optimised
    done: SimpleQueue[Callable[[], None]] = field(factory=SimpleQueue)  # what to do with what is compiled
    unresolved: dict[tuple[int, int], set[Compiled]] = field(factory=dict)
    landed: dict[Key, int] = field(factory=dict)  # errors and turns by where the interpreter went on
    linkage: Linkage = field(init=False)
    landings: Landings = field(init=False)
    retries: dict[Key, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        level = self.at_once
        code = best_runtime(self.engine) if level is None else runtime(self.engine, level)
        self.linkage = Linkage(self.vm.classes, code, Host(self.vm))
        if level is None and code.level is Level.BASELINE:
            in_background(self.engine, Turn.RUNTIME, RuntimeRequest(weakref.ref(self)))
        self.landings = Landings(self.vm, self.units)
        self.landings.forget()
        self.vm.words[Register.NATIVE_WORDS] = self.vm.native_words
        self.vm.enter = _ENTER(code.enter)
        self.vm.linker.linked = self.class_linked

    # ── compiling ────────────────────────────────────────────────────────────────────────────────────────

    def compile(self, method: RuntimeMethod, start: int | None = None, why: str = "") -> int | None:
        """Have machine code made for a prepared method, to be entered at ``start`` (None: by a call), if there is none.

        Returns its entry, if it can run already. ``why`` is for the trace; empty: because it is hot.
        """
        key = method, start
        self.collect_done()
        if key not in self.units and key not in self.pending and _fits(method):
            self._compile(method, start, why or self._heat(method, start))
        found = self.units.get(key)
        return found.entry if found is not None else None

    def landing(self, method: RuntimeMethod, pc: int) -> int | None:
        """The entry of a method where an error or a fiber's turn has led to, once that has happened often."""
        heat = self.landed[method, pc] = self.landed.get((method, pc), 0) + 1
        if heat < min(HOT_LANDING, self.vm.hot):
            return None
        entry = self.compile(method, pc, f"errors or turns have led there {heat} times")
        if entry is not None:
            self.landings.renew()  # the next error need not come here
        return entry

    def _heat(self, method: RuntimeMethod, start: int | None) -> str:
        if start is None and method.heat < self.vm.hot:
            return f"called {method.heat} times with a hot loop"
        if start is None and any(other is method for other, _ in (*self.units, *self.pending)):
            return "called again since a loop in it is hot"
        times = f"{self.vm.hot} times" if self.vm.hot > 1 else "for the first time"
        return f"called {times}" if start is None else f"gone round {times}"

    def _compile(self, method: RuntimeMethod, start: int | None, why: str) -> None:
        unit = Unit(self.vm, method, start, self.bare, why)
        self.pending[method, start] = unit
        if self.at_once is not None:
            self.install(unit, self.engine.object_code(unit.source.ir(self.at_once), level=self.at_once))
            return
        optimised = self._cached(unit, Level.OPTIMISED)
        best = optimised or self._cached(unit, Level.BASELINE)
        if best is None:
            in_background(self.engine, Turn.BASELINE, UnitRequest.by(self, unit, Level.BASELINE))
        if optimised is None:
            in_background(self.engine, Turn.OPTIMISED, UnitRequest.by(self, unit, Level.OPTIMISED))
        if best is not None:
            self.install(unit, best)

    def _cached(self, unit: Unit, level: Level) -> ObjectCode | None:
        return self.engine.cached(unit.source.ir(level).encode(), level)

    def hand_over(self, action: Callable[[], None]) -> None:
        """Have something done with what is compiled, from the compiling thread."""
        self.done.put(action)
        with contextlib.suppress(ValueError):  # the machine is closed
            self.vm.words[Register.PENDING] = 1

    def collect_done(self) -> None:
        """Install what the second thread has finished."""
        while not self.done.empty():
            self.done.get()()

    def arrived(self, unit: Unit, code: ObjectCode | InvalidCode) -> None:
        """A unit's code is there, or LLVM's refusal."""
        if self.pending.get(unit.key) is not unit:
            return  # it was given up, or made anew
        if isinstance(code, InvalidCode):  # a bug of ours; it stays pending, and so in the interpreter
            self.vm.tracer.event("jit", f"{_name(unit)}: LLVM refuses it: {code}")
        else:
            self.install(unit, code)

    def use_runtime(self, code: ObjectCode) -> None:
        """Use other code of the runtime from now on."""
        better = runtime(self.engine, code.level, code)
        self.linkage.use(better)
        self.vm.enter = _ENTER(better.enter)

    def install(self, unit: Unit, code: ObjectCode) -> None:
        """Make a unit's code the code of its method, unless what it relied on has changed meanwhile."""
        key = unit.key
        if not self._holds(unit):
            self._give_up([unit])
            self.vm.tracer.event("jit", f"dropped {_name(unit)}: what it relies on changed while it was compiled")
            return
        if code.level is (self.at_once or Level.OPTIMISED):
            del self.pending[key]
        if key in self.units:
            older = self.units[key]
            self.discard([older], REPLACED if older.unit is unit else UNDERSTOOD)
        library = self.engine.link(code)
        address = library.address(CONSTANTS)
        slots = unit.module.slots
        raw = (ctypes.c_int64 * max(len(slots), 1)).from_address(address)
        pool = Pool(slots, memoryview(raw).cast("B").cast("q"))
        compiled = Compiled(unit, library, code.level, pool, library.address(ENTRY))
        self.linkage.connect(pool)
        self.units[key] = compiled
        self.landings.forget()
        for method, pc in unit.unresolved:
            compiled.waits.append((method.id, pc))
            self.unresolved.setdefault((method.id, pc), set()).add(compiled)
        if unit.start is None:
            unit.method.entry = compiled.entry
            self.linkage.set_code(unit.method, library.address(CODE))
        self.vm.tracer.event("jit", _describe(unit, code))
        for slot in slots:
            if isinstance(slot, CodeOf) and slot.method.id and slot.method.verified is not None:
                self.compile(slot.method, why=f"called by {_name(unit)}")

    # ── running ──────────────────────────────────────────────────────────────────────────────────────────

    def stopped(self) -> None:
        """Native code has stopped, and the newest frame says where: maybe it should be compiled again."""
        words = self.vm.words
        fp = words[Register.FRAME]
        waiting = self.unresolved.get((words[fp + METHOD], words[fp + PC]))
        for compiled in tuple(waiting or ()):
            compiled.misses += 1
            key = compiled.unit.key
            patience = 1 << self.retries.get(key, 0)
            if compiled.misses > patience and self.pending.get(key, compiled.unit) is compiled.unit:
                self.retries[key] = self.retries.get(key, 0) + 1
                self._compile(*key, UNDERSTOOD)  # meanwhile the old code is better than none

    # ── discarding ───────────────────────────────────────────────────────────────────────────────────────

    def class_linked(self, cls: RuntimeClass) -> None:
        """A class was linked or is a new version: the tables follow, and units that assumed otherwise go."""
        self.linkage.class_changed(cls)
        broken = [c for c in self.units.values() if not self._still_holds_below(c.unit, cls)]
        self.discard(broken, f"{cls.type} was linked")
        self._give_up(unit for unit in self.pending.values() if not self._still_holds_below(unit, cls))

    def classes_changed(self) -> None:
        """Some classes have other versions now, or are gone: units made from the old ones go."""
        self.landings.forget()
        for compiled in list(self.units.values()):
            stale = self._stale(compiled.unit)
            if stale:
                self.discard([compiled], stale)
        self._give_up(unit for unit in self.pending.values() if self._stale(unit))
        for counts in (self.landed, self.retries):
            for key in [key for key in counts if self.vm.classes[key[0].owner.id] is not key[0].owner]:
                del counts[key]

    def restored(self) -> None:
        """A redefinition was taken back."""
        self.linkage.rebuild()
        self.classes_changed()

    def discard(self, units: Iterable[Compiled], why: str) -> None:
        """Drop units, if any, and give their memory back."""
        self.landings.forget()
        for compiled in units:
            unit = compiled.unit
            del self.units[unit.key]
            for place in compiled.waits:
                self.unresolved[place].discard(compiled)
            unit.method.heat = 0
            if unit.start is None:
                unit.method.entry = None
                self.linkage.set_code(unit.method, None)
            self.linkage.disconnect(compiled.pool)
            compiled.pool.words.release()
            compiled.library.drop()
            self.vm.tracer.event("jit", f"discarded {_name(unit)}: {why}")

    def _give_up(self, units: Iterable[Unit]) -> None:
        """Compile some units no further."""
        for unit in list(units):
            unit.source.text = ""
            del self.pending[unit.key]
            unit.method.heat = 0  # it may get hot again

    def _stale(self, unit: Unit) -> str:
        """Which of the classes that a unit was made from is not the current one, or empty."""
        classes = self.vm.classes
        if not all(method.id for method in (unit.method, *unit.included)):
            return "the redefinition that first used it was taken back"  # its frames would have no name
        old = sorted(str(c.type) for c in unit.classes if c.id >= len(classes) or classes[c.id] is not c)
        return f"{old[0]} was redefined" if old else ""

    def _holds(self, unit: Unit) -> bool:
        return not self._stale(unit) and all(
            cls is None or self._still_holds_below(unit, cls) for cls in self.vm.classes
        )

    def _still_holds_below(self, unit: Unit, cls: RuntimeClass) -> bool:
        if cls.is_interface or cls.stage is Stage.LOADED:
            return True  # it has no instances
        for (class_id, name), target in unit.assumptions.items():
            if class_id not in cls.ancestors:
                continue
            if not name:
                if cls.id != class_id:
                    return False
            elif cls.table.get(name, target) is not target:
                return False
        return True


def _fits(method: RuntimeMethod) -> bool:
    code: Code | None = method.declared.code
    if code is None or method.verified is None or not method.id:
        return False
    return len(code.instructions) <= LARGEST and method.frame_words <= LARGEST_FRAME


def _name(unit: Unit) -> str:
    return str(unit.method) if unit.start is None else f"{unit.method} from instruction {unit.start}"


def _describe(unit: Unit, code: ObjectCode) -> str:
    origin = "from the cache" if code.cached else f"compiled in {code.seconds * 1000:.1f} ms"
    inlined = len(unit.included) - (unit.start is None)
    put_in = "1 method" if inlined == 1 else f"{inlined} methods"
    level = "" if code.level is Level.OPTIMISED else ", baseline"
    return f"{_name(unit)}, {unit.why}: {origin}{level}, {unit.size} instructions, {put_in} put in"


_AT_ONCE = {Mode.NATIVE: Level.OPTIMISED, Mode.BASELINE: Level.BASELINE}


def make_tier(vm: Interpreter, mode: Mode) -> Tier | None:
    """The native tier of an interpreter, or None where LLVM does not work."""
    engine = shared_engine()
    return Tier(vm, engine, _AT_ONCE.get(mode), mode is Mode.BARE) if engine is not None else None
