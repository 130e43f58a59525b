"""Making a value fit a type: boxing, and int literals where a float is wanted. Nothing else is implicit."""

from __future__ import annotations

from lang import typed
from lang.checker.subtyping import Types
from lang.checker.table import WRONG, is_wrong
from minivm.types import BOOL, FLOAT, INT, OBJECT, VOID, Kind, Type


def convert(types: Types, value: typed.TypedExpression, target: Type, line: int) -> typed.TypedExpression | None:
    """The value as one of type ``target``, or None if it does not fit."""
    found = value.type
    if found == target or is_wrong(found) or is_wrong(target) or found.kind is Kind.NEVER:
        return value
    if isinstance(value, typed.IntValue) and target.non_null() == FLOAT:
        value = typed.FloatValue(float(value.value), FLOAT)
        return value if target == FLOAT else typed.TypeOp("box", FLOAT, (value,), target, line)
    if types.is_subtype(found, target):
        return value
    if types.is_reference(found) or found == VOID:
        return None
    return _boxed(types, value, target, line)


def _boxed(types: Types, value: typed.TypedExpression, target: Type, line: int) -> typed.TypedExpression | None:
    if not types.is_subtype(value.type.or_null(), target.or_null()) or not types.is_reference(target):
        return None
    nullable = box(types, value, line)
    return nullable if target.nullable else typed.TypeOp("cast", OBJECT, (nullable,), OBJECT, line)


def box(types: Types, value: typed.TypedExpression, line: int) -> typed.TypedExpression:
    """The value as a reference: boxed if it may be a raw word."""
    found = value.type
    if types.is_reference(found) or is_wrong(found) or found.kind is Kind.NEVER:
        return value
    return typed.TypeOp("box", found, (value,), found.or_null(), line)


def unbox(value: typed.TypedExpression, line: int) -> typed.TypedExpression:
    """The value without null: NullError at run time if it is null after all."""
    if not value.type.nullable or value.type.kind is Kind.NULL:
        return value
    inner = value.type.non_null()
    return typed.TypeOp("unbox", inner, (value,), inner, line)


def wrong() -> typed.TypedExpression:
    """What stands for an expression that was diagnosed."""
    return typed.UnitValue(WRONG)


def unit() -> typed.TypedExpression:
    """The value of type void."""
    return typed.UnitValue(VOID)


def negated(value: typed.TypedExpression, line: int) -> typed.TypedExpression:
    """Logical complement."""
    return typed.Op("not", (value,), BOOL, line)


def int_value(value: int) -> typed.TypedExpression:
    """An int constant."""
    return typed.IntValue(value, INT)
