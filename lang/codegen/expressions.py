"""Expressions and conditions: each leaves one word on the stack, or branches without making one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from lang.codegen.assembler import Assembler, Label
from lang.codegen.frame import Frame, cell_value
from lang.codegen.work import Step, Work
from lang.typed import (
    And,
    BoolValue,
    CallMethod,
    Choose,
    Closure,
    Concat,
    FloatValue,
    GetField,
    GetLocal,
    GetStatic,
    IntValue,
    IsNull,
    NewObject,
    NullValue,
    Op,
    Or,
    Raise,
    Sequence,
    StringValue,
    TypedExpression,
    TypedStatement,
    TypeOp,
    UnitValue,
    Variable,
)
from minivm.types import Kind


class ExpressionWriter(ABC):
    """Generates expressions into an assembler; statements and closures inside them are the subclass's."""

    def __init__(self, assembler: Assembler) -> None:
        self.assembler = assembler
        self.frame = Frame(assembler)

    @abstractmethod
    def statements(self, statements: Iterable[TypedStatement]) -> Step:
        """Generate statements in the current scope."""

    @abstractmethod
    def closure(self, closure: Closure) -> Step:
        """Generate a closure's class and its creation."""

    def expression(self, expression: TypedExpression) -> Step:
        """Generate ``expression``: one word more on the stack, or the end of the path if its type is never."""
        return EXPRESSIONS[type(expression)](self, expression)

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────

    def int_value(self, e: IntValue) -> None:
        """Push the number."""
        self.assembler.emit("iconst", e.value)

    def float_value(self, e: FloatValue) -> None:
        """Push the number."""
        self.assembler.emit_constant("fconst", float(e.value))

    def bool_value(self, e: BoolValue) -> None:
        """Push the truth value."""
        self.assembler.emit("bconst", int(e.value))

    def string_value(self, e: StringValue) -> None:
        """Push the text."""
        self.assembler.emit_constant("sconst", e.value)

    def null_value(self, _: NullValue) -> None:
        """Push null."""
        self.assembler.emit("null")

    def unit_value(self, _: UnitValue) -> None:
        """Push the value of type void."""
        self.assembler.emit("unit")

    # ── variables and fields ─────────────────────────────────────────────────────────────────────────────

    def get_local(self, e: GetLocal) -> None:
        """Push the variable's value, out of its cell if it has one."""
        self.load(e.variable)
        cell = self.frame.place(e.variable).cell
        if cell is not None:
            self.assembler.emit_constant("getfield", cell_value(cell))

    def load(self, variable: Variable) -> None:
        """Push what the variable's place holds: the cell itself where there is one."""
        place = self.frame.place(variable)
        if place.captured is None:
            self.assembler.emit("load", place.slot)
        else:
            self.assembler.emit("load", 0)
            self.assembler.emit_constant("getfield", place.captured)

    def get_field(self, e: GetField) -> Work:
        """Push a field's value."""
        yield self.expression(e.object)
        self.assembler.line = e.line
        self.assembler.emit_constant("getfield", e.ref)

    def get_static(self, e: GetStatic) -> None:
        """Push a static field's value."""
        self.assembler.line = e.line
        self.assembler.emit_constant("getstatic", e.ref)

    # ── operations ───────────────────────────────────────────────────────────────────────────────────────

    def all(self, expressions: Iterable[TypedExpression], line: int) -> Work:
        """Push the values in order; what follows stands on ``line``."""
        for expression in expressions:
            yield self.expression(expression)
        self.assembler.line = line

    def op(self, e: Op) -> Work:
        """A row without operands."""
        yield self.all(e.args, e.line)
        self.assembler.emit(e.row)

    def type_op(self, e: TypeOp) -> Work:
        """A row with a type operand."""
        yield self.all(e.args, e.line)
        self.assembler.emit_constant(e.row, e.operand)

    def concat(self, e: Concat) -> Work:
        """Join strings."""
        yield self.all(e.parts, e.line)
        self.assembler.emit("concat", len(e.parts))

    def call(self, e: CallMethod) -> Work:
        """A call; one that never comes back ends the path."""
        yield self.all(e.args if e.receiver is None else (e.receiver, *e.args), e.line)
        self.assembler.emit_constant(e.row, e.ref)
        if e.type.kind is Kind.NEVER:
            self.assembler.emit("throw")  # not reached: a word of type never is also an Error

    def new_object(self, e: NewObject) -> Work:
        """A construction."""
        yield self.all(e.args, e.line)
        self.assembler.emit_constant("new", e.ref)

    def raise_(self, e: Raise) -> Work:
        """``throw`` as an expression."""
        yield self.expression(e.error)
        self.assembler.line = e.line
        self.assembler.emit("throw")

    def sequence(self, e: Sequence) -> Work:
        """Statements, then a value, in a scope of their own."""
        with self.frame.scope():
            yield self.statements(e.statements)
            if e.value is not None and self.assembler.reachable:
                yield self.expression(e.value)

    # ── conditions ───────────────────────────────────────────────────────────────────────────────────────

    def choose(self, e: Choose) -> Work:
        """``if`` with a value."""
        yield self._either(e, self.expression)

    def _either(self, e: Choose, branch: Callable[[TypedExpression], Step]) -> Work:
        otherwise, end = Label(), Label()
        yield self.branch(e.condition, otherwise, False)
        yield branch(e.then)
        self.assembler.jump("jump", end)
        self.assembler.place(otherwise)
        if self.assembler.reachable:
            yield branch(e.otherwise)
        self.assembler.place(end)

    def materialise(self, e: And | Or | IsNull) -> Work:
        """A condition whose value is wanted: the one place where branches become a bool."""
        otherwise, end = Label(), Label()
        yield self.branch(e, otherwise, False)
        self.assembler.emit("bconst", 1)
        self.assembler.jump("jump", end)
        self.assembler.place(otherwise)
        self.assembler.emit("bconst", 0)
        self.assembler.place(end)

    def branch(self, condition: TypedExpression, target: Label, sense: bool) -> Work:
        """Go to ``target`` if the condition is ``sense``, else fall through."""
        while isinstance(condition, Op) and condition.row == "not":
            condition, sense = condition.args[0], not sense
        if isinstance(condition, BoolValue):
            if condition.value is sense:
                self.assembler.jump("jump", target)
        elif isinstance(condition, IsNull):
            yield self.expression(condition.operand)
            self.assembler.jump("jumpnull" if sense else "jumpnonnull", target)
        elif isinstance(condition, And | Or):
            yield self._branch_both(condition, target, sense)
        elif isinstance(condition, Choose):
            yield self._either(condition, lambda e: self.branch(e, target, sense))
        elif isinstance(condition, Sequence) and condition.value is not None:
            yield self._branch_sequence(condition, condition.value, target, sense)
        else:
            yield self.expression(condition)
            self.assembler.jump("jumpif" if sense else "jumpunless", target)

    def _branch_both(self, condition: And | Or, target: Label, sense: bool) -> Work:
        if isinstance(condition, Or) is sense:  # either side alone decides for the target
            yield self.branch(condition.left, target, sense)
            yield self.branch(condition.right, target, sense)
        else:  # the left side can decide against it
            past = Label()
            yield self.branch(condition.left, past, not sense)
            if self.assembler.reachable:
                yield self.branch(condition.right, target, sense)
            self.assembler.place(past)

    def _branch_sequence(self, e: Sequence, value: TypedExpression, target: Label, sense: bool) -> Work:
        with self.frame.scope():
            yield self.statements(e.statements)
            if self.assembler.reachable:
                yield self.branch(value, target, sense)

    # ── effects ──────────────────────────────────────────────────────────────────────────────────────────

    def effect(self, expression: TypedExpression) -> Work:
        """Generate ``expression`` for its effect only; nothing is left on the stack."""
        if isinstance(expression, Choose):
            yield self._either(expression, self.effect)
        elif isinstance(expression, Sequence):
            with self.frame.scope():
                yield self.statements(expression.statements)
                if expression.value is not None and self.assembler.reachable:
                    yield self.effect(expression.value)
        elif isinstance(expression, And | Or):
            end = Label()
            yield self.branch(expression.left, end, isinstance(expression, Or))
            yield self.effect(expression.right)
            self.assembler.place(end)
        elif not isinstance(expression, UnitValue):
            yield self.expression(expression)
            self.assembler.emit("pop")


EXPRESSIONS: dict[type, Callable[..., Step]] = {
    IntValue: ExpressionWriter.int_value,
    FloatValue: ExpressionWriter.float_value,
    BoolValue: ExpressionWriter.bool_value,
    StringValue: ExpressionWriter.string_value,
    NullValue: ExpressionWriter.null_value,
    UnitValue: ExpressionWriter.unit_value,
    GetLocal: ExpressionWriter.get_local,
    GetField: ExpressionWriter.get_field,
    GetStatic: ExpressionWriter.get_static,
    Op: ExpressionWriter.op,
    TypeOp: ExpressionWriter.type_op,
    Concat: ExpressionWriter.concat,
    And: ExpressionWriter.materialise,
    Or: ExpressionWriter.materialise,
    IsNull: ExpressionWriter.materialise,
    Choose: ExpressionWriter.choose,
    Sequence: ExpressionWriter.sequence,
    CallMethod: ExpressionWriter.call,
    NewObject: ExpressionWriter.new_object,
    Closure: lambda writer, closure: writer.closure(closure),
    Raise: ExpressionWriter.raise_,
}
