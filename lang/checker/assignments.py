"""Assignments: to variables, fields, statics and elements, plain and compound."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from lang import codes, nodes, typed
from lang.checker.body import Body, checks_statement
from lang.checker.flow import Key, StaticKey, ThisKey, join
from lang.checker.indexing import Element, element_of, load, store
from lang.checker.names import (
    ModuleName,
    ambiguous,
    check_private,
    find_member,
    lookup,
    qualifier,
    read_static,
    this,
    unknown,
)
from lang.checker.namespace import Ambiguous, TopLevel, top_level
from lang.checker.operators import operate
from lang.checker.references import (
    generic_type,
    has_arguments,
    named_on_instance,
    needs_instance,
    null_receiver,
    unknown_in_module,
    unknown_member,
)
from lang.checker.scopes import Role
from lang.checker.statements import known_after
from lang.checker.subtyping import FoundField, FoundMethod
from lang.checker.table import ClassEntry, is_array, is_wrong
from lang.checker.universal import is_raw, unknown_universal
from lang.typed import TypedBlock, TypedExpression, TypedStatement, Variable
from minivm.classfile import Field, FieldRef, Flags
from minivm.types import BOOL, STRING, Type, class_type


@frozen(eq=False)
class Place:
    """Something that can be assigned: its type, how it is read and written, what is known about it, and the
    statements that evaluate its parts once."""

    type: Type
    title: str
    read: Callable[[], TypedExpression]
    write: Callable[[TypedExpression], TypedStatement]
    before: tuple[TypedStatement, ...] = ()
    key: Key | None = None
    written: Callable[[], None] | None = None


@checks_statement(nodes.Assign)
def assign(body: Body, node: nodes.Assign) -> list[TypedStatement]:
    """``target = value``, ``target += value``, ``target ??= value``."""
    place = _place(body, node)
    if place is None:
        body.expression(node.value)
        return []
    if node.op == "??=":
        return _assign_default(body, node, place)
    _check_not_itself(body, node)
    value = body.expression(node.value, place.type) if node.op == "=" else _compound(body, node, place)
    value = body.fit(value, place.type, node.value, f"the value of {place.title}")
    _note(body, place, value)
    made = place.write(value)
    return [TypedBlock((*place.before, made))] if place.before else [made]


def _check_not_itself(body: Body, node: nodes.Assign) -> None:
    """Report ``n = n`` of a parameter where a field has its name: the field was meant."""
    target, value = node.target, node.value
    if node.op != "=" or not (isinstance(target, nodes.Name) and isinstance(value, nodes.Name)):
        return
    name = target.name
    field = body.owner.field(name)
    if name == value.name and body.frame.find(name) is not None and field is not None and not field.is_static:
        hint = f"write `this.{name} = {name}` to set the field"
        body.error(node, codes.CANNOT_ASSIGN, f"`{name}` is assigned to itself", "", hint)


def _compound(body: Body, node: nodes.Assign, place: Place) -> TypedExpression:
    """``a op b``; a map's element is the usual one that may be null."""
    current, value = place.read(), body.value(node.value)
    if current.type.nullable and not is_wrong(value.type):
        text = body.written(node.target) or "x"
        zero = '""' if value.type == STRING else "0"
        hint = f"say what it starts from: `{text} = ({text} ?? {zero}) {node.op[:-1]} ...`"
        message = f"`{text}` is `{current.type}`, which may be null"
        return body.wrong(node.target, codes.NULLABLE_USED, message, "", hint)
    return operate(body, node.op[:-1], current, value, node)


def _note(body: Body, place: Place, value: TypedExpression) -> None:
    """What is known after the assignment."""
    if place.written is not None:
        place.written()
    if place.key is None:
        return
    if isinstance(place.key, Variable):
        body.flow = body.flow.assign(place.key)
    known = known_after(value, place.type)
    can_know = not (isinstance(place.key, Variable) and place.key.in_cell)
    body.flow = body.flow.forget(place.key)
    if known is not None and can_know:
        body.flow = body.flow.narrow(place.key, known)


def _assign_default(body: Body, node: nodes.Assign, place: Place) -> list[TypedStatement]:
    """``a ??= b``: assign where a is null."""
    line = body.line(node)
    current = place.read()
    if not place.type.nullable and not is_wrong(place.type) and not is_wrong(current.type):
        message = f"{place.title} is `{place.type}`, which is never null"
        body.error(node, codes.IMPOSSIBLE_TEST, message, "", "write `=`")
    before = body.flow
    value = body.expression(node.value, place.type)
    value = body.fit(value, place.type, node.value, f"the value of {place.title}")
    _note(body, place, value)
    after = body.flow
    body.flow = join((before, after))
    if place.key is not None and place.key in after.narrowed and before.reachable:
        body.flow = body.flow.narrow(place.key, after.narrowed[place.key])
    made = typed.Branch(typed.IsNull(current, BOOL), TypedBlock((place.write(value),)), None, line)
    return [TypedBlock((*place.before, made))] if place.before else [made]


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────


def _place(body: Body, node: nodes.Assign) -> Place | None:
    target = node.target
    if isinstance(target, nodes.Name):
        return _named(body, target, node)
    if isinstance(target, nodes.Member):
        return _member(body, target, node)
    assert isinstance(target, nodes.Index)
    return _element(body, target, node)


def _named(body: Body, target: nodes.Name, node: nodes.Assign) -> Place | None:
    found = lookup(body, target.name)
    if isinstance(found, Variable):
        return _variable(body, found, target, node)
    if isinstance(found, FoundField):
        return _own_field(body, found, target, node)
    if isinstance(found, TopLevel) and isinstance(found.member, Field):
        return _top_level(body, found.module, found.member, target, node)
    if found is None:
        unknown(body, target.name, target.span)
    elif isinstance(found, Ambiguous):
        ambiguous(body, target.name, found, target.span)
    else:
        what = (
            "a class"
            if isinstance(found, ClassEntry)
            else "a module"
            if isinstance(found, ModuleName)
            else "a function"
        )
        body.error(target, codes.CANNOT_ASSIGN, f"`{target.name}` is {what} and cannot be assigned")
    return None


def _variable(body: Body, variable: Variable, target: nodes.Name, node: nodes.Assign) -> Place | None:
    if not variable.mutable:
        hint = f"declare it with `var {variable.name}`, if it is to change"
        message = f"`{variable.name}` is set once and cannot be assigned again"
        body.error(target, codes.CANNOT_ASSIGN, message, "", hint)
        return None
    line = body.line(node)

    def read() -> TypedExpression:
        if node.op == "??=":
            return typed.GetLocal(variable, variable.type)
        return body.expression(target)

    def write(value: TypedExpression) -> TypedStatement:
        return typed.SetLocal(variable, value, line)

    return Place(variable.type, f"`{variable.name}`", read, write, (), variable)


def _top_level(body: Body, module: ClassEntry, field: Field, target: nodes.Node, node: nodes.Assign) -> Place | None:
    if Flags.FINAL in field.flags:
        return _set_once(body, field.name, target)
    key = StaticKey(module.name, field.name)
    return _static(body, class_type(module.name), field, field.type, key, node)


def _set_once(body: Body, name: str, target: nodes.Node) -> Place | None:
    hint = f"declare it with `var {name}`, if it is to change"
    body.error(target, codes.CANNOT_ASSIGN, f"`{name}` is declared with `let`: it is set once", "", hint)
    return None


def _static(body: Body, owner: Type, field: Field, type_: Type, key: Key | None, node: nodes.Assign) -> Place:
    line, ref = body.line(node), FieldRef(owner, field.name, type_)

    def read() -> TypedExpression:
        if node.op == "??=":
            return read_static(owner, field, type_, line)
        return body.expression(node.target)

    def write(value: TypedExpression) -> TypedStatement:
        return typed.SetStatic(ref, value, line)

    return Place(type_, f"`{field.name}`", read, write, (), key)


def _own_field(body: Body, found: FoundField, target: nodes.Node, node: nodes.Assign) -> Place | None:
    check_private(body, found, found.field.name, target.span)
    if found.field.is_static:
        if Flags.FINAL in found.field.flags:
            return _set_once(body, found.field.name, target)
        return _static(body, found.owner, found.field, found.type, None, node)
    instance = this(body, target.span, f"the field `{found.field.name}`")
    return None if is_wrong(instance.type) else _field(body, instance, found, target, node, True)


def _member(body: Body, target: nodes.Member, node: nodes.Assign) -> Place | None:
    if target.safe:
        hint = "test it with `!= null` first"
        body.error(target, codes.CANNOT_ASSIGN, "`?.` cannot be assigned through", "", hint)
        return None
    if isinstance(target.object, nodes.Super):
        body.error(target, codes.CANNOT_ASSIGN, "fields are not reached through `super`", "", "write `this`")
        return None
    if isinstance(target.object, nodes.GenericName):
        type_ = generic_type(body, target.object)
        return _static_member(body, type_, target, node) if type_ is not None else None
    found = qualifier(body, target.object)
    if isinstance(found, ModuleName):
        member = top_level(found.entry, target.name) if found.entry else None
        if member is not None and isinstance(member.member, Field):
            return _top_level(body, member.module, member.member, target, node)
        unknown_in_module(body, found, target)
        return None
    if isinstance(found, ClassEntry):
        return _static_member(body, found.self_type, target, node)
    return _instance_member(body, body.value(target.object), target, node)


def _static_member(body: Body, type_: Type, target: nodes.Member, node: nodes.Assign) -> Place | None:
    found = find_member(body, type_, target.name)
    if isinstance(found, FoundField) and found.field.is_static:
        return _own_field(body, found, target, node) if has_arguments(body, found.owner, target) else None
    if found is None:
        unknown_member(body, type_, target, "static field")
    elif isinstance(found, FoundMethod):
        body.error(target, codes.CANNOT_ASSIGN, f"`{target.name}` is a method and cannot be assigned")
    else:
        needs_instance(body, target.name, type_, target.name_span)
    return None


def _instance_member(body: Body, receiver: TypedExpression, target: nodes.Member, node: nodes.Assign) -> Place | None:
    type_ = receiver.type
    if is_wrong(type_):
        return None
    if type_.nullable:
        null_receiver(body, type_, target)
    elif is_raw(body, type_):
        unknown_universal(body, type_, target.name, target.name_span)
    elif is_array(type_) and target.name == "length":
        body.error(target, codes.CANNOT_ASSIGN, "the length of an array never changes", "", "use a List, which grows")
    else:
        found = find_member(body, type_, target.name)
        if isinstance(found, FoundMethod):
            body.error(target, codes.CANNOT_ASSIGN, f"`{target.name}` is a method and cannot be assigned")
        elif found is None:
            unknown_member(body, type_, target, "field")
        elif found.field.is_static:
            named_on_instance(body, found, target)
        else:
            check_private(body, found, target.name, target.name_span)
            return _field(body, receiver, found, target, node, isinstance(target.object, nodes.This))
    return None


# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────


def _field(
    body: Body, receiver: TypedExpression, found: FoundField, target: nodes.Node, node: nodes.Assign, is_own: bool
) -> Place | None:
    """A field of an object; ``is_own``: of ``this``."""
    name, is_final = found.field.name, Flags.FINAL in found.field.flags
    in_init = body.frame.role is Role.INIT and is_own and found.entry is body.owner
    if is_final and not (in_init and _may_set(body, found, target, node)):
        return None if in_init else _final_field(body, found, target)
    line = body.line(node)
    before: tuple[TypedStatement, ...] = ()
    if node.op != "=":
        before, receiver = once(body, receiver, line)
    ref = FieldRef(body.types.upper_bound(receiver.type.non_null()), name, found.type)

    def read() -> TypedExpression:
        return typed.GetField(receiver, ref, found.type, line)

    def write(value: TypedExpression) -> TypedStatement:
        return typed.SetField(receiver, ref, value, line)

    def written() -> None:
        if in_init:
            body.flow = body.flow.assign(name)
            body.flow = body.flow.touch(name) if is_final else body.flow

    return Place(found.type, f"`{name}`", read, write, before, ThisKey(name) if is_own else None, written)


def _final_field(body: Body, found: FoundField, target: nodes.Node) -> Place | None:
    name = found.field.name
    hint = f"declare it with `var {name}`, if it is to change"
    message = f"the field `{name}` is declared with `let`: only the `init` of `{found.entry.name}` may set it"
    body.error(target, codes.CANNOT_ASSIGN, message, "", hint)
    return None


def _may_set(body: Body, found: FoundField, target: nodes.Node, node: nodes.Assign) -> bool:
    """Whether a ``let`` field has no value yet on any path to here."""
    name = found.field.name
    if name not in body.flow.touched and name not in _repeated(body) and node.op == "=":
        return True
    if body.flow.reachable:
        message = f"the field `{name}` is declared with `let` and may already have a value here"
        hint = "assign it once on each path, outside loops"
        body.error(target, codes.LET_ASSIGNED_TWICE, message, "", hint)
        body.flow = body.flow.assign(name)  # so that it is not reported as unset as well
        return False
    return True


def _repeated(body: Body) -> frozenset[str]:
    """Inside a loop every ``let`` field may have been set the time before."""
    if not body.frame.loops:
        return frozenset()
    return frozenset(body.owner.fields)


def once(body: Body, value: TypedExpression, line: int) -> tuple[tuple[TypedStatement, ...], TypedExpression]:
    """An expression that can be used twice, and what evaluates it before."""
    if isinstance(value, typed.GetLocal) and not value.variable.in_cell:
        return (), value
    if isinstance(value, typed.IntValue | typed.FloatValue | typed.BoolValue | typed.StringValue):
        return (), value
    temp = body.temporary(value.type)
    return (typed.Declare(temp, value, line),), typed.GetLocal(temp, temp.type)


# ── elements ─────────────────────────────────────────────────────────────────────────────────────────────────


def _element(body: Body, target: nodes.Index, node: nodes.Assign) -> Place | None:
    element = element_of(body, target)
    if element is None:
        return None
    line = body.line(node)
    before: tuple[TypedStatement, ...] = ()
    if node.op != "=":
        first, receiver = once(body, element.receiver, line)
        second, index = once(body, element.index, line)
        before = (*first, *second)
        element = Element(receiver, index, element.is_array)
    wanted = store(body, element, target)
    if wanted is None:
        return None
    type_, write = wanted

    def read() -> TypedExpression:
        return load(body, element, target)

    return Place(type_, "the element", read, write, before)
