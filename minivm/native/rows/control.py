"""Jumps, returns and throws."""

from __future__ import annotations

from minivm.classfile import Instruction
from minivm.memory import Register
from minivm.native.body import Body, lowers
from minivm.native.module import RESULT


@lowers("jump")
def _jump(b: Body, i: Instruction) -> None:
    b.go(i.operands[0])


@lowers("loop")
def _loop(b: Body, i: Instruction) -> None:
    b.spill()
    b.burn(f"b{i.operands[0]}", i.operands[0], list(b.stack))
    b.ended = True


@lowers("jumpif", "jumpnonnull")
def _jump_if(b: Body, i: Instruction) -> None:
    _branch(b, "ne", i.operands[0])


@lowers("jumpunless", "jumpnull")
def _jump_unless(b: Body, i: Instruction) -> None:
    _branch(b, "eq", i.operands[0])


def _branch(b: Body, comparison: str, target: int) -> None:
    taken = b.op(f"icmp {comparison} i64 {b.pop()}, 0")
    b.spill()
    b.emit(f"br i1 {taken}, label %b{target}, label %b{b.pc + 1}")
    b.ended = True


@lowers("ret")
def _ret(b: Body, i: Instruction) -> None:
    value = b.pop_word()
    fuel = b.op("load i64, ptr %fuel.at")
    first = b.op(f"insertvalue {RESULT} undef, i64 {value}, 0")
    both = b.op(f"insertvalue {RESULT} {first}, i64 {fuel}, 1")
    b.emit(f"ret {RESULT} {both}")
    b.ended = True


@lowers("throw")
def _throw(b: Body, i: Instruction) -> None:
    b.store("%memory", Register.THROWN, b.stack[-1], "register")
    b.stop()
