"""The half of the builder that makes declarations and lists; ``builder`` adds statements and expressions."""

# What a method makes is said by its name and type, and in grammar.lark.
# ruff: noqa: D102

from __future__ import annotations

from typing import Any

from lang import nodes as n
from lang.source import Span
from lang.syntax.faults import SyntaxFault, between
from lang.syntax.tokens import NAME, Token

Parts = list[Any]

_CLASS_MODIFIERS = frozenset({"abstract", "final"})
_FIELD_MODIFIERS = frozenset({"private", "static"})
_METHOD_MODIFIERS = frozenset({"private", "static", "abstract", "override", "final", "native"})


class Declarations:
    """Callbacks for lists, programs, classes and their members."""

    # ── lists and parts that are what they enclose ───────────────────────────────────────────────────────

    def first(self, p: Parts) -> Parts:
        return p

    def append(self, p: Parts) -> Parts:
        items: Parts = p[0]
        items.append(p[1])
        return items

    def more(self, p: Parts) -> Parts:
        items: Parts = p[0]
        items.append(p[2])
        return items

    def _second(self, p: Parts) -> Any:
        return p[1]

    extends = implements = interface_extends = annotation = value = _second

    def binder(self, p: Parts) -> Token:
        token: Token = p[0]
        return token

    modifier = binder

    def qualified(self, p: Parts) -> Token:
        first: Token = p[0]
        if len(p) == 1:
            return first
        return Token(NAME, first.start, p[2].end, f"{first.value}.{p[2].value}")

    # ── programs and classes ─────────────────────────────────────────────────────────────────────────────

    def program(self, p: Parts) -> n.Program:
        items = p[1] or []
        imports = tuple(item for item in items if isinstance(item, n.Import))
        classes = tuple(item for item in items if isinstance(item, n.ClassDeclaration))
        functions = tuple(item for item in items if isinstance(item, n.FunctionDeclaration))
        declared = (n.Import, n.ClassDeclaration, n.FunctionDeclaration)
        statements = tuple(item for item in items if not isinstance(item, declared))
        return n.Program(imports, classes, functions, statements, span=between(items) if items else Span(0, 0))

    def import_(self, p: Parts) -> n.Import:
        return n.Import(p[1].value, span=between(p))

    def class_(self, p: Parts) -> n.ClassDeclaration:
        modifiers, _, _, generics, superclass, interfaces, body = p
        allowed = _modifiers(modifiers, _CLASS_MODIFIERS, "a class")
        return _class("class", p, body, generics, superclass, interfaces, modifiers=allowed)

    def interface(self, p: Parts) -> n.ClassDeclaration:
        modifiers, _, _, generics, interfaces, body = p
        _modifiers(modifiers, frozenset(), "an interface")
        return _class("interface", p, body, generics, None, interfaces)

    def enum(self, p: Parts) -> n.ClassDeclaration:
        _modifiers(p[0], frozenset(), "an enum")
        return _class("enum", p, p[9] or [], None, None, p[3], cases=tuple(p[6]))

    def case(self, p: Parts) -> n.EnumCase:
        return n.EnumCase(p[0].value, tuple(p[2] or ()), span=between(p))

    def class_body(self, p: Parts) -> ClassBody:
        return ClassBody(p[2] or [], p[0].start, p[-1].end)

    # ── members ──────────────────────────────────────────────────────────────────────────────────────────

    def field(self, p: Parts) -> n.FieldDeclaration:
        modifiers, binder, name, type_, value = p
        if type_ is None and value is None:
            raise SyntaxFault("E012", f"the field `{name.value}` needs a type or a value", name.start, name.end)
        allowed = _modifiers(modifiers, _FIELD_MODIFIERS, "a field")
        place = Span(name.start, name.end)
        return n.FieldDeclaration(name.value, type_, value, binder.kind == "var", allowed, place, span=between(p))

    def initializer(self, p: Parts) -> n.FunctionDeclaration:
        modifiers, keyword, parameters, body = p[0], p[1], _typed(p[3]), p[6]
        allowed = _modifiers(modifiers, frozenset({"private", "native"}), "`init`")
        place = Span(keyword.start, keyword.end)
        return n.FunctionDeclaration("init", (), parameters, None, body, allowed, place, span=between(p))

    def function(self, p: Parts) -> n.FunctionDeclaration:
        modifiers, name, generics, parameters, result, body = p[0], p[2], p[3], _typed(p[5]), p[8], p[9]
        allowed = _modifiers(modifiers, _METHOD_MODIFIERS, "a function")
        place = Span(name.start, name.end)
        span = between(p)
        return n.FunctionDeclaration(name.value, generics or (), parameters, result, body, allowed, place, span=span)

    def parameter(self, p: Parts) -> n.Parameter:
        return n.Parameter(p[0].value, p[1], span=between(p))

    def type_parameters(self, p: Parts) -> tuple[n.TypeParameterNode, ...]:
        return tuple(p[1])

    def type_parameter(self, p: Parts) -> n.TypeParameterNode:
        return n.TypeParameterNode(p[0].value, p[1], span=between(p))


class ClassBody(list[Any]):
    """The members of a class, and where its braces are."""

    def __init__(self, members: Parts, start: int, end: int) -> None:
        super().__init__(members)
        self.start = start
        self.end = end


def _class(
    kind: str,
    parts: Parts,
    body: Parts,
    generics: tuple[n.TypeParameterNode, ...] | None,
    superclass: n.TypeNode | None,
    interfaces: Parts | None,
    cases: tuple[n.EnumCase, ...] = (),
    modifiers: frozenset[str] = frozenset(),
) -> n.ClassDeclaration:
    name, last = parts[2], parts[-1]
    fields = tuple(member for member in body if isinstance(member, n.FieldDeclaration))
    methods = tuple(member for member in body if isinstance(member, n.FunctionDeclaration))
    place = Span(name.start, name.end)
    span = Span(between(parts[:3]).start, last.end)
    supertypes = tuple(interfaces or ())
    return n.ClassDeclaration(
        kind, name.value, generics or (), superclass, supertypes, cases, fields, methods, modifiers, place, span=span
    )


def _modifiers(words: list[Token] | None, allowed: frozenset[str], what: str) -> frozenset[str]:
    """The modifiers as a set; one that is repeated or does not belong is a fault."""
    found: set[str] = set()
    for word in words or ():
        if word.kind in found:
            raise SyntaxFault("E010", f"`{word.kind}` is written twice", word.start, word.end)
        if word.kind not in allowed:
            hint = f"{what} may be {_alternatives(allowed)}" if allowed else ""
            raise SyntaxFault("E010", f"{what} cannot be `{word.kind}`", word.start, word.end, hint)
        found.add(word.kind)
    return frozenset(found)


def _alternatives(words: frozenset[str]) -> str:
    return " or ".join(f"`{word}`" for word in sorted(words))


def _typed(parameters: list[n.Parameter] | None) -> tuple[n.Parameter, ...]:
    """The parameters of a declaration: unlike a function literal's, each has a type."""
    for parameter in parameters or ():
        if parameter.type is None:
            span, name = parameter.span, parameter.name
            hint = f"write `{name}: int`, for example"
            raise SyntaxFault("E012", f"the parameter `{name}` needs a type", span.start, span.end, hint)
    return tuple(parameters or ())
