"""Natives in Python that machine code calls where it is, without writing its frames: a tenth of what a stop costs.

While one runs, native frames exist, which nobody can read: nothing may move, be linked, park or be thrown. So natives
are named here that do no more than look at their arguments and make a result. Where one would need a collection or
throw, it is as if it had not been called: machine code stops, and the interpreter calls it.
"""

from __future__ import annotations

import ctypes
from typing import Any

from attrs import define, field

from minivm.errors import Throw
from minivm.heap import float_text
from minivm.interpreter import Interpreter
from minivm.kernels.allocation import SLOW
from minivm.kernels.texts import SCRATCH
from minivm.natives.registry import NATIVES, Native, float_argument

Name = tuple[str, str]

FLOAT_TEXT: Name = ("float", "text")  # what the instruction ``text`` does with a float
_STRING = "codes fromCodes isLetters lower replace toFloat toInt toIntBase trimEnd trimStart upper"
_MATH = "fixed hypot scientific"
HOSTED: frozenset[Name] = frozenset(
    {
        *(("String", name) for name in _STRING.split()),
        *(("Math", name) for name in _MATH.split()),
        *(("Clock", name) for name in ("now", "millis", "nanos")),
        *(("prelude", name) for name in ("write", "writeError")),
        FLOAT_TEXT,
    }
)

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int64)


@define(eq=False)
class Host:
    """The natives of one machine as functions of C. Their arguments are the words from SCRATCH on."""

    vm: Interpreter
    callbacks: dict[Name, Any] = field(factory=dict)

    def address(self, name: Name) -> int:
        """Where machine code calls a native; it returns the result word, or SLOW if the interpreter is to call it."""
        if name not in self.callbacks:
            native = _float_text if name == FLOAT_TEXT else NATIVES[name]
            self.callbacks[name] = _CALLBACK(lambda: self.call(native))
        return ctypes.cast(self.callbacks[name], ctypes.c_void_p).value or 0

    def call(self, native: Native) -> int:
        """Call a native from machine code."""
        vm = self.vm
        frame, vm.fp, vm.memory.held = vm.fp, SCRATCH, True
        try:
            result = native(vm, 0)
        except Throw:  # the interpreter will have it again
            return SLOW
        except BaseException as failure:  # ctypes would print and forget it
            vm.failure = failure
            return SLOW
        finally:
            vm.fp, vm.memory.held = frame, False
        return SLOW if result is None else result


def _float_text(vm: Interpreter, at: int) -> int:
    return vm.heap.new_string(float_text(float_argument(vm, at)))
