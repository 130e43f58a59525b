"""Decoding: a method's verified instructions become cells the interpreter's loop can run.

The verifier knows the operand depth at every instruction, so a cell names its operands by their offset from the
frame and no stack pointer exists. A row with a plain meaning has a *handler*; a row whose cell depends on its
operands has a *decoder* that picks or makes one. Rows that resolve a symbol start as a linking cell, which puts the
resolved cell in its own place on first execution (quickening).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from minivm.classes import RuntimeClass, RuntimeMethod
from minivm.classfile import Code, FieldRef, Instruction, MethodRef
from minivm.errors import LinkError
from minivm.frames import FIRST, PC, operand_words
from minivm.instructions import ROWS, Trait
from minivm.interpreter import LEAF_WORDS, RELOAD, Cell, Interpreter
from minivm.types import Type
from minivm.verifier import verify

Handler = Callable[..., int | None]


@frozen
class Decoding:
    """What a decoder may look at: one instruction in its place."""

    vm: Interpreter
    method: RuntimeMethod
    code: Code
    pc: int
    at: int
    instruction: Instruction

    @property
    def operand(self) -> int:
        """The first operand."""
        return self.instruction.operands[0]

    def type(self) -> Type:
        """The type operand."""
        found = self.method.constant(self.operand)
        assert isinstance(found, Type)
        return found

    def field(self) -> FieldRef:
        """The field operand."""
        found = self.method.constant(self.operand)
        assert isinstance(found, FieldRef)
        return found

    def call(self) -> MethodRef:
        """The method operand."""
        found = self.method.constant(self.operand)
        assert isinstance(found, MethodRef)
        return found

    def load(self, type_: Type) -> RuntimeClass:
        """The class of a type, loaded as the method's own loader sees it, and linked."""
        found = self.method.scope(self.vm.machine.app).load(type_)
        self.vm.linker.link(found)
        return found


HANDLERS: dict[str, Handler] = {}
DECODERS: dict[str, Callable[[Decoding], Cell]] = {}


def handles(name: str) -> Callable[[Handler], Handler]:
    """Register the handler of a row whose cell needs nothing but its place."""

    def register(handler: Handler) -> Handler:
        HANDLERS[name] = handler
        return handler

    return register


def decodes(*names: str) -> Callable[[Callable[[Decoding], Cell]], Callable[[Decoding], Cell]]:
    """Register the decoder of rows whose cells depend on their operands."""

    def register(decoder: Callable[[Decoding], Cell]) -> Callable[[Decoding], Cell]:
        for name in names:
            DECODERS[name] = decoder
        return decoder

    return register


Resolver = Callable[[Decoding], Cell | None]


def linking(decoding: Decoding, resolve: Resolver) -> Cell:
    """A cell that resolves itself when first executed. ``resolve`` gives None if control was transferred instead."""
    return link_now, decoding.at, (decoding, resolve)


def link_now(vm: Interpreter, words: memoryview[int], fp: int, at: int, arg: tuple[Decoding, Resolver]) -> int | None:
    """Resolve the instruction's symbol, put the resolved cell in place, and execute that."""
    decoding, resolve = arg
    words[fp + PC] = decoding.pc
    vm.provisional = False
    if vm.tracer.on("load"):
        with vm.tracer.cause("load", describe(decoding)):
            cell = resolve(decoding)
    else:
        cell = resolve(decoding)
    if cell is None:
        return RELOAD
    if decoding.method.code is not None and not vm.provisional:
        decoding.method.code[decoding.pc] = cell
    handler, at, arg = cell
    return handler(vm, vm.words, vm.fp, at, arg)


def describe(decoding: Decoding) -> str:
    """The instruction and its place, as the cause of what linking it brings about."""
    method, operand = decoding.method, decoding.method.constant(decoding.operand)
    what = f"{operand.owner}.{operand.name}" if isinstance(operand, FieldRef | MethodRef) else str(operand)
    name = decoding.instruction.row.name
    place = f"{method.owner.file.source}:{decoding.code.line_at(decoding.pc)}"
    return f"{name} {what} at {place}, executed for the first time"


def decode(vm: Interpreter, method: RuntimeMethod) -> list[Cell]:
    """Verify a method if that is not done, and make its cells.

    Raises:
        LinkError: it has no code; VerifyError: it is refused.
    """
    code = method.declared.code
    if code is None:
        raise LinkError(f"{method} is abstract: {method.owner.type} does not implement it")
    if method.verified is None:
        with vm.tracer.task("load", f"verify {method} before its first call") as report:
            method.verified = verify(method, method.scope(vm.machine.app))
            report(f"all {len(code.instructions)} instructions fit, proved in {method.verified.steps} steps")
    states = method.verified.states
    deepest = max((len(state.stack) for state in states if state is not None), default=0)
    method.frame_words = FIRST + code.locals + deepest + 2  # room for a result or an error on an empty stack
    method.leaf = method.frame_words <= LEAF_WORDS and not any(
        i.row.has(Trait.CALLS) or i.row.has(Trait.POLLS) for i in code.instructions
    )
    return [_cell(vm, method, code, pc) for pc in range(len(code.instructions))]


def _cell(vm: Interpreter, method: RuntimeMethod, code: Code, pc: int) -> Cell:
    assert method.verified is not None
    state = method.verified.states[pc]
    if state is None:
        return unreachable, 0, None
    instruction = code.instructions[pc]
    row = instruction.row
    at = FIRST + code.locals + len(state.stack) - operand_words(method, row.takes, instruction.operands)
    handler = HANDLERS.get(row.name)
    if handler is not None:
        return handler, at, pc
    return DECODERS[row.name](Decoding(vm, method, code, pc, at, instruction))


def unreachable(*_: Any) -> int | None:
    """The cell of an instruction that the verifier found no way to."""
    raise AssertionError("an unreachable instruction was executed")


def missing_rows() -> list[str]:
    """Rows of the table that nothing handles (a test keeps this empty)."""
    return [row.name for row in ROWS if row.name not in HANDLERS and row.name not in DECODERS]
