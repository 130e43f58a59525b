"""The syntax tree: what was written, before any name is looked up. Every node knows its span."""

from __future__ import annotations

from attrs import frozen

from lang.source import Span


@frozen(kw_only=True)
class Node:
    """Anything that was written somewhere."""

    span: Span


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────


@frozen
class NamedType(Node):
    """``Item``, ``shapes.Circle``, ``List<int>``, each possibly with ``?``."""

    name: str
    args: tuple[TypeNode, ...] = ()
    nullable: bool = False


@frozen
class FunctionType(Node):
    """``fun(int, String): bool``; result None is void; nullable as ``(fun(): int)?``."""

    parameters: tuple[TypeNode, ...]
    result: TypeNode | None
    nullable: bool = False


TypeNode = NamedType | FunctionType

# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────


@frozen
class Int(Node):
    """``42``, ``0xff``, ``1_000``; the value is not yet checked against 64 bits."""

    value: int


@frozen
class Float(Node):
    """``1.5``, ``1e9``."""

    value: float


@frozen
class Bool(Node):
    """``true`` or ``false``."""

    value: bool


@frozen
class Null(Node):
    """``null``."""


@frozen
class String(Node):
    """A literal without interpolation, escapes resolved."""

    value: str


@frozen
class Interpolation(Node):
    """``"a {x} b"``: texts (as String nodes) and expressions in order."""

    parts: tuple[Expression, ...]


@frozen
class This(Node):
    """``this``."""


@frozen
class Super(Node):
    """``super``: only as the object of a Member, or as the callee of a Call in ``init``."""


@frozen
class Name(Node):
    """A bare name."""

    name: str


@frozen
class Member(Node):
    """``object.name`` or ``object?.name``."""

    object: Expression
    name: str
    safe: bool
    name_span: Span


@frozen
class Call(Node):
    """``callee<types>(args)``: a call or a construction, told apart by the checker."""

    callee: Expression
    type_args: tuple[TypeNode, ...]
    args: tuple[Expression, ...]


@frozen
class GenericName(Node):
    """``Stack<int>`` as the object of a member access (``Stack<int>.of(1)``)."""

    name: str
    type_args: tuple[TypeNode, ...]


@frozen
class Index(Node):
    """``object[index]``."""

    object: Expression
    index: Expression


@frozen
class Unary(Node):
    """op is one of ``- ! ~`` or postfix ``!!`` (assert non-null)."""

    op: str
    operand: Expression


@frozen
class Binary(Node):
    """op is one of ``+ - * / % << >> >>> & | ^ < <= > >= == != === !== && || ??``."""

    op: str
    left: Expression
    right: Expression


@frozen
class Is(Node):
    """``x is T`` or ``x !is T``."""

    operand: Expression
    type: TypeNode
    negated: bool = False


@frozen
class As(Node):
    """``x as T``: throws CastError unless x is a T."""

    operand: Expression
    type: TypeNode


@frozen
class Range(Node):
    """``a..b`` excludes b; only in ``for``."""

    first: Expression
    last: Expression


@frozen
class If(Node):
    """``if`` as statement or expression; in an expression a branch's value is its last expression statement.

    ``otherwise`` is a Block, or an If for ``else if``, or None.
    """

    condition: Expression
    then: Block
    otherwise: Block | If | None


@frozen
class Match(Node):
    """``match x { 1, 2 => a; Color.red => b; is Circle => c; else => d }``, statement or expression.

    An arm without patterns is ``else``. A pattern is an expression, or a TypeNode wrapped in IsPattern.
    """

    subject: Expression
    arms: tuple[Arm, ...]


@frozen
class IsPattern(Node):
    """``is T`` in a match arm."""

    type: TypeNode


@frozen
class Arm(Node):
    """One arm of a match: its patterns, any of which may fit, and what it does."""

    patterns: tuple[Expression | IsPattern, ...]
    body: Block


@frozen
class Lambda(Node):
    """``fun(x: int): int { … }`` or ``fun(x) => x + 1``; parameter and result types may be left to context.

    An arrow body is a Block whose only statement is the expression, with ``arrow`` set.
    """

    parameters: tuple[Parameter, ...]
    result: TypeNode | None
    body: Block
    arrow: bool


@frozen
class Spawn(Node):
    """``spawn f(x)``; the operand must be a Call (checked later)."""

    call: Expression


@frozen
class ThrowExpression(Node):
    """``throw e``: a statement, or the right side of ``??``, or an arm or branch."""

    error: Expression


Expression = (
    Int | Float | Bool | Null | String | Interpolation | This | Super | Name | Member | Call | GenericName | Index
    | Unary | Binary | Is | As | Range | If | Match | Lambda | Spawn | ThrowExpression
)  # fmt: skip

# ── statements ───────────────────────────────────────────────────────────────────────────────────────────


@frozen
class Block(Node):
    """``{ … }``."""

    statements: tuple[Statement, ...]


@frozen
class Let(Node):
    """``let x: T = e`` or ``var x: T = e``; a ``var`` may lack the value if it has a type."""

    name: str
    type: TypeNode | None
    value: Expression | None
    mutable: bool
    name_span: Span


@frozen
class Assign(Node):
    """``target op value`` with op ``=`` or a compound such as ``+=``; target is a Name, Member or Index."""

    target: Expression
    op: str
    value: Expression


@frozen
class ExpressionStatement(Node):
    """An expression for its effect."""

    expression: Expression


@frozen
class While(Node):
    """``while condition { … }``."""

    condition: Expression
    body: Block


@frozen
class For(Node):
    """``for name in iterable``; the iterable may be a Range."""

    name: str
    iterable: Expression
    body: Block
    name_span: Span


@frozen
class Break(Node):
    """``break``."""


@frozen
class Continue(Node):
    """``continue``."""


@frozen
class Return(Node):
    """``return`` or ``return value``."""

    value: Expression | None


@frozen
class Catch(Node):
    """``catch e: IOError { … }``; without a type it catches Error."""

    name: str
    type: TypeNode | None
    body: Block


@frozen
class Try(Node):
    """``try { … } catch … finally { … }``."""

    body: Block
    catches: tuple[Catch, ...]
    finally_: Block | None


Statement = Block | Let | Assign | ExpressionStatement | While | For | Break | Continue | Return | Try

# ── declarations ─────────────────────────────────────────────────────────────────────────────────────────


@frozen
class TypeParameterNode(Node):
    """``T`` or ``T: Bound``."""

    name: str
    bound: TypeNode | None


@frozen
class Parameter(Node):
    """``name: T``; the type is None only in a lambda."""

    name: str
    type: TypeNode | None


@frozen
class FieldDeclaration(Node):
    """``private static let x: T = e``; modifiers as written; the type may be None where there is a value."""

    name: str
    type: TypeNode | None
    value: Expression | None
    mutable: bool
    modifiers: frozenset[str]
    name_span: Span


@frozen
class FunctionDeclaration(Node):
    """A function or method; ``init`` too (named "init", no result). Body None: abstract or native.

    Modifiers: ``private static abstract override final native``. Result None is void.
    """

    name: str
    type_parameters: tuple[TypeParameterNode, ...]
    parameters: tuple[Parameter, ...]
    result: TypeNode | None
    body: Block | None
    modifiers: frozenset[str]
    name_span: Span


@frozen
class EnumCase(Node):
    """``red`` or ``red(255)``: arguments go to the enum's init."""

    name: str
    args: tuple[Expression, ...]


@frozen
class ClassDeclaration(Node):
    """A class, interface or enum (``kind``); modifiers ``abstract final``; ``cases`` for an enum only."""

    kind: str
    name: str
    type_parameters: tuple[TypeParameterNode, ...]
    superclass: TypeNode | None
    interfaces: tuple[TypeNode, ...]
    cases: tuple[EnumCase, ...]
    fields: tuple[FieldDeclaration, ...]
    methods: tuple[FunctionDeclaration, ...]
    modifiers: frozenset[str]
    name_span: Span


@frozen
class Import(Node):
    """``import shapes``, ``import plugins.csv``."""

    name: str


@frozen
class Program(Node):
    """One file: its parts by kind, each kind in the order written; statements are the program."""

    imports: tuple[Import, ...]
    classes: tuple[ClassDeclaration, ...]
    functions: tuple[FunctionDeclaration, ...]
    statements: tuple[Statement, ...]
