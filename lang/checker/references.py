"""Names and members as values."""

from __future__ import annotations

from collections.abc import Callable

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, checks_expression
from lang.checker.calls import in_terms
from lang.checker.closures import function_value
from lang.checker.flow import join
from lang.checker.foreign import member_hint
from lang.checker.names import (
    ModuleName,
    ambiguous,
    check_private,
    field_key,
    find_member,
    key_of,
    lookup,
    narrowed,
    qualifier,
    read_field,
    read_static,
    read_top_level,
    read_variable,
    this,
    unknown,
)
from lang.checker.namespace import Ambiguous, TopLevel, top_level, top_level_names
from lang.checker.subtyping import FoundField, FoundMethod
from lang.checker.table import ClassEntry, is_array, is_wrong
from lang.checker.universal import is_raw, unknown_universal
from lang.source import Span
from lang.typed import TypedExpression, Variable
from minivm.classfile import Field, FieldRef, Flags
from minivm.types import BOOL, INT, VOID, Kind, Type, class_type

Use = Callable[[TypedExpression], TypedExpression]


@checks_expression(nodes.Name)
def name(body: Body, node: nodes.Name, expected: Type | None) -> TypedExpression:
    """A bare name."""
    found = lookup(body, node.name)
    if isinstance(found, Variable):
        return read_variable(body, found, node.span)
    if isinstance(found, FoundField):
        return read_field(body, found, node.span)
    if isinstance(found, FoundMethod):
        return own_method_value(body, found, expected, node)
    if isinstance(found, TopLevel):
        return top_level_value(body, found, expected, node)
    if isinstance(found, Ambiguous):
        return ambiguous(body, node.name, found, node.span)
    return not_a_value(body, found, node.name, node) if found else unknown(body, node.name, node.span)


def not_a_value(body: Body, found: ClassEntry | ModuleName, text: str, node: nodes.Node) -> TypedExpression:
    """Report a class or module where a value is needed."""
    if isinstance(found, ModuleName):
        return body.wrong(node, codes.NOT_A_VALUE, f"`{text}` is a module, not a value", "", f"name a part: `{text}.x`")
    hint = f"to construct one, call it: `{text}(...)`"
    if found.has(Flags.ENUM):
        hint = f"name one of its cases: `{text}.{next(iter(found.fields), 'x')}`"
    return body.wrong(node, codes.NOT_A_VALUE, f"`{text}` is a class, not a value", "", hint)


def own_method_value(body: Body, found: FoundMethod, expected: Type | None, node: nodes.Node) -> TypedExpression:
    """A method of this class as a value, bound to ``this``."""
    method = in_terms(found.method, dict(found.binding))
    check_private(body, found, method.name, node.span)
    if method.is_static:
        return function_value(body, found.owner, method, None, expected, node)
    instance = this(body, node.span, f"the method `{method.name}`")
    if not isinstance(instance, typed.GetLocal):
        return instance
    return function_value(body, instance.type, method, instance.variable, expected, node)


def top_level_value(body: Body, found: TopLevel, expected: Type | None, node: nodes.Node) -> TypedExpression:
    """A variable or function of a module."""
    if isinstance(found.member, Field):
        return read_top_level(body, found, node.span)
    return function_value(body, class_type(found.module.name), found.member, None, expected, node)


@checks_expression(nodes.This)
def this_value(body: Body, node: nodes.This, expected: Type | None) -> TypedExpression:
    """``this``."""
    return this(body, node.span)


@checks_expression(nodes.Super)
def super_value(body: Body, node: nodes.Super, expected: Type | None) -> TypedExpression:
    """``super`` alone is nothing."""
    hint = "call a method of the superclass: `super.name(...)`"
    return body.wrong(node, codes.NOT_A_VALUE, "`super` is not a value", "", hint)


@checks_expression(nodes.GenericName)
def generic_name(body: Body, node: nodes.GenericName, expected: Type | None) -> TypedExpression:
    """``Stack<int>`` alone is a class."""
    entry = body.resolver.find_class(node.name, node.span)
    return not_a_value(body, entry, node.name, node) if entry else conversions.wrong()


# ── members ──────────────────────────────────────────────────────────────────────────────────────────────────


@checks_expression(nodes.Member)
def member(body: Body, node: nodes.Member, expected: Type | None) -> TypedExpression:
    """``a.b``, ``a?.b``, ``Class.b``, ``module.b``."""
    if isinstance(node.object, nodes.Super):
        hint = f"call it: `super.{node.name}(...)`"
        return body.wrong(node, codes.NOT_A_VALUE, "only methods can be reached through `super`", "", hint)
    if isinstance(node.object, nodes.GenericName):
        type_ = generic_type(body, node.object)
        return static_member(body, type_, node, expected) if type_ else conversions.wrong()
    whole = qualifier(body, node)
    if whole is not None:
        return not_a_value(body, whole, body.written(node) or node.name, node)
    found = qualifier(body, node.object)
    if isinstance(found, ModuleName):
        return module_member(body, found, node, expected)
    if isinstance(found, ClassEntry):
        return static_member(body, found.self_type, node, expected)
    receiver = body.value(node.object)
    if not node.safe:
        return instance_member(body, receiver, node, expected)
    return safely(body, receiver, node, lambda value: instance_member(body, value, node, expected))


def generic_type(body: Body, node: nodes.GenericName) -> Type | None:
    """The class that ``Stack<int>`` before a dot means."""
    entry = body.resolver.find_class(node.name, node.span)
    found = body.resolver.instance(entry, node.type_args, node.span) if entry else None
    return None if found is None or is_wrong(found) else found


def module_member(body: Body, module: ModuleName, node: nodes.Member, expected: Type | None) -> TypedExpression:
    """``shapes.count``, ``shapes.area`` as values."""
    found = top_level(module.entry, node.name) if module.entry else None
    return top_level_value(body, found, expected, node) if found else unknown_in_module(body, module, node)


def unknown_in_module(body: Body, module: ModuleName, node: nodes.Member) -> TypedExpression:
    """Report a name that a module does not have."""
    names = list(top_level_names(module.entry)) if module.entry else []
    inside = f"{module.path}."
    names += [n.removeprefix(inside) for n in body.world.table.known_names() if n.startswith(inside)]
    hint = member_hint(node.name, names)
    message = f"the module `{module.path}` has no `{node.name}`"
    return body.wrong(node.name_span, codes.UNKNOWN_MEMBER, message, "not found", hint)


def static_member(body: Body, type_: Type, node: nodes.Member, expected: Type | None) -> TypedExpression:
    """``Class.name`` as a value."""
    found = find_member(body, type_, node.name)
    if found is None:
        return unknown_member(body, type_, node, "static member")
    check_private(body, found, node.name, node.name_span)
    if isinstance(found, FoundField) and found.field.is_static:
        if not has_arguments(body, found.owner, node):
            return conversions.wrong()
        value = read_static(found.owner, found.field, found.type, body.line(node))
        return narrowed(body, value, field_key(found), node.span)
    if isinstance(found, FoundMethod) and found.method.is_static:
        if not has_arguments(body, found.owner, node):
            return conversions.wrong()
        method = in_terms(found.method, dict(found.binding))
        return function_value(body, found.owner, method, None, expected, node)
    return needs_instance(body, node.name, type_, node.name_span)


def has_arguments(body: Body, owner: Type, node: nodes.Member) -> bool:
    """Whether a template's static member is named with type arguments, or from within the template; reports it
    if not."""
    if not owner.args or owner == body.owner.self_type or isinstance(node.object, nodes.GenericName):
        return True
    hint = f"write them: `{owner.name}<...>.{node.name}`"
    body.error(node, codes.CANNOT_INFER_ARGUMENT, f"`{owner.name}` needs its type arguments here", "", hint)
    return False


def needs_instance(body: Body, text: str, type_: Type, span: Span) -> TypedExpression:
    """Report an instance member named through its class."""
    message = f"`{text}` belongs to the instances of `{type_.name}`, not to the class"
    return body.wrong(span, codes.NO_INSTANCE, message, "", "name it on an object, or make it `static`")


def instance_member(
    body: Body, receiver: TypedExpression, node: nodes.Member, expected: Type | None
) -> TypedExpression:
    """A member of a value."""
    type_ = receiver.type
    if is_wrong(type_):
        return receiver
    if type_.nullable:
        return null_receiver(body, type_, node)
    if is_array(type_) and node.name == "length":
        return typed.Op("arraylength", (receiver,), INT, body.line(node))
    if is_raw(body, type_):
        return unknown_universal(body, type_, node.name, node.name_span)
    found = find_member(body, type_, node.name)
    if found is None:
        return unknown_member(body, type_, node, "field or method")
    check_private(body, found, node.name, node.name_span)
    if _is_static(found):
        return named_on_instance(body, found, node)
    if isinstance(found, FoundField):
        return get_field(body, receiver, found, node)
    return _bound_method(body, receiver, found, expected, node)


def get_field(body: Body, receiver: TypedExpression, found: FoundField, node: nodes.Member) -> TypedExpression:
    """Read a field of an object."""
    owner = body.types.upper_bound(receiver.type.non_null())
    ref = FieldRef(owner, found.field.name, found.type)
    value = typed.GetField(receiver, ref, found.type, body.line(node))
    is_own = isinstance(node.object, nodes.This)
    return narrowed(body, value, field_key(found) if is_own else None, node.span)


def _bound_method(
    body: Body, receiver: TypedExpression, found: FoundMethod, expected: Type | None, node: nodes.Node
) -> TypedExpression:
    """``c.bump`` as a value: the receiver is evaluated now."""
    method = in_terms(found.method, dict(found.binding))
    owner = body.types.upper_bound(receiver.type)
    if owner.kind is not Kind.CLASS:
        owner = found.owner
    temp = body.temporary(receiver.type)
    value = function_value(body, owner, method, temp, expected, node)
    if is_wrong(value.type):
        return value
    return typed.Sequence((typed.Declare(temp, receiver, body.line(node)),), value, value.type)


def _is_static(found: FoundField | FoundMethod) -> bool:
    return found.field.is_static if isinstance(found, FoundField) else found.method.is_static


def named_on_instance(body: Body, found: FoundField | FoundMethod, node: nodes.Member) -> TypedExpression:
    """Report a static member named on an object."""
    message = f"`{node.name}` belongs to the class `{found.entry.name}`, not to its instances"
    hint = f"write `{found.entry.name}.{node.name}`"
    return body.wrong(node.name_span, codes.UNKNOWN_MEMBER, message, "static", hint)


def unknown_member(body: Body, type_: Type, node: nodes.Member, what: str) -> TypedExpression:
    """Report a member that a type does not have."""
    hint = member_hint(node.name, body.types.member_names(type_, body.owner))
    return body.wrong(node.name_span, codes.UNKNOWN_MEMBER, f"`{type_}` has no {what} `{node.name}`", "not found", hint)


def null_receiver(body: Body, type_: Type, node: nodes.Member) -> TypedExpression:
    """Report a member of something that may be null."""
    text = body.written(node.object)
    subject = f"`{text}`" if text else "this"
    if type_.kind is Kind.NULL:
        return body.wrong(node.object, codes.NULLABLE_USED, f"{subject} is always null")
    hint = f"use `?.{node.name}`, test it with `!= null` first, or insist with `!!`"
    if isinstance(node.object, nodes.Name | nodes.Member) and key_of(body, node.object) is None:
        hint = f"use `?.{node.name}`, or copy it into a local first and test that: this one may change at any call"
    message = f"{subject} may be null, so `.{node.name}` cannot be used on it"
    return body.wrong(node.object, codes.NULLABLE_USED, message, f"this is `{type_}`", hint)


def safely(body: Body, receiver: TypedExpression, node: nodes.Node, use: Use) -> TypedExpression:
    """``a?.…``: null where the receiver is null, else what ``use`` makes of it. The receiver is evaluated once."""
    if not receiver.type.nullable or receiver.type.kind is Kind.NULL:
        return use(receiver)
    line, before = body.line(node), body.flow
    temp = body.temporary(receiver.type)
    get = typed.GetLocal(temp, temp.type)
    value = use(conversions.unbox(get, line))
    body.flow = join((before, body.flow))
    if is_wrong(value.type):
        return value
    if value.type == VOID:
        nothing, type_ = conversions.unit(), VOID
    else:
        value = conversions.box(body.types, value, line)
        type_ = value.type.or_null() if value.type.kind is not Kind.NEVER else value.type
        nothing = typed.NullValue(type_)
    choice = typed.Choose(typed.IsNull(get, BOOL), nothing, value, type_)
    return typed.Sequence((typed.Declare(temp, receiver, line),), choice, type_)
