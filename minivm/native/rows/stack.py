"""Constants, locals and the operand stack."""

from __future__ import annotations

from minivm.classfile import Instruction
from minivm.heap import float_word
from minivm.memory import Register, Root
from minivm.native.body import Body, lowers
from minivm.native.slots import ClassId


@lowers("iconst", "bconst")
def _immediate(b: Body, i: Instruction) -> None:
    b.push(str(i.operands[0]))


@lowers("null", "unit")
def _zero(b: Body, i: Instruction) -> None:
    b.push("0")


@lowers("fconst")
def _float(b: Body, i: Instruction) -> None:
    value = b.method.constant(i.operands[0])
    assert isinstance(value, float)
    b.push(f"0x{float_word(value) & (1 << 64) - 1:016X}", True)


@lowers("sconst")
def _string(b: Body, i: Instruction) -> None:
    owner = b.method.owner
    b.unit.depend(owner)
    text = b.load(statics(b, ClassId(owner)), owner.literals[i.operands[0]], f"literal {owner.type}", False).text
    b.stop_if(f"icmp eq i64 {text}, 0")  # made on first use
    b.push(text)


def statics(b: Body, owner: ClassId) -> str:
    """A pointer to the statics object of a linked class."""
    base = b.load("%memory", Register.BASE, "base", False).text
    root = b.op(f"add i64 {base}, {b.constant(owner)}")
    return b.object(b.load(b.object(root), Root.STATICS, "root", False).text)


@lowers("load")
def _load(b: Body, i: Instruction) -> None:
    b.load_local(i.operands[0])


@lowers("store")
def _store(b: Body, i: Instruction) -> None:
    b.store_local(i.operands[0])


@lowers("pop")
def _pop(b: Body, i: Instruction) -> None:
    b.stack.pop()


@lowers("dup")
def _dup(b: Body, i: Instruction) -> None:
    b.stack.append(b.stack[-1])


@lowers("dup2")
def _dup2(b: Body, i: Instruction) -> None:
    b.stack += b.stack[-2:]
