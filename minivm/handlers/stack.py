"""Constants, locals and the operand stack."""

from __future__ import annotations

from minivm.decoder import Decoding, decodes, handles
from minivm.frames import FIRST, PC
from minivm.heap import float_word
from minivm.interpreter import RELOAD, Cell, Interpreter
from minivm.memory import Root

Words = memoryview


def push_word(vm: Interpreter, words: Words[int], fp: int, at: int, word: int) -> int | None:
    """Push a word known when the method was decoded."""
    words[fp + at] = word
    return None


@decodes("iconst", "bconst")
def _immediate(d: Decoding) -> Cell:
    return push_word, d.at, d.operand


@decodes("null", "unit")
def _zero(d: Decoding) -> Cell:
    return push_word, d.at, 0


@decodes("fconst")
def _float(d: Decoding) -> Cell:
    value = d.method.constant(d.operand)
    assert isinstance(value, float)
    return push_word, d.at, float_word(value)


@decodes("sconst")
def _string(d: Decoding) -> Cell:
    owner = d.method.owner
    return push_literal, d.at, (d.pc, Root.STATICS + owner.id, owner.literals[d.operand], d.method.constant(d.operand))


def push_literal(
    vm: Interpreter, words: Words[int], fp: int, at: int, literal: tuple[int, int, int, str]
) -> int | None:
    """Push a String constant, making the object on first use."""
    pc, slot, offset, text = literal
    memory = vm.memory
    ref = words[words[memory.base + slot] + offset]
    if ref:
        words[fp + at] = ref
        return None
    words[fp + PC] = pc
    ref = vm.heap.new_string(text)
    words[memory.root(slot) + offset] = ref
    words[vm.fp + at] = ref
    vm.pc = pc + 1
    return RELOAD


@decodes("load")
def _load(d: Decoding) -> Cell:
    return load, d.at, FIRST + d.operand


def load(vm: Interpreter, words: Words[int], fp: int, at: int, local: int) -> int | None:
    """Push a local."""
    words[fp + at] = words[fp + local]
    return None


@decodes("store")
def _store(d: Decoding) -> Cell:
    return store, d.at, FIRST + d.operand


def store(vm: Interpreter, words: Words[int], fp: int, at: int, local: int) -> int | None:
    """Pop into a local."""
    words[fp + local] = words[fp + at]
    return None


@handles("pop")
def pop(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Drop the top word: nothing to do, since the next instruction knows its own depth."""
    return None


@handles("dup")
def dup(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Push the top word again."""
    words[fp + at + 1] = words[fp + at]
    return None


@handles("dup2")
def dup2(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Push the top two words again."""
    at += fp
    words[at + 2] = words[at]
    words[at + 3] = words[at + 1]
    return None
