"""Methods that every value has, number or object: rows of the instruction table for what may be a raw word."""

from __future__ import annotations

from lang import codes, typed
from lang.checker import conversions
from lang.checker.body import Body
from lang.checker.calls import Call, Signature, apply, check_anyway
from lang.diagnostics import nearest
from lang.source import Span
from lang.typed import TypedExpression
from minivm.types import BOOL, FLOAT, INT, STRING, Kind, Type, class_type

_NAMES = ("toString", "hash", "equals")


def is_raw(body: Body, type_: Type) -> bool:
    """Whether a non-null value of the type may be a raw word, so that it has no class to look methods up in."""
    return not type_.nullable and not body.types.is_reference(type_) and type_.kind is not Kind.NEVER


def call_universal(body: Body, receiver: TypedExpression, name: str, call: Call, span: Span) -> TypedExpression:
    """Call a method on an int, float, bool or value of an unbounded type variable."""
    found = receiver.type
    line = body.line(call.node)
    signature = _signature(found, name)
    if signature is None:
        check_anyway(body, call.args)
        return unknown_universal(body, found, name, span)
    applied = apply(body, signature, call, None)
    if applied is None:
        return conversions.wrong()
    match name:
        case "toFloat":
            return typed.Op("itof", (receiver,), FLOAT, line) if found == INT else receiver
        case "toInt":
            return typed.Op("ftoi", (receiver,), INT, line) if found == FLOAT else receiver
        case "toString":
            return typed.TypeOp("text", found, (receiver,), STRING, line)
        case "hash":
            return typed.TypeOp("hash", found, (receiver,), INT, line)
    return typed.TypeOp("equal", found, (receiver, applied.args[0]), BOOL, line)


def _signature(type_: Type, name: str) -> Signature | None:
    if name == "toFloat" and type_ in (INT, FLOAT):
        return Signature(f"`{name}`", (), (), FLOAT)
    if name == "toInt" and type_ in (INT, FLOAT):
        return Signature(f"`{name}`", (), (), INT)
    if name == "equals":
        return Signature(f"`{name}`", ("other",), (type_,), BOOL)
    if name == "hash":
        return Signature(f"`{name}`", (), (), INT)
    return Signature(f"`{name}`", (), (), STRING) if name == "toString" else None


def unknown_universal(body: Body, type_: Type, name: str, span: Span) -> TypedExpression:
    """Report a member that such a value does not have."""
    names = (*_NAMES, "toFloat", "toInt") if type_ in (INT, FLOAT) else _NAMES
    close = nearest(name, names)
    hint = f"did you mean `{close}`?" if close else ""
    if not close and type_.kind is Kind.VARIABLE:
        hint = f"give it a bound: `{type_.name}: SomeInterface`"
    elif not close and body.types.find_method(class_type("Math"), name) is not None:
        hint = f"functions on numbers are in `Math`: `Math.{name}(...)`"
    return body.wrong(span, codes.UNKNOWN_MEMBER, f"`{type_}` has no method `{name}`", "not found", hint)
