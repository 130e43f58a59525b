"""Natives of Object, Error and Array."""

from __future__ import annotations

from minivm.errors import Throw
from minivm.handlers.objects import out_of_bounds
from minivm.interpreter import Interpreter
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.natives.registry import argument, native


@native("Object", "equals")
def equals(vm: Interpreter, at: int) -> int:
    """Identity."""
    return argument(vm, at) == argument(vm, at, 1)


@native("Object", "hash")
def hash_(vm: Interpreter, at: int) -> int:
    """The identity hash."""
    return vm.memory.identity_hash(argument(vm, at))


@native("Object", "toString")
def to_string(vm: Interpreter, at: int) -> int:
    """Class name and identity hash."""
    ref = argument(vm, at)
    return vm.heap.new_string(f"{class_name(vm, ref)}@{vm.memory.identity_hash(ref):x}")


def class_name(vm: Interpreter, ref: int) -> str:
    """The name of an object's class."""
    cls = vm.classes[vm.heap.class_id(ref)]
    assert cls is not None
    return cls.name


@native("Error", "trace")
def trace(vm: Interpreter, at: int) -> int:
    """The recorded calls, a line each, innermost first."""
    return vm.heap.new_string("\n".join(f"at {place}" for place in vm.unwinder.trace_of(argument(vm, at))))


def checked_range(vm: Interpreter, array: int, start: int, end: int) -> None:
    """IndexError unless start..end lies inside the array."""
    length = vm.words[array + ARRAY_LENGTH]
    if not 0 <= start <= end <= length:
        raise Throw("IndexError", f"{start}..{end} is not a part of 0..{length}")


@native("Array", "copyTo")
def copy_to(vm: Interpreter, at: int) -> int:
    """Copy words into another array or another place of this one."""
    source, start, target, to, count = (argument(vm, at, i) for i in range(5))
    checked_range(vm, source, start, start + count)
    checked_range(vm, target, to, to + count)
    first = source + ARRAY_FIRST + start
    words = vm.words[first : first + count].tobytes()  # a copy, since the two may overlap
    begin = target + ARRAY_FIRST + to
    vm.words[begin : begin + count] = memoryview(words).cast("q")
    return 0


@native("Array", "clear")
def clear(vm: Interpreter, at: int) -> int:
    """Make an element unset."""
    array, index = argument(vm, at), argument(vm, at, 1)
    length = vm.words[array + ARRAY_LENGTH]
    if not 0 <= index < length:
        raise out_of_bounds(index, length)
    vm.words[array + ARRAY_FIRST + index] = 0
    return 0


@native("Array", "clearRange")
def clear_range(vm: Interpreter, at: int) -> int:
    """Make elements unset."""
    array, start, end = (argument(vm, at, i) for i in range(3))
    checked_range(vm, array, start, end)
    for index in range(start, end):
        vm.words[array + ARRAY_FIRST + index] = 0
    return 0
