"""Natives that machine code carries out itself. Every other native is Python, and is the interpreter's to call."""

from __future__ import annotations

from collections.abc import Callable

from minivm.layouts import STRING_LENGTH
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


INTRINSICS.update(
    {
        ("Math", "sqrt"): _unary_float("llvm.sqrt.f64"),
        ("Math", "floor"): _to_int("llvm.floor.f64"),
        ("Math", "ceil"): _to_int("llvm.ceil.f64"),
        ("String", "length"): _string_length,
        ("String", "toString"): lambda b: None,
    }
)
