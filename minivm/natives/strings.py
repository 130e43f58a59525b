"""Natives of String and StringBuilder's joining."""

from __future__ import annotations

from collections.abc import Callable

from minivm.errors import Throw
from minivm.heap import float_word
from minivm.interpreter import Interpreter
from minivm.kernels.splitting import CUT
from minivm.kernels.strings import string_hash
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.natives.console import new_array
from minivm.natives.registry import argument, native, text_argument
from minivm.natives.text import encoded, length_of, part, place, unit
from minivm.types import INT, PRIMITIVES


@native("String", "length")
def length(vm: Interpreter, at: int) -> int:
    """Code points."""
    return length_of(vm, argument(vm, at))


def checked_index(vm: Interpreter, at: int) -> int:
    """The int in argument 1 as an index of the string in argument 0; IndexError outside."""
    index, end = argument(vm, at, 1), length_of(vm, argument(vm, at))
    if not 0 <= index < end:
        raise Throw("IndexError", f"index {index} is outside 0..{end}")
    return index


@native("String", "charAt")
def char_at(vm: Interpreter, at: int) -> int:
    """The one-character string at an index."""
    index = checked_index(vm, at)
    return _part(vm, argument(vm, at), index, index + 1)


def _part(vm: Interpreter, string: int, start: int, end: int) -> int:
    """The string of code points start..end-1: the same one if that is all of them, as kernels do."""
    if end - start == length_of(vm, string):
        return string
    return vm.heap.new_string(part(vm, string, start, end))


@native("String", "codeAt")
def code_at(vm: Interpreter, at: int) -> int:
    """The code point at an index."""
    return unit(vm, argument(vm, at), checked_index(vm, at))


@native("String", "substring")
def substring(vm: Interpreter, at: int) -> int:
    """Code points start..end-1."""
    start, end = argument(vm, at, 1), argument(vm, at, 2)
    length = length_of(vm, argument(vm, at))
    if not 0 <= start <= end <= length:
        raise Throw("IndexError", f"{start}..{end} is not a part of 0..{length}")
    return _part(vm, argument(vm, at), start, end)


@native("String", "indexOf")
def index_of(vm: Interpreter, at: int) -> int:
    """Where a text first occurs, or -1."""
    return place(vm, argument(vm, at), argument(vm, at, 1), 0)


@native("String", "indexFrom")
def index_from(vm: Interpreter, at: int) -> int:
    """Where a text first occurs at or after an index, or -1."""
    return place(vm, argument(vm, at), argument(vm, at, 1), max(argument(vm, at, 2), 0))


@native("String", "lastIndexOf")
def last_index_of(vm: Interpreter, at: int) -> int:
    """Where a text last occurs, or -1."""
    return text_argument(vm, at).rfind(text_argument(vm, at, 1))


@native("String", "contains")
def contains(vm: Interpreter, at: int) -> int:
    """Whether a text occurs."""
    return place(vm, argument(vm, at), argument(vm, at, 1), 0) >= 0


@native("String", "startsWith")
def starts_with(vm: Interpreter, at: int) -> int:
    """Whether it begins with a text."""
    string, text = argument(vm, at), text_argument(vm, at, 1)
    return length_of(vm, string) >= len(text) and part(vm, string, 0, len(text)) == text


@native("String", "endsWith")
def ends_with(vm: Interpreter, at: int) -> int:
    """Whether it ends with a text."""
    string, text = argument(vm, at), text_argument(vm, at, 1)
    end = length_of(vm, string)
    return end >= len(text) and part(vm, string, end - len(text), end) == text


def _changed(name: str, change: Callable[[str], str]) -> None:
    def run(vm: Interpreter, at: int) -> int:
        text = text_argument(vm, at)
        changed = change(text)
        return argument(vm, at) if changed == text else vm.heap.new_string(changed)

    native("String", name)(run)


def _tested(name: str, test: Callable[[str], bool]) -> None:
    def run(vm: Interpreter, at: int) -> int:
        return test(text_argument(vm, at))

    native("String", name)(run)


_changed("trim", str.strip)
_changed("trimStart", str.lstrip)
_changed("trimEnd", str.rstrip)
_changed("upper", str.upper)
_changed("lower", str.lower)
_tested("isDigits", lambda text: text.isascii() and text.isdigit())
_tested("isLetters", str.isalpha)
_tested("isSpace", str.isspace)


@native("String", "replace")
def replace(vm: Interpreter, at: int) -> int:
    """Every occurrence of one text replaced by another."""
    old = text_argument(vm, at, 1)
    if not old:
        raise Throw("ArgumentError", "cannot replace the empty string")
    text = text_argument(vm, at)
    replaced = text.replace(old, text_argument(vm, at, 2))
    return argument(vm, at) if replaced == text else vm.heap.new_string(replaced)


@native("String", "count")
def count(vm: Interpreter, at: int) -> int:
    """How often a text occurs, without overlaps."""
    part = text_argument(vm, at, 1)
    if not part:
        raise Throw("ArgumentError", "cannot count the empty string")
    return text_argument(vm, at).count(part)


@native("String", "cut")
def cut(vm: Interpreter, at: int) -> int:
    """Put parts of the text into an array, and say where the rest begins."""
    separator, start, first = text_argument(vm, at, 1), argument(vm, at, 2), argument(vm, at, 4)
    length, room = length_of(vm, argument(vm, at)), vm.words[argument(vm, at, 3) + ARRAY_LENGTH]
    if not (separator and 0 <= start <= length and 0 <= first <= room):
        raise Throw("ArgumentError", f"cannot cut {length} characters at {start} for {room} places from {first}")
    for index in range(first, min(first + CUT, room)):
        if start > length:
            break
        stop = place(vm, argument(vm, at), argument(vm, at, 1), start)
        stop = length if stop < 0 else stop
        made = _part(vm, argument(vm, at), start, stop)
        vm.words[argument(vm, at, 3) + ARRAY_FIRST + index] = made
        start = stop + len(separator)
    return start


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


@native("String", "reversed")
def reversed_(vm: Interpreter, at: int) -> int:
    """Last code point first."""
    return vm.heap.new_string(text_argument(vm, at)[::-1])


@native("String", "hash")
def hash_(vm: Interpreter, at: int) -> int:
    """The hash that agrees with equality."""
    return string_hash(vm.words, argument(vm, at))


@native("String", "equals")
def equals(vm: Interpreter, at: int) -> int:
    """Whether the other is a string of the same code points."""
    left, right = argument(vm, at), argument(vm, at, 1)
    if not right or vm.heap.class_id(right) != vm.heap.string_class:
        return 0
    return left == right or encoded(vm, left) == encoded(vm, right)


@native("String", "toString")
def to_string(vm: Interpreter, at: int) -> int:
    """Itself."""
    return argument(vm, at)


@native("String", "fromCode")
def from_code(vm: Interpreter, at: int) -> int:
    """The one-character string of a code point."""
    return vm.heap.new_string(checked_char(argument(vm, at)))


def checked_char(code: int) -> str:
    """The character of a code point; ArgumentError if it is none."""
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise Throw("ArgumentError", f"{code} is not a Unicode code point")
    return chr(code)


_PREFIXES = {2: "0b", 8: "0o", 16: "0x"}  # which Python would take for part of the number


def parse_int(text: str, base: int = 10) -> int | None:
    """The 64-bit int that a text is, with an optional sign, or None."""
    digits = text.strip()
    bare = digits[1:] if digits[:1] in ("-", "+") else digits
    if not (bare.isascii() and bare.isalnum()) or len(bare) > 80 or bare[:2].lower() == _PREFIXES.get(base):
        return None
    try:
        value = int(digits, base)
    except ValueError:
        return None
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


@native("String", "toIntBase")
def to_int_base(vm: Interpreter, at: int) -> int:
    """The int the text is in a base, or null."""
    base = argument(vm, at, 1)
    if not 2 <= base <= 36:
        raise Throw("ArgumentError", f"base {base} is outside 2..37")
    value = parse_int(text_argument(vm, at), base)
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


@native("String", "codes")
def codes(vm: Interpreter, at: int) -> int:
    """The code points as an Array<int>."""
    array = new_array(vm, INT, length_of(vm, argument(vm, at)))
    for index, char in enumerate(text_argument(vm, at)):
        vm.words[array + ARRAY_FIRST + index] = ord(char)
    return array


@native("String", "fromCodes")
def from_codes(vm: Interpreter, at: int) -> int:
    """The string of the first code points of an array."""
    elements, count = vm.heap.elements(argument(vm, at)), argument(vm, at, 1)
    if not 0 <= count <= len(elements):
        raise Throw("IndexError", f"0..{count} is not a part of 0..{len(elements)}")
    return vm.heap.new_string("".join(map(checked_char, elements[:count])))
