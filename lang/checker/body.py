"""The context that code is checked in, and the tables of handlers by kind of node.

Expressions contain statements (function literals, branches) and statements contain expressions, so the handlers
call each other through ``Body.expression``, ``Body.condition`` and ``Body.statement``; each module after this one
adds its own kinds of node to the tables.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from attrs import define, field, frozen

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.captures import Marks
from lang.checker.flow import Flow, join
from lang.checker.namespace import Namespace
from lang.checker.report import Report
from lang.checker.resolve import Resolver
from lang.checker.scopes import Frame
from lang.checker.subtyping import Types
from lang.checker.table import ClassEntry, Table
from lang.diagnostics import Label
from lang.source import Span
from lang.typed import TypedBlock, TypedExpression, TypedStatement, Variable
from minivm.types import BOOL, FLOAT, INT, STRING, VOID, Kind, Type

MAX_DEPTH = 90  # nodes inside nodes that are followed
_FRAMES = 6  # Python frames that one level costs at most (a call inside a call)
_RESERVE = 200  # frames for what does not count levels, such as the parts of a type


def affordable_depth() -> int:
    """MAX_DEPTH, or less where the caller has used up much of Python's stack already."""
    used, frame = 0, sys._getframe()
    while frame.f_back is not None:
        used, frame = used + 1, frame.f_back
    return max(10, min(MAX_DEPTH, (sys.getrecursionlimit() - used - _RESERVE) // _FRAMES))


Handled = TypeVar("Handled", bound=nodes.Node)


@define(eq=False)
class World:
    """What all bodies of one check share. ``depth`` counts through types inferred on the way as well; ``limit`` is
    how far it may go."""

    table: Table
    report: Report
    limit: int = MAX_DEPTH
    depth: int = 0


@frozen(eq=False)
class Condition:
    """A bool and what is known where it is true and where it is false."""

    value: TypedExpression
    when_true: Flow
    when_false: Flow


@define(eq=False)
class Body:
    """One method, initialiser or top level while it is checked; ``owner`` is the class it belongs to and
    ``variables`` the type variables in scope there."""

    world: World
    namespace: Namespace
    owner: ClassEntry
    types: Types
    resolver: Resolver
    frame: Frame
    marks: Marks
    variables: tuple[str, ...] = ()
    shared: frozenset[str] = frozenset()
    _temps: int = field(default=0)

    # ── places ───────────────────────────────────────────────────────────────────────────────────────────

    def line(self, node: nodes.Node) -> int:
        """The source line a node starts on."""
        return self.namespace.unit.source.line(node.span.start)

    def error(
        self,
        at: nodes.Node | Span,
        code: str,
        message: str,
        label: str = "",
        hint: str = "",
        labels: tuple[Label, ...] = (),
        always: bool = False,
    ) -> None:
        """Report a problem at a node or span of this unit."""
        span = at.span if isinstance(at, nodes.Node) else at
        self.world.report.error(self.namespace.unit.source, span, code, message, label, hint, labels, always)

    def wrong(self, at: nodes.Node | Span, code: str, message: str, label: str = "", hint: str = "") -> TypedExpression:
        """Report a problem; what is returned stands for the expression and causes no further ones."""
        self.error(at, code, message, label, hint)
        return conversions.wrong()

    def written(self, node: nodes.Node) -> str:
        """The node's source text, for messages; empty if it is long."""
        text = self.namespace.unit.source.text[node.span.start : node.span.end]
        return text if len(text) <= 40 and "\n" not in text else ""

    # ── flow and scopes ──────────────────────────────────────────────────────────────────────────────────

    @property
    def flow(self) -> Flow:
        """What is known at the point that checking has reached."""
        return self.frame.flow

    @flow.setter
    def flow(self, flow: Flow) -> None:
        self.frame.flow = flow

    @contextmanager
    def scope(self) -> Iterator[None]:
        """A block scope."""
        self.frame.scopes.append({})
        try:
            yield
        finally:
            self.frame.scopes.pop()

    @contextmanager
    def inside(self, frame: Frame) -> Iterator[None]:
        """A function literal's frame."""
        outer, self.frame = self.frame, frame
        try:
            yield
        finally:
            self.frame = outer

    def declare(self, name: str, type_: Type, node: nodes.Node, span: Span, mutable: bool) -> Variable:
        """A new local variable in the innermost scope."""
        scope = self.frame.scopes[-1]
        if name in scope:
            hint = f"assign to it with `{name} = ...`, or take another name"
            self.error(span, codes.DECLARED_TWICE, f"`{name}` is already declared in this block", "again", hint)
        variable = Variable(name, type_, mutable, self.marks.in_cell(node))
        scope[name] = variable
        return variable

    def temporary(self, type_: Type) -> Variable:
        """A variable that no program can name."""
        self._temps += 1
        return Variable(f"${self._temps}", type_)

    # ── dispatch ─────────────────────────────────────────────────────────────────────────────────────────

    def enter(self, node: nodes.Node) -> bool:
        """Go one level deeper, or report that it is too deep."""
        limit = self.world.limit
        if self.world.depth >= limit:
            hint = "give a part of it a name with `let`, or make it a function"
            self.error(node, codes.TOO_DEEP, "this is nested too deeply", f"more than {limit} levels", hint)
            return False
        self.world.depth += 1
        return True

    def expression(self, node: nodes.Expression, expected: Type | None = None) -> TypedExpression:
        """Check an expression; ``expected`` is a wish that shapes literals, never a check."""
        if not self.enter(node):
            return conversions.wrong()
        try:
            return _EXPRESSIONS[type(node)](self, node, expected)
        finally:
            self.world.depth -= 1

    def statement(self, node: nodes.Statement) -> list[TypedStatement]:
        """Check a statement; declarations among the results belong to the scope around it."""
        if not self.enter(node):
            return []
        try:
            return _STATEMENTS[type(node)](self, node)
        finally:
            self.world.depth -= 1

    def condition(self, node: nodes.Expression) -> Condition:
        """Check a bool expression; the flow afterwards is one of the condition's two, as the caller chooses."""
        handler = _CONDITIONS.get(type(node))
        if handler is None:
            value = self.fit(self.expression(node, BOOL), BOOL, node, "a condition")
            return Condition(value, self.flow, self.flow)
        if not self.enter(node):
            return Condition(conversions.wrong(), self.flow, self.flow)
        try:
            return handler(self, node)
        finally:
            self.world.depth -= 1

    def from_condition(self, node: nodes.Expression) -> TypedExpression:
        """A condition as an ordinary bool value."""
        found = _CONDITIONS[type(node)](self, node)
        self.flow = join((found.when_true, found.when_false))
        return found.value

    # ── statements in a row ──────────────────────────────────────────────────────────────────────────────

    def statements(self, row: tuple[nodes.Statement, ...]) -> list[TypedStatement]:
        """Check statements in order. Those that cannot be reached are checked, but left out of the result."""
        found: list[TypedStatement] = []
        for node in row:
            reached = self.flow.reachable
            made = self.statement(node)
            if reached:
                found += made
        return found

    def block(self, node: nodes.Block) -> TypedBlock:
        """Check a block in a scope of its own."""
        with self.scope():
            return TypedBlock(tuple(self.statements(node.statements)))

    # ── values that have to fit ──────────────────────────────────────────────────────────────────────────

    def value(self, node: nodes.Expression, expected: Type | None = None) -> TypedExpression:
        """Check an expression that has to have a value: not a call of a void function."""
        found = self.expression(node, expected)
        if found.type == VOID and expected != VOID and not isinstance(found, typed.GetLocal):
            return self.wrong(node, codes.VOID_VALUE, "this has no value", "nothing is returned here")
        return found

    def convert(self, value: TypedExpression, target: Type, line: int) -> TypedExpression | None:
        """The value as one of the target type, or None."""
        return conversions.convert(self.types, value, target, line)

    def fit(self, value: TypedExpression, target: Type, node: nodes.Node, purpose: str) -> TypedExpression:
        """The value as one of the target type; reports that ``purpose`` must be of that type if it does not fit."""
        found = self.convert(value, target, self.line(node))
        if found is not None:
            return found
        label = f"this is `{value.type}`" if value.type != VOID else "this has no value"
        message = f"{purpose} must be `{target}`, not `{value.type}`"
        return self.wrong(node, codes.MISMATCH, message, label, self.advice(value.type, target, node))

    def advice(self, found: Type, target: Type, node: nodes.Node) -> str:
        """How a value of one type is usually made one of the other."""
        text = self.written(node) or "the value"
        if found.kind is Kind.FUNCTION and not found.parameters and self.types.is_subtype(found.result, target):
            return f"call it: `{text}()`"
        if found.nullable and not target.nullable and self.types.can_be(found.non_null(), target):
            if found.kind is Kind.NULL:
                return f"a type that includes null is written `{target}?`"
            return f"`{text}` may be null: test it with `!= null`, give a default with `??`, or insist with `!!`"
        if (found, target.non_null()) == (INT, FLOAT):
            return f"convert it: `{_primary(text)}.toFloat()`"
        if (found, target.non_null()) == (FLOAT, INT):
            return f"convert it: `{_primary(text)}.toInt()`"
        if target.non_null() == STRING and isinstance(node, nodes.Int | nodes.Float | nodes.Bool):
            return f'write it in quotes: `"{text}"`'
        if target.non_null() == STRING and found != VOID and not found.nullable:
            return f"convert it: `{_primary(text)}.toString()`"
        if target == BOOL and found == INT:
            return f"compare it: `{text} != 0`"
        if target == BOOL and found.nullable:
            return f"compare it: `{text} != null`"
        if found.kind is Kind.CLASS and found.name == target.name and found.args:
            return "type arguments must be exactly equal: a list of a subclass is not a list of the class"
        return ""

    def type(self, node: nodes.TypeNode) -> Type:
        """The type that was written."""
        return self.resolver.resolve(node)


def _primary(text: str) -> str:
    """The text so that `.name` can follow it."""
    return text if all(c.isalnum() or c in "_.()[]" for c in text) and not text[:1].isdigit() else f"({text})"


# ── the tables ───────────────────────────────────────────────────────────────────────────────────────────────

ExpressionHandler = Callable[[Body, Handled, Type | None], TypedExpression]
StatementHandler = Callable[[Body, Handled], list[TypedStatement]]
ConditionHandler = Callable[[Body, Handled], Condition]
_EXPRESSIONS: dict[type, Callable[..., TypedExpression]] = {}
_STATEMENTS: dict[type, Callable[..., list[TypedStatement]]] = {}
_CONDITIONS: dict[type, Callable[..., Condition]] = {}


def checks_expression(kind: type[Handled]) -> Callable[[ExpressionHandler[Handled]], ExpressionHandler[Handled]]:
    """Make the decorated function the one that checks expressions of a kind."""

    def register(handler: ExpressionHandler[Handled]) -> ExpressionHandler[Handled]:
        _EXPRESSIONS[kind] = handler
        return handler

    return register


def checks_statement(kind: type[Handled]) -> Callable[[StatementHandler[Handled]], StatementHandler[Handled]]:
    """Make the decorated function the one that checks statements of a kind."""

    def register(handler: StatementHandler[Handled]) -> StatementHandler[Handled]:
        _STATEMENTS[kind] = handler
        return handler

    return register


def checks_condition(kind: type[Handled]) -> Callable[[ConditionHandler[Handled]], ConditionHandler[Handled]]:
    """Make the decorated function the one that checks conditions of a kind."""

    def register(handler: ConditionHandler[Handled]) -> ConditionHandler[Handled]:
        _CONDITIONS[kind] = handler
        return handler

    return register
