"""Rows whose meaning depends on a type: equality, hashes, text; and joining strings."""

from __future__ import annotations

from collections.abc import Callable

from minivm.classfile import Instruction
from minivm.native.body import Body, lowers
from minivm.native.rows.calls import call_virtual
from minivm.types import FLOAT, Type


def _type(b: Body, i: Instruction) -> Type:
    found = b.method.constant(i.operands[0])
    assert isinstance(found, Type)
    return found


@lowers("equal")
def _equal(b: Body, i: Instruction) -> None:
    type_ = _type(b, i)
    right, left = b.pop(), b.pop()
    if type_ == FLOAT:
        b.push_bit(b.op(f"fcmp oeq double {left}, {right}"))
    elif type_.is_primitive:
        b.push_bit(b.op(f"icmp eq i64 {left}, {right}"))
    else:
        b.push(_equal_objects(b, left, right))


def _equal_objects(b: Body, left: str, right: str) -> str:
    same = b.op(f"icmp eq i64 {left}, {right}")
    nulls = b.op(f"or i1 {b.op(f'icmp eq i64 {left}, 0')}, {b.op(f'icmp eq i64 {right}, 0')}")
    known = b.op(f"or i1 {same}, {nulls}")
    answer = b.op(f"zext i1 {same} to i64")
    return _unless(b, known, answer, lambda: call_virtual(b, "equals", [left, right]))


def _unless(b: Body, known: str, answer: str, compute: Callable[[], str]) -> str:
    """``answer`` if ``known`` holds, else what ``compute`` emits."""
    work, join = b.fresh_label(), b.fresh_label()
    before = b.here()
    b.emit(f"br i1 {known}, label %{join}, label %{work}")
    b.label(work)
    computed = compute()
    after = b.close(join)
    b.label(join)
    return b.op(f"phi i64 [ {answer}, %{before} ], [ {computed}, %{after} ]")


@lowers("hash")
def _hash(b: Body, i: Instruction) -> None:
    type_ = _type(b, i)
    if type_ == FLOAT:
        b.push(_hash_float(b))
    elif type_.is_reference:
        ref = b.pop()
        null = b.op(f"icmp eq i64 {ref}, 0")
        b.push(_unless(b, null, "0", lambda: call_virtual(b, "hash", [ref])))


def _hash_float(b: Body) -> str:
    """The bits; both zeros are equal, so they hash alike. NaN is the interpreter's."""
    value = b.pop()
    b.stop_if(f"fcmp uno double {value}, {value}")
    zero = b.op(f"fcmp oeq double {value}, 0.0")
    return b.op(f"select i1 {zero}, i64 0, i64 {b.op(f'bitcast double {value} to i64')}")


@lowers("text")
def _text(b: Body, i: Instruction) -> None:
    b.stop()


@lowers("concat")
def _concat(b: Body, i: Instruction) -> None:
    b.stop()
