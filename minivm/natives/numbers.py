"""Natives of Math: what the C library does."""

from __future__ import annotations

import math
from collections.abc import Callable

from minivm.errors import Throw
from minivm.handlers.arithmetic import truncate
from minivm.heap import float_text, float_word
from minivm.interpreter import Interpreter
from minivm.natives.registry import argument, float_argument, native


def guarded(function: Callable[..., float], *values: float) -> float:
    """The function's value; NaN outside its domain, infinity on overflow, as C has it."""
    try:
        return function(*values)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


def _unary(name: str, function: Callable[[float], float]) -> None:
    def run(vm: Interpreter, at: int) -> int:
        return float_word(guarded(function, float_argument(vm, at)))

    native("Math", name)(run)


def _binary(name: str, function: Callable[[float, float], float]) -> None:
    def run(vm: Interpreter, at: int) -> int:
        return float_word(guarded(function, float_argument(vm, at), float_argument(vm, at, 1)))

    native("Math", name)(run)


def _to_int(name: str, function: Callable[[float], float]) -> None:
    def run(vm: Interpreter, at: int) -> int:
        value = float_argument(vm, at)
        return truncate(function(value) if math.isfinite(value) else value)

    native("Math", name)(run)


def logarithm(value: float) -> float:
    """The natural logarithm; minus infinity at 0."""
    return -math.inf if value == 0 else math.log(value)


def binary_logarithm(value: float) -> float:
    """The logarithm in base 2; minus infinity at 0."""
    return -math.inf if value == 0 else math.log2(value)


def decimal_logarithm(value: float) -> float:
    """The logarithm in base 10; minus infinity at 0."""
    return -math.inf if value == 0 else math.log10(value)


def _text(name: str, kind: str) -> None:
    def run(vm: Interpreter, at: int) -> int:
        value, digits = float_argument(vm, at), argument(vm, at, 1)
        if not 0 <= digits <= 100:
            raise Throw("ArgumentError", f"cannot show {digits} digits: 0 to 100 can be")
        return vm.heap.new_string(f"{value:.{digits}{kind}}" if math.isfinite(value) else float_text(value))

    native("Math", name)(run)


for _name in ("sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "exp", "cbrt"):
    _unary(_name, getattr(math, _name))
_unary("log", logarithm)
_unary("log2", binary_logarithm)
_unary("log10", decimal_logarithm)
_binary("atan2", math.atan2)
_binary("hypot", math.hypot)
_binary("pow", math.pow)
_to_int("floor", math.floor)
_to_int("ceil", math.ceil)
_to_int("round", lambda value: math.floor(value + 0.5))
_text("fixed", "f")
_text("scientific", "e")
