"""Frames are records in a fiber's stack object, and this is their form.

    word 0     method id
    word 1     pc: the instruction being executed (up to date whenever the frame is not running)
    word 2     link: the caller's frame as an offset from the stack object, << 3, | why the frame was pushed
    word 3…    locals, then operands

A frame's next frame starts ``frame_words`` of its method further on, so arguments are copied, never shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum, unique

from attrs import frozen

from minivm.classes import RuntimeMethod
from minivm.classfile import MethodRef
from minivm.instructions import Trait
from minivm.layouts import STACK_TOP
from minivm.types import Type

METHOD = 0
PC = 1
LINK = 2
FIRST = 3  # first local

LINK_SHIFT = 3
LINK_MASK = 7


@unique
class Link(IntEnum):
    """Why a frame was pushed, and so what happens when it returns."""

    CALL = 0  # its result goes to the caller's call instruction
    RESTART = 1  # a class initialiser: the caller executes its instruction again
    BASE = 2  # the fiber's first frame: the fiber ends


@frozen
class Frame:
    """One frame as found in memory: where it is, what it runs, and whether its instruction has taken its operands."""

    at: int  # word index
    method: RuntimeMethod
    pc: int
    link: Link
    in_call: bool  # the instruction at pc has popped its operands and waits for a callee

    @property
    def line(self) -> int:
        """The source line it is at."""
        code = self.method.declared.code
        return code.line_at(self.pc) if code else 0

    def references(self) -> tuple[int, ...]:
        """Offsets from the frame's start of the words that hold references now."""
        return reference_offsets(self.method, self.pc, self.in_call)


def walk(words: memoryview[int], stack: int, methods: list[RuntimeMethod | None]) -> Iterator[Frame]:
    """The frames of a stack object, newest first. The top frame's pc must be up to date."""
    if words[stack + STACK_TOP] == 0:
        return
    at = stack + words[stack + STACK_TOP]
    in_call = False
    while True:
        method = methods[words[at + METHOD]]
        assert method is not None, "a frame of a method that is gone"
        link = words[at + LINK]
        why = Link(link & LINK_MASK)
        yield Frame(at, method, words[at + PC], why, in_call)
        if why is Link.BASE:
            return
        in_call = why is Link.CALL
        at = stack + (link >> LINK_SHIFT)


def typed_slots(method: RuntimeMethod, pc: int, in_call: bool) -> list[tuple[int, Type]]:
    """Offsets and types of the words of a frame that hold values at ``pc``."""
    verified = method.verified
    code = method.declared.code
    assert verified is not None and code is not None
    state = verified.states[pc]
    assert state is not None, "a frame at an instruction that cannot be reached"
    stack = state.stack
    if in_call:
        stack = stack[: len(stack) - taken(method, pc)]
    slots = [(FIRST + i, t) for i, t in enumerate(state.locals) if t is not None]
    slots.extend((FIRST + code.locals + i, t) for i, t in enumerate(stack))
    return slots


def taken(method: RuntimeMethod, pc: int) -> int:
    """How many operand words the calling instruction at ``pc`` takes."""
    code = method.declared.code
    assert code is not None
    instruction = code.instructions[pc]
    assert instruction.row.has(Trait.CALLS)
    return operand_words(method, instruction.row.takes, instruction.operands)


def operand_words(method: RuntimeMethod, picture: tuple[str, ...], operands: tuple[int, ...]) -> int:
    """How many words one side of a row's stack picture is, for an instruction of this method."""
    count = 0
    for token in picture:
        if token == "args":
            ref = method.constant(operands[0])
            assert isinstance(ref, MethodRef)
            count += len(ref.parameters)
        elif token == "strings":
            count += operands[0]
        else:
            count += 1
    return count


def reference_offsets(method: RuntimeMethod, pc: int, in_call: bool) -> tuple[int, ...]:
    """The stack map of one safepoint: which words of a frame at ``pc`` are references."""
    found = method.stack_maps.get((pc, in_call))
    if found is None:
        found = tuple(offset for offset, type_ in typed_slots(method, pc, in_call) if type_.is_reference)
        method.stack_maps[pc, in_call] = found
    return found
