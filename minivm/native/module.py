"""The text of one LLVM module: the functions of a compiled unit, its constant pool, its memory-access tags.

A method compiles to a function of this form (``minivm.memory.Register`` has the registers):

    {value, fuel} method(memory, fp, fuel, arguments…)

``memory`` points to word 0; ``fp`` is where the method's frame would be; every argument and the value is one word.
A negative fuel says that the program stopped, and comes with FUEL up to date:

    STOPPED       the callee and whatever it called have written their frames; FRAME is the newest
    NOT_ENTERED   the callee has done nothing at all: the call is to be executed again, by the interpreter

The caller then writes its own frame and returns STOPPED itself, so a stop unwinds native code into plain frames. If
THROWN is set, the stop is a throw: see ``minivm.kernels.unwinding``.
"""

from __future__ import annotations

from attrs import define, field

from minivm.frames import FIRST, LINK, LINK_SHIFT, METHOD, PC
from minivm.interpreter import QUANTUM
from minivm.memory import Register, Root
from minivm.native.slots import Slot

STOPPED = -1
CONSTANTS = "constants"  # the exported name of the pool
ENTRY = "entry"  # the exported function that is entered from outside, see ``minivm.native.runtime``
CODE = "code"  # the exported function that native code calls
RESULT = "{i64, i64}"
_FIRST_TAG = 3  # the metadata before it: the root of the tags, and how seldom a branch is taken

# Of the C library: the ones that Python calls, too, so that the results are the same to the last bit.
C_FUNCTIONS = {
    **dict.fromkeys(("sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "log2", "log10", "cbrt"), 1),
    **dict.fromkeys(("pow", "atan2"), 2),
}
_DECLARATIONS = "\n".join(f"declare double @{name}({', '.join(['double'] * n)})" for name, n in C_FUNCTIONS.items())

_PREAMBLE = f"""
@{CONSTANTS} = global [{{slots}} x i64] zeroinitializer
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare double @llvm.sqrt.f64(double)
declare double @llvm.floor.f64(double)
declare double @llvm.ceil.f64(double)
declare i64 @llvm.fptosi.sat.i64.f64(double)
declare double @fmod(double, double)
{_DECLARATIONS}

define internal i64 @refill(ptr %memory) cold noinline nounwind {{{{
  %pending.at = getelementptr i64, ptr %memory, i64 {Register.PENDING:d}
  %pending = load i64, ptr %pending.at
  %base.at = getelementptr i64, ptr %memory, i64 {Register.BASE:d}
  %base = load i64, ptr %base.at
  %roots = getelementptr i64, ptr %memory, i64 %base
  %ready.at = getelementptr i64, ptr %roots, i64 {Root.READY_FIRST:d}
  %ready = load i64, ptr %ready.at
  %refills.at = getelementptr i64, ptr %memory, i64 {Register.REFILLS:d}
  %refills = load i64, ptr %refills.at
  %either = or i64 %pending, %ready
  %nobody = icmp eq i64 %either, 0
  %some = icmp sgt i64 %refills, 0
  %may = and i1 %nobody, %some
  br i1 %may, label %fill, label %empty
fill:
  %less = sub i64 %refills, 1
  store i64 %less, ptr %refills.at
  ret i64 {QUANTUM}
empty:
  ret i64 -1
}}}}
"""

# Frames of optimised code take no more of the host's stack than FRAME_END allows for; those of baseline code may.
_CROWDED = "define internal i1 @crowded(ptr %memory) alwaysinline nounwind {"
ROOM_ASSUMED = f"{_CROWDED}\n  ret i1 false\n}}\n"
ROOM_TESTED = f"""declare ptr @llvm.frameaddress.p0(i32)
{_CROWDED}
  %here = call ptr @llvm.frameaddress.p0(i32 0)
  %address = ptrtoint ptr %here to i64
  %end.at = getelementptr i64, ptr %memory, i64 {Register.HOST_END:d}
  %end = load i64, ptr %end.at
  %below = icmp ult i64 %address, %end
  ret i1 %below
}}
"""

assert (METHOD, PC, LINK, FIRST, LINK_SHIFT) == (0, 1, 2, 3, 3)


@define(repr=False)
class Module:
    """A module being written. Names in it come from the program, so that its text is the same in every run."""

    slots: list[Slot] = field(factory=list)
    functions: list[str] = field(factory=list)
    _indices: dict[Slot, int] = field(factory=dict)
    _tags: dict[str, int] = field(factory=dict)

    def slot(self, slot: Slot) -> str:
        """The pointer expression of a pool slot."""
        index = self._indices.setdefault(slot, len(self._indices))
        if index == len(self.slots):
            self.slots.append(slot)
        return f"getelementptr (i64, ptr @{CONSTANTS}, i64 {index})"

    def tag(self, what: str) -> str:
        """The access tag of a kind of word: accesses with different tags never touch the same word."""
        return f"!tbaa !{_FIRST_TAG + 2 * self._tags.setdefault(what, len(self._tags)) + 1}"

    def text(self) -> str:
        """The whole module, but for the function ``crowded``."""
        parts = [_PREAMBLE.format(slots=max(len(self.slots), 1)), *self.functions]
        parts.append('!0 = !{!"minivm"}')
        parts.append('!1 = !{!"branch_weights", i32 1, i32 1048575}\n!2 = !{!"branch_weights", i32 1048575, i32 1}')
        for what, index in self._tags.items():
            node = _FIRST_TAG + 2 * index
            parts.append(f'!{node} = !{{!"{escaped(what)}", !0}}\n!{node + 1} = !{{!{node}, !{node}, i64 0}}')
        return "\n".join(parts) + "\n"


def escaped(name: str) -> str:
    """A name of the program inside an LLVM string."""
    plain = "._<>[](), :?=$"
    return "".join(c if c.isascii() and (c.isalnum() or c in plain) else f"\\{ord(c) & 255:02X}" for c in name)
