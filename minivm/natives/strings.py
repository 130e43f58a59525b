"""Natives of String and StringBuilder's joining."""

from __future__ import annotations

from minivm.errors import Throw
from minivm.heap import float_word
from minivm.interpreter import Interpreter
from minivm.layouts import STRING_LENGTH
from minivm.natives.registry import argument, native, text_argument
from minivm.types import PRIMITIVES


@native("String", "length")
def length(vm: Interpreter, at: int) -> int:
    """Code points."""
    return vm.words[argument(vm, at) + STRING_LENGTH] >> 2


def checked_index(vm: Interpreter, at: int, text: str) -> int:
    """The int in argument 1 as an index of the text; IndexError outside."""
    index = argument(vm, at, 1)
    if not 0 <= index < len(text):
        raise Throw("IndexError", f"index {index} is outside 0..{len(text)}")
    return index


@native("String", "charAt")
def char_at(vm: Interpreter, at: int) -> int:
    """The one-character string at an index."""
    text = text_argument(vm, at)
    return vm.heap.new_string(text[checked_index(vm, at, text)])


@native("String", "codeAt")
def code_at(vm: Interpreter, at: int) -> int:
    """The code point at an index."""
    text = text_argument(vm, at)
    return ord(text[checked_index(vm, at, text)])


@native("String", "substring")
def substring(vm: Interpreter, at: int) -> int:
    """Code points start..end-1."""
    text = text_argument(vm, at)
    start, end = argument(vm, at, 1), argument(vm, at, 2)
    if not 0 <= start <= end <= len(text):
        raise Throw("IndexError", f"{start}..{end} is not a part of 0..{len(text)}")
    return vm.heap.new_string(text[start:end])


@native("String", "indexOf")
def index_of(vm: Interpreter, at: int) -> int:
    """Where a text first occurs, or -1."""
    return text_argument(vm, at).find(text_argument(vm, at, 1))


@native("String", "indexFrom")
def index_from(vm: Interpreter, at: int) -> int:
    """Where a text first occurs at or after an index, or -1."""
    text, start = text_argument(vm, at), argument(vm, at, 2)
    return -1 if start > len(text) else text.find(text_argument(vm, at, 1), max(start, 0))


@native("String", "lastIndexOf")
def last_index_of(vm: Interpreter, at: int) -> int:
    """Where a text last occurs, or -1."""
    return text_argument(vm, at).rfind(text_argument(vm, at, 1))


@native("String", "contains")
def contains(vm: Interpreter, at: int) -> int:
    """Whether a text occurs."""
    return text_argument(vm, at, 1) in text_argument(vm, at)


@native("String", "startsWith")
def starts_with(vm: Interpreter, at: int) -> int:
    """Whether it begins with a text."""
    return text_argument(vm, at).startswith(text_argument(vm, at, 1))


@native("String", "endsWith")
def ends_with(vm: Interpreter, at: int) -> int:
    """Whether it ends with a text."""
    return text_argument(vm, at).endswith(text_argument(vm, at, 1))


@native("String", "trim")
def trim(vm: Interpreter, at: int) -> int:
    """Without white space at both ends."""
    return vm.heap.new_string(text_argument(vm, at).strip())


@native("String", "replace")
def replace(vm: Interpreter, at: int) -> int:
    """Every occurrence of one text replaced by another."""
    old = text_argument(vm, at, 1)
    if not old:
        raise Throw("ArgumentError", "cannot replace the empty string")
    return vm.heap.new_string(text_argument(vm, at).replace(old, text_argument(vm, at, 2)))


@native("String", "upper")
def upper(vm: Interpreter, at: int) -> int:
    """In upper case."""
    return vm.heap.new_string(text_argument(vm, at).upper())


@native("String", "lower")
def lower(vm: Interpreter, at: int) -> int:
    """In lower case."""
    return vm.heap.new_string(text_argument(vm, at).lower())


@native("String", "compare")
def compare(vm: Interpreter, at: int) -> int:
    """-1, 0 or 1, by code points."""
    left, right = text_argument(vm, at), text_argument(vm, at, 1)
    return (left > right) - (left < right)


@native("String", "repeat")
def repeat(vm: Interpreter, at: int) -> int:
    """The text a number of times."""
    text, count = text_argument(vm, at), argument(vm, at, 1)
    if count < 0:
        raise Throw("ArgumentError", f"cannot repeat {count} times")
    if len(text) * count > vm.memory.cap * 8:
        raise Throw("OutOfMemoryError", f"no room for a string of {len(text) * count} characters")
    return vm.heap.new_string(text * count)


@native("String", "hash")
def hash_(vm: Interpreter, at: int) -> int:
    """The hash that agrees with equality."""
    return vm.heap.string_hash(argument(vm, at))


@native("String", "equals")
def equals(vm: Interpreter, at: int) -> int:
    """Whether the other is a string of the same code points."""
    left, right = argument(vm, at), argument(vm, at, 1)
    if not right or vm.heap.class_id(right) != vm.heap.string_class:
        return 0
    words = vm.words
    return words[left + STRING_LENGTH] == words[right + STRING_LENGTH] and vm.heap.string(left) == vm.heap.string(right)


@native("String", "toString")
def to_string(vm: Interpreter, at: int) -> int:
    """Itself."""
    return argument(vm, at)


@native("String", "fromCode")
def from_code(vm: Interpreter, at: int) -> int:
    """The one-character string of a code point."""
    code = argument(vm, at)
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise Throw("ArgumentError", f"{code} is not a Unicode code point")
    return vm.heap.new_string(chr(code))


def parse_int(text: str) -> int | None:
    """The 64-bit int that a text is, with an optional sign, or None."""
    digits = text.strip()
    bare = digits[1:] if digits[:1] in ("-", "+") else digits
    if not (bare.isascii() and bare.isdigit()) or len(bare) > 40:
        return None
    value = int(digits)
    return value if -(1 << 63) <= value < 1 << 63 else None


def parse_float(text: str) -> float | None:
    """The float that a text is, or None."""
    trimmed = text.strip()
    if not trimmed.isascii() or "_" in trimmed or len(trimmed) > 400:
        return None
    try:
        return float(trimmed)
    except ValueError:
        return None


def boxed(vm: Interpreter, type_name: str, word: int) -> int:
    """A fresh Box of a primitive."""
    cls = vm.loader.load(PRIMITIVES[type_name])
    vm.linker.link(cls)
    ref = vm.heap.new_object(cls)
    vm.words[ref + 1] = word
    return ref


@native("String", "toInt")
def to_int(vm: Interpreter, at: int) -> int:
    """The int the text is, or null."""
    value = parse_int(text_argument(vm, at))
    return 0 if value is None else boxed(vm, "int", value)


@native("String", "toFloat")
def to_float(vm: Interpreter, at: int) -> int:
    """The float the text is, or null."""
    value = parse_float(text_argument(vm, at))
    return 0 if value is None else boxed(vm, "float", float_word(value))


@native("String", "join")
def join(vm: Interpreter, at: int) -> int:
    """The first parts of an array, with a separator between each two."""
    array, count = argument(vm, at), argument(vm, at, 1)
    parts = vm.heap.elements(array)
    if not 0 <= count <= len(parts):
        raise Throw("IndexError", f"0..{count} is not a part of 0..{len(parts)}")
    if not all(parts[:count]):
        raise Throw("UnsetError", "a part to join is used before it is set")
    separator = text_argument(vm, at, 2)
    return vm.heap.new_string(separator.join(vm.heap.string(part) for part in parts[:count]))
