"""Calls: of functions, methods and function values. Arguments are checked against the signature, type arguments
found on the way."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body
from lang.checker.closures import call_row
from lang.checker.inference import EXACT, LITERAL, PLAIN, Inference, is_open
from lang.checker.subtyping import FoundMethod
from lang.checker.table import is_wrong, too_big
from lang.checker.wording import an, count
from lang.typed import TypedExpression
from minivm.classfile import Flags, Method, MethodRef, TypeParameter
from minivm.types import OBJECT, Kind, Type, class_type, variable


@frozen(eq=False)
class Signature:
    """What a call is checked against; a function value's parameters have no names. ``type_parameters`` are those
    the call determines."""

    title: str
    names: tuple[str, ...]
    parameters: tuple[Type, ...]
    result: Type
    type_parameters: tuple[TypeParameter, ...] = ()


@frozen(eq=False)
class Applied:
    """A signature with its type arguments put in, and the arguments as the parameters want them."""

    parameters: tuple[Type, ...]
    result: Type
    type_args: tuple[Type, ...]
    args: tuple[TypedExpression, ...]


@frozen(eq=False)
class Call:
    """The written parts of a call: type arguments, arguments, the whole node for messages."""

    type_args: tuple[nodes.TypeNode, ...]
    args: tuple[nodes.Expression, ...]
    node: nodes.Node


def call_of(node: nodes.Call) -> Call:
    """The parts of a call node."""
    return Call(node.type_args, node.args, node)


def apply(body: Body, signature: Signature, call: Call, expected: Type | None) -> Applied | None:
    """Check a call against a signature; None after a diagnostic that makes the result unusable."""
    explicit = _explicit(body, signature, call)
    if len(call.args) != len(signature.parameters):
        _count_error(body, signature, call)
        check_anyway(body, call.args)
        return None
    if explicit is None:
        check_anyway(body, call.args)
        return None
    if not signature.type_parameters:
        args = [argument(body, signature, i, arg, signature.parameters[i]) for i, arg in enumerate(call.args)]
        return Applied(signature.parameters, signature.result, (), tuple(args))
    return _infer(body, signature, call, explicit, expected)


def _explicit(body: Body, signature: Signature, call: Call) -> tuple[Type, ...] | None:
    """The type arguments that were written (none is fine), or None if they are wrong."""
    found = tuple(body.type(node) for node in call.type_args)
    if found and len(found) != len(signature.type_parameters):
        name = signature.title.strip("`")
        body.resolver.count_error(name, signature.type_parameters, len(found), call.node.span)
        return None
    return None if any(map(is_wrong, found)) else found


def _count_error(body: Body, signature: Signature, call: Call) -> None:
    wanted = [
        f"{name}: {type_}" if name else str(type_)
        for name, type_ in zip(signature.names, signature.parameters, strict=True)
    ]
    listed = f" (`{', '.join(wanted)}`)" if wanted else ""
    given = len(call.args)
    message = f"{signature.title} takes {count(len(wanted), 'argument')}{listed}, not {given}"
    label = "too many arguments" if given > len(wanted) else f"`{wanted[given]}` is missing"
    body.error(call.args[len(wanted)] if given > len(wanted) else call.node, codes.ARGUMENT_COUNT, message, label)


def check_anyway(body: Body, args: Sequence[nodes.Expression]) -> None:
    """Report what is wrong inside arguments whose call is wrong; literals need what is missing, so they wait."""
    for arg in args:
        if not isinstance(arg, nodes.Lambda):
            body.expression(arg)


def argument(body: Body, signature: Signature, index: int, node: nodes.Expression, wanted: Type) -> TypedExpression:
    """One argument as its parameter wants it."""
    value = body.expression(node, wanted)
    return body.fit(value, wanted, node, _purpose(signature, index))


def _purpose(signature: Signature, index: int) -> str:
    name = signature.names[index]
    return f"the argument `{name}` of {signature.title}" if name else f"argument {index + 1} of {signature.title}"


# ── type arguments ───────────────────────────────────────────────────────────────────────────────────────────


def _infer(
    body: Body, signature: Signature, call: Call, explicit: tuple[Type, ...], expected: Type | None
) -> Applied | None:
    inference = Inference(body.types, tuple(p.name for p in signature.type_parameters))
    inference.fix(explicit)
    patterns = [p.substitute(inference.renaming) for p in signature.parameters]
    result = signature.result.substitute(inference.renaming)
    if expected is not None:
        inference.expect(result, expected, inside_only=True)
    values: dict[int, TypedExpression] = {}
    plain = [i for i, arg in enumerate(call.args) if not isinstance(arg, nodes.Lambda)]
    for index in plain:
        values[index] = _learn(body, inference, patterns[index], call.args[index])
    if expected is not None:
        inference.expect(result, expected, inside_only=False)
    for index in range(len(call.args)):
        if index not in values:
            values[index] = _learn(body, inference, patterns[index], call.args[index])
    return _finish(body, inference, signature, call, (patterns, result), values)


def _learn(body: Body, inference: Inference, pattern: Type, node: nodes.Expression) -> TypedExpression:
    """Check one argument with what is known so far, and learn from its type."""
    known = inference.apply(pattern)
    is_sure = not is_open(known) and (not is_open(pattern) or _is_exact(inference, pattern))
    wish = known if is_sure or isinstance(node, nodes.Lambda) or known.kind is Kind.FUNCTION else None
    value = body.expression(node, wish)
    inference.unify(pattern, value.type, LITERAL if isinstance(value, typed.IntValue) else PLAIN)
    return value


def _is_exact(inference: Inference, pattern: Type) -> bool:
    if pattern.kind is Kind.VARIABLE:
        return inference.ranks.get(pattern.name, EXACT) == EXACT
    return all(_is_exact(inference, arg) for arg in pattern.args)


def _finish(
    body: Body,
    inference: Inference,
    signature: Signature,
    call: Call,
    patterns: tuple[list[Type], Type],
    values: dict[int, TypedExpression],
) -> Applied | None:
    missing = inference.missing()
    if missing:
        if not any(is_wrong(value.type) for value in values.values()):
            name = signature.title.strip("`")
            names = ", ".join(p.name.rstrip("'") for p in signature.type_parameters)
            hint = f"write it out: `{name}<{names}>(...)`, with types for {names}"
            unknown = missing[0].rstrip("'")
            message = f"nothing says what `{unknown}` of {signature.title} is"
            body.error(call.node, codes.CANNOT_INFER_ARGUMENT, message, "", hint)
        return None
    inference.settle()
    type_args = tuple(inference.found["?" + name] for name in inference.names)
    body.resolver.check_bounds(signature.type_parameters, type_args, call.node.span)
    parameters = tuple(inference.apply(p) for p in patterns[0])
    args = []
    for index, node in enumerate(call.args):
        args.append(body.fit(values[index], parameters[index], node, _purpose(signature, index)))
    return Applied(parameters, inference.apply(patterns[1]), type_args, tuple(args))


# ── methods and functions ────────────────────────────────────────────────────────────────────────────────────


def in_terms(method: Method, binding: dict[str, Type]) -> Method:
    """The method with its class's variables replaced. Its own type parameters are renamed where the replacements
    mention variables of the same name (of the code around the call)."""
    if not binding:
        return method
    taken = {name for type_ in binding.values() for name in variables_of(type_)}
    own = {p.name: p.name + "'" if p.name in taken else p.name for p in method.type_parameters}
    whole = {**binding, **{name: variable(new) for name, new in own.items()}}
    parameters = tuple(p.substitute(whole) for p in method.parameters)
    renamed = tuple(
        TypeParameter(own[p.name], p.bound.substitute(whole) if p.bound else None) for p in method.type_parameters
    )
    return evolve(method, parameters=parameters, result=method.result.substitute(whole), type_parameters=renamed)


def variables_of(type_: Type) -> set[str]:
    """The names of the type variables in a type."""
    if type_.kind is Kind.VARIABLE:
        return {type_.name}
    return {name for arg in type_.args for name in variables_of(arg)}


def parameter_names(method: Method) -> tuple[str, ...]:
    """The names of the parameters, made up where the class file does not say."""
    known = method.parameter_names
    return known if len(known) == len(method.parameters) else tuple(f"p{i}" for i in range(len(method.parameters)))


def signature_of(method: Method, extra: tuple[TypeParameter, ...] = ()) -> Signature:
    """The signature of a method; ``extra`` are class parameters that the call determines as well."""
    type_parameters = (*extra, *method.type_parameters)
    return Signature(f"`{method.name}`", parameter_names(method), method.parameters, method.result, type_parameters)


def call_method(
    body: Body,
    found: FoundMethod,
    receiver: TypedExpression | None,
    call: Call,
    expected: Type | None,
    row: str = "",
) -> TypedExpression:
    """Call a method that was found on the receiver's type (None: static), by ``row`` if it is given."""
    method = in_terms(found.method, dict(found.binding))
    applied = apply(body, signature_of(method), call, expected)
    if applied is None:
        return conversions.wrong()
    owner = found.owner if receiver is None or row else call_owner(body, found, receiver.type)
    return invocation(body, row or call_row(method), owner, method.name, receiver, applied, call)


def invocation(
    body: Body, row: str, owner: Type, name: str, receiver: TypedExpression | None, applied: Applied, call: Call
) -> TypedExpression:
    """The call itself."""
    if too_big(applied.result):
        return body.wrong(call.node, codes.TYPE_TOO_BIG, "the type of this grows without end")
    ref = MethodRef(owner, name, applied.parameters, applied.result, applied.type_args)
    return typed.CallMethod(row, ref, receiver, applied.args, applied.result, body.line(call.node))


def call_owner(body: Body, found: FoundMethod, receiver: Type) -> Type:
    """The type a method is called through: the receiver's, or Object for what interfaces and functions inherit."""
    bound = body.types.upper_bound(receiver.non_null())
    if bound.kind is not Kind.CLASS or Flags.PRIVATE in found.method.flags:
        return found.owner if found.owner.kind is Kind.CLASS else OBJECT
    entry = body.world.table.find(bound.name)
    return OBJECT if entry is not None and entry.file.is_interface and found.owner == OBJECT else bound


def call_static(
    body: Body,
    entry_type: Type,
    method: Method,
    call: Call,
    expected: Type | None,
    class_parameters: tuple[TypeParameter, ...] = (),
) -> TypedExpression:
    """Call a static method or top-level function. ``class_parameters``: those of a template named without type
    arguments, which the call then determines."""
    applied = apply(body, signature_of(method, class_parameters), call, expected)
    if applied is None:
        return conversions.wrong()
    count = len(class_parameters)
    owner = class_type(entry_type.name, *applied.type_args[:count]) if count else entry_type
    inner = evolve(applied, type_args=applied.type_args[count:])
    return invocation(body, "callstatic", owner, method.name, None, inner, call)


def call_value(body: Body, function: TypedExpression, title: str, call: Call) -> TypedExpression:
    """Call a value of function type."""
    type_ = function.type
    if is_wrong(type_):
        check_anyway(body, call.args)
        return function
    if type_.kind is not Kind.FUNCTION or type_.nullable:
        check_anyway(body, call.args)
        return _not_callable(body, type_, title, call)
    if call.type_args:
        return body.wrong(call.node, codes.TYPE_ARGUMENT_COUNT, f"{title} is a value, which takes no type arguments")
    names = ("",) * len(type_.parameters)
    applied = apply(body, Signature(title, names, type_.parameters, type_.result), call, None)
    if applied is None:
        return conversions.wrong()
    return invocation(body, "callvirtual", type_, "call", function, applied, call)


def _not_callable(body: Body, type_: Type, title: str, call: Call) -> TypedExpression:
    if type_.kind is Kind.FUNCTION:
        hint = "test it with `!= null` first, or insist with `!!`"
        return body.wrong(call.node, codes.NULLABLE_USED, f"{title} may be null", "called here", hint)
    return body.wrong(call.node, codes.NOT_CALLABLE, f"{title} is {an(type_)}, not a function", "called here")
