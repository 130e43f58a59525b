"""Function literals, and named functions and methods used as values."""

from __future__ import annotations

from collections.abc import Callable

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, checks_expression
from lang.checker.inference import Inference, is_open
from lang.checker.scopes import Frame, Role
from lang.checker.table import WRONG, is_wrong, too_big
from lang.typed import TypedBlock, TypedExpression, TypedStatement, Variable
from minivm.classfile import Flags, Method, MethodRef
from minivm.types import VOID, Kind, Type, function_type


@checks_expression(nodes.Lambda)
def literal(body: Body, node: nodes.Lambda, expected: Type | None) -> TypedExpression:
    """A function literal; what is not written comes from the expected function type, or from the body."""
    wish = _wish(node, expected)
    frame = Frame(Role.LITERAL, _result(body, node, wish), None, body.frame, "this function")
    with body.inside(frame):
        parameters = tuple(_parameter(body, p, i, wish) for i, p in enumerate(node.parameters))
        block = _arrow(body, node) if node.arrow else _block(body, node)
    result = frame.result if frame.result is not None else VOID
    type_ = function_type(tuple(p.type for p in parameters), result)
    if is_wrong(type_):
        return conversions.wrong()
    if too_big(type_):
        return body.wrong(node, codes.TYPE_TOO_BIG, "the type of this function is nested too deeply")
    captures = tuple(frame.captures.items())
    return typed.Closure(captures, parameters, block, type_, body.variables, body.line(node))


def _wish(node: nodes.Lambda, expected: Type | None) -> Type | None:
    """The expected function type, if the literal has as many parameters."""
    if expected is None or expected.kind is not Kind.FUNCTION:
        return None
    return expected.non_null() if len(expected.parameters) == len(node.parameters) else None


def _result(body: Body, node: nodes.Lambda, wish: Type | None) -> Type | None:
    """The result type where it is written or expected, else None: it is inferred."""
    if node.result is not None:
        return body.type(node.result)
    return wish.result if wish is not None and not is_open(wish.result) else None


def _parameter(body: Body, node: nodes.Parameter, index: int, wish: Type | None) -> Variable:
    if node.type is not None:
        type_ = body.type(node.type)
    elif wish is not None and not is_open(wish.parameters[index]):
        type_ = wish.parameters[index]
    else:
        hint = f"write its type: `{node.name}: int`"
        message = f"nothing says what type the parameter `{node.name}` has"
        body.error(node, codes.CANNOT_INFER, message, "", hint)
        type_ = WRONG
    return body.declare(node.name, type_, node, node.span, True)


def _arrow(body: Body, node: nodes.Lambda) -> TypedBlock:
    """The body after ``=>``: the value is the result, or is dropped where no result is wanted."""
    (statement,) = node.body.statements
    frame = body.frame
    line = body.line(statement)
    if frame.result == VOID or not isinstance(statement, nodes.ExpressionStatement):
        made = body.statements(node.body.statements)
        return TypedBlock((*made, typed.ReturnValue(conversions.unit(), line)))
    value = body.expression(statement.expression, frame.result)
    if frame.result is None:
        frame.result = _inferred(body, value, statement)
    else:
        value = body.fit(value, frame.result, statement.expression, "the result of this function")
    if value.type.kind is Kind.NEVER:
        return TypedBlock((typed.Evaluate(value, line),))
    return TypedBlock((typed.ReturnValue(value, line),))


def _inferred(body: Body, value: TypedExpression, node: nodes.Node) -> Type:
    if value.type.kind is Kind.NULL:
        hint = "write the result type: `fun(...): Item? { ... }`"
        body.error(node, codes.CANNOT_INFER, "`null` alone does not say what type the result has", "", hint)
        return WRONG
    return VOID if value.type.kind is Kind.NEVER and not is_wrong(value.type) else value.type


def _block(body: Body, node: nodes.Lambda) -> TypedBlock:
    frame = body.frame
    made = body.statements(node.body.statements)
    if frame.result is None:
        frame.result = _join_returns(body, node)
    return TypedBlock(tuple(finish(body, made, node)))


def _join_returns(body: Body, node: nodes.Lambda) -> Type:
    """The common type of all returned values, to which each is then converted."""
    frame = body.frame
    found: Type | None = None
    for statement, span in frame.returns:
        joined = statement.value.type if found is None else body.types.join(found, statement.value.type)
        if joined is None:
            message = f"this function returns `{found}` before, and `{statement.value.type}` here"
            hint = "write the result type after the parameters"
            body.error(span, codes.NO_COMMON_TYPE, message, "", hint)
            return WRONG
        found = joined
    if found is None:
        return VOID
    for statement, span in frame.returns:
        converted = body.convert(statement.value, found, body.namespace.unit.source.line(span.start))
        statement.value = converted or statement.value
    if found.kind is Kind.NULL:
        return _inferred(body, frame.returns[0][0].value, node)
    return found


def finish(body: Body, made: list[TypedStatement], node: nodes.Node) -> list[TypedStatement]:
    """The statements of a function body with a return at the end where control gets there; reports a missing one."""
    frame = body.frame
    if not body.flow.reachable or frame.result is None:
        return made
    end = body.namespace.unit.source.line(max(node.span.end - 1, node.span.start))
    if frame.result == VOID:
        return [*made, typed.ReturnValue(conversions.unit(), end)]
    if not is_wrong(frame.result):
        title = frame.title or "this function"
        message = f"{title} must return `{frame.result}`, but a path through it ends without a value"
        hint = "add a `return` (or a `throw`) at the end"
        at = type(node.span)(max(node.span.end - 1, node.span.start), node.span.end)
        body.error(at, codes.MISSING_RETURN, message, "reached without a `return`", hint)
    return made


# ── named functions as values ────────────────────────────────────────────────────────────────────────────────


def function_value(
    body: Body, owner: Type, method: Method, receiver: Variable | None, expected: Type | None, node: nodes.Node
) -> TypedExpression:
    """A closure that calls a function, or a method on ``receiver``; the method's types are in the caller's terms."""
    line = body.line(node)
    wish = expected.non_null() if expected is not None and expected.kind is Kind.FUNCTION else None
    solved = _solve(body, method, wish, node)
    if solved is None:
        return conversions.wrong()
    parameters, result, type_args = solved

    def call(inner: Variable | None, args: tuple[TypedExpression, ...]) -> TypedExpression:
        ref = MethodRef(owner, method.name, parameters, result, type_args)
        target = typed.GetLocal(inner, inner.type) if inner is not None else None
        return typed.CallMethod(call_row(method), ref, target, args, result, line)

    type_ = _adapted(body, parameters, result, wish, line)
    return wrap(body, receiver, type_, parameters, call, line)


def call_row(method: Method) -> str:
    """Which instruction calls a method that is found by name."""
    if method.is_static:
        return "callstatic"
    special = Flags.PRIVATE in method.flags or method.type_parameters or method.name == "init"
    return "callspecial" if special else "callvirtual"


def _solve(
    body: Body, method: Method, wish: Type | None, node: nodes.Node
) -> tuple[tuple[Type, ...], Type, tuple[Type, ...]] | None:
    """The signature with the type arguments that the expected type gives."""
    if not method.type_parameters:
        return method.parameters, method.result, ()
    inference = Inference(body.types, tuple(p.name for p in method.type_parameters))
    renaming = inference.renaming
    open_type = function_type(method.parameters, method.result).substitute(renaming)
    if wish is not None:
        inference.unify(open_type, wish)
    if inference.missing():
        hint = "wrap it in a function literal: `fun(x: int) => f(x)`"
        message = f"nothing says what `{inference.missing()[0]}` of `{method.name}` is"
        body.error(node, codes.CANNOT_INFER_ARGUMENT, message, "", hint)
        return None
    solved = inference.apply(open_type)
    type_args = tuple(inference.apply(renaming[name]) for name in inference.names)
    body.resolver.check_bounds(method.type_parameters, type_args, node.span)
    return solved.parameters, solved.result, type_args


def _adapted(body: Body, parameters: tuple[Type, ...], result: Type, wish: Type | None, line: int) -> Type:
    """The expected function type if a wrapper can be of it, else the function's own."""
    own = function_type(parameters, result)
    if wish is None or is_open(wish) or len(wish.parameters) != len(parameters):
        return own
    pairs = [*zip(wish.parameters, parameters, strict=True)]
    fits = all(body.convert(_stand_in(a), b, line) is not None for a, b in pairs)
    fits = fits and (wish.result == VOID or body.convert(_stand_in(result), wish.result, line) is not None)
    return wish if fits else own


def _stand_in(type_: Type) -> TypedExpression:
    return typed.UnitValue(type_)


def wrap(
    body: Body,
    captured: Variable | None,
    type_: Type,
    wanted: tuple[Type, ...],
    call: Callable[[Variable | None, tuple[TypedExpression, ...]], TypedExpression],
    line: int,
) -> TypedExpression:
    """A closure of function type ``type_`` around a call that takes ``wanted``."""
    inner = Variable(captured.name, captured.type) if captured is not None else None
    parameters = tuple(Variable(f"p{i}", p) for i, p in enumerate(type_.parameters))
    args = []
    for parameter, target in zip(parameters, wanted, strict=True):
        get = typed.GetLocal(parameter, parameter.type)
        args.append(body.convert(get, target, line) or get)
    value = call(inner, tuple(args))
    made: tuple[TypedStatement, ...]
    if type_.result == VOID and value.type != VOID:
        made = (typed.Evaluate(value, line), typed.ReturnValue(conversions.unit(), line))
    else:
        made = (typed.ReturnValue(body.convert(value, type_.result, line) or value, line),)
    captures = ((captured, inner),) if captured is not None and inner is not None else ()
    return typed.Closure(captures, parameters, TypedBlock(made), type_, body.variables, line)
