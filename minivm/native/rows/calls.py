"""Calls and construction."""

from __future__ import annotations

from collections.abc import Sequence

from minivm.classes import RuntimeMethod
from minivm.classfile import FIELD_INITIALISERS, Instruction, MethodRef
from minivm.kernels.fibers import PAUSED
from minivm.kernels.natives import KERNELS
from minivm.memory import Register
from minivm.native.body import Body, Value, lowers
from minivm.native.hosting import HOSTED
from minivm.native.intrinsics import INTRINSICS, call_host
from minivm.native.rows.objects import allocate_object, class_id
from minivm.native.slots import ClassId, Dispatch
from minivm.types import Type

PARKING = {("WaitQueue", "wait"), ("prelude", "pause")}  # natives that let other fibers run; 0 is what they return


def _ref(b: Body, i: Instruction) -> MethodRef:
    found = b.method.constant(i.operands[0])
    assert isinstance(found, MethodRef)
    return found


def _arguments(b: Body, count: int) -> list[str]:
    """The top operands as words, deepest first."""
    return [b.pop_word() for _ in range(count)][::-1]


@lowers("callvirtual")
def _callvirtual(b: Body, i: Instruction) -> None:
    ref = _ref(b, i)
    cls = b.unit.linked(b.method, ref.owner)
    if cls is None:
        b.unresolved()
        return
    target = b.unit.sole_target(cls, ref.name)
    if target is not None:
        call_exactly(b, target, 1 + len(ref.parameters), ref.result)
        return
    arguments = _arguments(b, 1 + len(ref.parameters))
    b.stack.append(b.from_word(call_virtual(b, ref.name, arguments), ref.result))


def call_virtual(b: Body, name: str, arguments: Sequence[str]) -> str:
    """Call the method that the first argument's class has under a name; its result word."""
    receiver = class_id(b, arguments[0])
    guess = b.unit.likely_target(b.method, b.pc)
    if guess is None:
        return _dispatch(b, name, receiver, arguments)
    cls, target = guess
    likely, other, join = b.fresh_label(), b.fresh_label(), b.fresh_label()
    hit = b.op(f"icmp eq i64 {receiver}, {b.constant(ClassId(cls))}")
    b.emit(f"br i1 {hit}, label %{likely}, label %{other}")
    b.label(likely)
    direct = b.call_method(target, arguments)
    from_likely = b.close(join)
    b.label(other)
    found = _dispatch(b, name, receiver, arguments)
    from_other = b.close(join)
    b.label(join)
    return b.op(f"phi i64 [ {direct}, %{from_likely} ], [ {found}, %{from_other} ]")


def _dispatch(b: Body, name: str, receiver: str, arguments: Sequence[str]) -> str:
    table = b.op(f"inttoptr i64 {b.constant(Dispatch(name))} to ptr")
    code = b.op(f"load i64, ptr {b.at(table, receiver)}, !invariant.load !{{}}")
    return b.call(b.op(f"inttoptr i64 {code} to ptr"), arguments)


def call_exactly(b: Body, method: RuntimeMethod, count: int, result: Type) -> None:
    """Call one method with the top operands and push its result."""
    if method.native is not None:
        call_native(b, (method.owner.file.name, method.name), count, result)
        return
    arguments = _arguments(b, count)
    b.stack.append(b.from_word(b.call_method(method, arguments), result))


def call_native(b: Body, name: tuple[str, str], count: int, result: Type) -> None:
    """Do what a native does, or call it if it is Python; leave it to the interpreter if that may not be done here."""
    if name in INTRINSICS:
        INTRINSICS[name](b)
    elif name in PARKING:
        b.store("%memory", Register.PARKED_ON, b.stack[-1] if count else Value(str(PAUSED)), "register")
        b.stop()
    elif name not in KERNELS and name not in HOSTED:
        b.stop()
    elif result.is_reference and b.unit.linked_for_natives(result) is None:  # it may not link what it makes
        b.unresolved()
    else:
        arguments = _arguments(b, count)
        b.stack.append(b.from_word(_call_word(b, name, arguments), result))


def _call_word(b: Body, name: tuple[str, str], arguments: Sequence[str]) -> str:
    if name not in KERNELS:
        return call_host(b, name, arguments)
    if name not in HOSTED:
        return b.call_kernel(KERNELS[name], arguments)
    return b.call_kernel(KERNELS[name], arguments, lambda: call_host(b, name, arguments))


@lowers("callspecial", "callstatic")
def _callexactly(b: Body, i: Instruction) -> None:
    ref = _ref(b, i)
    is_static = i.row.name == "callstatic"
    cls = b.unit.linked(b.method, ref.owner)
    method = cls.method_for(ref) if cls is not None else None
    if method is None or (is_static and not b.unit.initialised(method.owner)):
        b.unresolved()
        return
    call_exactly(b, method, len(ref.parameters) + (not is_static), ref.result)


@lowers("new")
def _new(b: Body, i: Instruction) -> None:
    ref = _ref(b, i)
    cls = b.unit.linked(b.method, ref.owner)
    if cls is None or not b.unit.initialised(cls):
        b.unresolved()
        return
    arguments = _arguments(b, len(ref.parameters))
    made = allocate_object(b, cls)
    b.call_method(cls.method_for(ref), [made, *arguments], undo=made)
    b.push(made)


@lowers("initfields")
def _initfields(b: Body, i: Instruction) -> None:
    type_ = b.method.constant(i.operands[0])
    assert isinstance(type_, Type)
    cls = b.unit.linked(b.method, type_)
    if cls is None:
        b.unresolved()
        return
    ref = b.pop()
    method = cls.methods.get(FIELD_INITIALISERS)
    if method is not None:
        b.call_method(method, [ref])
