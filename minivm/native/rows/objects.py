"""Objects: fields, statics, arrays, type tests, boxes."""

from __future__ import annotations

from minivm.classes import RuntimeClass, RuntimeField
from minivm.classfile import FieldRef, Instruction
from minivm.handlers.objects import BOX_VALUE, must_be_set
from minivm.heap import MAX_LENGTH
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.loader import BOX
from minivm.memory import CLASS_MASK
from minivm.native.body import Body, Value, lowers
from minivm.native.rows.stack import statics
from minivm.native.slots import ClassId, Subtypes
from minivm.types import FLOAT, Type, array_of

# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────


def _field(b: Body, i: Instruction) -> RuntimeField | None:
    ref = b.method.constant(i.operands[0])
    assert isinstance(ref, FieldRef)
    cls = b.unit.linked(b.method, ref.owner)
    return cls.field_for(ref) if cls is not None else None


def tag_of(field: RuntimeField) -> str:
    """What kind of word a field is: no other field is the same word."""
    return f"{'static ' if field.is_static else ''}{field.owner.type}.{field.name}"


@lowers("getfield")
def _getfield(b: Body, i: Instruction) -> None:
    field = _field(b, i)
    if field is None:
        b.unresolved()
        return
    _push_set(b, field.type, b.load(b.object(b.pop()), field.offset, tag_of(field), field.type == FLOAT))


def _push_set(b: Body, type_: Type, value: Value) -> None:
    """Push a word that was read; what has to be set and is not is the interpreter's to complain about."""
    if must_be_set(type_):
        b.stop_if(f"icmp eq i64 {value.text}, 0")
    b.stack.append(value)


@lowers("putfield")
def _putfield(b: Body, i: Instruction) -> None:
    field = _field(b, i)
    if field is None:
        b.unresolved()
        return
    value = b.stack.pop()
    b.store(b.object(b.pop()), field.offset, value, tag_of(field))


def _static(b: Body, i: Instruction) -> RuntimeField | None:
    field = _field(b, i)
    return field if field is not None and b.unit.initialised(field.owner) else None


@lowers("getstatic")
def _getstatic(b: Body, i: Instruction) -> None:
    field = _static(b, i)
    if field is None:
        b.unresolved()
        return
    holder = statics(b, ClassId(field.owner))
    _push_set(b, field.type, b.load(holder, field.offset, tag_of(field), field.type == FLOAT))


@lowers("putstatic")
def _putstatic(b: Body, i: Instruction) -> None:
    field = _static(b, i)
    if field is None:
        b.unresolved()
        return
    b.store(statics(b, ClassId(field.owner)), field.offset, b.stack.pop(), tag_of(field))


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────


@lowers("newarray")
def _newarray(b: Body, i: Instruction) -> None:
    element = b.method.constant(i.operands[0])
    assert isinstance(element, Type)
    cls = b.unit.linked(b.method, array_of(element))
    if cls is None:
        b.unresolved()
        return
    length = b.pop()
    b.stop_if(f"icmp ugt i64 {length}, {MAX_LENGTH}")
    ref = b.allocate(b.op(f"add i64 {length}, {ARRAY_FIRST}"))
    array = b.object(ref)
    b.store(array, 0, Value(b.constant(ClassId(cls))), "header")
    b.store(array, ARRAY_LENGTH, Value(length), "length")
    size = b.op(f"shl i64 {length}, 3")
    b.emit(f"call void @llvm.memset.p0.i64(ptr {b.at(array, ARRAY_FIRST)}, i8 0, i64 {size}, i1 false)")
    b.push(ref)


@lowers("arraylength")
def _arraylength(b: Body, i: Instruction) -> None:
    b.stack.append(length_of(b, b.object(b.pop())))


def length_of(b: Body, array: str) -> Value:
    """The length of the array at a pointer."""
    return b.load(array, ARRAY_LENGTH, "length", False)


def _element(b: Body, array: str, index: str) -> str:
    """A pointer to an element, less ``ARRAY_FIRST``; stops if there is no such element."""
    pointer = b.object(array)
    b.stop_if(f"icmp uge i64 {index}, {length_of(b, pointer).text}")
    return b.at(pointer, index)


def _element_type(b: Body, depth: int) -> Type:
    """The element type of the array that is so deep in the operand stack."""
    return b.state(b.pc).stack[-depth].args[0]


def _elements(type_: Type) -> str:
    return "element reference" if type_.is_reference else f"element {type_}"


@lowers("arrayload")
def _arrayload(b: Body, i: Instruction) -> None:
    type_ = _element_type(b, 2)
    index, array = b.pop(), b.pop()
    _push_set(b, type_, b.load(_element(b, array, index), ARRAY_FIRST, _elements(type_), type_ == FLOAT))


@lowers("arraystore")
def _arraystore(b: Body, i: Instruction) -> None:
    type_ = _element_type(b, 3)
    value, index, array = b.stack.pop(), b.pop(), b.pop()
    b.store(_element(b, array, index), ARRAY_FIRST, value, _elements(type_))


# ── type tests and boxes ─────────────────────────────────────────────────────────────────────────────────


def _type(b: Body, i: Instruction) -> Type:
    found = b.method.constant(i.operands[0])
    assert isinstance(found, Type)
    return found


def class_id(b: Body, ref: str) -> str:
    """The class id of an object."""
    header = b.load(b.object(ref), 0, "header", False).text
    return b.op(f"and i64 {header}, {CLASS_MASK}")


def _is_below(b: Body, ref: str, cls: RuntimeClass) -> str:
    """An i1: whether an object is an instance of a class."""
    found = class_id(b, ref)
    if b.unit.has_nothing_below(cls):
        return b.op(f"icmp eq i64 {found}, {b.constant(ClassId(cls))}")
    table = b.op(f"inttoptr i64 {b.constant(Subtypes(cls))} to ptr")
    return b.op(f"icmp ne i64 {b.op(f'load i64, ptr {b.at(table, found)}, !invariant.load !{{}}')}, 0")


@lowers("is")
def _is(b: Body, i: Instruction) -> None:
    cls = b.unit.linked(b.method, _type(b, i))
    if cls is None:
        b.unresolved()
        return
    ref = b.pop()
    test, join = b.fresh_label(), b.fresh_label()
    found = b.here()
    null = b.op(f"icmp eq i64 {ref}, 0")
    b.emit(f"br i1 {null}, label %{join}, label %{test}")
    b.label(test)
    below = _is_below(b, ref, cls)
    b.emit(f"br label %{join}")
    b.label(join)
    b.push_bit(b.op(f"phi i1 [ false, %{found} ], [ {below}, %{test} ]"))


@lowers("cast")
def _cast(b: Body, i: Instruction) -> None:
    type_ = _type(b, i)
    cls = b.unit.linked(b.method, type_)
    if cls is None:
        b.unresolved()
        return
    ref = b.pop()
    if type_.nullable:
        _cast_nullable(b, ref, cls)
        return
    b.stop_if(f"icmp eq i64 {ref}, 0")
    _must_be_below(b, ref, cls)
    if type_.is_primitive:
        _push_unboxed(b, ref, type_)
    else:
        b.push(ref)


def _cast_nullable(b: Body, ref: str, cls: RuntimeClass) -> None:
    test, join = b.fresh_label(), b.fresh_label()
    null = b.op(f"icmp eq i64 {ref}, 0")
    b.emit(f"br i1 {null}, label %{join}, label %{test}")
    b.label(test)
    _must_be_below(b, ref, cls)
    b.emit(f"br label %{join}")
    b.label(join)
    b.push(ref)


def _must_be_below(b: Body, ref: str, cls: RuntimeClass) -> None:
    b.stop_if(f"xor i1 {_is_below(b, ref, cls)}, true")


def _push_unboxed(b: Body, ref: str, type_: Type) -> None:
    plain = type_.non_null()
    b.stack.append(b.load(b.object(ref), BOX_VALUE, f"{BOX}<{plain}>.value", plain == FLOAT))


def allocate_object(b: Body, cls: RuntimeClass) -> str:
    """The reference of a fresh instance, constants in place."""
    prototype = b.unit.prototype(cls)
    ref = b.allocate(str(len(prototype)))
    pointer = b.object(ref)
    b.store(pointer, 0, Value(b.constant(ClassId(cls))), "header")
    for field in cls.layout:
        word = Value(str(prototype[field.offset]))
        b.store(pointer, field.offset, word, tag_of(field))
    return ref


@lowers("box")
def _box(b: Body, i: Instruction) -> None:
    type_ = _type(b, i)
    if not type_.is_primitive:
        return
    cls = b.unit.linked(b.method, type_)
    if cls is None:
        b.unresolved()
        return
    value = b.stack.pop()
    ref = allocate_object(b, cls)
    b.store(b.object(ref), BOX_VALUE, value, f"{BOX}<{type_}>.value")
    b.push(ref)


@lowers("unbox")
def _unbox(b: Body, i: Instruction) -> None:
    type_ = _type(b, i)
    ref = b.pop()
    b.stop_if(f"icmp eq i64 {ref}, 0")
    if type_.is_primitive:
        _push_unboxed(b, ref, type_)
    else:
        b.push(ref)
