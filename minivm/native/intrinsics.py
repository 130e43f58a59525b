"""Natives that machine code carries out itself. Every other native is Python, and is the interpreter's to call."""

from __future__ import annotations

from collections.abc import Callable

from minivm.kernels.natives import KERNELS
from minivm.layouts import STRING_FIRST, STRING_LENGTH
from minivm.native.body import Body

Intrinsic = Callable[[Body], None]

INTRINSICS: dict[tuple[str, str], Intrinsic] = {}


def _unary_float(function: str) -> Intrinsic:
    def lower(b: Body) -> None:
        b.push(b.op(f"call double @{function}(double {b.pop()})"), True)

    return lower


def _to_int(function: str) -> Intrinsic:
    def lower(b: Body) -> None:
        whole = b.op(f"call double @{function}(double {b.pop()})")
        b.push(b.op(f"call i64 @llvm.fptosi.sat.i64.f64(double {whole})"))

    return lower


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
        ("String", "length"): _string_length,
        ("String", "codeAt"): _code_at,
        ("String", "toString"): lambda b: None,
    }
)
