"""Rows whose meaning depends on a type: equality, hashes, text; and joining strings."""

from __future__ import annotations

from collections.abc import Callable

from minivm.decoder import Decoding, decodes
from minivm.frames import PC
from minivm.handlers.calls import Site, enter, site_of
from minivm.heap import NAN, float_text, word_float
from minivm.interpreter import RELOAD, Cell, Interpreter
from minivm.memory import CLASS_MASK
from minivm.types import BOOL, FLOAT, INT, VOID

Words = memoryview

# ── equal ────────────────────────────────────────────────────────────────────────────────────────────────


@decodes("equal")
def _equal(d: Decoding) -> Cell:
    if d.type() == FLOAT:
        return equal_floats, d.at, None
    if d.type().is_primitive:
        return equal_words, d.at, None
    return equal_objects, d.at, site_of(d, "equals")


def equal_words(vm: Interpreter, words: Words[int], fp: int, at: int, arg: None) -> int | None:
    """Whether two words are the same."""
    at += fp
    words[at] = words[at] == words[at + 1]
    return None


def equal_floats(vm: Interpreter, words: Words[int], fp: int, at: int, arg: None) -> int | None:
    """Whether two floats are equal."""
    at += fp
    words[at] = vm.floats[at] == vm.floats[at + 1]
    return None


def equal_objects(vm: Interpreter, words: Words[int], fp: int, at: int, site: Site) -> int | None:
    """Whether two references are equal: one object, equal strings, or equals() says so."""
    left, right = words[fp + at], words[fp + at + 1]
    if left == right:
        words[fp + at] = 1
        return None
    if not left or not right:
        words[fp + at] = 0
        return None
    class_id = words[left] & CLASS_MASK
    method = site.targets.get(class_id)
    if method is None:
        method = site.target(vm, class_id)
    return enter(vm, words, fp, at, site, method)


# ── hash ─────────────────────────────────────────────────────────────────────────────────────────────────


@decodes("hash")
def _hash(d: Decoding) -> Cell:
    if d.type() == FLOAT:
        return hash_float, d.at, None
    if d.type().is_primitive:
        return hash_word, d.at, None
    return hash_object, d.at, site_of(d, "hash")


def hash_word(vm: Interpreter, words: Words[int], fp: int, at: int, arg: None) -> int | None:
    """A primitive word is its own hash."""
    return None


def hash_float(vm: Interpreter, words: Words[int], fp: int, at: int, arg: None) -> int | None:
    """A float's bits are its hash. Both zeros are equal, so they hash alike; NaN's bits are the processor's choice."""
    at += fp
    value = vm.floats[at]
    if value == 0:
        words[at] = 0
    elif value != value:
        words[at] = NAN
    return None


def hash_object(vm: Interpreter, words: Words[int], fp: int, at: int, site: Site) -> int | None:
    """What hash() says; 0 for null."""
    ref = words[fp + at]
    if not ref:
        return None
    class_id = words[ref] & CLASS_MASK
    method = site.targets.get(class_id)
    if method is None:
        method = site.target(vm, class_id)
    return enter(vm, words, fp, at, site, method)


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────


@decodes("text")
def _text(d: Decoding) -> Cell:
    if d.type().is_primitive:
        return text_primitive, d.at, (d.pc, TEXTS[d.type().name])
    return text_object, d.at, site_of(d, "toString")


def _bool_text(word: int) -> str:
    return "true" if word else "false"


TEXTS: dict[str, Callable[[int], str]] = {
    INT.name: str,
    FLOAT.name: lambda word: float_text(word_float(word)),
    BOOL.name: _bool_text,
    VOID.name: lambda word: "void",
}


def text_primitive(
    vm: Interpreter, words: Words[int], fp: int, at: int, arg: tuple[int, Callable[[int], str]]
) -> int | None:
    """The text of a number or truth value."""
    pc, text = arg
    words[fp + PC] = pc
    return push_string(vm, at, pc, text(words[fp + at]))


def push_string(vm: Interpreter, at: int, pc: int, text: str) -> int:
    """Make a string object the instruction's result."""
    ref = vm.heap.new_string(text)
    vm.words[vm.fp + at] = ref
    vm.pc = pc + 1
    return RELOAD


def text_object(vm: Interpreter, words: Words[int], fp: int, at: int, site: Site) -> int | None:
    """The text of an object: itself if it is a string, "null", or what toString() says."""
    ref = words[fp + at]
    if not ref:
        words[fp + PC] = site.pc
        return push_string(vm, at, site.pc, "null")
    class_id = words[ref] & CLASS_MASK
    if class_id == vm.heap.string_class:
        return None
    method = site.targets.get(class_id)
    if method is None:
        method = site.target(vm, class_id)
    return enter(vm, words, fp, at, site, method)


@decodes("concat")
def _concat(d: Decoding) -> Cell:
    return concat, d.at, (d.pc, d.operand)


def concat(vm: Interpreter, words: Words[int], fp: int, at: int, arg: tuple[int, int]) -> int | None:
    """Join strings."""
    pc, count = arg
    words[fp + PC] = pc
    at_first = fp + at
    string = vm.heap.string
    return push_string(vm, at, pc, "".join([string(words[at_first + i]) for i in range(count)]))
