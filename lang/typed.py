"""The typed tree: every name resolved, every conversion explicit, every sugar gone. Codegen reads only this.

Rows of the instruction table are named directly (``Op("iadd", …)``), so what an operator means is decided once, by
the checker. Expressions carry their type; statements and calls carry the source line they stand on.
"""

from __future__ import annotations

from attrs import define, field, frozen

from minivm.classfile import ClassFile, Field, FieldRef, Method, MethodRef
from minivm.types import Type


@define(eq=False)
class Variable:
    """A local, parameter, ``this`` or temporary. ``in_cell`` is set when a closure captures it and it is assigned
    after its declaration: it then lives in a ``Cell<T>`` object that the frames share."""

    name: str
    type: Type
    mutable: bool = False
    in_cell: bool = False


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────


@frozen(eq=False)
class IntValue:
    """An int constant."""

    value: int
    type: Type


@frozen(eq=False)
class FloatValue:
    """A float constant."""

    value: float
    type: Type


@frozen(eq=False)
class BoolValue:
    """A bool constant."""

    value: bool
    type: Type


@frozen(eq=False)
class StringValue:
    """A String constant."""

    value: str
    type: Type


@frozen(eq=False)
class NullValue:
    """null."""

    type: Type


@frozen(eq=False)
class UnitValue:
    """The value of type void."""

    type: Type


@frozen(eq=False)
class GetLocal:
    """Read a variable."""

    variable: Variable
    type: Type  # the variable's type (narrowing is an explicit unbox or cast around this)


@frozen(eq=False)
class GetField:
    """Read an instance field."""

    object: TypedExpression
    ref: FieldRef
    type: Type
    line: int


@frozen(eq=False)
class GetStatic:
    """Read a static field."""

    ref: FieldRef
    type: Type
    line: int


@frozen(eq=False)
class Op:
    """Evaluate ``args`` in order, then a row that has no operand (arithmetic, comparison, not, same, array access)."""

    row: str
    args: tuple[TypedExpression, ...]
    type: Type
    line: int


@frozen(eq=False)
class TypeOp:
    """Evaluate ``args`` in order, then a row with a type operand (equal, text, cast, box …)."""

    row: str
    operand: Type
    args: tuple[TypedExpression, ...]
    type: Type
    line: int


@frozen(eq=False)
class Concat:
    """Join String expressions."""

    parts: tuple[TypedExpression, ...]
    type: Type
    line: int


@frozen(eq=False)
class And:
    """Both, the right one only if the left is true."""

    left: TypedExpression
    right: TypedExpression
    type: Type


@frozen(eq=False)
class Or:
    """Either, the right one only if the left is false."""

    left: TypedExpression
    right: TypedExpression
    type: Type


@frozen(eq=False)
class IsNull:
    """Whether a reference is null, as a bool."""

    operand: TypedExpression
    type: Type


@frozen(eq=False)
class Choose:
    """``if`` as an expression: each branch is a sequence with a value (or of type never)."""

    condition: TypedExpression
    then: TypedExpression
    otherwise: TypedExpression
    type: Type


@frozen(eq=False)
class Sequence:
    """Statements, then a value; value None is of type never (the statements do not complete)."""

    statements: tuple[TypedStatement, ...]
    value: TypedExpression | None
    type: Type


@frozen(eq=False)
class CallMethod:
    """A call. ``row`` is callvirtual, callspecial or callstatic; ``receiver`` is None for callstatic."""

    row: str
    ref: MethodRef
    receiver: TypedExpression | None
    args: tuple[TypedExpression, ...]
    type: Type
    line: int


@frozen(eq=False)
class NewObject:
    """Construct: ``ref`` names ``init`` of the class, its result is the class."""

    ref: MethodRef
    args: tuple[TypedExpression, ...]
    type: Type
    line: int


@frozen(eq=False)
class Closure:
    """A function literal. Each capture pairs the variable outside with the one that stands for it inside
    (``this`` is captured like any other). ``type`` is the function type.

    ``type_parameters`` are the names of the enclosing class's and method's type variables, which the closure's own
    class has as its type parameters, so that one closure class serves every instantiation of its template.
    """

    captures: tuple[tuple[Variable, Variable], ...]
    parameters: tuple[Variable, ...]
    body: TypedBlock
    type: Type
    type_parameters: tuple[str, ...]
    line: int


@frozen(eq=False)
class Raise:
    """``throw`` as an expression of type never."""

    error: TypedExpression
    type: Type
    line: int


TypedExpression = (
    IntValue | FloatValue | BoolValue | StringValue | NullValue | UnitValue | GetLocal | GetField | GetStatic | Op
    | TypeOp | Concat | And | Or | IsNull | Choose | Sequence | CallMethod | NewObject | Closure | Raise
)  # fmt: skip

# ── statements ───────────────────────────────────────────────────────────────────────────────────────────


@frozen(eq=False)
class TypedBlock:
    """Statements in order."""

    statements: tuple[TypedStatement, ...]


@frozen(eq=False)
class Declare:
    """A variable comes into scope; without a value it is unset until assigned (the checker has proved it is)."""

    variable: Variable
    value: TypedExpression | None
    line: int


@frozen(eq=False)
class SetLocal:
    """Assign a variable."""

    variable: Variable
    value: TypedExpression
    line: int


@frozen(eq=False)
class SetField:
    """Assign an instance field."""

    object: TypedExpression
    ref: FieldRef
    value: TypedExpression
    line: int


@frozen(eq=False)
class SetStatic:
    """Assign a static field."""

    ref: FieldRef
    value: TypedExpression
    line: int


@frozen(eq=False)
class SetElement:
    """Assign an array element."""

    array: TypedExpression
    index: TypedExpression
    value: TypedExpression
    line: int


@frozen(eq=False)
class Evaluate:
    """An expression for its effect; its word is dropped."""

    expression: TypedExpression
    line: int


@frozen(eq=False)
class Branch:
    """``if`` as a statement."""

    condition: TypedExpression
    then: TypedBlock
    otherwise: TypedBlock | None
    line: int


@define(eq=False)
class Loop:
    """``while condition { body; step }``; ``continue`` goes to ``step``. Break and Continue name their Loop.

    Mutable only so that the statements inside can name it before its body is complete.
    """

    condition: TypedExpression | None = None
    body: TypedBlock = field(factory=lambda: TypedBlock(()))
    step: TypedBlock = field(factory=lambda: TypedBlock(()))
    line: int = 0


@frozen(eq=False)
class BreakLoop:
    """Leave a loop."""

    loop: Loop
    line: int


@frozen(eq=False)
class ContinueLoop:
    """Go on with a loop's step."""

    loop: Loop
    line: int


@define(eq=False)
class ReturnValue:
    """``value`` is never None: a void method returns UnitValue, init returns ``this``.

    Mutable only so that the values of a function literal can be converted once their common type is known.
    """

    value: TypedExpression
    line: int


@frozen(eq=False)
class TypedCatch:
    """One catch clause."""

    variable: Variable
    type: Type
    body: TypedBlock


@frozen(eq=False)
class TryStatement:
    """``try`` with its catches and ``finally``."""

    body: TypedBlock
    catches: tuple[TypedCatch, ...]
    finally_: TypedBlock | None
    line: int


@frozen(eq=False)
class SuperInit:
    """First statement of every init but Object's: call the superclass's init on ``this``, then run the field
    initialisers of this class (codegen emits ``initfields`` after the call)."""

    this: Variable
    ref: MethodRef
    args: tuple[TypedExpression, ...]
    line: int


TypedStatement = (
    TypedBlock | Declare | SetLocal | SetField | SetStatic | SetElement | Evaluate | Branch | Loop | BreakLoop
    | ContinueLoop | ReturnValue | TryStatement | SuperInit
)  # fmt: skip

# ── declarations ─────────────────────────────────────────────────────────────────────────────────────────


@frozen(eq=False)
class TypedMethod:
    """A method with a body. ``header`` is its class-file row without code; ``this`` is None if static.

    The body always ends in a ReturnValue, a throw or an endless loop on every path.
    """

    header: Method
    this: Variable | None
    parameters: tuple[Variable, ...]
    body: TypedBlock


@frozen(eq=False)
class TypedInitialiser:
    """A field's initialiser that is not a constant in ``Field.constant``: becomes method ``=name``.

    ``this`` is None for a static field.
    """

    field: Field
    this: Variable | None
    value: TypedExpression
    line: int


@frozen(eq=False)
class TypedClass:
    """A checked class: its class file without code and constants, and the bodies that codegen adds.

    ``header.methods`` holds every declared method (abstract and native ones are complete already); ``methods`` holds
    those with bodies. ``static_statements`` are run by ``=static`` after the static initialisers, in order (an
    imported module's top level; empty otherwise).
    """

    header: ClassFile
    methods: tuple[TypedMethod, ...]
    initialisers: tuple[TypedInitialiser, ...]
    static_statements: tuple[TypedStatement, ...] = ()
