"""Tests that teach something about a variable: null tests and ``is``."""

from __future__ import annotations

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, Condition, checks_condition, checks_expression
from lang.checker.flow import Flow
from lang.checker.names import key_of, raw_operand
from lang.checker.table import is_wrong
from lang.checker.wording import an
from lang.typed import TypedExpression
from minivm.types import BOOL, NULL, Kind, Type


def null_test(body: Body, node: nodes.Expression, equal: bool, whole: nodes.Node) -> Condition:
    """``node == null`` (or ``!= null``)."""
    operand = raw_operand(body, node)
    line = body.line(whole)
    if operand.type.is_primitive and not is_wrong(operand.type) and not _declared_nullable(body, node):
        message = f"a value of type `{operand.type}` is never null"
        hint = f"remove the test, or make the type `{operand.type}?`"
        return _same(body, body.wrong(whole, codes.IMPOSSIBLE_TEST, message, "", hint))
    value: TypedExpression = typed.IsNull(conversions.box(body.types, operand, line), BOOL)
    is_null, not_null = _null_flows(body, node)
    if equal:
        return Condition(value, is_null, not_null)
    return Condition(conversions.negated(value, line), not_null, is_null)


def _declared_nullable(body: Body, node: nodes.Expression) -> bool:
    """Whether the operand is known not to be null here, but may be by its declaration."""
    found = key_of(body, node)
    return found is not None and found[1].nullable


def _null_flows(body: Body, node: nodes.Expression) -> tuple[Flow, Flow]:
    """The flows where the operand is null and where it is not."""
    found = key_of(body, node)
    if found is None or not found[1].nullable or found[1].kind is Kind.NULL:
        return body.flow, body.flow
    known = body.frame.narrowed(found[0])
    if known is not None and not known.nullable:
        return body.flow, body.flow
    return body.flow.forget(found[0]), body.flow.narrow(found[0], found[1].non_null())


def assume_non_null(body: Body, node: nodes.Expression) -> None:
    """Go on knowing that the expression is not null."""
    body.flow = _null_flows(body, node)[1]


def assume_type(body: Body, node: nodes.Expression, flow: Flow, type_: Type) -> Flow:
    """The flow where the expression is known to be of a type."""
    found = key_of(body, node)
    if found is None or is_wrong(type_):
        return flow
    current = body.frame.narrowed(found[0]) or found[1]
    if not current.nullable and body.types.is_subtype(current, type_):
        return flow
    return flow.narrow(found[0], type_)


def is_test(body: Body, operand: TypedExpression, type_: Type, node: nodes.Node) -> TypedExpression:
    """Whether a value is an instance of a type; a test that can only come out one way is reported if never true."""
    line = body.line(node)
    if is_wrong(operand.type) or is_wrong(type_):
        return conversions.wrong()
    if type_.nullable:
        hint = f"write `is {type_.non_null()}`, and test for null with `== null`"
        return body.wrong(node, codes.IMPOSSIBLE_TEST, "`is` asks for a type without `?`", "", hint)
    if operand.type.is_primitive and operand.type.kind is not Kind.NEVER:
        message = f"a value of type `{operand.type}` is always just that"
        return body.wrong(node, codes.IMPOSSIBLE_TEST, message, "nothing to test")
    if operand.type == NULL or not body.types.can_be(operand.type, type_):
        message = f"{an(operand.type)} is never {an(type_)}"
        return body.wrong(node, codes.IMPOSSIBLE_TEST, message, "always false")
    return typed.TypeOp("is", type_, (conversions.box(body.types, operand, line),), BOOL, line)


@checks_condition(nodes.Is)
def is_condition(body: Body, node: nodes.Is) -> Condition:
    """``x is T`` narrows x where true."""
    operand = body.expression(node.operand)
    type_ = body.type(node.type)
    value = is_test(body, operand, type_, node)
    if is_wrong(value.type):
        return _same(body, value)
    when_true = assume_type(body, node.operand, body.flow, type_)
    if node.negated:
        return Condition(conversions.negated(value, body.line(node)), body.flow, when_true)
    return Condition(value, when_true, body.flow)


@checks_expression(nodes.Is)
def is_expression(body: Body, node: nodes.Is, expected: Type | None) -> TypedExpression:
    """``is`` as an ordinary value."""
    return body.from_condition(node)


def _same(body: Body, value: TypedExpression) -> Condition:
    return Condition(value, body.flow, body.flow)
