"""Checking the top level of a module: its functions, variables and statements."""

from __future__ import annotations

from lang import nodes, typed
from lang.checker.bodies import method_body, top_level_body
from lang.checker.body import Body, World
from lang.checker.classes import check_function, complete
from lang.checker.conversions import unit
from lang.checker.declare import DeclaredModule
from lang.checker.flow import StaticKey
from lang.checker.members import is_inferred
from lang.checker.namespace import Namespace
from lang.checker.statements import declared_value, known_after, settle
from lang.checker.table import is_wrong
from lang.typed import TypedBlock, TypedClass, TypedMethod, TypedStatement
from minivm.classfile import MAIN, FieldRef, Flags, Method
from minivm.types import OBJECT, VOID, Kind, Type, class_type


def check_module(world: World, module: DeclaredModule) -> TypedClass:
    """Check the statements in order, then the functions: so what a variable is inferred from is known by then."""
    statements: list[TypedStatement] = []
    methods: list[TypedMethod] = []
    for namespace in module.parts:
        body = top_level_body(world, namespace, module.entry)
        made = _statements(body, module)
        if not namespace.unit.entry:
            statements += made
        elif MAIN not in module.entry.methods:
            methods.append(_main(body, module, namespace, made))
    for namespace, node, method in module.functions:
        if node.body is not None:
            function = method_body(world, namespace, module.entry, node, method)
            methods.append(check_function(function, node, method))
    return TypedClass(complete(module.entry), tuple(methods), (), tuple(statements))


def _statements(body: Body, module: DeclaredModule) -> list[TypedStatement]:
    """The top-level statements; a variable is a static field that is set where it stands."""
    found: list[TypedStatement] = []
    seen: set[str] = set()
    for node in body.namespace.unit.program.statements:
        reached = body.flow.reachable
        if isinstance(node, nodes.Let) and node.name not in seen:
            seen.add(node.name)
            made = _variable(body, module, node)
        else:
            made = body.statement(node)
        if reached:
            found += made
    return found


def _variable(body: Body, module: DeclaredModule, node: nodes.Let) -> list[TypedStatement]:
    entry = module.entry
    field = entry.fields.get(node.name)
    if field is None or node.value is None:
        return []
    if is_inferred(node.type, node.value):
        type_, value = declared_value(body, node.name, None, node.value)
        type_ = settle(body, entry, node.name, type_, node.name_span)
    else:
        type_ = field.type
        value = body.expression(node.value, type_)
    value = body.fit(value, type_, node.value, f"the value of `{node.name}`")
    known = known_after(value, type_)
    if known is not None and node.name not in body.shared:
        body.flow = body.flow.narrow(StaticKey(entry.name, node.name), known)
    ref = FieldRef(class_type(entry.name), node.name, type_)
    return [typed.SetStatic(ref, value, body.line(node))]


def _main(body: Body, module: DeclaredModule, namespace: Namespace, made: list[TypedStatement]) -> TypedMethod:
    """The statements as ``main``; with ``echo``, the value of a last expression is its result."""
    source = namespace.unit.source
    end = source.line(max(len(source.text) - 1, 0))
    result: Type = VOID
    if namespace.unit.echo and made and body.flow.reachable and not body.frame.returns:
        result, made = _echo(body, namespace, made)
    if result == VOID and body.flow.reachable:
        made = [*made, typed.ReturnValue(unit(), end)]
    method = Method(MAIN, (), result, Flags.STATIC, line=source.first_line)
    module.entry.methods[MAIN] = method
    return TypedMethod(method, None, (), TypedBlock(tuple(made)))


def _echo(body: Body, namespace: Namespace, made: list[TypedStatement]) -> tuple[Type, list[TypedStatement]]:
    """The result type of ``main`` and its statements, the last of which returns the value."""
    last = made[-1]
    is_expression = isinstance(namespace.unit.program.statements[-1], nodes.ExpressionStatement)
    if not isinstance(last, typed.Evaluate) or not is_expression:
        return VOID, made
    type_ = last.expression.type
    if type_ == VOID or type_.kind is Kind.NEVER or is_wrong(type_):
        return VOID, made
    if type_.kind is Kind.NULL:
        type_ = OBJECT.or_null()
    return type_, [*made[:-1], typed.ReturnValue(last.expression, last.line)]
