"""What a bare name means inside a body, and reading what it names."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body
from lang.checker.flow import Key, StaticKey, ThisKey
from lang.checker.foreign import function_hint
from lang.checker.namespace import Ambiguous, TopLevel
from lang.checker.scopes import Role
from lang.checker.subtyping import FoundField, FoundMethod
from lang.checker.table import ClassEntry, is_wrong
from lang.diagnostics import nearest
from lang.source import Span
from lang.typed import TypedExpression, Variable
from minivm.classfile import Field, FieldRef, Flags
from minivm.types import Kind, Type, class_type


@frozen(eq=False)
class ModuleName:
    """A module, or the beginning of a dotted module name."""

    path: str
    entry: ClassEntry | None


Meaning = Variable | FoundField | FoundMethod | TopLevel | ClassEntry | ModuleName
_CONVERSIONS = {"int": "toInt", "float": "toFloat", "str": "toString", "string": "toString", "String": "toString"}


def lookup(body: Body, name: str) -> Meaning | Ambiguous | None:
    """Locals, then members of this class, the module, classes, other modules' top levels, modules."""
    variable = body.frame.find(name)
    if variable is not None:
        return variable
    if not body.owner.has(Flags.MODULE):
        member = find_member(body, body.owner.self_type, name)
        if member is not None:
            return member
    namespace = body.namespace
    found = namespace.find_own(name) or namespace.find_class(name) or namespace.find_outside(name)
    return found or find_module(body, name)


def find_module(body: Body, path: str) -> ModuleName | None:
    """The module of that dotted name, or what such a name begins with."""
    module = body.namespace.find_module(path)
    if module is not None and module.has(Flags.MODULE):
        return ModuleName(path, module)
    return ModuleName(path, None) if body.namespace.is_package(path) else None


def find_member(body: Body, type_: Type, name: str) -> FoundField | FoundMethod | None:
    """The field or method of that name; ``init`` is not a member that can be named."""
    field = body.types.find_field(type_, name, body.owner)
    if field is not None:
        return field
    return body.types.find_method(type_, name, body.owner) if name != "init" else None


def qualifier(body: Body, node: nodes.Node) -> ClassEntry | ModuleName | None:
    """The class or module that an expression before a dot names, or None if it is a value."""
    if isinstance(node, nodes.Name):
        found = lookup(body, node.name)
        return found if isinstance(found, ClassEntry | ModuleName) else None
    if isinstance(node, nodes.Member) and not node.safe:
        path = _dotted(node)
        first = lookup(body, path[0]) if path else None
        if isinstance(first, ModuleName):
            full = ".".join(path)
            found = body.namespace.find_class(full)
            return found if isinstance(found, ClassEntry) else find_module(body, full)
    return None


def _dotted(node: nodes.Member) -> list[str]:
    """The names of ``a.b.c``; empty for anything else."""
    names: list[str] = []
    at: nodes.Node = node
    while isinstance(at, nodes.Member) and not at.safe:
        names.append(at.name)
        at = at.object
    return [at.name, *reversed(names)] if isinstance(at, nodes.Name) else []


def unknown(body: Body, name: str, span: Span, what: str = "") -> TypedExpression:
    """Report a bare name that nothing has."""
    thing = "class" if what == "function" and name[:1].isupper() else what or "name"
    near = body.namespace.class_names() if thing == "class" else _names(body)
    close = nearest(name, near)
    hint = f"did you mean `{close}`?" if close else ""
    if name in _CONVERSIONS and what == "function":
        hint = f"conversions are methods: `x.{_CONVERSIONS[name]}()`"
    elif what == "function":
        hint = function_hint(name) or hint
    return body.wrong(span, codes.UNKNOWN_NAME, f"there is no {thing} `{name}` here", "not found", hint)


def _names(body: Body) -> Iterator[str]:
    """Every bare name that can be used here."""
    yield from body.frame.names()
    yield from body.namespace.names()
    yield from _own_members(body)


def _own_members(body: Body) -> Iterator[str]:
    if not body.owner.has(Flags.MODULE):
        yield from body.types.member_names(body.owner.self_type, body.owner)


def ambiguous(body: Body, name: str, found: Ambiguous, span: Span) -> TypedExpression:
    """Report a name that several imports give."""
    choice = " or ".join(f"`{owner}`" for owner in found.owners)
    message = f"`{name}` could be {choice}"
    return body.wrong(span, codes.AMBIGUOUS_NAME, message, "", "write the module's name before it")


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────


def this(body: Body, span: Span, what: str = "`this`") -> TypedExpression:
    """``this``; ``what`` needs it, for the message."""
    variable = body.frame.this()
    if variable is not None:
        return typed.GetLocal(variable, variable.type)
    why = body.frame.why_no_this() or "there is no instance here"
    return body.wrong(span, codes.NO_INSTANCE, f"{what} needs an instance, but {why}")


def read_raw(body: Body, variable: Variable, span: Span) -> TypedExpression:
    """A local variable as declared, whatever is known about it."""
    if body.frame.is_unset(variable):
        hint = f"give it a value where it is declared: `var {variable.name} = ...`"
        message = f"`{variable.name}` may have no value yet"
        return body.wrong(span, codes.UNSET_VARIABLE, message, "read here", hint)
    return typed.GetLocal(variable, variable.type)


def read_variable(body: Body, variable: Variable, span: Span) -> TypedExpression:
    """A local variable as what it is known to be."""
    value = read_raw(body, variable, span)
    return narrowed(body, value, variable, span)


def narrowed(body: Body, value: TypedExpression, key: Key | None, span: Span) -> TypedExpression:
    """The value as what ``key`` is known to be."""
    known = body.frame.narrowed(key) if key is not None else None
    if known is None or known == value.type or is_wrong(value.type):
        return value
    line = body.namespace.unit.source.line(span.start)
    if known == value.type.non_null():
        return conversions.unbox(value, line)
    return typed.TypeOp("cast", known, (conversions.box(body.types, value, line),), known, line)


def read_field(body: Body, found: FoundField, span: Span) -> TypedExpression:
    """A field of this class by its bare name."""
    check_private(body, found, found.field.name, span)
    line = body.namespace.unit.source.line(span.start)
    if found.field.is_static:
        value = read_static(found.owner, found.field, found.type, line)
    else:
        instance = this(body, span, f"the field `{found.field.name}`")
        if is_wrong(instance.type):
            return instance
        ref = FieldRef(instance.type, found.field.name, found.type)
        value = typed.GetField(instance, ref, found.type, line)
    return narrowed(body, value, field_key(found), span)


def read_static(owner: Type, field: Field, type_: Type, line: int) -> TypedExpression:
    """A static field."""
    return typed.GetStatic(FieldRef(owner, field.name, type_), type_, line)


def read_top_level(body: Body, found: TopLevel, span: Span) -> TypedExpression:
    """A variable of a module."""
    assert isinstance(found.member, Field)
    line = body.namespace.unit.source.line(span.start)
    value = read_static(class_type(found.module.name), found.member, found.member.type, line)
    return narrowed(body, value, top_level_key(body, found), span)


def check_private(body: Body, found: FoundField | FoundMethod, name: str, span: Span) -> bool:
    """Report a private member of another class; whether it may be used."""
    flags = found.field.flags if isinstance(found, FoundField) else found.method.flags
    if Flags.PRIVATE not in flags or found.entry is body.owner:
        return True
    hint = f"only `{found.entry.name}` itself may use it"
    body.error(span, codes.PRIVATE_MEMBER, f"`{name}` is private to `{found.entry.name}`", "private", hint)
    return False


# ── what can be narrowed ─────────────────────────────────────────────────────────────────────────────────────


def field_key(found: FoundField) -> Key | None:
    """A ``let`` field of ``this`` or of a class can be narrowed; a ``var`` may change at any call."""
    if Flags.FINAL not in found.field.flags:
        return None
    return StaticKey(found.entry.name, found.field.name) if found.field.is_static else ThisKey(found.field.name)


def top_level_key(body: Body, found: TopLevel) -> Key | None:
    """A ``let``, or a ``var`` of the program that only its own top-level statements assign, where those are."""
    key = StaticKey(found.module.name, found.member.name)
    if Flags.FINAL in found.member.flags:
        return key
    own = found.module is body.owner and body.frame.role in (Role.MAIN, Role.STATIC)
    return key if own and found.member.name not in body.shared else None


def key_of(body: Body, node: nodes.Node) -> tuple[Key, Type] | None:
    """What a test of an expression narrows, and its declared type; None if nothing."""
    found: Meaning | Ambiguous | None = None
    if isinstance(node, nodes.Name):
        found = lookup(body, node.name)
    elif isinstance(node, nodes.Member) and isinstance(node.object, nodes.This) and not node.safe:
        found = body.types.find_field(body.owner.self_type, node.name, body.owner)
    if isinstance(found, Variable):
        return None if found.in_cell else (found, found.type)
    key: Key | None = None
    if isinstance(found, FoundField):
        key = field_key(found)
        return (key, found.type) if key else None
    if isinstance(found, TopLevel) and isinstance(found.member, Field):
        key = top_level_key(body, found)
        return (key, found.member.type) if key else None
    return None


def raw_operand(body: Body, node: nodes.Expression) -> TypedExpression:
    """An expression that is about to be tested for null: a local is read as declared."""
    if isinstance(node, nodes.Name):
        variable = body.frame.find(node.name)
        if variable is not None and variable.type.kind is not Kind.NULL:
            return read_raw(body, variable, node.span)
    return body.expression(node)
