"""Natives that machine code carries out itself, and how it calls one in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from minivm.classfile import MethodRef
from minivm.kernels.allocation import SLOW
from minivm.kernels.natives import KERNELS, START_FIBER
from minivm.kernels.texts import SCRATCH
from minivm.layouts import STRING_FIRST, STRING_LENGTH
from minivm.native.body import Body, Value
from minivm.native.module import C_FUNCTIONS
from minivm.native.slots import HostCode, MethodId
from minivm.scheduler import first_stack
from minivm.types import class_type

Intrinsic = Callable[[Body], None]

INTRINSICS: dict[tuple[str, str], Intrinsic] = {}


def call_host(b: Body, name: tuple[str, str], arguments: Sequence[str]) -> str:
    """Call a native in Python (see ``hosting``); its result word. Stops if the interpreter is to call it."""
    for n, argument in enumerate(arguments):
        b.store("%memory", SCRATCH + n, Value(argument), "scratch")
    code = b.op(f"inttoptr i64 {b.constant(HostCode(name))} to ptr")
    found = b.op(f"call i64 {code}()")
    b.stop_if(f"icmp eq i64 {found}, {SLOW}")
    return found


def _unary_float(function: str) -> Intrinsic:
    def lower(b: Body) -> None:
        b.push(b.op(f"call double @{function}(double {b.pop()})"), True)

    return lower


def _to_int(function: str) -> Intrinsic:
    def lower(b: Body) -> None:
        whole = b.op(f"call double @{function}(double {b.pop()})")
        b.push(b.op(f"call i64 @llvm.fptosi.sat.i64.f64(double {whole})"))

    return lower


def _from_c(function: str, count: int) -> Intrinsic:
    """A function of the C library, which Python's is where the result is finite. LLVM is not to know better."""

    def lower(b: Body) -> None:
        arguments = ", ".join([f"double {b.pop()}" for _ in range(count)][::-1])
        found = b.op(f"call double @{function}({arguments}) nobuiltin nounwind willreturn memory(none)")
        b.stop_if(f"fcmp uno double {b.op(f'fsub double {found}, {found}')}, 0.0")
        b.push(found, True)

    return lower


def _round(b: Body) -> None:
    """Halves up."""
    b.push(b.op(f"fadd double {b.pop()}, 0.5"), True)
    _to_int("llvm.floor.f64")(b)


def _wake(name: str) -> Intrinsic:
    """Nothing where nobody waits; else the kernel does it."""

    def lower(b: Body) -> None:
        cls = b.unit.linked_for_natives(class_type("WaitQueue"))
        if cls is None:
            b.unresolved()
            return
        queue = b.pop()
        offset = next(field.offset for field in cls.layout if field.name == "first")
        first = b.load(b.object(queue), offset, "WaitQueue.first", False)
        work, join = b.fresh_label(), b.fresh_label()
        b.emit(f"br i1 {b.op(f'icmp eq i64 {first.text}, 0')}, label %{join}, label %{work}")
        b.label(work)
        b.call_kernel(KERNELS["WaitQueue", name], [queue])
        b.close(join)
        b.label(join)
        b.push("0")

    return lower


def _start_fiber(b: Body) -> None:
    """Where the fiber's method run() is known; else the interpreter looks it up."""
    ref = b.method.constant(b.code.instructions[b.pc].operands[0])
    assert isinstance(ref, MethodRef)
    cls = b.unit.linked(b.method, ref.owner)
    run = b.unit.sole_target(cls, "run") if cls is not None else None
    if run is None:
        b.stop()
    elif run.verified is None or not run.id:
        b.unresolved()
    else:
        b.push(b.call_kernel(START_FIBER, [b.pop(), b.constant(MethodId(run)), str(first_stack(run))]))


def _string_length(b: Body) -> None:
    word = b.load(b.object(b.pop()), STRING_LENGTH, "string", False).text
    b.push(b.op(f"lshr i64 {word}, 2"))


def _code_at(b: Body) -> None:
    """Bytes are read here; wider strings are the kernel's."""
    index, ref = b.pop(), b.pop()
    string = b.object(ref)
    length = b.load(string, STRING_LENGTH, "string", False).text
    b.stop_if(f"icmp uge i64 {index}, {b.op(f'lshr i64 {length}, 2')}")
    byte, wide, join = b.fresh_label(), b.fresh_label(), b.fresh_label()
    narrow = b.op(f"icmp eq i64 {b.op(f'and i64 {length}, 3')}, 0")
    b.emit(f"br i1 {narrow}, label %{byte}, label %{wide}")
    b.label(byte)
    place = b.op(f"getelementptr i8, ptr {b.at(string, STRING_FIRST)}, i64 {index}")
    point = b.op(f"zext i8 {b.op(f'load i8, ptr {place}')} to i64")
    from_byte = b.close(join)
    b.label(wide)
    found = b.call_kernel(KERNELS["String", "codeAt"], [ref, index])
    from_wide = b.close(join)
    b.label(join)
    b.push(b.op(f"phi i64 [ {point}, %{from_byte} ], [ {found}, %{from_wide} ]"))


INTRINSICS.update(
    {
        ("Math", "sqrt"): _unary_float("llvm.sqrt.f64"),
        ("Math", "floor"): _to_int("llvm.floor.f64"),
        ("Math", "ceil"): _to_int("llvm.ceil.f64"),
        ("Math", "round"): _round,
        **{("Math", name): _from_c(name, count) for name, count in C_FUNCTIONS.items()},
        ("FiberBase", "start"): _start_fiber,
        ("WaitQueue", "wakeOne"): _wake("wakeOne"),
        ("WaitQueue", "wakeAll"): _wake("wakeAll"),
        ("String", "length"): _string_length,
        ("String", "codeAt"): _code_at,
        ("String", "toString"): lambda b: None,
    }
)
