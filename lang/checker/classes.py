"""Checking the bodies of a class: methods, init, initialisers, enum cases."""

from __future__ import annotations

from attrs import evolve

from lang import codes, nodes, typed
from lang.checker.bodies import initialiser_body, method_body
from lang.checker.body import Body, World
from lang.checker.calls import Call, Signature, apply, in_terms, parameter_names
from lang.checker.closures import finish
from lang.checker.declare import DeclaredClass
from lang.checker.flow import Flow
from lang.checker.members import is_inferred
from lang.checker.scopes import Role
from lang.checker.statements import check_fields_set, declared_value, settle
from lang.checker.table import ClassEntry, binding_of, is_wrong
from lang.source import Span
from lang.typed import TypedBlock, TypedClass, TypedExpression, TypedInitialiser, TypedMethod, TypedStatement, Variable
from minivm.classfile import INIT, ClassFile, FieldRef, Flags, Method, MethodRef
from minivm.types import INT, STRING, VOID, Kind, Type, array_of


def check_class(world: World, declared: DeclaredClass) -> TypedClass:
    """Check everything inside a class."""
    entry = declared.entry
    initialisers = [*_cases(world, declared), *_initialisers(world, declared)]
    methods = [*_methods(world, declared), *_implied(world, declared)]
    return TypedClass(complete(entry), tuple(methods), tuple(initialisers))


def complete(entry: ClassEntry) -> ClassFile:
    """The class file with the members as they are known now."""
    return evolve(entry.file, fields=tuple(entry.fields.values()), methods=tuple(entry.methods.values()))


# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────


def _initialisers(world: World, declared: DeclaredClass) -> list[TypedInitialiser]:
    entry = declared.entry
    found = []
    done: set[str] = set()
    for node in declared.node.fields:
        if node.name in done or node.name not in entry.fields:
            continue
        done.add(node.name)
        if node.value is not None:
            made = _initialiser(world, declared, node, node.value)
            found += [made] if made is not None else []
        elif "static" in node.modifiers and (not node.mutable or needs_value(entry.fields[node.name].type)):
            message = f"the static field `{node.name}` has no value"
            hint = f"write it: `{node.name}: {entry.fields[node.name].type} = ...`"
            declared.error(node.name_span, codes.UNSET_FIELD, message, "", hint)
    return found


def _initialiser(
    world: World, declared: DeclaredClass, node: nodes.FieldDeclaration, value: nodes.Expression
) -> TypedInitialiser | None:
    """A field's initialiser, or None if its value went into the class file."""
    entry = declared.entry
    this = None if "static" in node.modifiers else Variable("this", entry.self_type)
    body = initialiser_body(world, declared.namespace, entry, value, this)
    if is_inferred(node.type, node.value):
        type_, checked = declared_value(body, node.name, None, value)
        settle(body, entry, node.name, type_, node.name_span)
    else:
        type_, checked = entry.fields[node.name].type, body.expression(value, entry.fields[node.name].type)
    field = entry.fields[node.name]
    checked = body.fit(checked, field.type, value, f"the value of `{node.name}`")
    constant = constant_of(checked, field.type)
    if constant is not None:
        entry.fields[node.name] = evolve(field, constant=constant)
        return None
    return TypedInitialiser(field, this, checked, body.line(value))


def constant_of(value: TypedExpression, type_: Type) -> int | float | None:
    """The word a field starts with, if its initialiser is a constant."""
    if isinstance(value, typed.NullValue) and not is_wrong(type_):
        return 0
    if isinstance(value, typed.IntValue | typed.FloatValue | typed.BoolValue) and type_ == value.type:
        return int(value.value) if isinstance(value, typed.BoolValue) else value.value
    return None


def needs_value(type_: Type) -> bool:
    """Whether a zero word is no value of the type: a non-null reference."""
    return not type_.nullable and type_.kind is not Kind.PRIMITIVE and not is_wrong(type_)


def _cases(world: World, declared: DeclaredClass) -> list[TypedInitialiser]:
    """An enum's cases: static fields, each an instance made with its name, its number and the written arguments."""
    entry = declared.entry
    found = []
    for ordinal, case in enumerate(declared.node.cases):
        body = initialiser_body(world, declared.namespace, entry, nodes.Null(span=case.span), None)
        line = body.line(case)
        init = entry.methods[INIT]
        names = parameter_names(init)[2:]
        signature = Signature(f"the case `{case.name}`", names, init.parameters[2:], entry.self_type)
        applied = apply(body, signature, Call((), case.args, case), None)
        if applied is None or case.name not in entry.fields:
            continue
        ref = MethodRef(entry.self_type, INIT, init.parameters, entry.self_type)
        first = (typed.StringValue(case.name, STRING), typed.IntValue(ordinal, INT))
        value = typed.NewObject(ref, (*first, *applied.args), entry.self_type, line)
        found.append(TypedInitialiser(entry.fields[case.name], None, value, line))
    return found


# ── methods ──────────────────────────────────────────────────────────────────────────────────────────────────


def _methods(world: World, declared: DeclaredClass) -> list[TypedMethod]:
    found = []
    done: set[str] = set()
    for node in declared.node.methods:
        method = declared.entry.methods.get(node.name)
        if node.body is None or method is None or node.name in done:
            continue
        done.add(node.name)
        if node.name == INIT:
            found.append(_init(world, declared, node, method))
        else:
            body = method_body(world, declared.namespace, declared.entry, node, method)
            found.append(check_function(body, node, method))
    return found


def check_function(body: Body, node: nodes.FunctionDeclaration, method: Method) -> TypedMethod:
    """Check a method or top-level function."""
    assert node.body is not None
    parameters = _parameters(body, node, method)
    made = list(body.block(node.body).statements)
    block = TypedBlock(tuple(finish(body, made, node.body)))
    return TypedMethod(method, body.frame.own_this, parameters, block)


def _parameters(body: Body, node: nodes.FunctionDeclaration, method: Method) -> tuple[Variable, ...]:
    types = method.parameters[len(method.parameters) - len(node.parameters) :]
    found = []
    for parameter, type_ in zip(node.parameters, types, strict=True):
        if parameter.name in body.frame.scopes[-1]:
            found.append(Variable(parameter.name, type_, True))
        else:
            found.append(body.declare(parameter.name, type_, parameter, parameter.span, True))
    return tuple(found)


def _init(world: World, declared: DeclaredClass, node: nodes.FunctionDeclaration, method: Method) -> TypedMethod:
    body = method_body(world, declared.namespace, declared.entry, node, method, Role.INIT)
    this = body.frame.own_this
    assert this is not None and node.body is not None
    hidden = _enum_parameters(declared)
    parameters = (*hidden, *_parameters(body, node, method))
    body.flow = _start(declared)
    statements = node.body.statements
    written = _super_call(statements[0]) if statements else None
    with body.scope():
        first = _super_init(body, declared, this, hidden, written, node.name_span)
        rest = body.statements(statements[1:] if written is not None else statements)
    end = Span(max(node.body.span.end - 1, node.body.span.start), node.body.span.end)
    check_fields_set(body, nodes.Null(span=end))
    if body.flow.reachable:
        line = body.namespace.unit.source.line(end.start)
        rest.append(typed.ReturnValue(typed.GetLocal(this, this.type), line))
    return TypedMethod(method, this, parameters, TypedBlock((*first, *rest)))


def _start(declared: DeclaredClass) -> Flow:
    """Where init starts: fields without an initialiser have no value, ``let`` fields with one have theirs."""
    own = [node for node in declared.node.fields if "static" not in node.modifiers]
    unset = frozenset(node.name for node in own if _must_set(declared, node))
    return Flow(unset=unset, touched=frozenset(n.name for n in own if n.value is not None and not n.mutable))


def _must_set(declared: DeclaredClass, node: nodes.FieldDeclaration) -> bool:
    field = declared.entry.fields.get(node.name)
    return field is not None and node.value is None and (not node.mutable or needs_value(field.type))


def _enum_parameters(declared: DeclaredClass) -> tuple[Variable, ...]:
    if declared.node.kind != "enum":
        return ()
    return (Variable("$name", STRING), Variable("$ordinal", INT))


def _super_call(statement: nodes.Statement) -> nodes.Call | None:
    """``super(...)`` as a statement."""
    if isinstance(statement, nodes.ExpressionStatement) and isinstance(statement.expression, nodes.Call):
        call = statement.expression
        return call if isinstance(call.callee, nodes.Super) else None
    return None


def _super_init(
    body: Body, declared: DeclaredClass, this: Variable, hidden: tuple[Variable, ...], call: nodes.Call | None, at: Span
) -> list[TypedStatement]:
    """The call of the superclass's init: as written, or without arguments."""
    above = declared.entry.file.superclass
    if above is None:
        return []
    line = body.namespace.unit.source.line((call.span if call is not None else at).start)
    if hidden:
        if call is not None:
            message = "an enum's init does not call `super`: its cases are made by the enum"
            body.error(call, codes.SUPER_INIT, message, "", "remove it")
        enum_args = tuple(typed.GetLocal(variable, variable.type) for variable in hidden)
        return [typed.SuperInit(this, MethodRef(above, INIT, (STRING, INT), above), enum_args, line)]
    entry = body.world.table.find(above.name)
    init = entry.methods.get(INIT) if entry is not None else None
    method = in_terms(init, binding_of(entry, above)) if init is not None and entry is not None else None
    parameters = method.parameters if method is not None else ()
    args: tuple[TypedExpression, ...] = ()
    if entry is not None and method is not None and Flags.PRIVATE in method.flags and entry is not body.owner:
        body.error(at, codes.PRIVATE_MEMBER, f"the init of `{above}` is private", "", "it cannot be extended from here")
    if call is not None:
        args = _super_args(body, above, method, call)
    elif parameters:
        _missing_super(body, above, method, at)
    return [typed.SuperInit(this, MethodRef(above, INIT, parameters, above), args, line)]


def _super_args(body: Body, above: Type, method: Method | None, call: nodes.Call) -> tuple[TypedExpression, ...]:
    """The arguments are evaluated before there is an object to speak of."""
    names = parameter_names(method) if method is not None else ()
    parameters = method.parameters if method is not None else ()
    signature = Signature(f"the init of `{above}`", names, parameters, VOID)
    this, body.frame.own_this = body.frame.own_this, None
    why, body.frame.no_this = body.frame.no_this, "the arguments of `super(...)` come before it"
    applied = apply(body, signature, Call(call.type_args, call.args, call), None)
    body.frame.own_this, body.frame.no_this = this, why
    return applied.args if applied is not None else ()


def _missing_super(body: Body, above: Type, method: Method | None, at: Span) -> None:
    names = ", ".join(parameter_names(method)) if method is not None else ""
    message = f"the init of `{above}` takes arguments, so it has to be called"
    hint = f"begin an `init` with `super({names})`"
    body.error(at, codes.SUPER_INIT, message, "", hint)


# ── what is there without being written ──────────────────────────────────────────────────────────────────────


def _implied(world: World, declared: DeclaredClass) -> list[TypedMethod]:
    """The default init, and an enum's ``values``."""
    entry, found = declared.entry, []
    init, values = entry.methods.get(INIT), entry.methods.get("values")
    if init is not None and Flags.SYNTHETIC in init.flags:
        found.append(_default_init(world, declared, init))
    if values is not None and Flags.SYNTHETIC in values.flags:
        found.append(_values(declared, values))
    return found


def _default_init(world: World, declared: DeclaredClass, method: Method) -> TypedMethod:
    node, entry = declared.node, declared.entry
    this = Variable("this", entry.self_type)
    body = initialiser_body(world, declared.namespace, entry, nodes.Null(span=node.name_span), this)
    for field in node.fields:
        if "static" not in field.modifiers and _must_set(declared, field):
            message = f"the field `{field.name}` never gets a value"
            hint = f"give it an initialiser, or write an `init` that assigns `this.{field.name}`"
            declared.error(field.name_span, codes.UNSET_FIELD, message, "", hint)
    hidden = _enum_parameters(declared)
    first = _super_init(body, declared, this, hidden, None, node.name_span)
    last = typed.ReturnValue(typed.GetLocal(this, this.type), declared.line(node.name_span))
    return TypedMethod(method, this, hidden, TypedBlock((*first, last)))


def _values(declared: DeclaredClass, method: Method) -> TypedMethod:
    """``values()``: a fresh array of the cases."""
    type_, line = declared.entry.self_type, declared.line(declared.node.name_span)
    array = Variable("$values", array_of(type_))
    get = typed.GetLocal(array, array.type)
    count = typed.IntValue(len(declared.node.cases), INT)
    made: list[TypedStatement] = [
        typed.Declare(array, typed.TypeOp("newarray", type_, (count,), array.type, line), line)
    ]
    for ordinal, case in enumerate(declared.node.cases):
        value = typed.GetStatic(FieldRef(type_, case.name, type_), type_, line)
        made.append(typed.SetElement(get, typed.IntValue(ordinal, INT), value, line))
    made.append(typed.ReturnValue(get, line))
    return TypedMethod(method, None, (), TypedBlock(tuple(made)))
