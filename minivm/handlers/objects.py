"""Objects: fields, statics, arrays, type tests, boxes."""

from __future__ import annotations

from minivm.classes import RuntimeClass, RuntimeField
from minivm.classfile import Flags
from minivm.decoder import Decoding, decodes, handles, linking
from minivm.errors import Throw
from minivm.frames import PC
from minivm.interpreter import RELOAD, Cell, Interpreter
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.loader import BOX
from minivm.memory import CLASS_MASK, Root
from minivm.types import Type, array_of

Words = memoryview
BOX_VALUE = 1  # offset of the one field of a Box


def must_be_set(type_: Type) -> bool:
    """Whether a zero word of this type means that it was read before it was set."""
    return type_.is_reference and not type_.nullable


# ── instance fields ──────────────────────────────────────────────────────────────────────────────────────


@decodes("getfield")
def _getfield(d: Decoding) -> Cell:
    return linking(d, resolve_getfield)


def resolve_getfield(d: Decoding) -> Cell:
    """The cell for an instance field that may or must not be zero."""
    field = d.load(d.field().owner).field_for(d.field())
    if must_be_set(field.type):
        return get_set_field, d.at, (field.offset, field)
    return get_field, d.at, field.offset


def get_field(vm: Interpreter, words: Words[int], fp: int, at: int, offset: int) -> int | None:
    """Read a field any word may be in."""
    at += fp
    words[at] = words[words[at] + offset]
    return None


def get_set_field(vm: Interpreter, words: Words[int], fp: int, at: int, arg: tuple[int, RuntimeField]) -> int | None:
    """Read a field of a non-null type."""
    at += fp
    word = words[words[at] + arg[0]]
    if not word:
        raise unset(arg[1])
    words[at] = word
    return None


def unset(field: RuntimeField) -> Throw:
    """The error for reading a field too early; a module's variable is named without its module."""
    owner = "" if Flags.MODULE in field.owner.file.flags else f"{field.owner.type}."
    return Throw("UnsetError", f"{owner}{field.name} is used before it is set")


@decodes("putfield")
def _putfield(d: Decoding) -> Cell:
    return linking(d, resolve_putfield)


def resolve_putfield(d: Decoding) -> Cell:
    """The cell for writing an instance field."""
    return put_field, d.at, d.load(d.field().owner).field_for(d.field()).offset


def put_field(vm: Interpreter, words: Words[int], fp: int, at: int, offset: int) -> int | None:
    """Write a field."""
    at += fp
    words[words[at] + offset] = words[at + 1]
    return None


# ── static fields ────────────────────────────────────────────────────────────────────────────────────────


@decodes("getstatic", "putstatic")
def _static(d: Decoding) -> Cell:
    return linking(d, resolve_static)


def resolve_static(d: Decoding) -> Cell | None:
    """The cell for a static field, once its class is initialised."""
    field = d.load(d.field().owner).field_for(d.field())
    if not d.vm.ensure_initialised(field.owner):
        return None
    handler = get_static if d.instruction.row.name == "getstatic" else put_static
    return handler, d.at, (Root.STATICS + field.owner.id, field.offset, field if must_be_set(field.type) else None)


def get_static(
    vm: Interpreter, words: Words[int], fp: int, at: int, arg: tuple[int, int, RuntimeField | None]
) -> int | None:
    """Read a static field."""
    slot, offset, field = arg
    word = words[words[vm.memory.base + slot] + offset]
    if not word and field is not None:
        raise unset(field)
    words[fp + at] = word
    return None


def put_static(
    vm: Interpreter, words: Words[int], fp: int, at: int, arg: tuple[int, int, RuntimeField | None]
) -> int | None:
    """Write a static field."""
    words[words[vm.memory.base + arg[0]] + arg[1]] = words[fp + at]
    return None


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────


@decodes("newarray")
def _newarray(d: Decoding) -> Cell:
    return linking(d, resolve_newarray)


def resolve_newarray(d: Decoding) -> Cell:
    """The cell for making arrays of one element type."""
    return new_array, d.at, (d.pc, d.load(array_of(d.type())))


def new_array(vm: Interpreter, words: Words[int], fp: int, at: int, arg: tuple[int, RuntimeClass]) -> int | None:
    """Allocate an array of zeros."""
    pc, cls = arg
    words[fp + PC] = pc
    ref = vm.heap.new_array(cls, words[fp + at])
    words[vm.fp + at] = ref
    vm.pc = pc + 1
    return RELOAD


@handles("arraylength")
def array_length(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Push the length."""
    at += fp
    words[at] = words[words[at] + ARRAY_LENGTH]
    return None


@decodes("arrayload")
def _arrayload(d: Decoding) -> Cell:
    assert d.method.verified is not None
    state = d.method.verified.states[d.pc]
    assert state is not None
    return array_load, d.at, must_be_set(state.stack[-2].args[0])


def array_load(vm: Interpreter, words: Words[int], fp: int, at: int, checked: bool) -> int | None:
    """Read an element."""
    at += fp
    array, index = words[at], words[at + 1]
    if not 0 <= index < words[array + ARRAY_LENGTH]:
        raise out_of_bounds(index, words[array + ARRAY_LENGTH])
    word = words[array + ARRAY_FIRST + index]
    if checked and not word:
        raise Throw("UnsetError", f"element {index} is used before it is set")
    words[at] = word
    return None


def out_of_bounds(index: int, length: int) -> Throw:
    """The error for an index outside an array."""
    return Throw("IndexError", f"index {index} is outside 0..{length}")


@handles("arraystore")
def array_store(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Write an element."""
    at += fp
    array, index = words[at], words[at + 1]
    if not 0 <= index < words[array + ARRAY_LENGTH]:
        raise out_of_bounds(index, words[array + ARRAY_LENGTH])
    words[array + ARRAY_FIRST + index] = words[at + 2]
    return None


# ── type tests and boxes ─────────────────────────────────────────────────────────────────────────────────


@decodes("is", "cast")
def _type_test(d: Decoding) -> Cell:
    return linking(d, resolve_type_test)


def resolve_type_test(d: Decoding) -> Cell:
    """The cell for a test against one class."""
    cls = d.load(d.type())
    if d.instruction.row.name == "is":
        return is_instance, d.at, cls.id
    return cast, d.at, (cls.id, d.type())


def is_below(vm: Interpreter, ref: int, target: int) -> bool:
    """Whether the object is an instance of the class with id ``target``."""
    cls = vm.classes[vm.words[ref] & CLASS_MASK]
    return cls is not None and target in cls.ancestors


def is_instance(vm: Interpreter, words: Words[int], fp: int, at: int, target: int) -> int | None:
    """Whether a reference is a non-null instance."""
    at += fp
    ref = words[at]
    words[at] = ref != 0 and is_below(vm, ref, target)
    return None


def cast(vm: Interpreter, words: Words[int], fp: int, at: int, arg: tuple[int, Type]) -> int | None:
    """Check an object's class; unbox where the type is primitive."""
    target, type_ = arg
    ref = words[fp + at]
    if ref == 0:
        if not type_.nullable:
            raise Throw("CastError", f"null is not a {type_}")
    elif not is_below(vm, ref, target):
        cls = vm.classes[words[ref] & CLASS_MASK]
        assert cls is not None
        raise Throw("CastError", f"{value_type(cls.type)} is not a {type_}")
    elif type_.is_primitive:
        words[fp + at] = words[ref + BOX_VALUE]
    return None


def value_type(type_: Type) -> Type:
    """A class as the program knows it: the box of an int is an int."""
    return type_.args[0] if type_.name == BOX else type_


def nothing(vm: Interpreter, words: Words[int], fp: int, at: int, arg: object) -> int | None:
    """A conversion that leaves the word as it is."""
    return None


@decodes("box")
def _box(d: Decoding) -> Cell:
    return linking(d, resolve_box) if d.type().is_primitive else (nothing, d.at, None)


def resolve_box(d: Decoding) -> Cell:
    """The cell for boxing one primitive type."""
    return box, d.at, (d.pc, d.load(d.type()))


def box(vm: Interpreter, words: Words[int], fp: int, at: int, arg: tuple[int, RuntimeClass]) -> int | None:
    """Put a primitive into a fresh Box."""
    pc, cls = arg
    words[fp + PC] = pc
    ref = vm.heap.new_object(cls)
    words[ref + BOX_VALUE] = words[vm.fp + at]
    words[vm.fp + at] = ref
    vm.pc = pc + 1
    return RELOAD


@decodes("unbox")
def _unbox(d: Decoding) -> Cell:
    return (unbox, d.at, d.type()) if d.type().is_primitive else (non_null, d.at, d.type())


def non_null(vm: Interpreter, words: Words[int], fp: int, at: int, type_: Type) -> int | None:
    """NullError on null."""
    if not words[fp + at]:
        raise Throw("NullError", f"the {type_.or_null()} is null")
    return None


def unbox(vm: Interpreter, words: Words[int], fp: int, at: int, type_: Type) -> int | None:
    """Take a primitive out of its Box; NullError on null."""
    at += fp
    ref = words[at]
    if not ref:
        raise Throw("NullError", f"the {type_.or_null()} is null")
    words[at] = words[ref + BOX_VALUE]
    return None
