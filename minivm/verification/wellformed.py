"""Whether a type makes sense by itself; nothing is loaded."""

from __future__ import annotations

from collections.abc import Container

from minivm.types import MAX_DEPTH, PRIMITIVES, Kind, Type

MAX_NODES = 256  # types written in one type: a template that doubles its argument at each call must end somewhere


def flaw(type_: Type, variables: Container[str] = ()) -> str:
    """What is wrong with a type whose type variables may be ``variables``; empty if nothing is."""
    if not type_.args:
        return _flaw_here(type_, variables)
    left = MAX_NODES
    todo = [(type_, 0)]
    while todo:
        at, depth = todo.pop()
        left -= 1
        if depth > MAX_DEPTH or left < 0:
            return f"a type {at.name}<…> nests too deep or is too large"
        reason = _flaw_here(at, variables)
        if reason:
            return reason
        todo.extend((arg, depth + 1) for arg in at.args)
    return ""


def _flaw_here(type_: Type, variables: Container[str]) -> str:
    match type_.kind:
        case Kind.VARIABLE:
            return "" if type_.name in variables else f"type variable {type_.name} is not bound"
        case Kind.NULL | Kind.NEVER:
            return f"{type_.name} is not a type of values here"
        case Kind.PRIMITIVE if type_.name not in PRIMITIVES or type_.args:
            return f"{type_.name} is not a primitive type"
        case Kind.FUNCTION if not type_.args:
            return "a function type without a result"
    return ""


def owner_flaw(type_: Type) -> str:
    """What keeps a type from being the owner of a member; empty if nothing does."""
    if type_.nullable or type_.kind not in (Kind.CLASS, Kind.FUNCTION):
        return f"{type_} cannot be the owner of a member: it is not a non-null class"
    return flaw(type_)
