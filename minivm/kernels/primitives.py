"""The primitives of the kernel language as LLVM IR: what each means in Python is said in ``language``."""

from __future__ import annotations

from attrs import frozen

from minivm.kernels.language import BLOCK

DECLARATIONS = (
    "declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)",
    "declare void @llvm.prefetch.p0(ptr, i32, i32, i32)",
    "declare i64 @llvm.cttz.i64(i64, i1)",
    "declare i64 @llvm.ctpop.i64(i64)",
)


@frozen
class Primitive:
    """Parameter types and the definition of one internal function that LLVM will inline."""

    parameters: tuple[str, ...]
    definition: str


def _primitive(name: str, parameters: str, body: str) -> tuple[str, Primitive]:
    kinds = tuple(parameter.split()[0] for parameter in parameters.split(", "))
    text = f"define internal i64 @k_{name}({parameters}) nounwind alwaysinline {{\n{body.strip(chr(10))}\n}}\n"
    return name, Primitive(kinds, text)


def _get(name: str, kind: str) -> tuple[str, Primitive]:
    return _primitive(
        name,
        "ptr %words, i64 %at",
        f"""
  %place = getelementptr inbounds i8, ptr %words, i64 %at
  %found = load {kind}, ptr %place
  %wide = zext {kind} %found to i64
  ret i64 %wide
""",
    )


def _put(name: str, kind: str) -> tuple[str, Primitive]:
    return _primitive(
        name,
        "ptr %words, i64 %at, i64 %value",
        f"""
  %place = getelementptr inbounds i8, ptr %words, i64 %at
  %narrow = trunc i64 %value to {kind}
  store {kind} %narrow, ptr %place
  ret i64 0
""",
    )


def _move(count: str) -> str:
    return f"call void @llvm.memmove.p0.p0.i64(ptr align 8 %t, ptr align 8 %f, i64 {count}, i1 false)"


# Small blocks are loaded whole, as the first and the last words of them, before anything is stored: no loop, no call.
_COPY_WORDS = f"""
  %t = getelementptr inbounds i64, ptr %to, i64 %to_at
  %f = getelementptr inbounds i64, ptr %from, i64 %from_at
  %last = getelementptr inbounds i64, ptr %f, i64 %count
  %end = getelementptr inbounds i64, ptr %t, i64 %count
  %over8 = icmp sgt i64 %count, 8
  br i1 %over8, label %many, label %few
few:
  %over3 = icmp sgt i64 %count, 3
  br i1 %over3, label %four, label %three
four:
  %a4 = load <4 x i64>, ptr %f, align 8
  %over4 = icmp sgt i64 %count, 4
  br i1 %over4, label %eight, label %exact4
exact4:
  store <4 x i64> %a4, ptr %t, align 8
  ret i64 0
eight:
  %last4 = getelementptr inbounds i64, ptr %last, i64 -4
  %end4 = getelementptr inbounds i64, ptr %end, i64 -4
  %b4 = load <4 x i64>, ptr %last4, align 8
  store <4 x i64> %a4, ptr %t, align 8
  store <4 x i64> %b4, ptr %end4, align 8
  ret i64 0
three:
  %over1 = icmp sgt i64 %count, 1
  br i1 %over1, label %two, label %one
two:
  %last2 = getelementptr inbounds i64, ptr %last, i64 -2
  %end2 = getelementptr inbounds i64, ptr %end, i64 -2
  %a2 = load <2 x i64>, ptr %f, align 8
  %b2 = load <2 x i64>, ptr %last2, align 8
  store <2 x i64> %a2, ptr %t, align 8
  store <2 x i64> %b2, ptr %end2, align 8
  ret i64 0
one:
  %over0 = icmp sgt i64 %count, 0
  br i1 %over0, label %single, label %none
single:
  %a1 = load i64, ptr %f
  store i64 %a1, ptr %t
  ret i64 0
none:
  ret i64 0
many:
  %bytes = shl i64 %count, 3
  {_move("%bytes")}
  ret i64 0
"""


def _few_bytes(size: int, fewer: str) -> str:
    """At least ``size`` bytes and at most twice as many, else on to ``fewer``."""
    kind = f"i{size * 8}"
    return f"""
  %over{size} = icmp sge i64 %count, {size}
  br i1 %over{size}, label %take{size}, label %{fewer}
take{size}:
  %last{size} = getelementptr inbounds i8, ptr %last, i64 -{size}
  %end{size} = getelementptr inbounds i8, ptr %end, i64 -{size}
  %a{size} = load {kind}, ptr %f, align 1
  %b{size} = load {kind}, ptr %last{size}, align 1
  store {kind} %a{size}, ptr %t, align 1
  store {kind} %b{size}, ptr %end{size}, align 1
  ret i64 0
{fewer}:"""


_COPY_BYTES = f"""
  %t = getelementptr inbounds i8, ptr %words, i64 %to
  %f = getelementptr inbounds i8, ptr %words, i64 %source
  %last = getelementptr inbounds i8, ptr %f, i64 %count
  %end = getelementptr inbounds i8, ptr %t, i64 %count
  %many = icmp sgt i64 %count, 32
  br i1 %many, label %move, label %few
move:
  {_move("%count").replace("align 8 ", "")}
  ret i64 0
few:{_few_bytes(16, "to15")}{_few_bytes(8, "to7")}{_few_bytes(4, "to3")}{_few_bytes(2, "to1")}
  %over0 = icmp sgt i64 %count, 0
  br i1 %over0, label %single, label %none
single:
  %a1 = load i8, ptr %f
  store i8 %a1, ptr %t
  br label %none
none:
  ret i64 0
"""


def _float_operation(name: str, instruction: str) -> tuple[str, Primitive]:
    return _primitive(
        name,
        "i64 %left, i64 %right",
        f"""
  %a = bitcast i64 %left to double
  %b = bitcast i64 %right to double
  %found = {instruction} double %a, %b
  %word = bitcast double %found to i64
  ret i64 %word
""",
    )


_BYTES_EQUAL = f"""
  %place = getelementptr inbounds i8, ptr %words, i64 %at
  %bytes = load <{BLOCK} x i8>, ptr %place, align 1
  %one = trunc i64 %byte to i8
  %first = insertelement <{BLOCK} x i8> poison, i8 %one, i64 0
  %all = shufflevector <{BLOCK} x i8> %first, <{BLOCK} x i8> poison, <{BLOCK} x i32> zeroinitializer
  %equal = icmp eq <{BLOCK} x i8> %bytes, %all
  %bits = bitcast <{BLOCK} x i1> %equal to i{BLOCK}
  %found = zext i{BLOCK} %bits to i64
  ret i64 %found
"""

# It writes beyond the words it is about, a fresh object's last ones: nothing lives there yet.
_COPY_BLOCK = f"""
  %t = getelementptr inbounds i8, ptr %words, i64 %to
  %f = getelementptr inbounds i8, ptr %words, i64 %source
  %bytes = load <{BLOCK} x i8>, ptr %f, align 1
  %size = trunc i64 %count to i8
  %first = insertelement <{BLOCK} x i8> poison, i8 %size, i64 0
  %all = shufflevector <{BLOCK} x i8> %first, <{BLOCK} x i8> poison, <{BLOCK} x i32> zeroinitializer
  %kept = icmp ugt <{BLOCK} x i8> %all, <{", ".join(f"i8 {n}" for n in range(BLOCK))}>
  %clean = select <{BLOCK} x i1> %kept, <{BLOCK} x i8> %bytes, <{BLOCK} x i8> zeroinitializer
  store <{BLOCK} x i8> %clean, ptr %t, align 1
  ret i64 0
"""

_TRAILING_ZEROS = """
  %found = call i64 @llvm.cttz.i64(i64 %word, i1 true)
  ret i64 %found
"""

_ONES = """
  %count = call i64 @llvm.ctpop.i64(i64 %word)
  ret i64 %count
"""

_FLOAT_OF_INT = """
  %found = sitofp i64 %value to double
  %word = bitcast double %found to i64
  ret i64 %word
"""

_FLOAT_TO_INT = """
  %float = bitcast i64 %word to double
  %found = fptosi double %float to i64
  ret i64 %found
"""

_FLOOR_DIV = """
  %q = sdiv i64 %a, %b
  %r = srem i64 %a, %b
  %rest = icmp ne i64 %r, 0
  %mixed = xor i64 %r, %b
  %apart = icmp slt i64 %mixed, 0
  %down = and i1 %rest, %apart
  %less = sext i1 %down to i64
  %floor = add i64 %q, %less
  ret i64 %floor
"""

_FLOOR_MOD = """
  %r = srem i64 %a, %b
  %rest = icmp ne i64 %r, 0
  %mixed = xor i64 %r, %b
  %apart = icmp slt i64 %mixed, 0
  %down = and i1 %rest, %apart
  %more = select i1 %down, i64 %b, i64 0
  %floor = add i64 %r, %more
  ret i64 %floor
"""

PRIMITIVES: dict[str, Primitive] = dict(
    [
        _get("get_byte", "i8"),
        _get("get_short", "i16"),
        _get("get_int", "i32"),
        _primitive("bytes_equal", "ptr %words, i64 %at, i64 %byte", _BYTES_EQUAL),
        _primitive("copy_block", "ptr %words, i64 %to, i64 %source, i64 %count", _COPY_BLOCK),
        _primitive("trailing_zeros", "i64 %word", _TRAILING_ZEROS),
        _primitive("ones", "i64 %word", _ONES),
        _put("put_byte", "i8"),
        _put("put_short", "i16"),
        _put("put_int", "i32"),
        _primitive("copy_words", "ptr %to, i64 %to_at, ptr %from, i64 %from_at, i64 %count", _COPY_WORDS),
        _primitive(
            "copy_bytes",
            "ptr %words, i64 %to, i64 %source, i64 %count",
            _COPY_BYTES,
        ),
        _primitive("wrap", "i64 %value", "  ret i64 %value"),
        _primitive(
            "prefetch",
            "ptr %words, i64 %at",
            """
  %place = getelementptr i64, ptr %words, i64 %at
  call void @llvm.prefetch.p0(ptr %place, i32 0, i32 3, i32 1)
  ret i64 0
""",
        ),
        _primitive("float_of_int", "i64 %value", _FLOAT_OF_INT),
        _primitive("float_to_int", "i64 %word", _FLOAT_TO_INT),
        _float_operation("float_sum", "fadd"),
        _float_operation("float_product", "fmul"),
        _float_operation("float_quotient", "fdiv"),
        _primitive("floor_div", "i64 %a, i64 %b", _FLOOR_DIV),
        _primitive("floor_mod", "i64 %a, i64 %b", _FLOOR_MOD),
    ]
)
