"""One method's instructions as they are written: labels, constants, lines, exception tables.

Unreachable instructions are dropped as they come: after ``ret``, ``throw``, ``jump`` or ``loop`` nothing is emitted
until a label is placed that something jumps to. Jumps only go forward and ``loop`` only back, so that is known by then.
The assembler also knows how many words are on the operand stack, which statements inside expressions need.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from attrs import Factory, define

from lang.codegen.limits import TooLarge
from minivm.classfile import Code, Constant, Handler, Instruction, LocalName, MethodRef
from minivm.codec.limits import MAX_CONSTANTS, MAX_HANDLERS, MAX_INSTRUCTIONS, MAX_LOCALS, MAX_STRING
from minivm.instructions import BY_NAME, ROWS, Row, Trait
from minivm.types import Type

_SPLIT_METHOD = "split it into smaller functions"
_SPLIT_CLASS = "split it into smaller classes or files"


class ConstantPool:
    """The constants of one class file, each once."""

    def __init__(self) -> None:
        self.constants: list[Constant] = []
        self._index: dict[object, int] = {}

    def index(self, constant: Constant) -> int:
        """Where ``constant`` is, added if need be; floats are told apart by their bits.

        Raises:
            TooLarge: the class has more constants than a class file can hold, or the text is too long for one.
        """
        key = struct.pack("<d", constant) if isinstance(constant, float) else constant
        found = self._index.get(key)
        if found is None:
            if isinstance(constant, str) and len(constant.encode(errors="replace")) > MAX_STRING:
                raise TooLarge(f"a text of more than {MAX_STRING} bytes", "read the text from a file")
            found = self._index[key] = len(self.constants)
            if found >= MAX_CONSTANTS:
                raise TooLarge(f"its class has more than {MAX_CONSTANTS} constants", _SPLIT_CLASS)
            self.constants.append(constant)
        return found


@define(eq=False)
class Label:
    """A place in the code: how many operands are on the stack there, and which jumps wait for it to be placed."""

    depth: int = 0
    jumps: list[int] = Factory(list)


class Assembler:
    """Builds the ``Code`` of one method."""

    def __init__(self, pool: ConstantPool) -> None:
        self.reachable = True
        self.depth = 0
        self.line = 0
        self._pool = pool
        self._instructions: list[Instruction] = []
        self._handlers: list[Handler] = []
        self._lines: list[tuple[int, int]] = []
        self._names: list[LocalName] = []

    @property
    def here(self) -> int:
        """The index of the next instruction."""
        return len(self._instructions)

    # ── instructions ─────────────────────────────────────────────────────────────────────────────────────

    def emit(self, name: str, *operands: int) -> None:
        """Append an instruction, unless no path leads here.

        Raises:
            TooLarge: the method has more instructions than a class file can hold.
        """
        if self.reachable:
            row = BY_NAME[name]
            self.depth += _EFFECTS[row.code] - (operands[0] if "strings" in row.takes else 0)
            self._append(row, operands)

    def emit_constant(self, name: str, constant: Constant) -> None:
        """Append an instruction whose operand is ``constant``, unless no path leads here.

        Raises:
            TooLarge: the method or the constant pool is full.
        """
        if self.reachable:
            row = BY_NAME[name]
            self.depth += _EFFECTS[row.code] - (len(constant.parameters) if isinstance(constant, MethodRef) else 0)
            self._append(row, (self._pool.index(constant),))

    def jump(self, name: str, label: Label) -> None:
        """Append a jump forward to ``label``, unless no path leads here."""
        if self.reachable:
            at = self.here
            self.emit(name, -1)  # the target is filled in when the label is placed
            assert not label.jumps or self.depth == label.depth, "paths meet with different stacks"
            label.jumps.append(at)
            label.depth = self.depth

    def place(self, label: Label) -> None:
        """Put ``label`` here: jumps to it arrive, and code goes on if any did or if control falls through."""
        for at in label.jumps:
            self._instructions[at] = Instruction(self._instructions[at].row, (self.here,))
        if label.jumps:
            assert not self.reachable or self.depth == label.depth, "paths meet with different stacks"
            self.reachable, self.depth = True, label.depth

    def _append(self, row: Row, operands: tuple[int, ...]) -> None:
        at = len(self._instructions)
        if at >= MAX_INSTRUCTIONS:
            raise TooLarge(f"more than {MAX_INSTRUCTIONS} instructions", _SPLIT_METHOD)
        if self.line > 0 and (not self._lines or self._lines[-1][1] != self.line):
            self._lines.append((at, self.line))
        self._instructions.append(_PLAIN[row.code] if not operands else Instruction(row, operands))
        if row.traits & Trait.ENDS:
            self.reachable = False

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────

    def handle(self, ranges: Iterable[tuple[int, int]], catch: Type) -> bool:
        """Make this place the handler for ``catch`` in ``ranges``: code goes on with only the error on the stack.

        Empty ranges are left out; if none remains, nothing leads here and the answer is False.

        Raises:
            TooLarge: the exception table is full.
        """
        covered = [(start, end) for start, end in ranges if start < end]
        self._handlers += (Handler(start, end, self.here, catch) for start, end in covered)
        if len(self._handlers) > MAX_HANDLERS:
            raise TooLarge(f"more than {MAX_HANDLERS} rows of exception handlers", _SPLIT_METHOD)
        if covered:
            self.reachable, self.depth = True, 1
        return bool(covered)

    def name_local(self, slot: int, name: str, start: int) -> None:
        """Note that ``slot`` has been the variable ``name`` from instruction ``start`` to here."""
        if start < self.here:
            self._names.append(LocalName(slot, name, start, self.here))

    def finish(self, local_count: int) -> Code:
        """The finished code, with ``local_count`` slots.

        Raises:
            TooLarge: more slots than a frame may have.
        """
        if local_count > MAX_LOCALS:
            raise TooLarge(f"more than {MAX_LOCALS} variables at once", _SPLIT_METHOD)
        return Code(
            local_count, tuple(self._instructions), tuple(self._handlers), tuple(self._lines), tuple(self._names)
        )


def _fixed_effect(row: Row) -> int:
    """How many words the row adds to the stack, leaving aside a method's parameters and counted strings."""
    return len(row.gives) - sum(1 for token in row.takes if token not in ("args", "strings"))


_EFFECTS = tuple(map(_fixed_effect, ROWS))
_PLAIN = tuple(map(Instruction, ROWS))  # instructions without operands, shared
