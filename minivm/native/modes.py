"""When methods are compiled, and how a machine comes by its native tier. Imports nothing of LLVM."""

from __future__ import annotations

from enum import Enum, unique
from importlib import import_module

from minivm.interpreter import Interpreter
from minivm.native.presence import available

HOT = 400  # calls or iterations in the interpreter that make compiling worth its while

HOST_BYTES = 32  # of the host's stack that a word of a native frame takes at most: 8 alive, 8 spilled, the rest calls
LARGE_STACK = 8 << 20
SMALL_STACK = 1 << 20


@unique
class Mode(Enum):
    """When methods are compiled."""

    AUTO = "auto"  # when they are hot, on a second thread
    INTERPRETER = "interpreter"  # never
    NATIVE = "native"  # at their first call, while the program waits
    BASELINE = "baseline"  # as native, but not optimised
    BARE = "bare"  # as auto, without fuel and cells: shows what being stoppable and redefinable costs


def use_mode(vm: Interpreter, mode: Mode) -> None:
    """Give an interpreter its native tier; it is made when something is hot for the first time.

    Without LLVM the interpreter does everything.
    """
    if mode is Mode.INTERPRETER or not available():
        return
    at_once = mode in (Mode.NATIVE, Mode.BASELINE)
    vm.hot = 1 if at_once else HOT

    def make(vm: Interpreter) -> object:
        tier = import_module("minivm.native.tier")  # LLVM comes with it
        return tier.make_tier(vm, mode)

    vm.make_tier = make  # type: ignore[assignment]
    vm.native_words = host_stack() // 2 // HOST_BYTES


def host_stack() -> int:
    """Bytes of stack that a thread of this process has at least."""
    try:
        limits = import_module("resource")
    except ImportError:  # not a Unix
        return SMALL_STACK
    soft = int(limits.getrlimit(limits.RLIMIT_STACK)[0])
    return min(soft, LARGE_STACK) if soft > 0 else SMALL_STACK  # without a limit, other threads get two megabytes
