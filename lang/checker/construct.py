"""Construction: ``Item("tea", 250)``, ``List<int>()``, ``Array<float>(100)``."""

from __future__ import annotations

from lang import codes, typed
from lang.checker import conversions
from lang.checker.body import Body
from lang.checker.calls import Call, Signature, apply, argument, check_anyway, in_terms, parameter_names
from lang.checker.names import check_private
from lang.checker.subtyping import FoundMethod
from lang.checker.table import ClassEntry, binding_of, is_array, is_wrong, too_big
from lang.typed import TypedExpression
from minivm.classfile import INIT, Flags, MethodRef, TypeParameter
from minivm.types import INT, VOID, Kind, Type, array_of, variable

_MADE_OTHERWISE = {"String": 'write it in quotes: `"..."`', "Box": "write the number itself"}


def construct(body: Body, entry: ClassEntry, given: Type | None, call: Call, expected: Type | None) -> TypedExpression:
    """Construct an instance. ``given`` is the class with its type arguments where they are written before a dot or
    known; otherwise they are in the call or found."""
    if entry.name == "Array":
        return construct_array(body, call, given, expected)
    if not _can_construct(body, entry, call):
        check_anyway(body, call.args)
        return conversions.wrong()
    init = entry.methods[INIT]
    found = FoundMethod(entry.self_type, entry, init, {})
    check_private(body, found, "init", call.node.span)
    applied = apply(body, init_signature(entry, given), call, expected)
    if applied is None:
        return conversions.wrong()
    type_ = applied.result
    if too_big(type_):
        return body.wrong(call.node, codes.TYPE_TOO_BIG, "the type of this grows without end")
    ref = MethodRef(type_, INIT, applied.parameters, type_)
    return typed.NewObject(ref, applied.args, type_, body.line(call.node))


def init_signature(entry: ClassEntry, given: Type | None) -> Signature:
    """The signature of a class's init: for the instance ``given``, or with the class's arguments to be found."""
    method = in_terms(entry.methods[INIT], binding_of(entry, given) if given is not None else {})
    names = parameter_names(method)
    if given is not None:
        return Signature(f"`{entry.name}`", names, method.parameters, given)
    return Signature(f"`{entry.name}`", names, method.parameters, entry.self_type, entry.file.type_parameters)


def _can_construct(body: Body, entry: ClassEntry, call: Call) -> bool:
    kinds = ((Flags.INTERFACE, "an interface"), (Flags.ENUM, "an enum"), (Flags.ABSTRACT, "abstract"))
    kind = next((text for flag, text in kinds if entry.has(flag)), "")
    hint = ""
    if kind == "an enum":
        hint = f"name one of its cases: `{entry.name}.{next(iter(entry.fields), 'red')}`"
    elif kind:
        hint = f"construct a class that {'implements' if kind == 'an interface' else 'extends'} it"
    elif entry.name in _MADE_OTHERWISE or INIT not in entry.methods:
        kind, hint = "not made by a call", _MADE_OTHERWISE.get(entry.name, "")
    if kind:
        message = f"`{entry.name}` is {kind}: there is nothing to construct"
        body.error(call.node, codes.CANNOT_INSTANTIATE, message, "", hint)
    return not kind


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────

_ELEMENT = (TypeParameter("T"),)


def construct_array(body: Body, call: Call, given: Type | None, expected: Type | None) -> TypedExpression:
    """``Array<T>(n)`` of zeros, or ``Array<T>(n, filler)``."""
    if len(call.args) not in (1, 2):
        message = f"`Array` takes a length and perhaps a filler, not {len(call.args)} arguments"
        check_anyway(body, call.args)
        return body.wrong(call.node, codes.ARGUMENT_COUNT, message, "", "write `Array<int>(10)` or `Array<int>(10, 1)`")
    signature = Signature("`Array`", ("length", "filler"), (INT, variable("T")), array_of(variable("T")), _ELEMENT)
    if len(call.args) == 2:
        return _filled(body, signature, call, given, expected)
    length = argument(body, signature, 0, call.args[0], INT)
    type_ = given or _array_type(body, call, expected)
    if is_wrong(type_):
        return conversions.wrong()
    if not body.world.table.environment.allow_native and not _has_zero(type_.args[0]):
        element = type_.args[0]
        message = f"the elements of an `{type_}` have no value to start with"
        size = body.written(call.args[0]) or "n"
        hint = f"give a filler, `Array<{element}>({size}, filler)`, or use `Array<{element}?>`"
        return body.wrong(call.node, codes.ARRAY_FILLER, message, "", hint)
    return typed.TypeOp("newarray", type_.args[0], (length,), type_, body.line(call.node))


def _has_zero(element: Type) -> bool:
    return element.nullable or element.kind is Kind.PRIMITIVE


def _array_type(body: Body, call: Call, expected: Type | None) -> Type:
    """The array type from the written type argument or the expected type."""
    if call.type_args:
        found = tuple(body.type(node) for node in call.type_args)
        if len(found) == 1:
            return array_of(found[0])
        body.resolver.count_error("Array", _ELEMENT, len(found), call.node.span)
        return array_of(conversions.wrong().type)
    if expected is not None and is_array(expected.non_null()):
        return expected.non_null()
    hint = "write it: `Array<int>(...)`"
    return body.wrong(call.node, codes.CANNOT_INFER_ARGUMENT, "nothing says what this array holds", "", hint).type


def _filled(body: Body, signature: Signature, call: Call, given: Type | None, expected: Type | None) -> TypedExpression:
    """Make the array, fill it, hand it on."""
    if given is not None:
        signature = Signature(signature.title, signature.names, (INT, given.args[0]), given)
    applied = apply(body, signature, call, expected)
    if applied is None:
        return conversions.wrong()
    line, type_ = body.line(call.node), applied.result
    length, filler = applied.args
    array = body.temporary(type_)
    get = typed.GetLocal(array, type_)
    made = typed.TypeOp("newarray", type_.args[0], (length,), type_, line)
    ref = MethodRef(type_, "fill", (type_.args[0],), VOID)
    fill = typed.CallMethod("callvirtual", ref, get, (filler,), VOID, line)
    return typed.Sequence((typed.Declare(array, made, line), typed.Evaluate(fill, line)), get, type_)
