"""Rows whose meaning depends on a type: equality, hashes, text; and joining strings."""

from __future__ import annotations

from minivm.classfile import Instruction
from minivm.kernels.natives import BOOL_TEXT, CONCAT, EQUAL_STRINGS, FLOAT_TEXT, HASH_STRING, INT_TEXT
from minivm.kernels.texts import SCRATCH, SCRATCH_WORDS
from minivm.layouts import STRING_FIRST, STRING_HASH, STRING_LENGTH
from minivm.memory import WORD
from minivm.native.body import Body, Value, lowers
from minivm.native.hosting import FLOAT_TEXT as HOST_FLOAT_TEXT
from minivm.native.intrinsics import call_host
from minivm.native.rows.calls import call_virtual
from minivm.native.rows.objects import class_id
from minivm.native.slots import ClassId
from minivm.types import BOOL, FLOAT, INT, STRING, Type


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
        b.push(_equal_objects(b, type_, left, right))


def _equal_objects(b: Body, type_: Type, left: str, right: str) -> str:
    same = b.op(f"icmp eq i64 {left}, {right}")
    nulls = b.op(f"or i1 {b.op(f'icmp eq i64 {left}, 0')}, {b.op(f'icmp eq i64 {right}, 0')}")
    known = b.op(f"or i1 {same}, {nulls}")
    answer = b.op(f"zext i1 {same} to i64")
    if type_.non_null() == STRING:
        return b.unless(known, answer, lambda: _equal_strings(b, left, right))
    return b.unless(known, answer, lambda: call_virtual(b, "equals", [left, right]))


def _equal_strings(b: Body, left: str, right: str) -> str:
    """Lengths and a single word of bytes are compared here."""
    one, other = b.object(left), b.object(right)
    length = b.load(one, STRING_LENGTH, "string", False).text
    differ = b.op(f"icmp ne i64 {length}, {b.load(other, STRING_LENGTH, 'string', False).text}")
    return b.unless(differ, "0", lambda: _equal_texts(b, left, right, length))


def _equal_texts(b: Body, left: str, right: str, length: str) -> str:
    one, other = (b.op(f"load i64, ptr {b.at(b.object(ref), STRING_FIRST)}") for ref in (left, right))
    answer = b.op(f"zext i1 {b.op(f'icmp eq i64 {one}, {other}')} to i64")
    width, points = b.op(f"shl i64 {length}, 62"), b.op(f"lshr i64 {length}, 2")
    turned = b.op(f"or i64 {width}, {points}")
    short = b.op(f"icmp ult i64 {b.op(f'sub i64 {turned}, 1')}, {WORD}")  # 1 to 8 code points of width 0
    return b.unless(short, answer, lambda: b.call_kernel(EQUAL_STRINGS, [left, right]))


@lowers("hash")
def _hash(b: Body, i: Instruction) -> None:
    type_ = _type(b, i)
    if type_ == FLOAT:
        b.push(_hash_float(b))
    elif type_.is_reference:
        ref = b.pop()
        null = b.op(f"icmp eq i64 {ref}, 0")
        if type_.non_null() == STRING:
            b.push(b.unless(null, "0", lambda: _hash_string(b, ref)))
        else:
            b.push(b.unless(null, "0", lambda: call_virtual(b, "hash", [ref])))


def _hash_string(b: Body, ref: str) -> str:
    """What the string remembers, or else is made to remember."""
    known = b.op(f"load i64, ptr {b.at(b.object(ref), STRING_HASH)}")
    missing = b.op(f"icmp ne i64 {known}, 0")
    return b.unless(missing, known, lambda: b.call_kernel(HASH_STRING, [ref]))


def _hash_float(b: Body) -> str:
    """The bits; both zeros are equal, so they hash alike. NaN is the interpreter's."""
    value = b.pop()
    b.stop_if(f"fcmp uno double {value}, {value}")
    zero = b.op(f"fcmp oeq double {value}, 0.0")
    return b.op(f"select i1 {zero}, i64 0, i64 {b.op(f'bitcast double {value} to i64')}")


@lowers("text")
def _text(b: Body, i: Instruction) -> None:
    type_ = _type(b, i)
    if type_ == INT:
        b.push(b.call_kernel(INT_TEXT, [b.pop()]))
    elif type_ == BOOL:
        b.push(b.call_kernel(BOOL_TEXT, [b.pop()]))
    elif type_ == FLOAT:
        word = b.pop_word()
        b.push(b.call_kernel(FLOAT_TEXT, [word], lambda: call_host(b, HOST_FLOAT_TEXT, [word])))
    elif type_.is_primitive:
        b.stop()
    else:
        b.push(_text_of_object(b, type_, b.pop()))


def _text_of_object(b: Body, type_: Type, ref: str) -> str:
    b.stop_if(f"icmp eq i64 {ref}, 0")
    if type_.non_null() == STRING:
        return ref
    is_string = b.op(f"icmp eq i64 {class_id(b, ref)}, {b.constant(ClassId(b.unit.string_class()))}")
    return b.unless(is_string, ref, lambda: call_virtual(b, "toString", [ref]))


@lowers("concat")
def _concat(b: Body, i: Instruction) -> None:
    count = i.operands[0]
    if not 0 < count <= SCRATCH_WORDS:
        b.stop()
        return
    for at in reversed(range(count)):
        b.store("%memory", SCRATCH + at, Value(b.pop()), "scratch")
    b.push(b.call_kernel(CONCAT, [str(SCRATCH), str(count)]))
