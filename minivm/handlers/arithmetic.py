"""Integer and float arithmetic, comparison and conversion."""

from __future__ import annotations

import math

from minivm.decoder import handles
from minivm.errors import Throw
from minivm.interpreter import Interpreter
from minivm.memory import MAX_INT, MIN_INT, WORD_MASK, wrap

Words = memoryview


@handles("iadd")
def iadd(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Add; wraps."""
    at += fp
    value = words[at] + words[at + 1]
    words[at] = value if MIN_INT <= value <= MAX_INT else wrap(value)
    return None


@handles("isub")
def isub(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Subtract; wraps."""
    at += fp
    value = words[at] - words[at + 1]
    words[at] = value if MIN_INT <= value <= MAX_INT else wrap(value)
    return None


@handles("imul")
def imul(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Multiply; wraps."""
    at += fp
    value = words[at] * words[at + 1]
    words[at] = value if MIN_INT <= value <= MAX_INT else wrap(value)
    return None


@handles("idiv")
def idiv(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Divide, truncating toward zero."""
    at += fp
    words[at] = wrap(quotient(words[at], words[at + 1]))
    return None


@handles("irem")
def irem(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Remainder with the sign of the dividend."""
    at += fp
    left, right = words[at], words[at + 1]
    words[at] = left - right * quotient(left, right)
    return None


def quotient(left: int, right: int) -> int:
    """Truncating division; ArithmeticError on zero."""
    if right == 0:
        raise Throw("ArithmeticError", "division by zero")
    value = abs(left) // abs(right)
    return value if (left < 0) == (right < 0) else -value


@handles("ineg")
def ineg(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Negate; wraps."""
    words[fp + at] = wrap(-words[fp + at])
    return None


@handles("inot")
def inot(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Bitwise complement."""
    words[fp + at] = ~words[fp + at]
    return None


@handles("iand")
def iand(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Bitwise and."""
    at += fp
    words[at] = words[at] & words[at + 1]
    return None


@handles("ior")
def ior(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Bitwise or."""
    at += fp
    words[at] = words[at] | words[at + 1]
    return None


@handles("ixor")
def ixor(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Bitwise exclusive or."""
    at += fp
    words[at] = words[at] ^ words[at + 1]
    return None


@handles("ishl")
def ishl(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Shift left by the low six bits of the count."""
    at += fp
    words[at] = wrap(words[at] << (words[at + 1] & 63))
    return None


@handles("ishr")
def ishr(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Arithmetic shift right."""
    at += fp
    words[at] = words[at] >> (words[at + 1] & 63)
    return None


@handles("iushr")
def iushr(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Logical shift right."""
    at += fp
    words[at] = wrap((words[at] & WORD_MASK) >> (words[at + 1] & 63))
    return None


@handles("fadd")
def fadd(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """IEEE add."""
    at += fp
    floats = vm.floats
    floats[at] = floats[at] + floats[at + 1]
    return None


@handles("fsub")
def fsub(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """IEEE subtract."""
    at += fp
    floats = vm.floats
    floats[at] = floats[at] - floats[at + 1]
    return None


@handles("fmul")
def fmul(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """IEEE multiply."""
    at += fp
    floats = vm.floats
    floats[at] = floats[at] * floats[at + 1]
    return None


@handles("fdiv")
def fdiv(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """IEEE divide."""
    at += fp
    floats = vm.floats
    left, right = floats[at], floats[at + 1]
    floats[at] = left / right if right else divide_by_zero(left, right)
    return None


def divide_by_zero(left: float, right: float) -> float:
    """What IEEE 754 gives for a division by plus or minus zero."""
    if left == 0 or left != left:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


@handles("frem")
def frem(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """C fmod."""
    at += fp
    floats = vm.floats
    left, right = floats[at], floats[at + 1]
    floats[at] = math.nan if right == 0 or math.isinf(left) else math.fmod(left, right)
    return None


@handles("fneg")
def fneg(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Negate."""
    vm.floats[fp + at] = -vm.floats[fp + at]
    return None


@handles("itof")
def itof(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Nearest float."""
    vm.floats[fp + at] = float(words[fp + at])
    return None


@handles("ftoi")
def ftoi(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Truncate; out of range saturates, NaN gives 0."""
    words[fp + at] = truncate(vm.floats[fp + at])
    return None


def truncate(value: float) -> int:
    """The int a float is truncated to; saturating, 0 for NaN."""
    if value != value:
        return 0
    if value >= MAX_INT:
        return MAX_INT
    return MIN_INT if value <= MIN_INT else int(value)


@handles("ieq")
def ieq(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Equal."""
    at += fp
    words[at] = words[at] == words[at + 1]
    return None


@handles("ine")
def ine(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Not equal."""
    at += fp
    words[at] = words[at] != words[at + 1]
    return None


@handles("ilt")
def ilt(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Less."""
    at += fp
    words[at] = words[at] < words[at + 1]
    return None


@handles("ile")
def ile(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Less or equal."""
    at += fp
    words[at] = words[at] <= words[at + 1]
    return None


@handles("igt")
def igt(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Greater."""
    at += fp
    words[at] = words[at] > words[at + 1]
    return None


@handles("ige")
def ige(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Greater or equal."""
    at += fp
    words[at] = words[at] >= words[at + 1]
    return None


@handles("feq")
def feq(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Equal."""
    at += fp
    floats = vm.floats
    words[at] = floats[at] == floats[at + 1]
    return None


@handles("fne")
def fne(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Not equal."""
    at += fp
    floats = vm.floats
    words[at] = floats[at] != floats[at + 1]
    return None


@handles("flt")
def flt(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Less."""
    at += fp
    floats = vm.floats
    words[at] = floats[at] < floats[at + 1]
    return None


@handles("fle")
def fle(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Less or equal."""
    at += fp
    floats = vm.floats
    words[at] = floats[at] <= floats[at + 1]
    return None


@handles("fgt")
def fgt(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Greater."""
    at += fp
    floats = vm.floats
    words[at] = floats[at] > floats[at + 1]
    return None


@handles("fge")
def fge(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Greater or equal."""
    at += fp
    floats = vm.floats
    words[at] = floats[at] >= floats[at + 1]
    return None


@handles("not")
def not_(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Logical complement."""
    words[fp + at] = not words[fp + at]
    return None


@handles("same")
def same(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Whether two references are one object."""
    at += fp
    words[at] = words[at] == words[at + 1]
    return None
