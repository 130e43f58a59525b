"""From what the grammar matched to nodes: one method per rule of ``grammar.lark``.

A method gets the parts of its rule in order: tokens, nodes, lists; None for what is optional and absent.
"""

# What a method makes is said by its name and type, and in grammar.lark.
# ruff: noqa: D102

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from lang import nodes as n
from lang.source import Span
from lang.syntax.declarations import Declarations
from lang.syntax.faults import SyntaxFault, between
from lang.syntax.tokens import Token

Parts = list[Any]


class Builder(Declarations):
    """The callbacks of the parser; it keeps no state."""

    # ── types ────────────────────────────────────────────────────────────────────────────────────────────

    def named_type(self, p: Parts) -> n.NamedType:
        return n.NamedType(p[0].value, p[1].items if p[1] else (), p[2] is not None, span=between(p))

    def function_type(self, p: Parts) -> n.FunctionType:
        return n.FunctionType(tuple(p[2] or ()), p[4], span=between(p))

    def paren_type(self, p: Parts) -> n.TypeNode:
        nullable = p[1].nullable or p[3] is not None
        changed: n.TypeNode = evolve(p[1], nullable=nullable, span=between(p))
        return changed

    def type_arguments(self, p: Parts) -> TypeArguments:
        return TypeArguments(tuple(p[1]), span=between(p))

    # ── statements ───────────────────────────────────────────────────────────────────────────────────────

    def block(self, p: Parts) -> n.Block:
        return n.Block(tuple(p[2] or ()), span=between(p))

    def variable(self, p: Parts) -> n.Let:
        binder, name, type_, value = p
        if type_ is None and value is None:
            raise SyntaxFault("E012", f"`{name.value}` needs a type or a value", name.start, name.end)
        span = Span(name.start, name.end)
        return n.Let(name.value, type_, value, binder.kind == "var", span, span=between(p))

    def assign(self, p: Parts) -> n.Assign:
        target, op, value = p
        if not isinstance(target, n.Name | n.Member | n.Index):
            hint = "a variable, a field or an element can be assigned to"
            if op.kind == "=":
                hint += "; `==` compares"
            raise SyntaxFault("E011", "this cannot be assigned to", target.span.start, target.span.end, hint)
        return n.Assign(target, op.value, value, span=between(p))

    def expression_statement(self, p: Parts) -> n.ExpressionStatement:
        return n.ExpressionStatement(p[0], span=p[0].span)

    def while_(self, p: Parts) -> n.While:
        return n.While(p[1], p[2], span=between(p))

    def for_(self, p: Parts) -> n.For:
        name = p[1]
        return n.For(name.value, p[3], p[4], Span(name.start, name.end), span=between(p))

    def break_(self, p: Parts) -> n.Break:
        return n.Break(span=between(p))

    def continue_(self, p: Parts) -> n.Continue:
        return n.Continue(span=between(p))

    def return_(self, p: Parts) -> n.Return:
        return n.Return(p[1], span=between(p))

    def try_(self, p: Parts) -> n.Try:
        keyword, body, catches, final = p
        if not catches and final is None:
            message = "`try` needs a `catch` or a `finally`"
            raise SyntaxFault("E001", message, keyword.start, keyword.end, "for example: catch e: IOError { … }")
        return n.Try(body, tuple(catches or ()), final, span=between(p))

    def catch(self, p: Parts) -> n.Catch:
        return n.Catch(p[1].value, p[2], p[3], span=between(p))

    def catch_paren(self, p: Parts) -> n.Catch:
        return n.Catch(p[2].value, p[3], p[5], span=between(p))

    def finally_(self, p: Parts) -> n.Block:
        block: n.Block = p[1]
        return block

    # ── operators ────────────────────────────────────────────────────────────────────────────────────────

    def throw(self, p: Parts) -> n.ThrowExpression:
        return n.ThrowExpression(p[1], span=between(p))

    def arrow(self, p: Parts) -> n.Lambda:
        head, _, value = p
        body = n.Block((n.ExpressionStatement(value, span=value.span),), span=value.span)
        return n.Lambda(head.parameters, head.result, body, True, span=between(p))

    def lambda_(self, p: Parts) -> n.Lambda:
        return n.Lambda(p[0].parameters, p[0].result, p[1], False, span=between(p))

    def lambda_head(self, p: Parts) -> LambdaHead:
        return LambdaHead(tuple(p[2] or ()), p[5], span=between(p))

    def binary(self, p: Parts) -> n.Binary:
        left, op, right = p
        return n.Binary(op.kind, left, right, span=Span(left.span.start, right.span.end))

    def is_(self, p: Parts) -> n.Is:
        return n.Is(p[0], p[2], p[1].kind == "!is", span=between(p))

    def as_(self, p: Parts) -> n.As:
        return n.As(p[0], p[2], span=between(p))

    def range_(self, p: Parts) -> n.Range:
        return n.Range(p[0], p[2], span=between(p))

    def prefix(self, p: Parts) -> n.Unary:
        return n.Unary(p[0].kind, p[1], span=between(p))

    def non_null(self, p: Parts) -> n.Unary:
        return n.Unary("!!", p[0], span=between(p))

    def spawn(self, p: Parts) -> n.Spawn:
        return n.Spawn(p[1], span=between(p))

    # ── access and calls ─────────────────────────────────────────────────────────────────────────────────

    def member_access(self, p: Parts) -> n.Member:
        object_, sign, name = p
        span = Span(object_.span.start, name.end)
        return n.Member(object_, name.value, sign.kind == "?.", Span(name.start, name.end), span=span)

    def generic_member(self, p: Parts) -> n.Member:
        object_, types, _, name = p
        generic = n.GenericName(_path(object_), types.items, span=between([object_, types]))
        return n.Member(generic, name.value, False, Span(name.start, name.end), span=between(p))

    def call(self, p: Parts) -> n.Call:
        callee, types, args = p[0], p[1], p[3]
        span = Span(callee.span.start, p[5].end)
        return n.Call(callee, types.items if types else (), tuple(args or ()), span=span)

    def index(self, p: Parts) -> n.Index:
        return n.Index(p[0], p[2], span=between(p))

    # ── literals and names ───────────────────────────────────────────────────────────────────────────────

    def int_(self, p: Parts) -> n.Int:
        return n.Int(p[0].value, span=between(p))

    def float_(self, p: Parts) -> n.Float:
        return n.Float(p[0].value, span=between(p))

    def true(self, p: Parts) -> n.Bool:
        return n.Bool(True, span=between(p))

    def false(self, p: Parts) -> n.Bool:
        return n.Bool(False, span=between(p))

    def null(self, p: Parts) -> n.Null:
        return n.Null(span=between(p))

    def this(self, p: Parts) -> n.This:
        return n.This(span=between(p))

    def super_(self, p: Parts) -> n.Super:
        return n.Super(span=between(p))

    def name(self, p: Parts) -> n.Name:
        token: Token = p[0]
        return n.Name(str(token.value), span=Span(token.start, token.end))

    def string(self, p: Parts) -> n.String:
        return n.String(p[0].value, span=between(p))

    def interpolation(self, p: Parts) -> n.Interpolation:
        first, pieces, last = p
        parts = [_text(first), *(_text(piece) if isinstance(piece, Token) else piece for piece in pieces), _text(last)]
        return n.Interpolation(tuple(part for part in parts if part is not None), span=between(p))

    def pieces(self, p: Parts) -> Parts:
        pieces: Parts = p[0]
        pieces += p[1:]
        return pieces

    def paren(self, p: Parts) -> n.Expression:
        inner: n.Expression = evolve(p[1], span=between(p))
        return inner

    # ── if and match ─────────────────────────────────────────────────────────────────────────────────────

    def if_(self, p: Parts) -> n.If:
        return n.If(p[1], p[2], p[4], span=between(p))

    def match(self, p: Parts) -> n.Match:
        return n.Match(p[1], tuple(p[4] or ()), span=between(p))

    def arm(self, p: Parts) -> n.Arm:
        return n.Arm(tuple(p[0]), _as_block(p[2]), span=between(p))

    def else_arm(self, p: Parts) -> n.Arm:
        return n.Arm((), _as_block(p[2]), span=between(p))

    def is_pattern(self, p: Parts) -> n.IsPattern:
        return n.IsPattern(p[1], span=between(p))


@frozen
class TypeArguments(n.Node):
    """``<A, B>``; only until its owner is built."""

    items: tuple[n.TypeNode, ...]


@frozen
class LambdaHead(n.Node):
    """``fun(x): int`` before ``=>`` or a block; only until its Lambda is built."""

    parameters: tuple[n.Parameter, ...]
    result: n.TypeNode | None


def _text(token: Token) -> n.String | None:
    """A piece of text of an interpolated string, if there is any."""
    return n.String(str(token.value), span=Span(token.start, token.end)) if token.value else None


def _as_block(body: n.Statement) -> n.Block:
    return body if isinstance(body, n.Block) else n.Block((body,), span=body.span)


def _path(expression: n.Expression) -> str:
    """The dotted name that stands before type arguments."""
    names: list[str] = []
    at = expression
    while isinstance(at, n.Member) and not at.safe:
        names.append(at.name)
        at = at.object
    if not isinstance(at, n.Name):
        span = expression.span
        raise SyntaxFault("E001", "type arguments follow the name of a class", span.start, span.end)
    return ".".join([at.name, *reversed(names)])
