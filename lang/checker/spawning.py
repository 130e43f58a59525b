"""``spawn f(x)``: the receiver and arguments are evaluated now, the call itself runs in a new fiber."""

from __future__ import annotations

from attrs import evolve

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, checks_expression
from lang.checker.table import is_wrong
from lang.typed import TypedBlock, TypedExpression, TypedStatement, Variable
from minivm.classfile import MethodRef
from minivm.types import NEVER, Type, class_type, function_type

_START = "startFiber"
_PRELUDE = "prelude"


@checks_expression(nodes.Spawn)
def spawn(body: Body, node: nodes.Spawn, expected: Type | None) -> TypedExpression:
    """A fiber that makes the call; its type is ``Fiber`` of the call's result."""
    call = body.expression(node.call)
    if is_wrong(call.type):
        return call
    if not isinstance(call, typed.CallMethod) or not isinstance(node.call, nodes.Call):
        hint = "for anything else, spawn a function literal: `spawn (fun() { ... })()`"
        return body.wrong(node.call, codes.BAD_SPAWN, "`spawn` starts a call of a function or method", "", hint)
    if call.type == NEVER:
        return conversions.wrong()
    return _start(body, call, body.line(node))


def _start(body: Body, call: typed.CallMethod, line: int) -> TypedExpression:
    before: list[TypedStatement] = []
    captures: list[tuple[Variable, Variable]] = []

    def now(value: TypedExpression) -> TypedExpression:
        """The value as the new fiber finds it."""
        if isinstance(value, typed.IntValue | typed.FloatValue | typed.BoolValue | typed.StringValue | typed.UnitValue):
            return value
        if isinstance(value, typed.GetLocal) and not value.variable.in_cell:
            outer = value.variable
        else:
            outer = body.temporary(value.type)
            before.append(typed.Declare(outer, value, line))
        inner = Variable(outer.name, outer.type)
        captures.append((outer, inner))
        return typed.GetLocal(inner, inner.type)

    receiver = now(call.receiver) if call.receiver is not None else None
    moved = evolve(call, receiver=receiver, args=tuple(now(arg) for arg in call.args))
    type_ = function_type((), call.type)
    inside = TypedBlock((typed.ReturnValue(moved, line),))
    closure = typed.Closure(tuple(captures), (), inside, type_, body.variables, line)
    fiber = class_type("Fiber", call.type)
    ref = MethodRef(class_type(_PRELUDE), _START, (type_,), fiber, (call.type,))
    started = typed.CallMethod("callstatic", ref, None, (closure,), fiber, line)
    return typed.Sequence(tuple(before), started, fiber) if before else started
