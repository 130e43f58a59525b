"""Call expressions: what is being called, and by which rule."""

from __future__ import annotations

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, checks_expression
from lang.checker.calls import (
    Call,
    call_method,
    call_of,
    call_owner,
    call_static,
    call_value,
    check_anyway,
    in_terms,
)
from lang.checker.closures import call_row
from lang.checker.construct import construct
from lang.checker.names import ModuleName, ambiguous, check_private, find_member, lookup, qualifier, this, unknown
from lang.checker.namespace import Ambiguous, TopLevel, top_level
from lang.checker.references import (
    generic_type,
    get_field,
    has_arguments,
    named_on_instance,
    needs_instance,
    not_a_value,
    null_receiver,
    safely,
    static_member,
    top_level_value,
    unknown_in_module,
    unknown_member,
)
from lang.checker.subtyping import FoundField, FoundMethod
from lang.checker.table import ClassEntry, is_array, is_wrong
from lang.checker.universal import call_universal, is_raw
from lang.typed import TypedExpression
from minivm.classfile import Flags, Method, MethodRef
from minivm.types import Type, class_type


@checks_expression(nodes.Call)
def call(body: Body, node: nodes.Call, expected: Type | None) -> TypedExpression:
    """``f(x)``, ``a.f(x)``, ``Class(x)``, ``Class.f(x)``, ``module.f(x)``, ``super.f(x)``."""
    parts = call_of(node)
    match node.callee:
        case nodes.Super():
            hint = "it is the first statement of an init, and nowhere else"
            check_anyway(body, node.args)
            return body.wrong(node, codes.SUPER_INIT, "`super(...)` cannot stand here", "", hint)
        case nodes.Name() as callee:
            return _bare(body, callee, parts, expected)
        case nodes.Member() as callee:
            return _member(body, callee, parts, expected)
        case nodes.GenericName() as callee:
            entry = body.resolver.find_class(callee.name, callee.span)
            return construct(body, entry, generic_type(body, callee), parts, expected) if entry else conversions.wrong()
    return call_value(body, body.expression(node.callee), "this", parts)


def _bare(body: Body, callee: nodes.Name, parts: Call, expected: Type | None) -> TypedExpression:
    found = lookup(body, callee.name)
    if isinstance(found, FoundMethod):
        return _own_method(body, found, callee, parts, expected)
    if isinstance(found, TopLevel) and isinstance(found.member, Method):
        return call_static(body, class_type(found.module.name), found.member, parts, expected)
    if isinstance(found, ClassEntry):
        return construct(body, found, None, parts, expected)
    if found is None or isinstance(found, Ambiguous | ModuleName):
        check_anyway(body, parts.args)
    if found is None:
        return unknown(body, callee.name, callee.span, "function")
    if isinstance(found, Ambiguous):
        return ambiguous(body, callee.name, found, callee.span)
    if isinstance(found, ModuleName):
        return not_a_value(body, found, callee.name, callee)
    return call_value(body, body.expression(callee), f"`{callee.name}`", parts)


def _own_method(
    body: Body, found: FoundMethod, callee: nodes.Name, parts: Call, expected: Type | None
) -> TypedExpression:
    check_private(body, found, callee.name, callee.span)
    if found.method.is_static:
        return call_static(body, found.owner, in_terms(found.method, dict(found.binding)), parts, expected)
    instance = this(body, callee.span, f"the method `{callee.name}`")
    if is_wrong(instance.type):
        check_anyway(body, parts.args)
        return instance
    return call_method(body, found, instance, parts, expected)


# ── through a dot ────────────────────────────────────────────────────────────────────────────────────────────


def _member(body: Body, callee: nodes.Member, parts: Call, expected: Type | None) -> TypedExpression:
    if isinstance(callee.object, nodes.Super):
        return _super_method(body, callee, parts, expected)
    if isinstance(callee.object, nodes.GenericName):
        type_ = generic_type(body, callee.object)
        return _static(body, type_, callee, parts, expected, False) if type_ else conversions.wrong()
    whole = qualifier(body, callee)
    if isinstance(whole, ClassEntry):
        return construct(body, whole, None, parts, expected)
    found = qualifier(body, callee.object)
    if isinstance(found, ModuleName):
        return _of_module(body, found, callee, parts, expected)
    if isinstance(found, ClassEntry):
        type_ = found.self_type
        return _static(body, type_, callee, parts, expected, bool(type_.args) and found is not body.owner)
    receiver = body.value(callee.object)
    if not callee.safe:
        return method_call(body, receiver, callee, parts, expected)
    return safely(body, receiver, parts.node, lambda value: method_call(body, value, callee, parts, expected))


def _of_module(
    body: Body, module: ModuleName, callee: nodes.Member, parts: Call, expected: Type | None
) -> TypedExpression:
    found = top_level(module.entry, callee.name) if module.entry else None
    if found is None:
        check_anyway(body, parts.args)
        return unknown_in_module(body, module, callee)
    if isinstance(found.member, Method):
        return call_static(body, class_type(found.module.name), found.member, parts, expected)
    return call_value(body, top_level_value(body, found, None, callee), f"`{callee.name}`", parts)


def _static(
    body: Body, type_: Type, callee: nodes.Member, parts: Call, expected: Type | None, is_open: bool
) -> TypedExpression:
    """``Class.f(x)``; ``is_open``: a template named without its type arguments, which the call determines."""
    found = find_member(body, type_, callee.name)
    if isinstance(found, FoundMethod) and found.method.is_static:
        check_private(body, found, callee.name, callee.name_span)
        parameters = found.entry.file.type_parameters if is_open and found.owner == type_ else ()
        if is_open and not parameters and not has_arguments(body, found.owner, callee):
            check_anyway(body, parts.args)
            return conversions.wrong()
        method = in_terms(found.method, {} if parameters else dict(found.binding))
        return call_static(body, found.owner, method, parts, expected, parameters)
    if isinstance(found, FoundField) and found.field.is_static:
        return call_value(body, static_member(body, type_, callee, None), f"`{callee.name}`", parts)
    check_anyway(body, parts.args)
    if found is not None:
        return needs_instance(body, callee.name, type_, callee.name_span)
    return unknown_member(body, type_, callee, "static method")


def method_call(
    body: Body, receiver: TypedExpression, callee: nodes.Member, parts: Call, expected: Type | None
) -> TypedExpression:
    """Call a method, or a field that holds a function, of a value."""
    type_ = receiver.type
    if is_wrong(type_) or type_.nullable:
        check_anyway(body, parts.args)
        return receiver if is_wrong(type_) else null_receiver(body, type_, callee)
    if is_raw(body, type_):
        return call_universal(body, receiver, callee.name, parts, callee.name_span)
    found = find_member(body, type_, callee.name)
    if found is None:
        check_anyway(body, parts.args)
        if is_array(type_) and callee.name == "length":
            hint = "an array's length is written without `()`"
            return body.wrong(parts.node, codes.NOT_CALLABLE, "`length` is not a method", "", hint)
        return unknown_member(body, type_, callee, "method")
    check_private(body, found, callee.name, callee.name_span)
    if isinstance(found, FoundField):
        if found.field.is_static:
            return named_on_instance(body, found, callee)
        return call_value(body, get_field(body, receiver, found, callee), f"`{callee.name}`", parts)
    if found.method.is_static:
        check_anyway(body, parts.args)
        return named_on_instance(body, found, callee)
    return call_method(body, found, receiver, parts, expected)


def _super_method(body: Body, callee: nodes.Member, parts: Call, expected: Type | None) -> TypedExpression:
    """``super.f(x)``: exactly the superclass's method, whatever overrides it."""
    instance = this(body, callee.span, "`super`")
    above = body.owner.file.superclass
    if is_wrong(instance.type) or above is None:
        check_anyway(body, parts.args)
        return conversions.wrong() if above else unknown(body, "super", callee.span)
    found = body.types.find_method(above, callee.name, body.owner)
    if found is None or found.method.is_static:
        check_anyway(body, parts.args)
        return unknown_member(body, above, callee, "method")
    check_private(body, found, callee.name, callee.name_span)
    if Flags.ABSTRACT in found.method.flags:
        check_anyway(body, parts.args)
        hint = f"`{found.entry.name}` leaves it to its subclasses"
        message = f"`{callee.name}` has no body in `{found.entry.name}`"
        return body.wrong(callee.name_span, codes.NOT_IMPLEMENTED, message, "", hint)
    return call_method(body, found, instance, parts, expected, "callspecial")


# ── calls that the compiler writes ───────────────────────────────────────────────────────────────────────────


def call_ready(
    body: Body, receiver: TypedExpression, name: str, args: tuple[TypedExpression, ...], node: nodes.Node
) -> TypedExpression | None:
    """Call ``name`` on a value with arguments already checked; None if there is no such method or they do not fit."""
    found = body.types.find_method(receiver.type, name, body.owner)
    if found is None or found.method.is_static or found.method.type_parameters:
        return None
    method = in_terms(found.method, dict(found.binding))
    if len(args) != len(method.parameters):
        return None
    line = body.line(node)
    ready = [body.convert(arg, wanted, line) for arg, wanted in zip(args, method.parameters, strict=True)]
    made = tuple(arg for arg in ready if arg is not None)
    if len(made) != len(ready):
        return None
    ref = MethodRef(call_owner(body, found, receiver.type), name, method.parameters, method.result)
    return typed.CallMethod(call_row(method), ref, receiver, made, method.result, line)
