"""Literals, interpolation, casts and the expressions that need no module of their own."""

from __future__ import annotations

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, checks_expression
from lang.checker.operators import integer, text
from lang.checker.table import is_wrong
from lang.checker.wording import an
from lang.typed import TypedExpression
from minivm.types import BOOL, ERROR, FLOAT, NEVER, NULL, STRING, VOID, Kind, Type


@checks_expression(nodes.Int)
def int_literal(body: Body, node: nodes.Int, expected: Type | None) -> TypedExpression:
    """An int; it becomes a float where one is wanted (see ``conversions``)."""
    return integer(body, node, node.value, node)


@checks_expression(nodes.Float)
def float_literal(body: Body, node: nodes.Float, expected: Type | None) -> TypedExpression:
    """A float."""
    return typed.FloatValue(node.value, FLOAT)


@checks_expression(nodes.Bool)
def bool_literal(body: Body, node: nodes.Bool, expected: Type | None) -> TypedExpression:
    """A bool."""
    return typed.BoolValue(node.value, BOOL)


@checks_expression(nodes.Null)
def null_literal(body: Body, node: nodes.Null, expected: Type | None) -> TypedExpression:
    """``null``."""
    return typed.NullValue(NULL)


@checks_expression(nodes.String)
def string_literal(body: Body, node: nodes.String, expected: Type | None) -> TypedExpression:
    """A string without interpolation."""
    return typed.StringValue(node.value, STRING)


@checks_expression(nodes.Interpolation)
def interpolation(body: Body, node: nodes.Interpolation, expected: Type | None) -> TypedExpression:
    """The texts and the values' texts, joined."""
    parts = [body.value(part) for part in node.parts]
    if any(is_wrong(part.type) for part in parts):
        return conversions.wrong()
    line = body.line(node)
    return typed.Concat(tuple(text(body, part, line) for part in parts), STRING, line)


@checks_expression(nodes.As)
def cast(body: Body, node: nodes.As, expected: Type | None) -> TypedExpression:
    """``x as T``: checked at run time, unless the types already decide it."""
    operand = body.value(node.operand)
    target = body.type(node.type)
    line = body.line(node)
    if is_wrong(operand.type) or is_wrong(target):
        return conversions.wrong()
    simple = body.convert(operand, target, line)
    if simple is not None:
        return simple if simple.type == target else typed.Sequence((), simple, target)
    if operand.type.is_primitive or not body.types.can_be(operand.type, target):
        advice = body.advice(operand.type, target, node.operand)
        message = f"{an(operand.type)} is never {an(target)}"
        return body.wrong(node, codes.IMPOSSIBLE_TEST, message, "this cast always fails", advice)
    if target == VOID or (operand.type.kind is Kind.NULL and not target.nullable):
        return body.wrong(node, codes.IMPOSSIBLE_TEST, f"nothing can be cast to `{target}` here")
    return typed.TypeOp("cast", target, (conversions.box(body.types, operand, line),), target, line)


@checks_expression(nodes.ThrowExpression)
def throw(body: Body, node: nodes.ThrowExpression, expected: Type | None) -> TypedExpression:
    """``throw e``, which does not come back."""
    error = body.value(node.error, ERROR)
    if not body.types.is_subtype(error.type, ERROR):
        hint = "throw an object of a class that extends Error"
        if error.type == STRING:
            hint = f"wrap the text: `throw Error({body.written(node.error)})`"
        elif error.type.nullable and body.types.is_subtype(error.type.non_null(), ERROR):
            hint = "it may be null: insist with `!!`"
        body.error(node.error, codes.NOT_AN_ERROR, f"only an `Error` can be thrown, not {an(error.type)}", "", hint)
        error = conversions.wrong()
    body.flow = body.flow.stopped()
    return typed.Raise(error, NEVER, body.line(node))


@checks_expression(nodes.Range)
def stray_range(body: Body, node: nodes.Range, expected: Type | None) -> TypedExpression:
    """``a..b`` is a notation of ``for`` only."""
    body.expression(node.first)
    body.expression(node.last)
    return body.wrong(node, codes.RANGE_OUTSIDE_FOR, "a range can only stand in `for ... in`")
