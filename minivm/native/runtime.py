"""The code beside the units: the kernels that stand for natives, the stub for what has no machine code, the way in.

One module, compiled once and kept between runs; the first process of all begins with baseline code of it. A kernel is
there under its own name, as its source says, and, where a native can be called through a receiver's class, under
``native.NAME`` in the convention of compiled methods.
"""

from __future__ import annotations

from attrs import define, field

from minivm.interpreter import NOT_ENTERED
from minivm.kernels.allocation import SLOW
from minivm.kernels.language import FUNCTIONS, signature
from minivm.kernels.native import module_ir, sources
from minivm.kernels.natives import KERNELS, OTHERS
from minivm.kernels.resuming import go_on
from minivm.memory import Register
from minivm.native.engine import Engine, Level, Library, ObjectCode
from minivm.native.modes import HOST_BYTES
from minivm.native.module import RESULT

_USED = {k.name for k in (*KERNELS.values(), *OTHERS)}
_NAMES = tuple(sorted(_USED))
_GO_ON = go_on.__name__
_VIRTUAL = tuple(sorted({k.name for k in KERNELS.values() if not k.made}))

_MISS = f"""
define {RESULT} @miss(ptr %memory, i64 %fp, i64 %fuel) nounwind {{
  %at = getelementptr i64, ptr %memory, i64 {Register.FUEL:d}
  store i64 %fuel, ptr %at
  ret {RESULT} {{i64 0, i64 {NOT_ENTERED}}}
}}
"""

# The way in: enter a unit, and then what goes on where that has left off, for as long as machine code can. Baseline
# code may fill half as much of the host's stack as optimised code may.
_ENTER = f"""
declare ptr @llvm.frameaddress.p0(i32)
define i64 @enter(ptr %memory, i64 %entered, i64 %entry) nounwind {{
start:
  %words.at = getelementptr i64, ptr %memory, i64 {Register.NATIVE_WORDS:d}
  %words = load i64, ptr %words.at
  %most = mul i64 %words, {HOST_BYTES // 2}
  %here = call ptr @llvm.frameaddress.p0(i32 0)
  %address.here = ptrtoint ptr %here to i64
  %end = sub i64 %address.here, %most
  %end.at = getelementptr i64, ptr %memory, i64 {Register.HOST_END:d}
  store i64 %end, ptr %end.at
  %thrown.at = getelementptr i64, ptr %memory, i64 {Register.THROWN:d}
  %parked.at = getelementptr i64, ptr %memory, i64 {Register.PARKED_ON:d}
  %frame.at = getelementptr i64, ptr %memory, i64 {Register.FRAME:d}
  %table.at = getelementptr i64, ptr %memory, i64 {Register.LANDINGS:d}
  br label %again
again:
  %fp = phi i64 [ %entered, %start ], [ %newest, %go.on ]
  %address = phi i64 [ %entry, %start ], [ %next, %go.on ]
  store i64 0, ptr %thrown.at
  store i64 0, ptr %parked.at
  %code = inttoptr i64 %address to ptr
  %left = call i64 %code(ptr %memory, i64 %fp)
  %table.word = load i64, ptr %table.at
  %table = inttoptr i64 %table.word to ptr
  %next = call i64 @k_{_GO_ON}(ptr %memory, ptr %table, i64 %left)
  %over = icmp eq i64 %next, 0
  br i1 %over, label %out, label %go.on
go.on:
  %newest = load i64, ptr %frame.at
  br label %again
out:
  ret i64 %left
}}
"""


@define(eq=False)
class Runtime:
    """The runtime's addresses in this process."""

    level: Level
    library: Library
    enter: int
    miss: int
    kernels: dict[str, int]
    natives: dict[tuple[str, str], int] = field(factory=dict)


_made: dict[tuple[Engine, Level], Runtime] = {}


def best_runtime(engine: Engine) -> Runtime:
    """The optimised runtime of an engine if it is there, else that of baseline code."""
    made = _made.get((engine, Level.OPTIMISED))
    if made is not None:
        return made
    kept = engine.cached(_origin())
    return runtime(engine, Level.BASELINE if kept is None else Level.OPTIMISED, kept)


def runtime(engine: Engine, level: Level, code: ObjectCode | None = None) -> Runtime:
    """The runtime of an engine, made at the first request, of ``code`` if that is at hand."""
    if (engine, level) not in _made:
        _made[engine, level] = _link(engine, code or runtime_code(engine, level))
    return _made[engine, level]


def runtime_code(engine: Engine, level: Level) -> ObjectCode:
    """The object code of the runtime."""
    return engine.object_code(_ir, _origin(), level)


def _origin() -> bytes:
    return sources() + f"{_NAMES}{_MISS}{_ENTER}".encode()


def _link(engine: Engine, code: ObjectCode) -> Runtime:
    library = engine.link(code)
    natives = {
        key: library.address(f"native.{kernel.name}") for key, kernel in KERNELS.items() if kernel.name in _VIRTUAL
    }
    kernels = {name: library.address(name) for name in _NAMES}
    return Runtime(code.level, library, library.address("enter"), library.address("miss"), kernels, natives)


def _ir() -> str:
    return module_ir((*_NAMES, _GO_ON)) + _MISS + _ENTER + "\n".join(_method(name) for name in _VIRTUAL)


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
