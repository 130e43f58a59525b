"""One instruction's effect on the types: what its row's picture takes and gives, and what its own rule adds.

A rule's part is to say what the picture's tokens mean for this instruction (``T``, ``owner``, ``args``…) and to look
for what a picture cannot say. Most rows need no rule at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import define, field

from minivm.classes import RuntimeMethod
from minivm.classfile import INIT, Instruction
from minivm.errors import FormatError, LinkError
from minivm.instructions import ROWS, Row
from minivm.subtypes import World, assignable
from minivm.types import BOOL, ERROR, FLOAT, INT, NULL, OBJECT, STRING, VOID, Kind, Type, array_of
from minivm.verification.states import OwnThis, RawThis

MAX_STACK = 1024  # operand words of a frame: frames must fit a fiber's stack many times over

PENDING = 1  # this init has not called its superclass's init yet
CALLED = 2  # it has, or need not; both bits: it has on some of the paths that lead here

Words = tuple[Type, ...]
Meaning = Mapping[str, Words]
Rule = Callable[["Machine", Row, tuple[int, ...]], None]

_FIXED: dict[str, Words] = {
    "int": (INT,),
    "float": (FLOAT,),
    "bool": (BOOL,),
    "void": (VOID,),
    "String": (STRING,),
    "null": (NULL,),
    "ref": (OBJECT.or_null(),),  # every reference is below it, no primitive is
    "error": (ERROR,),
}


class Refused(Exception):
    """The rest of a path cannot be looked at: it is not known what is on the stack."""


@define(eq=False)
class Machine:
    """The types of one frame's words, and the faults found so far."""

    method: RuntimeMethod
    world: World
    rules: Mapping[str, Rule]
    locals: tuple[Type | None, ...] = ()
    stack: list[Type] = field(factory=list)
    called: int = CALLED
    pc: int = 0
    faults: dict[int, list[str]] = field(factory=dict)

    def fault(self, reason: str) -> None:
        """Note what is wrong with the current instruction, once."""
        reasons = self.faults.setdefault(self.pc, [])
        if reason not in reasons:
            reasons.append(reason)

    def step(self, instruction: Instruction) -> bool:
        """Execute an instruction on the types; False if its path cannot be followed further."""
        row = instruction.row
        try:
            simple = SIMPLE[row.code]
            if simple is not None:
                self.take(row, simple[0])
                self.give(simple[1])
            else:
                self.rules[row.name](self, row, instruction.operands)
        except Refused as refusal:
            self.fault(str(refusal))
            return False
        return True

    def apply(self, row: Row, meaning: Meaning) -> None:
        """Take and give what the row's picture says; ``meaning`` explains the tokens that are not types."""
        self.take(row, _words(row.takes, meaning))
        self.give(_words(row.gives, meaning))

    def take(self, row: Row, wanted: Words) -> None:
        """Pop words that have to be of the wanted types, the last on top."""
        count = len(wanted)
        if not count:
            return
        self.need(row, count)
        got = self.stack[-count:]
        del self.stack[-count:]
        for index in range(count):
            if got[index] is not wanted[index]:
                self.fits(got[index], wanted[index], row, index, count)

    def give(self, words: Words) -> None:
        """Push words."""
        self.stack.extend(words)
        if len(self.stack) > MAX_STACK:
            raise Refused(f"more than {MAX_STACK} words on the stack")

    def need(self, row: Row, count: int) -> None:
        """Refuse the path unless there are ``count`` words to take."""
        if len(self.stack) < count:
            raise Refused(f"{row.name} takes {count} words, but there are {len(self.stack)} on the stack")

    def fits(self, got: Type, wanted: Type, row: Row, index: int, count: int) -> None:
        """Note a fault unless a word of type ``got`` may be operand ``index`` of ``count``, a ``wanted``."""
        which = f"operand {index + 1} of {row.name}" if count > 1 else row.name
        if isinstance(got, RawThis):
            self.fault(f"{which}: 'this' is used before the superclass's {INIT} was called")
        elif not self.assignable(got, wanted):
            self.fault(f"{which}: expected {wanted}, found {got}")

    def assignable(self, source: Type, target: Type) -> bool:
        """Whether ``source`` may stand for ``target``; a class that cannot be loaded is a fault of its own."""
        try:
            return assignable(source, target, self.world)
        except (LinkError, FormatError) as error:
            self.fault(str(error))
            return True


def _words(tokens: tuple[str, ...], meaning: Meaning) -> Words:
    found: list[Type] = []
    for token in tokens:
        found.extend(_FIXED.get(token) or meaning[token])
    return tuple(found)


def _simple(row: Row) -> tuple[Words, Words] | None:
    if all(token in _FIXED for token in (*row.takes, *row.gives)):
        return _words(row.takes, {}), _words(row.gives, {})
    return None


SIMPLE = tuple(_simple(row) for row in ROWS)  # by code; None for the rows that need a rule


# ── rows whose picture has variables ─────────────────────────────────────────────────────────────────────


def _typed(machine: Machine, row: Row, operands: tuple[int, ...]) -> None:
    operand = machine.method.constant(operands[0])
    assert isinstance(operand, Type), "checked with the operands"
    machine.apply(row, {"T": (operand,), "T?": (operand.or_null(),), "Array<T>": (array_of(operand),)})


def _moves(machine: Machine, row: Row, operands: tuple[int, ...]) -> None:
    count = len(row.takes)
    machine.need(row, count)
    got = machine.stack[-count:]
    del machine.stack[-count:]
    found = dict(zip(row.takes, got, strict=True))
    machine.give(tuple(found[letter] for letter in row.gives))
    if row.name == "store":
        slot = operands[0]
        machine.locals = (*machine.locals[:slot], got[0], *machine.locals[slot + 1 :])


def _load(machine: Machine, row: Row, operands: tuple[int, ...]) -> None:
    found = machine.locals[operands[0]]
    if found is None:
        if machine.called == PENDING | CALLED and operands[0] == 0:
            raise Refused(f"'this': the superclass's {INIT} was called on some paths to here, but not on all")
        name = _local_name(machine, operands[0])
        raise Refused(f"local {operands[0]}{name} is not set, or is of different types, on some path to here")
    machine.give((found,))


def _local_name(machine: Machine, slot: int) -> str:
    code = machine.method.declared.code
    names = code.names if code else ()
    return next((f" ({n.name})" for n in names if n.slot == slot and n.start <= machine.pc < n.end), "")


def _concat(machine: Machine, row: Row, operands: tuple[int, ...]) -> None:
    machine.need(row, operands[0])
    machine.apply(row, {"strings": (STRING,) * operands[0]})


def _array(machine: Machine, row: Row, operands: tuple[int, ...]) -> None:
    machine.need(row, len(row.takes))
    got = machine.stack[-len(row.takes)]
    if got.kind is not Kind.CLASS or got.name != "Array" or got.nullable or len(got.args) != 1:
        raise Refused(f"{row.name}: expected an array, found {got}")
    machine.apply(row, {"array": (got,), "element": got.args})


def _return(machine: Machine, row: Row, operands: tuple[int, ...]) -> None:
    method = machine.method
    if method.name == INIT and not method.is_static:
        machine.need(row, 1)
        if machine.called != CALLED:
            machine.fault(f"{INIT} returns without having called the superclass's {INIT} on every path")
        elif not isinstance(machine.stack[-1], OwnThis):
            machine.fault(f"{INIT} must return 'this', not another {machine.stack[-1]}")
    machine.apply(row, {"result": (method.result,)})


PICTURE_RULES: dict[str, Rule] = {
    "load": _load,
    "concat": _concat,
    "ret": _return,
    **dict.fromkeys(("store", "pop", "dup", "dup2"), _moves),
    **dict.fromkeys(("equal", "hash", "text", "newarray", "is", "cast", "box", "unbox"), _typed),
    **dict.fromkeys(("arraylength", "arrayload", "arraystore"), _array),
}
