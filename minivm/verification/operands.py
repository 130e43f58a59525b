"""Instructions by themselves: a class file may come from anywhere, so every operand is looked at before it is used."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from minivm.classes import RuntimeMethod
from minivm.classfile import POOL_OPERANDS, Code, FieldRef, Handler, Instruction, MethodRef
from minivm.codec.limits import INT_MAX, INT_MIN, MAX_COUNT, MAX_HANDLERS, MAX_INSTRUCTIONS, MAX_LOCALS
from minivm.instructions import ROWS, Operand, Row
from minivm.types import Type
from minivm.verification.wellformed import flaw, owner_flaw

Faults = dict[int, list[str]]  # reasons by instruction; -1 is the whole method


def operand_faults(method: RuntimeMethod, code: Code) -> Faults:
    """Everything wrong with the operands and handlers of a method's code."""
    return _Operands(method, code).check()


@define
class _Operands:
    method: RuntimeMethod
    code: Code
    faults: Faults = field(factory=dict)
    known: dict[tuple[int, int], str] = field(factory=dict)

    def check(self) -> Faults:
        count = len(self.code.instructions)
        if not 0 < count <= MAX_INSTRUCTIONS:
            self.fault(-1, f"{count} instructions; there must be 1 to {MAX_INSTRUCTIONS}")
        elif not self.method.slots <= self.code.locals <= MAX_LOCALS:
            few = f"{self.code.locals} local slots; there must be {self.method.slots} (the arguments) to {MAX_LOCALS}"
            self.fault(-1, few)
        elif len(self.code.handlers) > MAX_HANDLERS:
            self.fault(-1, f"{len(self.code.handlers)} handlers; there may be {MAX_HANDLERS}")
        else:
            for pc, instruction in enumerate(self.code.instructions):
                self.instruction(pc, instruction)
            for handler in self.code.handlers:
                self.handler(handler, count)
        return self.faults

    def fault(self, pc: int, reason: str) -> None:
        self.faults.setdefault(pc, []).append(reason)

    def instruction(self, pc: int, instruction: Instruction) -> None:
        row = instruction.row
        operands = instruction.operands
        if not operands and not row.operands:
            return
        if len(operands) != len(row.operands):
            self.fault(pc, f"{row.name} takes {len(row.operands)} operands, not {len(operands)}")
            return
        for kind, value in zip(row.operands, operands, strict=True):
            reason = self.pool(row, kind, value) if _IN_POOL[row.code] else self.plain(pc, row, kind, value)
            if reason:
                self.fault(pc, f"{row.name}: {reason}")

    def plain(self, pc: int, row: Row, kind: Operand, value: int) -> str:
        """What is wrong with an operand that is not in the constant pool."""
        if kind is Operand.LOCAL:
            return "" if 0 <= value < self.code.locals else f"no local {value}; there are {self.code.locals}"
        if kind is Operand.INT:
            return "" if INT_MIN <= value <= INT_MAX else "an immediate of more than 64 bits"
        if kind is Operand.TARGET:
            return self.target(pc, row, value)
        low, high = _COUNTS.get(row.name, (0, MAX_COUNT))
        return "" if low <= value <= high else f"count {value} is not in {low}..{high}"

    def target(self, pc: int, row: Row, value: int) -> str:
        if not 0 <= value < len(self.code.instructions):
            return f"target {value} is outside the code"
        if row.name == "loop":
            return "" if value <= pc else f"target {value} is not backwards"
        return "" if value > pc else f"target {value} is not forwards (only loop goes back)"

    def pool(self, row: Row, kind: Operand, value: int) -> str:
        """What is wrong with an operand that is a constant's index."""
        found = self.known.get((row.code, value))
        if found is None:
            found = self.literal(row, value) if kind is Operand.CONSTANT else self.symbol(kind, value)
            self.known[row.code, value] = found
        return found

    def literal(self, row: Row, value: int) -> str:
        wanted = float if row.gives == ("float",) else str
        constants = self.method.owner.file.constants
        if 0 <= value < len(constants) and isinstance(constants[value], wanted):
            return ""
        return f"constant {value} is not a {wanted.__name__}"

    def symbol(self, kind: Operand, value: int) -> str:
        if not 0 <= value < len(self.method.owner.file.constants):
            return f"there is no constant {value}"
        constant = self.method.constant(value)
        wanted, check = _SYMBOLS[kind]
        return check(constant) if isinstance(constant, wanted) else f"constant {value} is not a {kind.value}"

    def handler(self, handler: Handler, count: int) -> None:
        where = f"the handler for {handler.start}..{handler.end}"
        if not 0 <= handler.start < handler.end <= count:
            self.fault(-1, f"{where} does not cover instructions of this method")
        elif not handler.end <= handler.target < count:
            # a handler that goes back would be a loop that counts no fuel
            self.fault(-1, f"{where} is at {handler.target}, which is not after them")
        else:
            reason = owner_flaw(handler.catch.substitute(self.method.binding))
            if reason:
                self.fault(handler.target, f"catch type: {reason}")


_IN_POOL = tuple(any(kind in POOL_OPERANDS for kind in row.operands) for row in ROWS)  # by code
_COUNTS = {"bconst": (0, 1), "concat": (1, MAX_COUNT)}


def _field_flaw(ref: FieldRef) -> str:
    return owner_flaw(ref.owner) or flaw(ref.type)


def _method_flaw(ref: MethodRef) -> str:
    reasons = (flaw(type_) for type_ in (*ref.parameters, ref.result, *ref.type_args))
    return owner_flaw(ref.owner) or next(filter(None, reasons), "")


_SYMBOLS: dict[Operand, tuple[type, Callable[..., str]]] = {
    Operand.TYPE: (Type, flaw),
    Operand.FIELD: (FieldRef, _field_flaw),
    Operand.METHOD: (MethodRef, _method_flaw),
}
