"""The code that every unit may call: the kernels that stand for natives, and the stub for what has no machine code.

One module, compiled once and kept between runs. A kernel is there under its own name, as its source says, and, where a
native can be called through a receiver's class, under ``native.NAME`` in the convention of compiled methods.
"""

from __future__ import annotations

from functools import cache

from attrs import define, field

from minivm.interpreter import NOT_ENTERED
from minivm.kernels.allocation import SLOW
from minivm.kernels.language import FUNCTIONS, signature
from minivm.kernels.native import module_ir, sources
from minivm.kernels.natives import BOOL_TEXT, CONCAT, EQUAL_STRINGS, FLOAT_TEXT, HASH_STRING, INT_TEXT, KERNELS
from minivm.memory import Register
from minivm.native.engine import Engine, Library
from minivm.native.module import RESULT

_USED = {k.name for k in (*KERNELS.values(), EQUAL_STRINGS, HASH_STRING, INT_TEXT, FLOAT_TEXT, BOOL_TEXT, CONCAT)}
_NAMES = tuple(sorted(_USED))
_VIRTUAL = tuple(sorted({k.name for k in KERNELS.values() if not k.made}))

_MISS = f"""
define {RESULT} @miss(ptr %memory, i64 %fp, i64 %fuel) nounwind {{
  %at = getelementptr i64, ptr %memory, i64 {Register.FUEL:d}
  store i64 %fuel, ptr %at
  ret {RESULT} {{i64 0, i64 {NOT_ENTERED}}}
}}
"""


@define(eq=False)
class Runtime:
    """The runtime's addresses in this process."""

    library: Library
    miss: int
    kernels: dict[str, int]
    natives: dict[tuple[str, str], int] = field(factory=dict)


@cache
def runtime(engine: Engine) -> Runtime:
    """The runtime of an engine, made at the first request."""
    library = engine.link(engine.object_code(_ir, sources() + f"{RESULT} {_NAMES}".encode()))
    natives = {
        key: library.address(f"native.{kernel.name}") for key, kernel in KERNELS.items() if kernel.name in _VIRTUAL
    }
    return Runtime(library, library.address("miss"), {name: library.address(name) for name in _NAMES}, natives)


def _ir() -> str:
    return module_ir(_NAMES) + _MISS + "\n".join(_method(name) for name in _VIRTUAL)


def _method(name: str) -> str:
    """A kernel in the convention of methods; what it leaves to the interpreter, a call that was not entered is too."""
    count = len(signature(FUNCTIONS[name])) - 1
    arguments = "".join(f", i64 %a{n}" for n in range(count))
    return f"""
define {RESULT} @"native.{name}"(ptr %memory, i64 %fp, i64 %fuel{arguments}) nounwind {{
  %value = call i64 @k_{name}(ptr %memory{arguments})
  %slow = icmp eq i64 %value, {SLOW}
  br i1 %slow, label %leave, label %done
done:
  %first = insertvalue {RESULT} undef, i64 %value, 0
  %both = insertvalue {RESULT} %first, i64 %fuel, 1
  ret {RESULT} %both
leave:
  %at = getelementptr i64, ptr %memory, i64 {Register.FUEL:d}
  store i64 %fuel, ptr %at
  ret {RESULT} {{i64 0, i64 {NOT_ENTERED}}}
}}
"""
