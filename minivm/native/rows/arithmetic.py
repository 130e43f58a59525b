"""Integer and float arithmetic, comparison and conversion: mostly one LLVM instruction a row."""

from __future__ import annotations

from minivm.classfile import Instruction
from minivm.native.body import LOWERINGS, Body, Lower

_INTEGER = {"iadd": "add", "isub": "sub", "imul": "mul", "iand": "and", "ior": "or", "ixor": "xor"}
_SHIFTS = {"ishl": "shl", "ishr": "ashr", "iushr": "lshr"}
_FLOAT = {"fadd": "fadd", "fsub": "fsub", "fmul": "fmul", "fdiv": "fdiv"}
_COMPARISONS = {
    "ieq": "icmp eq i64", "ine": "icmp ne i64", "ilt": "icmp slt i64", "ile": "icmp sle i64",
    "igt": "icmp sgt i64", "ige": "icmp sge i64", "same": "icmp eq i64",
    "feq": "fcmp oeq double", "fne": "fcmp une double", "flt": "fcmp olt double", "fle": "fcmp ole double",
    "fgt": "fcmp ogt double", "fge": "fcmp oge double",
}  # fmt: skip


def _binary(operation: str, is_float: bool) -> Lower:
    def lower(b: Body, i: Instruction) -> None:
        right, left = b.pop(), b.pop()
        b.push(b.op(f"{operation} {'double' if is_float else 'i64'} {left}, {right}"), is_float)

    return lower


def _shift(operation: str) -> Lower:
    def lower(b: Body, i: Instruction) -> None:
        count, value = b.pop(), b.pop()
        low = b.op(f"and i64 {count}, 63")  # LLVM's shift by 64 or more is poison
        b.push(b.op(f"{operation} i64 {value}, {low}"))

    return lower


def _comparison(operation: str) -> Lower:
    def lower(b: Body, i: Instruction) -> None:
        right, left = b.pop(), b.pop()
        b.push_bit(b.op(f"{operation} {left}, {right}"))

    return lower


def _division(operation: str, by_minus_one: str) -> Lower:
    """LLVM's division by zero is undefined, and so is the quotient that does not fit (MIN_INT by -1)."""

    def lower(b: Body, i: Instruction) -> None:
        right, left = b.pop(), b.pop()
        b.stop_if(f"icmp eq i64 {right}, 0")
        special = b.op(f"icmp eq i64 {right}, -1")
        safe = b.op(f"select i1 {special}, i64 1, i64 {right}")
        plain = b.op(f"{operation} i64 {left}, {safe}")
        other = b.op(by_minus_one.format(left))
        b.push(b.op(f"select i1 {special}, i64 {other}, i64 {plain}"))

    return lower


def _unary(text: str, gives_float: bool) -> Lower:
    def lower(b: Body, i: Instruction) -> None:
        b.push(b.op(text.format(b.pop())), gives_float)

    return lower


LOWERINGS.update({name: _binary(operation, False) for name, operation in _INTEGER.items()})
LOWERINGS.update({name: _shift(operation) for name, operation in _SHIFTS.items()})
LOWERINGS.update({name: _binary(operation, True) for name, operation in _FLOAT.items()})
LOWERINGS.update({name: _comparison(operation) for name, operation in _COMPARISONS.items()})
LOWERINGS.update(
    idiv=_division("sdiv", "sub i64 0, {}"),
    irem=_division("srem", "and i64 0, {}"),
    ineg=_unary("sub i64 0, {}", False),
    inot=_unary("xor i64 {}, -1", False),
    fneg=_unary("fneg double {}", True),
    itof=_unary("sitofp i64 {} to double", True),
    ftoi=_unary("call i64 @llvm.fptosi.sat.i64.f64(double {})", False),
)
LOWERINGS["not"] = _unary("xor i64 {}, 1", False)


def _frem(b: Body, i: Instruction) -> None:
    right, left = b.pop(), b.pop()
    b.push(b.op(f"call double @fmod(double {left}, double {right})"), True)


LOWERINGS["frem"] = _frem
