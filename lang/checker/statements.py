"""Statements, but for assignments (``assignments``) and loops (``loops``)."""

from __future__ import annotations

from attrs import evolve

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, checks_statement
from lang.checker.branches import if_statement, match_statement
from lang.checker.flow import Flow, join
from lang.checker.scopes import Role
from lang.checker.table import WRONG, ClassEntry, is_wrong
from lang.checker.wording import an
from lang.source import Span
from lang.typed import TypedBlock, TypedExpression, TypedStatement
from minivm.types import ERROR, VOID, Kind, Type


@checks_statement(nodes.Block)
def block(body: Body, node: nodes.Block) -> list[TypedStatement]:
    """A block of its own."""
    return [body.block(node)]


@checks_statement(nodes.ExpressionStatement)
def expression_statement(body: Body, node: nodes.ExpressionStatement) -> list[TypedStatement]:
    """An expression for its effect; ``if`` and ``match`` need no value then."""
    if isinstance(node.expression, nodes.If):
        return if_statement(body, node.expression)
    if isinstance(node.expression, nodes.Match):
        return match_statement(body, node.expression)
    return [typed.Evaluate(body.expression(node.expression), body.line(node))]


# ── declarations ─────────────────────────────────────────────────────────────────────────────────────────────


@checks_statement(nodes.Let)
def let(body: Body, node: nodes.Let) -> list[TypedStatement]:
    """A local variable."""
    line = body.line(node)
    if node.value is None:
        return _unset(body, node, line)
    type_, value = declared_value(body, node.name, node.type, node.value)
    variable = body.declare(node.name, type_, node, node.name_span, node.mutable)
    known = known_after(value, type_)
    if known is not None and not variable.in_cell:
        body.flow = body.flow.narrow(variable, known)
    return [typed.Declare(variable, value, line)]


def _unset(body: Body, node: nodes.Let, line: int) -> list[TypedStatement]:
    type_ = body.type(node.type) if node.type is not None else WRONG
    variable = body.declare(node.name, type_, node, node.name_span, node.mutable)
    if not variable.in_cell:
        body.flow = body.flow.declare_unset(variable)
        return [typed.Declare(variable, None, line)]
    value = zero(type_)
    if value is None:
        message = f"`{node.name}` is shared with a function literal, so it needs a value where it is declared"
        body.error(node.name_span, codes.CAPTURED_UNSET, message, "no value", f"write `var {node.name}: {type_} = ...`")
    return [typed.Declare(variable, value, line)]


def zero(type_: Type) -> TypedExpression | None:
    """The value that variables of a type may start with, if there is one."""
    if type_.nullable:
        return typed.NullValue(type_)
    zeros: dict[str, TypedExpression] = {
        "int": typed.IntValue(0, type_),
        "float": typed.FloatValue(0.0, type_),
        "bool": typed.BoolValue(False, type_),
    }
    return zeros.get(type_.name) if type_.kind is Kind.PRIMITIVE else None


def declared_value(
    body: Body, name: str, annotation: nodes.TypeNode | None, node: nodes.Expression
) -> tuple[Type, TypedExpression]:
    """The type of a declaration and its value at that type."""
    if annotation is not None:
        wanted = body.type(annotation)
        value = body.expression(node, wanted)
        return wanted, body.fit(value, wanted, node, f"the value of `{name}`")
    value = body.value(node)
    if value.type.kind is Kind.NULL:
        hint = f"write its type: `{name}: Item? = null`"
        value = body.wrong(node, codes.CANNOT_INFER, f"`null` alone does not say what type `{name}` has", "", hint)
    if value.type.kind is Kind.NEVER and not is_wrong(value.type):
        message = f"`{name}` never gets a value: this always throws"
        value = body.wrong(node, codes.CANNOT_INFER, message, "", "make the `throw` a statement of its own")
    return value.type, value


def settle(body: Body, owner: ClassEntry, name: str, found: Type, span: Span) -> Type:
    """The type of a field that is now known to be ``found``. Where it was needed before, on the way, and could not be
    found there, it has to be written."""
    owner.settle(name, found)
    settled = owner.fields[name].type
    if is_wrong(settled) and not is_wrong(found):
        message = f"the type of `{name}` is needed before it can be known"
        body.error(span, codes.INFERENCE_CYCLE, message, "", f"write it: `{name}: {found}`")
    return settled


def known_after(value: TypedExpression, declared: Type) -> Type | None:
    """What is known of a variable that was just given a value: that it is not null.

    A boxed number is not; but a boxed ``T`` may be, where T stands for a nullable type.
    """
    found = value.type
    if isinstance(value, typed.TypeOp) and value.row == "box" and value.operand.kind is Kind.PRIMITIVE:
        found = value.operand
    is_known = declared.nullable and not found.nullable and not is_wrong(found) and found.kind is not Kind.NEVER
    return declared.non_null() if is_known else None


# ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────────


@checks_statement(nodes.Return)
def return_(body: Body, node: nodes.Return) -> list[TypedStatement]:
    """``return``, with a value where the function has a result."""
    frame, line = body.frame, body.line(node)
    value = _returned(body, node)
    made = typed.ReturnValue(value, line)
    if frame.role is Role.MAIN or frame.result is None:
        frame.returns.append((made, node.span))
    body.flow = body.flow.stopped()
    return [made]


def _returned(body: Body, node: nodes.Return) -> TypedExpression:
    frame = body.frame
    if frame.role is Role.STATIC:
        message = "`return` outside a function"
        return body.wrong(node, codes.BAD_RETURN, message, "", "the top level of a module runs to its end")
    if frame.role is Role.INIT:
        return _returned_from_init(body, node)
    if frame.result is None:
        return body.value(node.value) if node.value is not None else conversions.unit()
    if node.value is None:
        if frame.result == VOID or is_wrong(frame.result):
            return conversions.unit()
        message = f"{frame.title} must return `{frame.result}`"
        return body.wrong(node, codes.BAD_RETURN, message, "no value here", "write `return` and the value")
    value = body.expression(node.value, frame.result)
    if frame.result == VOID and value.type != VOID and value.type.kind is not Kind.NEVER:
        hint = f"drop the value, or write the result type after the parameters: `(...): {value.type}`"
        if frame.role is Role.MAIN:
            hint = "drop the value; `exit(1)` ends a program with a status"
        message = f"{frame.title} returns nothing, but a value follows"
        return body.wrong(node.value, codes.BAD_RETURN, message, f"this is `{value.type}`", hint)
    return body.fit(value, frame.result, node.value, f"the result of {frame.title}")


def _returned_from_init(body: Body, node: nodes.Return) -> TypedExpression:
    check_fields_set(body, node)
    if node.value is not None:
        body.expression(node.value)
        return body.wrong(
            node.value, codes.BAD_RETURN, "`init` returns the new object, nothing else", "", "drop the value"
        )
    this = body.frame.own_this
    return typed.GetLocal(this, this.type) if this is not None else conversions.wrong()


def check_fields_set(body: Body, node: nodes.Node) -> None:
    """Report the fields that are left without a value where ``init`` ends."""
    if not body.flow.reachable:
        return
    for name in sorted(name for name in body.flow.unset if isinstance(name, str)):
        message = f"`init` may end before `{name}` has a value"
        hint = f"assign `this.{name}` on every path, or give the field an initialiser"
        body.error(node, codes.UNSET_FIELD, message, f"`{name}` is not set here", hint)


@checks_statement(nodes.Break)
def break_(body: Body, node: nodes.Break) -> list[TypedStatement]:
    """``break``."""
    if not body.frame.loops:
        return _outside(body, node, "break")
    around = body.frame.loops[-1]
    around.breaks.append(body.flow)
    body.flow = body.flow.stopped()
    return [typed.BreakLoop(around.loop, body.line(node))]


@checks_statement(nodes.Continue)
def continue_(body: Body, node: nodes.Continue) -> list[TypedStatement]:
    """``continue``."""
    if not body.frame.loops:
        return _outside(body, node, "continue")
    body.flow = body.flow.stopped()
    return [typed.ContinueLoop(body.frame.loops[-1].loop, body.line(node))]


def _outside(body: Body, node: nodes.Node, word: str) -> list[TypedStatement]:
    hint = "a function literal cannot leave a loop around it" if body.frame.role is Role.LITERAL else ""
    body.error(node, codes.OUTSIDE_LOOP, f"`{word}` outside a loop", "", hint)
    return []


# ── try ──────────────────────────────────────────────────────────────────────────────────────────────────────


@checks_statement(nodes.Try)
def try_(body: Body, node: nodes.Try) -> list[TypedStatement]:
    """``try``: a catch can start anywhere in the body, so it knows only what held before it."""
    before = body.flow
    assigned = body.marks.assigned_in(node)
    tried = body.block(node.body)
    ends, touched = [body.flow], body.flow.touched
    catches = []
    for catch in node.catches:
        body.flow = evolve(before.forget_names(assigned), touched=before.touched | touched)
        catches.append(_catch(body, catch))
        ends.append(body.flow)
        touched |= body.flow.touched
    if not node.catches:
        ends = [body.flow]
    body.flow = join(ends)
    last = _finally(body, node, before, body.flow, touched) if node.finally_ is not None else None
    return [typed.TryStatement(tried, tuple(catches), last, body.line(node))]


def _catch(body: Body, node: nodes.Catch) -> typed.TypedCatch:
    type_ = body.type(node.type) if node.type is not None else ERROR
    if not body.types.is_subtype(type_, ERROR) or type_.nullable:
        message = f"only an `Error` can be caught, not {an(type_)}"
        body.error(node.type or node, codes.NOT_AN_ERROR, message, "", "name a class that extends Error")
        type_ = WRONG
    with body.scope():
        variable = body.declare(node.name, type_, node, node.span, False)
        return typed.TypedCatch(variable, type_, body.block(node.body))


def _finally(body: Body, node: nodes.Try, before: Flow, after: Flow, touched: frozenset[str]) -> TypedBlock:
    """``finally`` runs after any part of the rest; what it sets is set, and what it does not complete is not."""
    assert node.finally_ is not None
    assigned = body.marks.assigned_in(node)
    body.flow = evolve(before.forget_names(assigned), touched=before.touched | touched, reachable=before.reachable)
    made = body.block(node.finally_)
    end = body.flow
    if not end.reachable:
        return made
    set_here = before.unset - end.unset
    body.flow = evolve(after.forget_names(assigned), unset=after.unset - set_here, touched=after.touched | end.touched)
    return made
