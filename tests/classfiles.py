"""Hypothesis strategies for well-formed class files (not verified ones: their code need make no sense)."""

from __future__ import annotations

from hypothesis import strategies as st

from minivm.classfile import (
    ClassFile,
    Code,
    Constant,
    Field,
    FieldRef,
    Flags,
    Handler,
    Instruction,
    LocalName,
    Method,
    MethodRef,
    TypeParameter,
)
from minivm.instructions import ROWS, Operand, Row
from minivm.types import BOOL, FLOAT, INT, NEVER, NULL, STRING, VOID, Kind, Type, function_type, variable

names = st.sampled_from(["x", "Item", "shapes.Circle", "=x", "this$", "Main$fn0badcafe", "größe", "_", "a1"])
class_names = st.sampled_from(["Item", "List", "shapes.Circle", "repl$3", "Main$fn0badcafe"])
leaf_types = st.one_of(
    st.sampled_from([INT, FLOAT, BOOL, VOID, STRING, NULL, NEVER, variable("T"), INT.or_null()]),
    class_names.map(lambda name: Type(Kind.CLASS, name)),
)
types = st.recursive(
    leaf_types,
    lambda inner: st.one_of(
        st.builds(lambda name, args: Type(Kind.CLASS, name, tuple(args)), class_names, st.lists(inner, max_size=2)),
        st.builds(lambda args, result: function_type(tuple(args), result), st.lists(inner, max_size=2), inner),
        inner.map(Type.or_null),
    ),
    max_leaves=5,
)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
words = st.integers(-(1 << 63), (1 << 63) - 1)
floats = st.floats(allow_nan=False)
flags = st.integers(0, sum(f.value for f in Flags)).map(Flags)
lines = st.integers(0, 100_000)
type_tuples = st.lists(types, max_size=3).map(tuple)
type_parameters = st.lists(
    st.builds(TypeParameter, st.sampled_from("TUV"), st.none() | types), max_size=2, unique_by=lambda p: p.name
).map(tuple)
constants: st.SearchStrategy[Constant] = st.one_of(
    floats,
    texts,
    types,
    st.builds(FieldRef, types, names, types),
    st.builds(MethodRef, types, names, type_tuples, types, type_tuples),
)
fields = st.builds(Field, names, types, flags, words | floats, lines)


def _kind_of(row: Row) -> type | None:
    if row.operands == (Operand.CONSTANT,):
        return float if row.name == "fconst" else str
    kinds = {Operand.TYPE: Type, Operand.FIELD: FieldRef, Operand.METHOD: MethodRef}
    return kinds.get(row.operands[0]) if row.operands else None


@st.composite
def instructions(draw: st.DrawFn, pool: tuple[Constant, ...], locals_: int, length: int) -> Instruction:
    row = draw(st.sampled_from(ROWS))
    if not row.operands:
        return Instruction(row)
    kind = row.operands[0]
    wanted = _kind_of(row)
    if wanted is not None:
        fitting = [index for index, constant in enumerate(pool) if type(constant) is wanted]
        if not fitting:
            return Instruction(ROWS[5])
        return Instruction(row, (draw(st.sampled_from(fitting)),))
    if kind is Operand.INT:
        return Instruction(row, (draw(words),))
    return Instruction(
        row, (draw(st.integers(0, {Operand.LOCAL: locals_ - 1, Operand.TARGET: length - 1}.get(kind, 9))),)
    )


@st.composite
def codes(draw: st.DrawFn, pool: tuple[Constant, ...], arguments: int) -> Code:
    locals_ = draw(st.integers(max(arguments, 1), arguments + 3))
    length = draw(st.integers(1, 6))
    body = tuple(draw(instructions(pool, locals_, length)) for _ in range(length))
    pcs = st.integers(0, length - 1)
    ranges = st.tuples(pcs, pcs).map(lambda pair: (min(pair), max(pair) + 1))
    handlers = st.builds(lambda r, target, catch: Handler(*r, target, catch), ranges, pcs, types)
    local_names = st.builds(lambda s, n, r: LocalName(s, n, *r), st.integers(0, locals_ - 1), names, ranges)
    starts = sorted(draw(st.sets(pcs)))
    return Code(
        locals_,
        body,
        tuple(draw(st.lists(handlers, max_size=2))),
        tuple((start, draw(lines)) for start in starts),
        tuple(draw(st.lists(local_names, max_size=2))),
    )


@st.composite
def methods(draw: st.DrawFn, pool: tuple[Constant, ...]) -> Method:
    parameters = draw(type_tuples)
    flag = draw(flags)
    has_code = not flag & (Flags.ABSTRACT | Flags.NATIVE)
    arguments = len(parameters) + (Flags.STATIC not in flag)
    return Method(
        draw(names),
        parameters,
        draw(types),
        flag,
        draw(codes(pool, arguments)) if has_code else None,
        draw(type_parameters),
        draw(lines),
        tuple(draw(names) for _ in parameters) if draw(st.booleans()) else (),
    )


@st.composite
def class_files(draw: st.DrawFn) -> ClassFile:
    pool = tuple(draw(st.lists(constants, max_size=6)))
    return ClassFile(
        draw(class_names),
        draw(st.none() | types),
        draw(type_tuples),
        draw(flags),
        draw(type_parameters),
        pool,
        tuple(draw(st.lists(fields, max_size=3, unique_by=lambda f: f.name))),
        tuple(draw(st.lists(methods(pool), max_size=3, unique_by=lambda m: m.name))),
        draw(texts),
        draw(st.sampled_from(["", "Item"])),
        draw(lines),
        draw(texts),
    )
