"""One method's function: its blocks, its operand stack as SSA names, its stops.

Locals live in ``alloca``s, which LLVM turns into registers; inside a block the operand stack is a Python list of
SSA names. A *stop* is a cold block that writes the method's frame (method, pc, locals, operands) into the fiber's stack
words as they were before the instruction, and returns: the interpreter then executes that instruction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from attrs import frozen

from minivm.classes import RuntimeMethod
from minivm.classfile import Code, Instruction
from minivm.errors import LinkError
from minivm.frames import FIRST, LINK, LINK_SHIFT, METHOD, PC
from minivm.instructions import Trait
from minivm.interpreter import LEAF_WORDS, NOT_ENTERED
from minivm.kernels.allocation import SLOW
from minivm.kernels.natives import NativeKernel
from minivm.memory import Register
from minivm.native.module import RESULT, STOPPED, Module
from minivm.native.slots import ClassId, CodeOf, KernelCode, MethodId, Slot
from minivm.types import FLOAT, Type
from minivm.verification.states import FrameState

if TYPE_CHECKING:
    from minivm.native.unit import Unit

UNLIKELY = "!prof !1"
LIKELY = "!prof !2"


@frozen
class Value:
    """An operand: an LLVM value of type ``double`` for a float, of type ``i64`` for every other word."""

    text: str
    is_float: bool = False

    @property
    def kind(self) -> str:
        """Its LLVM type."""
        return "double" if self.is_float else "i64"


Lower = Callable[["Body", Instruction], None]
LOWERINGS: dict[str, Lower] = {}


def lowers(*names: str) -> Callable[[Lower], Lower]:
    """Register the lowering of rows of the instruction table."""

    def register(lowering: Lower) -> Lower:
        for name in names:
            LOWERINGS[name] = lowering
        return lowering

    return register


class Body:
    """The function of one method, entered at ``start``: 0 for a call, else in the middle, from a frame."""

    def __init__(self, unit: Unit, method: RuntimeMethod, symbol: str, start: int | None) -> None:
        assert method.declared.code is not None and method.verified is not None
        self.unit = unit
        self.module: Module = unit.module
        self.method = method
        self.symbol = symbol
        self.start = start
        self.code: Code = method.declared.code
        self.states: Sequence[FrameState | None] = method.verified.states
        self.lines: list[str] = []
        self.cold: list[str] = []
        self.allocas: dict[str, str] = {}
        self.numbers = count()
        self.stack: list[Value] = []
        self.before: list[Value] = []
        self.pc = 0
        self.ended = False
        self.stops: set[str] = set()
        self.exits: dict[tuple[str, tuple[bool | None, ...]], str] = {}

    # ── the whole function ───────────────────────────────────────────────────────────────────────────────

    def text(self, linkage: str) -> str:
        """The function's definition."""
        leaders = self._leaders()
        for at, leader in enumerate(leaders):
            self._block(leader, leaders[at + 1] if at + 1 < len(leaders) else len(self.code.instructions))
        prologue = self._prologue()
        arguments = "".join(f", i64 %a{n}" for n in range(self.method.slots)) if self.start is None else ""
        return "\n".join(
            (
                f"; {self.method}{'' if self.start is None else f' from {self.start}'}",
                f"define {linkage}{RESULT} @{self.symbol}(ptr %memory, i64 %fp, i64 %fuel{arguments}) nounwind {{",
                *prologue,
                *self.lines,
                *self.cold,
                "}",
            )
        )

    def _leaders(self) -> list[int]:
        """Where blocks begin, of those that can be reached from the start."""
        instructions = self.code.instructions
        first = self.start or 0
        leaders, pending, seen = {first}, [first], set()
        while pending:
            pc = pending.pop()
            if pc in seen:
                continue
            seen.add(pc)
            row = instructions[pc].row
            if row.has(Trait.BRANCHES):
                target = instructions[pc].operands[0]
                leaders.add(target)
                pending.append(target)
                if not row.has(Trait.ENDS):
                    leaders.add(pc + 1)
            if not row.has(Trait.ENDS):
                pending.append(pc + 1)
        return sorted(leaders)

    def _block(self, leader: int, end: int) -> None:
        state = self.state(leader)
        self.lines.append(f"b{leader}:")
        self.stack = [self._load_alloca("s", n, t == FLOAT) for n, t in enumerate(state.stack)]
        self.ended = False
        for pc in range(leader, end):
            self.pc = pc
            self.before = list(self.stack)
            instruction = self.code.instructions[pc]
            try:
                LOWERINGS[instruction.row.name](self, instruction)
            except LinkError:  # it names what does not fit: the interpreter is to say so, if it ever comes here
                self.unresolved()
            if self.ended:
                return
        self.go(end)

    def state(self, pc: int) -> FrameState:
        """What the verifier knows before an instruction that can be reached."""
        found = self.states[pc]
        assert found is not None
        return found

    def _prologue(self) -> list[str]:
        body, self.lines = self.lines, []
        self.emit("%frame = getelementptr i64, ptr %memory, i64 %fp")
        self.emit(f"%above = add i64 %fp, {self.method.frame_words}")
        if self.start is None:
            self._enter_by_call()
        else:
            self._enter_from_frame(self.start)
        prologue, self.lines = self.lines, body
        self.allocas["%fuel.at"] = self.allocas["%pc.at"] = "i64"
        allocas = [f"  {name} = alloca {kind}" for name, kind in self.allocas.items()]
        return ["entry:", *allocas, "  store i64 %fuel, ptr %fuel.at", *prologue]

    def _enter_by_call(self) -> None:
        for n, type_ in enumerate(self.state(0).locals[: self.method.slots]):
            assert type_ is not None
            self._store_alloca("l", n, self.from_word(f"%a{n}", type_))
        if self.method.leaf:
            self.emit("br label %b0")
            return
        end = self.load("%memory", Register.FRAME_END, "register", False).text
        needed = self.op(f"add i64 %fp, {self.method.frame_words + LEAF_WORDS}")
        self.branch_unlikely(f"icmp sgt i64 {needed}, {end}", "no.room")
        self.branch_unlikely("call i1 @crowded(ptr %memory)", "no.room")
        self.cold += [
            "no.room:",
            f"  %no.room.at = getelementptr i64, ptr %memory, i64 {Register.FUEL:d}",
            "  store i64 %fuel, ptr %no.room.at",
            f"  ret {RESULT} {{i64 0, i64 {NOT_ENTERED}}}",
        ]
        self.burn("b0", 0, [])

    def _enter_from_frame(self, start: int) -> None:
        state = self.state(start)
        for n, type_ in enumerate(state.locals):
            if type_ is not None:
                self._store_alloca("l", n, self.load("%frame", FIRST + n, "frame", type_ == FLOAT))
        for n, type_ in enumerate(state.stack):
            at = FIRST + self.code.locals + n
            self._store_alloca("s", n, self.load("%frame", at, "frame", type_ == FLOAT))
        self.emit(f"br label %b{start}")

    # ── text ─────────────────────────────────────────────────────────────────────────────────────────────

    def emit(self, line: str) -> None:
        """Append an instruction."""
        self.lines.append("  " + line)

    def name(self) -> str:
        """A fresh SSA name."""
        return f"%v{next(self.numbers)}"

    def op(self, text: str) -> str:
        """Append an instruction with a result; its name."""
        name = self.name()
        self.lines.append(f"  {name} = {text}")
        return name

    def label(self, line: str) -> None:
        """Start a block inside an instruction."""
        self.lines.append(f"{line}:")

    def fresh_label(self) -> str:
        """A name for such a block."""
        return f"x{next(self.numbers)}"

    def here(self) -> str:
        """The label of the block being written, for a phi."""
        label = self.fresh_label()
        self.emit(f"br label %{label}")
        self.label(label)
        return label

    def close(self, target: str) -> str:
        """End the block being written with a jump; its label, for a phi."""
        label = self.here()
        self.emit(f"br label %{target}")
        return label

    def branch_unlikely(self, condition: str, label: str) -> None:
        """Go to a label if a condition holds, which it seldom does."""
        holds = self.op(condition)
        following = self.fresh_label()
        self.emit(f"br i1 {holds}, label %{label}, label %{following}, {UNLIKELY}")
        self.label(following)

    def unless(self, known: str, answer: str, compute: Callable[[], str], weights: str = "") -> str:
        """``answer`` if ``known`` holds, else what ``compute`` emits."""
        work, join = self.fresh_label(), self.fresh_label()
        before = self.here()
        self.emit(f"br i1 {known}, label %{join}, label %{work}{weights and ', ' + weights}")
        self.label(work)
        computed = compute()
        after = self.close(join)
        self.label(join)
        return self.op(f"phi i64 [ {answer}, %{before} ], [ {computed}, %{after} ]")

    # ── operands, locals ─────────────────────────────────────────────────────────────────────────────────

    def pop(self) -> str:
        """The top operand."""
        return self.stack.pop().text

    def pop_word(self) -> str:
        """The top operand as a word, whatever it is."""
        return self.word(self.stack.pop())

    def word(self, value: Value) -> str:
        """A value as a word."""
        return self.op(f"bitcast double {value.text} to i64") if value.is_float else value.text

    def from_word(self, text: str, type_: Type) -> Value:
        """A word as a value of a type."""
        if type_ == FLOAT:
            return Value(self.op(f"bitcast i64 {text} to double"), True)
        return Value(text)

    def push(self, text: str, is_float: bool = False) -> None:
        """Push a result."""
        self.stack.append(Value(text, is_float))

    def push_bit(self, text: str) -> None:
        """Push an i1 as a bool."""
        self.push(self.op(f"zext i1 {text} to i64"))

    def _alloca(self, which: str, number: int, is_float: bool) -> str:
        name = f"%{which}{'f' if is_float else 'i'}{number}"
        self.allocas[name] = "double" if is_float else "i64"
        return name

    def _load_alloca(self, which: str, number: int, is_float: bool) -> Value:
        kind = "double" if is_float else "i64"
        return Value(self.op(f"load {kind}, ptr {self._alloca(which, number, is_float)}"), is_float)

    def _store_alloca(self, which: str, number: int, value: Value) -> None:
        self.emit(f"store {value.kind} {value.text}, ptr {self._alloca(which, number, value.is_float)}")

    def load_local(self, number: int) -> None:
        """Push a local."""
        type_ = self.state(self.pc).locals[number]
        assert type_ is not None
        self.stack.append(self._load_alloca("l", number, type_ == FLOAT))

    def store_local(self, number: int) -> None:
        """Pop into a local."""
        self._store_alloca("l", number, self.stack.pop())

    # ── memory ───────────────────────────────────────────────────────────────────────────────────────────

    def at(self, base: str, offset: int | str) -> str:
        """A pointer some words behind another."""
        return self.op(f"getelementptr i64, ptr {base}, i64 {int(offset) if isinstance(offset, int) else offset}")

    def object(self, ref: str) -> str:
        """A pointer to the object that a reference is."""
        return self.at("%memory", ref)

    def load(self, base: str, offset: int | str, what: str, is_float: bool) -> Value:
        """Read a word of a kind (see ``Module.tag``)."""
        kind = "double" if is_float else "i64"
        return Value(self.op(f"load {kind}, ptr {self.at(base, offset)}, {self.module.tag(what)}"), is_float)

    def store(self, base: str, offset: int | str, value: Value, what: str) -> None:
        """Write a word of a kind."""
        self.emit(f"store {value.kind} {value.text}, ptr {self.at(base, offset)}, {self.module.tag(what)}")

    def constant(self, slot: Slot) -> str:
        """A word of the unit's constant pool."""
        return self.op(f"load i64, ptr {self.module.slot(slot)}, !invariant.load !{{}}")

    def allocate(self, words: str) -> str:
        """The reference of that many fresh words; stops if a collection is due."""
        top = self.load("%memory", Register.TOP, "top", False).text
        limit = self.load("%memory", Register.LIMIT, "limit", False).text
        end = self.op(f"add i64 {top}, {words}")
        self.stop_if(f"icmp sgt i64 {end}, {limit}")
        self.store("%memory", Register.TOP, Value(end), "top")
        return top

    # ── control ──────────────────────────────────────────────────────────────────────────────────────────

    def spill(self) -> None:
        """Put the operand stack where the next block expects it."""
        for n, value in enumerate(self.stack):
            self._store_alloca("s", n, value)

    def go(self, target: int) -> None:
        """End the block: go to another."""
        self.spill()
        self.emit(f"br label %b{target}")
        self.ended = True

    def burn(self, label: str, pc: int, operands: list[Value]) -> None:
        """Count fuel and go to ``label``, which is where instruction ``pc`` starts; stop there if the tank is empty."""
        if self.unit.bare:
            self.emit(f"br label %{label}")
            return
        fuel = self.op("load i64, ptr %fuel.at")
        left = self.op(f"sub i64 {fuel}, 1")
        self.emit(f"store i64 {left}, ptr %fuel.at")
        empty = self.op(f"icmp slt i64 {left}, 0")
        poll = f"poll{next(self.numbers)}"
        self.emit(f"br i1 {empty}, label %{poll}, label %{label}, {UNLIKELY}")
        with self._aside():
            self.label(poll)
            filled = self.op("call i64 @refill(ptr %memory)")
            self.emit(f"store i64 {filled}, ptr %fuel.at")
            dry = self.op(f"icmp slt i64 {filled}, 0")
            self.emit(f"br i1 {dry}, label %{poll}.stop, label %{label}, {UNLIKELY}")
        self._write_stop(f"{poll}.stop", pc, operands)

    def stop_if(self, condition: str) -> None:
        """Leave this instruction to the interpreter if a condition holds."""
        self.branch_unlikely(condition, self.stop_label())

    def stop(self) -> None:
        """Leave this instruction to the interpreter, always."""
        self.emit(f"br label %{self.stop_label()}")
        self.ended = True

    def unresolved(self) -> None:
        """Leave this instruction to the interpreter until its symbols mean something; then compile again."""
        self.unit.unresolved.add((self.method, self.pc))
        self.stop()

    def stop_label(self) -> str:
        """The block that stops at this instruction."""
        label = f"stop{self.pc}"
        if label not in self.stops:
            self.stops.add(label)
            self._write_stop(label, self.pc, self.before)
        return label

    def _write_stop(self, label: str, pc: int, operands: list[Value]) -> None:
        with self._aside():
            self.label(label)
            self._write_operands(pc, operands)
            self.emit(f"br label %{self._exit('stop', pc, self._write_newest)}")

    def _write_operands(self, pc: int, operands: list[Value]) -> None:
        """What differs from stop to stop: where it is, and the operands."""
        self.emit(f"store i64 {pc}, ptr %pc.at")
        for n, value in enumerate(operands):
            self.store("%frame", FIRST + self.code.locals + n, value, "frame")

    def _exit(self, kind: str, pc: int, finish: Callable[[], None]) -> str:
        """The block that writes the rest of the frame's record and returns, shared by all stops with such locals."""
        locals_ = tuple(None if type_ is None else type_ == FLOAT for type_ in self.state(pc).locals)
        label = self.exits.get((kind, locals_))
        if label is None:
            label = self.exits[kind, locals_] = f"{kind}.exit{len(self.exits)}"
            with self._aside():
                self.label(label)
                self._write_record(locals_)
                finish()
                self.emit(f"ret {RESULT} {{i64 0, i64 {STOPPED}}}")
        return label

    def _write_record(self, locals_: Sequence[bool | None]) -> None:
        """The frame's record but for the operands, and for its link, which is the caller's to write."""
        self.store("%frame", METHOD, Value(self.constant(MethodId(self.method))), "frame")
        self.store("%frame", PC, Value(self.op("load i64, ptr %pc.at")), "frame")
        for n, is_float in enumerate(locals_):
            if is_float is not None:
                self.store("%frame", FIRST + n, self._load_alloca("l", n, is_float), "frame")

    def _write_newest(self) -> None:
        self.store("%memory", Register.FUEL, Value(self.op("load i64, ptr %fuel.at")), "register")
        self.store("%memory", Register.FRAME, Value("%fp"), "register")

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Append what is emitted meanwhile to the blocks that are seldom run."""
        hot, self.lines = self.lines, []
        yield
        self.cold += self.lines
        self.lines = hot

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, code: str, arguments: Sequence[str], undo: str = "") -> str:
        """Call a function of the native convention; its result word.

        ``undo`` is the reference that was allocated for this call and is taken back if the callee does nothing.
        """
        fuel = self.op("load i64, ptr %fuel.at")
        passed = "".join(f", i64 {a}" for a in arguments)
        both = self.op(f"call {RESULT} {code}(ptr %memory, i64 %above, i64 {fuel}{passed})")
        left = self.op(f"extractvalue {RESULT} {both}, 1")
        self.emit(f"store i64 {left}, ptr %fuel.at")
        label = f"left{next(self.numbers)}"
        self.branch_unlikely(f"icmp slt i64 {left}, 0", label)
        self._write_unwinding(label, left, undo)
        return self.op(f"extractvalue {RESULT} {both}, 0")

    def _write_unwinding(self, label: str, left: str, undo: str) -> None:
        with self._aside():
            self.label(label)
            self._write_operands(self.pc, self.before)
            if undo:
                refused = self.op(f"icmp eq i64 {left}, {NOT_ENTERED}")
                top = self.load("%memory", Register.TOP, "top", False).text
                back = self.op(f"select i1 {refused}, i64 {undo}, i64 {top}")
                self.store("%memory", Register.TOP, Value(back), "top")
            self.emit(f"br label %{self._exit('left', self.pc, self._write_link)}")

    def _write_link(self) -> None:
        """The callee's link to this frame, which is the newest one if the callee has done nothing."""
        stack = self.load("%memory", Register.STACK, "register", False).text
        offset = self.op(f"sub i64 %fp, {stack}")
        link = self.op(f"shl i64 {offset}, {LINK_SHIFT}")
        self.store("%frame", self.method.frame_words + LINK, Value(link), "frame")
        left = self.op("load i64, ptr %fuel.at")
        refused = self.op(f"icmp eq i64 {left}, {NOT_ENTERED}")
        newest = self.load("%memory", Register.FRAME, "register", False).text
        mine = self.op(f"select i1 {refused}, i64 %fp, i64 {newest}")
        self.store("%memory", Register.FRAME, Value(mine), "register")

    def call_kernel(
        self, kernel: NativeKernel, arguments: Sequence[str], otherwise: Callable[[], str] | None = None
    ) -> str:
        """Call a kernel; its result word. What it leaves to the interpreter is what ``otherwise`` emits, or a stop."""
        passed = ["ptr %memory", *(f"i64 {a}" for a in arguments)]
        if kernel.made:
            passed.append(f"i64 {self.constant(ClassId(self.unit.made_by(kernel)))}")
        code = self.op(f"inttoptr i64 {self.constant(KernelCode(kernel.name))} to ptr")
        found = self.op(f"call i64 {code}({', '.join(passed)})")
        if otherwise is None:
            self.stop_if(f"icmp eq i64 {found}, {SLOW}")
            return found
        return self.unless(self.op(f"icmp ne i64 {found}, {SLOW}"), found, otherwise, LIKELY)

    def call_method(self, method: RuntimeMethod, arguments: Sequence[str], undo: str = "") -> str:
        """Call exactly one method: a function of this module if it is small, else through the pool."""
        symbol = self.unit.function_of(method)
        if symbol is not None:
            return self.call(f"@{symbol}", arguments, undo)
        code = self.constant(CodeOf(method))
        return self.call(self.op(f"inttoptr i64 {code} to ptr"), arguments, undo)
