"""``if`` and ``match``, as statements and as expressions. Both become a chain of conditions with bodies; an
``else if`` is one link more, not one level deeper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from attrs import define, frozen

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, checks_expression
from lang.checker.flow import Flow, join
from lang.checker.inference import is_open
from lang.checker.matching import Subject, exhaustive, open_subject, pattern_test
from lang.checker.table import is_wrong
from lang.typed import TypedBlock, TypedExpression, TypedStatement
from minivm.classfile import INIT, MethodRef
from minivm.types import FLOAT, INT, NEVER, STRING, VOID, Kind, Type, class_type

Made = TypeVar("Made")


@define(eq=False)
class Chain(Generic[Made]):
    """Conditions and what each leads to; ``otherwise`` is None where control falls through."""

    links: list[tuple[TypedExpression, Made]]
    otherwise: Made | None
    ends: list[Flow]


@frozen(eq=False)
class Value:
    """A branch as an expression: statements, then the value (None: control does not get there)."""

    statements: tuple[TypedStatement, ...]
    value: TypedExpression | None
    node: nodes.Node


Reader = Callable[[nodes.Block], Made]


def _if_chain(body: Body, node: nodes.If, read: Reader[Made]) -> Chain[Made]:
    chain: Chain[Made] = Chain([], None, [])
    at: nodes.Block | nodes.If | None = node
    while isinstance(at, nodes.If):
        condition = body.condition(at.condition)
        body.flow = condition.when_true
        chain.links.append((condition.value, read(at.then)))
        chain.ends.append(body.flow)
        body.flow = condition.when_false
        at = at.otherwise
    if at is not None:
        chain.otherwise = read(at)
    chain.ends.append(body.flow)
    body.flow = join(chain.ends)
    return chain


def _match_chain(body: Body, node: nodes.Match, subject: Subject, read: Reader[Made], is_value: bool) -> Chain[Made]:
    """The arms in order. Where they cover everything, what is left over cannot happen at run time."""
    chain: Chain[Made] = Chain([], None, [])
    for arm in node.arms:
        if chain.otherwise is not None:
            body.error(arm, codes.IMPOSSIBLE_TEST, "this arm is never reached", "it comes after `else`")
        elif arm.patterns:
            condition = pattern_test(body, subject, arm)
            body.flow = condition.when_true
            chain.links.append((condition.value, read(arm.body)))
            chain.ends.append(body.flow)
            body.flow = condition.when_false
        else:
            chain.otherwise = read(arm.body)
            chain.ends.append(body.flow)
    missing = exhaustive(body, subject) if chain.otherwise is None else []
    if missing and is_value:
        listed = ", ".join(missing[:5])
        message = f"this `match` does not cover {listed}"
        body.error(node, codes.NOT_EXHAUSTIVE, message, "", "add an arm for it, or an `else` arm")
    if chain.otherwise is None and (missing or not node.arms):
        chain.ends.append(body.flow)
    body.flow = join(chain.ends)
    return chain


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────


def if_statement(body: Body, node: nodes.If) -> list[TypedStatement]:
    """``if`` for its effect."""
    return _branches(_if_chain(body, node, body.block), body.line(node))


def match_statement(body: Body, node: nodes.Match) -> list[TypedStatement]:
    """``match`` for its effect; what no arm covers does nothing."""
    subject = open_subject(body, node)
    chain = _match_chain(body, node, subject, body.block, False)
    if chain.otherwise is None and chain.links and not exhaustive(body, subject):
        chain.otherwise = TypedBlock(tuple(_impossible(body, node)))
    block = TypedBlock((*subject.declaration, *_branches(chain, body.line(node))))
    return [block]


def _branches(chain: Chain[TypedBlock], line: int) -> list[TypedStatement]:
    rest = chain.otherwise
    for condition, block in reversed(chain.links):
        rest = TypedBlock((typed.Branch(condition, block, rest, line),))
    return list(rest.statements) if rest is not None else []


def _impossible(body: Body, node: nodes.Match) -> list[TypedStatement]:
    """What an exhaustive match does with a value that no arm has: an enum may get new cases at run time."""
    return [typed.Evaluate(_no_arm(body, node), body.line(node))]


def _no_arm(body: Body, node: nodes.Match) -> TypedExpression:
    line = body.line(node)
    type_ = class_type("StateError")
    text = typed.StringValue("no arm of this match covers the value", STRING)
    ref = MethodRef(type_, INIT, (STRING,), type_)
    return typed.Raise(typed.NewObject(ref, (text,), type_, line), NEVER, line)


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────


@checks_expression(nodes.If)
def if_expression(body: Body, node: nodes.If, expected: Type | None) -> TypedExpression:
    """``if`` with a value."""
    chain = _if_chain(body, node, lambda block: _value(body, block, expected))
    if chain.otherwise is None:
        hint = "an `if` that gives a value needs an `else`"
        return body.wrong(node, codes.NO_BRANCH_VALUE, "this `if` has no value where its condition is false", "", hint)
    return _choice(body, chain, expected, node)


@checks_expression(nodes.Match)
def match_expression(body: Body, node: nodes.Match, expected: Type | None) -> TypedExpression:
    """``match`` with a value; it covers every case."""
    subject = open_subject(body, node)
    chain = _match_chain(body, node, subject, lambda block: _value(body, block, expected), True)
    if is_wrong(subject.value.type):
        return conversions.wrong()
    if chain.otherwise is None:
        chain.otherwise = Value((), _no_arm(body, node), node)
    found = _choice(body, chain, expected, node)
    return typed.Sequence(subject.declaration, found, found.type) if subject.declaration else found


def _value(body: Body, block: nodes.Block, expected: Type | None) -> Value:
    """A block as an expression: its last statement gives the value."""
    with body.scope():
        statements = body.statements(block.statements[:-1])
        last = block.statements[-1] if block.statements else None
        if isinstance(last, nodes.ExpressionStatement):
            was_reached = body.flow.reachable
            value = body.expression(last.expression, expected)
            return Value(tuple(statements), value if was_reached else None, last)
        if last is not None:
            statements += body.statements((last,))
        if body.flow.reachable:
            message = "this branch has no value"
            hint = "its last statement must be an expression"
            body.error(last or block, codes.NO_BRANCH_VALUE, message, "", hint)
            return Value(tuple(statements), conversions.wrong(), block)
        return Value(tuple(statements), None, block)


def _choice(body: Body, chain: Chain[Value], expected: Type | None, node: nodes.Node) -> TypedExpression:
    """The chain at the type its branches have in common."""
    assert chain.otherwise is not None
    values = [*(value for _, value in chain.links), chain.otherwise]
    target = _target(body, values, expected)
    if target is None:
        return conversions.wrong()
    found = _branch(body, chain.otherwise, target)
    for condition, value in reversed(chain.links):
        found = typed.Choose(condition, _branch(body, value, target), found, target)
    return found


def _target(body: Body, values: Sequence[Value], expected: Type | None) -> Type | None:
    """The expected type where every branch fits it, else the join of the branches; None after a diagnostic."""
    found = [(value.value, value.node) for value in values if value.value is not None]
    if any(is_wrong(value.type) for value, _ in found):
        return None
    if expected is not None and not is_open(expected) and expected != VOID and not is_wrong(expected):
        for value, node in found:
            if is_wrong(body.fit(value, expected, node, "this branch").type):
                return None
        return expected if any(value.type.kind is not Kind.NEVER for value, _ in found) else NEVER
    target: Type = NEVER
    for value, node in found:
        joined = _join(body, target, value)
        if joined is None:
            message = f"the branches have no common type: `{target}` before, `{value.type}` here"
            body.error(node, codes.NO_COMMON_TYPE, message, f"this is `{value.type}`")
            return None
        target = joined
    return target


def _join(body: Body, target: Type, value: TypedExpression) -> Type | None:
    """The join; an int literal and a float have float in common."""
    if body.convert(value, target, 0) is not None and target != NEVER:
        return target
    if target.non_null() == INT and value.type.non_null() == FLOAT:
        return FLOAT.or_null() if target.nullable else value.type
    return body.types.join(target, value.type)


def _branch(body: Body, value: Value, target: Type) -> TypedExpression:
    if value.value is None:
        return typed.Sequence(value.statements, None, NEVER)
    ready = body.fit(value.value, target, value.node, "this branch")
    if value.value.type.kind is Kind.NEVER:
        return typed.Sequence(value.statements, ready, NEVER) if value.statements else ready
    return typed.Sequence(value.statements, ready, target) if value.statements else ready
