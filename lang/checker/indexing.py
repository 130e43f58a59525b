"""``a[i]``: arrays by instruction, any other class through its ``get`` and ``set``."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, checks_expression
from lang.checker.calls import in_terms
from lang.checker.invoke import call_ready
from lang.checker.names import check_private
from lang.checker.subtyping import FoundMethod
from lang.checker.table import is_array, is_wrong
from lang.checker.wording import an
from lang.typed import TypedExpression, TypedStatement
from minivm.types import INT, STRING, Type

Write = Callable[[TypedExpression], TypedStatement]


@frozen(eq=False)
class Element:
    """An indexed place, its parts checked."""

    receiver: TypedExpression
    index: TypedExpression
    is_array: bool


@checks_expression(nodes.Index)
def index(body: Body, node: nodes.Index, expected: Type | None) -> TypedExpression:
    """``a[i]`` as a value."""
    element = element_of(body, node)
    return load(body, element, node) if element is not None else conversions.wrong()


def element_of(body: Body, node: nodes.Index) -> Element | None:
    """Check the receiver and the index; None after a diagnostic."""
    receiver = body.value(node.object)
    type_ = receiver.type
    if is_wrong(type_):
        body.expression(node.index)
        return None
    if type_.nullable:
        body.expression(node.index)
        hint = "test it with `!= null` first, or insist with `!!`"
        text = body.written(node.object) or "this"
        body.error(node.object, codes.NULLABLE_USED, f"`{text}` may be null", f"this is `{type_}`", hint)
        return None
    if is_array(type_):
        position = body.fit(body.expression(node.index, INT), INT, node.index, "the index of an array")
        return None if is_wrong(position.type) else Element(receiver, position, True)
    return _keyed(body, receiver, node)


def _keyed(body: Body, receiver: TypedExpression, node: nodes.Index) -> Element | None:
    found = _accessor(body, receiver.type, getter(receiver.type)) or _accessor(body, receiver.type, "set")
    if found is None or not found.method.parameters:
        body.expression(node.index)
        hint = "an index works on arrays and on classes with `get` (and `set`)"
        body.error(node.object, codes.NOT_INDEXABLE, f"{an(receiver.type)} has no elements", "", hint)
        return None
    check_private(body, found, found.method.name, node.span)
    wanted = in_terms(found.method, dict(found.binding)).parameters[0]
    key = body.fit(body.expression(node.index, wanted), wanted, node.index, f"the index of {an(receiver.type)}")
    return None if is_wrong(key.type) else Element(receiver, key, False)


def _accessor(body: Body, type_: Type, name: str) -> FoundMethod | None:
    if body.types.is_reference(type_):
        found = body.types.find_method(type_, name, body.owner)
        count = 2 if name == "set" else 1
        if found is not None and len(found.method.parameters) == count and not found.method.type_parameters:
            return None if found.method.is_static else found
    return None


def getter(type_: Type) -> str:
    """The method behind ``a[i]``."""
    return "charAt" if type_ == STRING else "get"


def load(body: Body, element: Element, node: nodes.Index) -> TypedExpression:
    """Read the element."""
    if element.is_array:
        type_ = element.receiver.type.args[0]
        return typed.Op("arrayload", (element.receiver, element.index), type_, body.line(node))
    name = getter(element.receiver.type)
    if _accessor(body, element.receiver.type, name) is not None:
        found = call_ready(body, element.receiver, name, (element.index,), node)
        if found is not None:
            return found
    message = f"the elements of {an(element.receiver.type)} cannot be read"
    return body.wrong(node, codes.NOT_INDEXABLE, message, "", "it has no method `get`")


def store(body: Body, element: Element, node: nodes.Index) -> tuple[Type, Write] | None:
    """The type an element takes and how it is written; None after a diagnostic."""
    line, receiver = body.line(node), element.receiver
    if element.is_array:
        return receiver.type.args[0], lambda value: typed.SetElement(receiver, element.index, value, line)
    found = _accessor(body, receiver.type, "set")
    if found is None:
        message = f"the elements of {an(receiver.type)} cannot be assigned"
        body.error(node, codes.NOT_INDEXABLE, message, "", "it has no method `set`")
        return None

    def write(value: TypedExpression) -> TypedStatement:
        call = call_ready(body, receiver, "set", (element.index, value), node)
        return typed.Evaluate(call if call is not None else conversions.wrong(), line)

    return in_terms(found.method, dict(found.binding)).parameters[1], write
