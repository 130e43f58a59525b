"""All paths through a method: where paths meet, what is known is merged, until nothing changes any more.

Code is walked in runs, from one *leader* (a place where paths can meet) to the next. The lowest leader that has
news is always walked first; as only ``loop`` goes back, code without loops is walked exactly once.
"""

from __future__ import annotations

from bisect import bisect_right
from heapq import heappop, heappush

from attrs import define, field, frozen

from minivm.classes import RuntimeMethod
from minivm.classfile import FIELD_INITIALISERS, INIT, Code
from minivm.errors import FormatError, LinkError
from minivm.instructions import ROWS, Trait
from minivm.subtypes import AnyOf, World, assignable, merge, nearest_common, plain
from minivm.types import ERROR, Type
from minivm.verification.machine import PENDING, PICTURE_RULES, Machine, Words
from minivm.verification.members import MEMBER_RULES
from minivm.verification.states import FrameState, RawThis, as_own, as_raw

BUDGET = 1 << 24  # types looked at in one method: no compiled program comes near, and a hostile one ends in seconds

RULES = {**PICTURE_RULES, **MEMBER_RULES}
_BRANCHES = tuple(row.has(Trait.BRANCHES) for row in ROWS)
_ENDS = tuple(row.has(Trait.ENDS) for row in ROWS)

Locals = tuple[Type | None, ...]


class TooComplex(Exception):
    """The budget is spent."""


@frozen
class _Known:
    """What is known at a leader, whichever path led there."""

    locals: Locals
    stack: Words
    called: int


@define(eq=False)
class Flow:
    """The search for every path of one method. ``states`` are (locals, stack) before each instruction."""

    method: RuntimeMethod
    code: Code
    machine: Machine
    states: list[tuple[Locals, Words] | None]
    leaders: frozenset[int]
    bounds: list[int]  # where the set of handlers in force may change, ascending
    known: dict[int, _Known] = field(factory=dict)
    news: list[int] = field(factory=list)  # a heap of leaders to walk
    waiting: set[int] = field(factory=set)  # the same leaders
    clashes: dict[int, str] = field(factory=dict)  # at leaders whose paths bring different stacks
    has_marks: bool = True  # whether there may be types that only the verifier knows
    budget: int = BUDGET
    steps: int = 0  # instructions looked at
    _in_force: dict[int, list[tuple[int, Type]]] = field(factory=dict)

    def run(self) -> None:
        """Walk every path; TooComplex if that takes too long."""
        self.arrive(0, _first_locals(self.method, self.code), (), self.machine.called)
        while self.news:
            pc = heappop(self.news)
            self.waiting.discard(pc)
            self.walk(pc)

    def walk(self, pc: int) -> None:
        """Follow the code from a leader to the next leader or to where the path ends."""
        machine, states, instructions = self.machine, self.states, self.code.instructions
        at = self.known[pc]
        machine.locals, machine.stack, machine.called = at.locals, list(at.stack), at.called
        handlers = self.handlers_at(pc)
        self.enter_handlers(handlers)
        first = pc
        while True:
            instruction = instructions[pc]
            code = instruction.row.code
            before = machine.locals
            machine.pc = pc
            machine.faults.pop(pc, None)
            states[pc] = (before, tuple(machine.stack))
            if not machine.step(instruction):
                break
            if machine.locals is not before:
                self.spend(len(before))
                self.enter_handlers(handlers)
            if _BRANCHES[code]:
                self.arrive(instruction.operands[0], machine.locals, tuple(machine.stack), machine.called)
            if _ENDS[code]:
                break
            pc += 1
            if pc == len(instructions):
                machine.fault("control falls off the end of the code")
                break
            if pc in self.leaders:
                self.arrive(pc, machine.locals, tuple(machine.stack), machine.called)
                break
        self.steps += pc - first + 1
        self.spend((pc - first + 1) * (4 + len(machine.stack)))

    def spend(self, cost: int) -> None:
        """Count work that a hostile method could ask for again and again."""
        self.budget -= cost
        if self.budget < 0:
            raise TooComplex

    # ── exception handlers ───────────────────────────────────────────────────────────────────────────────

    def handlers_at(self, pc: int) -> list[tuple[int, Type]]:
        """Target and catch type of the handlers in force from leader ``pc`` to the next."""
        if not self.bounds:
            return []
        segment = bisect_right(self.bounds, pc)
        found = self._in_force.get(segment)
        if found is None:
            self.spend(len(self.code.handlers))
            binding = self.method.binding
            covering = (h for h in self.code.handlers if h.start <= pc < h.end)
            found = list(dict.fromkeys((h.target, h.catch.substitute(binding)) for h in covering))
            self._in_force[segment] = found
            for target, catch in found:
                self.check_catch(target, catch)
        return found

    def check_catch(self, target: int, catch: Type) -> None:
        """A fault at a handler for what cannot be thrown."""
        try:
            if not assignable(catch, ERROR, self.machine.world):
                self.clashes[target] = f"a handler for {catch}, which is not an {ERROR}"
        except (LinkError, FormatError) as error:
            self.clashes[target] = str(error)

    def enter_handlers(self, handlers: list[tuple[int, Type]]) -> None:
        """The machine may go from here to each of the handlers."""
        for target, catch in handlers:
            self.arrive(target, self.machine.locals, (catch,), self.machine.called)

    # ── meeting paths ────────────────────────────────────────────────────────────────────────────────────

    def arrive(self, pc: int, locals_: Locals, stack: Words, called: int) -> None:
        """A path leads to leader ``pc``; if that is news, it will be walked again."""
        self.spend(16 + len(locals_))
        old = self.known.get(pc)
        if old is None:
            new = _Known(locals_, stack, called)
        elif old.locals == locals_ and old.stack == stack and old.called == called:
            return
        else:
            merged = self.merge_stacks(pc, old.stack, stack)
            if merged is None:
                return
            new = _Known(_merge_locals(old.locals, locals_), merged, old.called | called)
            if new == old:
                return
            self.has_marks = True
        self.known[pc] = new
        if pc not in self.waiting:
            self.waiting.add(pc)
            heappush(self.news, pc)

    def merge_stacks(self, pc: int, old: Words, new: Words) -> Words | None:
        """What is on the stack where two paths meet; None (and a fault at ``pc``) if they do not agree."""
        if old == new:
            return old
        if len(old) != len(new):
            self.clashes[pc] = f"paths meet with {len(old)} and {len(new)} words on the stack"
            return None
        merged: list[Type] = []
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            both = _merge(one, other)
            if both is None:
                self.clashes[pc] = f"paths meet with {one} and {other} in stack slot {index}"
                return None
            merged.append(both)
        return tuple(merged)


def explore(method: RuntimeMethod, code: Code, world: World) -> Flow:
    """Walk every path of a method whose operands are sound; TooComplex if that takes too long."""
    machine = Machine(method, world, RULES)
    if method.name == INIT and not method.is_static and method.owner.superclass is not None:
        machine.called = PENDING
    bounds = sorted({at for h in code.handlers for at in (h.start, h.end)})
    targets = {i.operands[0] for i in code.instructions if _BRANCHES[i.row.code]}
    leaders = frozenset({0, *targets, *bounds, *(h.target for h in code.handlers)})
    flow = Flow(method, code, machine, [None] * len(code.instructions), leaders, bounds)
    flow.has_marks = method.name in (INIT, FIELD_INITIALISERS)
    flow.run()
    return flow


def _first_locals(method: RuntimeMethod, code: Code) -> Locals:
    unset = (None,) * (code.locals - method.slots)
    if method.is_static:
        return (*method.parameters, *unset)
    this = method.owner.type
    if method.name == INIT:
        this = as_own(this) if method.owner.superclass is None else as_raw(this)
    elif method.name == FIELD_INITIALISERS:
        this = as_own(this)
    return (this, *method.parameters, *unset)


def _merge_locals(old: Locals, new: Locals) -> Locals:
    if old == new:
        return old
    return tuple(
        a if a is b else None if a is None or b is None else _merge(a, b) for a, b in zip(old, new, strict=True)
    )


def _merge(one: Type, other: Type) -> Type | None:
    if one == other:
        return one
    return None if isinstance(one, RawThis) or isinstance(other, RawThis) else merge(one, other)


def frame_states(flow: Flow) -> tuple[FrameState | None, ...]:
    """The states for everybody else: plain types only."""
    if not flow.has_marks:
        return tuple(state and FrameState(*state) for state in flow.states)
    world = flow.machine.world
    shown: dict[int, Locals] = {}  # by identity: most instructions share their locals with the one before
    states: list[FrameState | None] = []
    for state in flow.states:
        if state is None:
            states.append(None)
            continue
        locals_, stack = state
        found = shown.get(id(locals_))
        if found is None:
            found = shown[id(locals_)] = tuple(t and _shown(t, world) for t in locals_)
        states.append(FrameState(found, tuple(_shown(t, world) for t in stack) if stack else stack))
    return tuple(states)


def _shown(type_: Type, world: World) -> Type:
    if type(type_) is Type:
        return type_
    if isinstance(type_, AnyOf):
        found = nearest_common(type_.args, world)
        return found.or_null() if type_.nullable else found
    return plain(type_)
