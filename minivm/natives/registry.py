"""The table of natives by class and method name, and small things every native needs."""

from __future__ import annotations

from collections.abc import Callable

from minivm.interpreter import Interpreter

Native = Callable[[Interpreter, int], int | None]

NATIVES: dict[tuple[str, str], Native] = {}


def native(owner: str, name: str) -> Callable[[Native], Native]:
    """Register the native ``owner.name``."""

    def register(function: Native) -> Native:
        assert (owner, name) not in NATIVES, f"two natives for {owner}.{name}"
        NATIVES[owner, name] = function
        return function

    return register


def argument(vm: Interpreter, at: int, index: int = 0) -> int:
    """An argument word (the receiver is argument 0 of an instance method)."""
    return vm.words[vm.fp + at + index]


def text_argument(vm: Interpreter, at: int, index: int = 0) -> str:
    """A String argument's text."""
    return vm.heap.string(vm.words[vm.fp + at + index])


def float_argument(vm: Interpreter, at: int, index: int = 0) -> float:
    """A float argument."""
    return vm.floats[vm.fp + at + index]
