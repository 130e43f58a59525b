"""Unary and binary operators: each becomes a row of the instruction table, or a call."""

from __future__ import annotations

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, Condition, checks_condition, checks_expression
from lang.checker.flow import join
from lang.checker.narrowing import assume_non_null, null_test
from lang.checker.table import WRONG, is_wrong
from lang.checker.wording import an
from lang.typed import TypedExpression
from minivm.classfile import MethodRef
from minivm.types import BOOL, FLOAT, INT, OBJECT, STRING, VOID, Kind, Type

_NUMBER_ROWS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "%": "rem"}
_BIT_ROWS = {"&": "iand", "|": "ior", "^": "ixor", "<<": "ishl", ">>": "ishr", ">>>": "iushr"}
_COMPARE_ROWS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_CONDITIONAL = ("&&", "||", "==", "!=", "===", "!==")
MIN_INT, MAX_INT, MAX_HEX = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1


# ── arithmetic and comparison ────────────────────────────────────────────────────────────────────────────────


@checks_expression(nodes.Binary)
def binary(body: Body, node: nodes.Binary, expected: Type | None) -> TypedExpression:
    """``a op b``. A row ``a + b + c`` leans left, and is walked without recursion."""
    if node.op in _CONDITIONAL:
        return body.from_condition(node)
    if node.op == "??":
        return default(body, node, expected)
    spine = [node]
    while isinstance(spine[-1].left, nodes.Binary) and spine[-1].left.op not in (*_CONDITIONAL, "??"):
        spine.append(spine[-1].left)
    value = body.value(spine[-1].left)
    for part in reversed(spine):
        value = operate(body, part.op, value, body.value(part.right), part)
    return value


def operate(body: Body, op: str, left: TypedExpression, right: TypedExpression, node: nodes.Node) -> TypedExpression:
    """An arithmetic, bit or comparison operator on two values (for ``a += b`` as well)."""
    line = body.line(node)
    if is_wrong(left.type) or is_wrong(right.type):
        return conversions.wrong()
    if op == "+" and STRING in (left.type, right.type) and VOID not in (left.type, right.type):
        return concat(text(body, left, line), text(body, right, line), line)
    left, right = _balance(body, left, right, line)
    if left.type == right.type == STRING and op in _COMPARE_ROWS:
        ref = MethodRef(STRING, "compare", (STRING,), INT)
        order = typed.CallMethod("callvirtual", ref, left, (right,), INT, line)
        return typed.Op("i" + _COMPARE_ROWS[op], (order, conversions.int_value(0)), BOOL, line)
    row = _row(op, left.type, right.type)
    if row is None:
        return _undefined(body, op, left, right, node)
    return typed.Op(row, (left, right), BOOL if op in _COMPARE_ROWS else left.type, line)


def _row(op: str, left: Type, right: Type) -> str | None:
    """The row for an operator on two types."""
    if op in _BIT_ROWS:
        return _BIT_ROWS[op] if left == right == INT else None
    if left != right or left not in (INT, FLOAT):
        return None
    kind = "i" if left == INT else "f"
    return kind + (_COMPARE_ROWS.get(op) or _NUMBER_ROWS[op])


def _balance(
    body: Body, left: TypedExpression, right: TypedExpression, line: int
) -> tuple[TypedExpression, TypedExpression]:
    """An int literal beside a float becomes a float."""
    if left.type == FLOAT and isinstance(right, typed.IntValue):
        return left, body.convert(right, FLOAT, line) or right
    if right.type == FLOAT and isinstance(left, typed.IntValue):
        return body.convert(left, FLOAT, line) or left, right
    return left, right


def _undefined(body: Body, op: str, left: TypedExpression, right: TypedExpression, node: nodes.Node) -> TypedExpression:
    for side in (left.type, right.type):
        if side.nullable and (side.non_null() in (INT, FLOAT, STRING) or side.kind is Kind.NULL):
            hint = "test it with `!= null` first, give a default with `??`, or insist with `!!`"
            return body.wrong(node, codes.NULLABLE_USED, f"`{op}` on {an(side)}, which may be null", "", hint)
    hint = ""
    if Kind.FUNCTION in (left.type.kind, right.type.kind):
        hint = "a method's name alone is the method itself: `()` calls it"
    elif {left.type, right.type} == {INT, FLOAT}:
        hint = "convert one side: `.toFloat()` on the int, or `.toInt()` on the float"
    elif left.type == right.type == BOOL:
        hint = {"&": "write `&&`", "|": "write `||`", "^": "write `!=`"}.get(op, "")
    message = f"`{op}` is not defined for `{left.type}` and `{right.type}`"
    return body.wrong(node, codes.BAD_OPERANDS, message, "", hint)


# ── strings ──────────────────────────────────────────────────────────────────────────────────────────────────


def text(body: Body, value: TypedExpression, line: int) -> TypedExpression:
    """The value as a String."""
    if value.type == STRING:
        return value
    operand = OBJECT.or_null() if value.type.kind is Kind.NULL else value.type  # `null` alone is of no type at run time
    return typed.TypeOp("text", operand, (value,), STRING, line)


def concat(left: TypedExpression, right: TypedExpression, line: int) -> TypedExpression:
    """Two strings joined; a row of joins stays one."""
    parts = left.parts if isinstance(left, typed.Concat) else (left,)
    return typed.Concat((*parts, right), STRING, line)


# ── equality ─────────────────────────────────────────────────────────────────────────────────────────────────


def equality(body: Body, left: TypedExpression, right: TypedExpression, node: nodes.Node) -> TypedExpression:
    """``left == right`` by value."""
    line = body.line(node)
    if is_wrong(left.type) or is_wrong(right.type):
        return conversions.wrong()
    left, right = _balance(body, left, right, line)
    if left.type == right.type and left.type in (INT, FLOAT):
        return typed.Op("ieq" if left.type == INT else "feq", (left, right), BOOL, line)
    common = _comparable(body, left, right, line)
    if common is None:
        message = f"{an(left.type)} never equals {an(right.type)}"
        hint = "convert one side first" if {left.type, right.type} == {INT, FLOAT} else ""
        return body.wrong(node, codes.IMPOSSIBLE_TEST, message, "always false", hint)
    return typed.TypeOp("equal", common[0].type, common, BOOL, line)


def _comparable(
    body: Body, left: TypedExpression, right: TypedExpression, line: int
) -> tuple[TypedExpression, TypedExpression] | None:
    """Both as values of one type, or None if they have nothing in common."""
    if VOID in (left.type, right.type):
        return None
    for first, second in ((left.type, right.type), (right.type, left.type)):
        target = first.or_null() if second.nullable else first
        a, b = body.convert(left, target, line), body.convert(right, target, line)
        if a is not None and b is not None:
            return _as(a, target), _as(b, target)
    a, b = conversions.box(body.types, left, line), conversions.box(body.types, right, line)
    if not body.types.can_be(a.type, b.type) or (a.type.non_null() != b.type.non_null() and _raw(a, b)):
        return None
    top = Type(Kind.CLASS, "Object", (), True)
    return _as(a, top), _as(b, top)


def _raw(left: TypedExpression, right: TypedExpression) -> bool:
    return any(side.type.kind is Kind.PRIMITIVE for side in (left, right))


def _as(value: TypedExpression, target: Type) -> TypedExpression:
    """The value seen as a supertype (no instruction): both operands of ``equal`` have its type."""
    return value if value.type == target else typed.Sequence((), value, target)


@checks_condition(nodes.Binary)
def binary_condition(body: Body, node: nodes.Binary) -> Condition:
    """``&&`` and ``||`` pass on what their sides teach; null tests teach; other operators do not."""
    if node.op in ("&&", "||"):
        return _logical(body, node)
    if node.op in ("==", "!=", "===", "!=="):
        return _equality_condition(body, node)
    value = body.fit(binary(body, node, BOOL), BOOL, node, "a condition")
    return Condition(value, body.flow, body.flow)


def _logical(body: Body, node: nodes.Binary) -> Condition:
    """A row of ``&&`` or of ``||``, walked without recursion: what one side teaches holds for the next."""
    operands = [node.right]
    first = node.left
    while isinstance(first, nodes.Binary) and first.op == node.op:
        operands.append(first.right)
        first = first.left
    left = body.condition(first)
    for operand in reversed(operands):
        body.flow = left.when_true if node.op == "&&" else left.when_false
        right = body.condition(operand)
        if node.op == "&&":
            value: TypedExpression = typed.And(left.value, right.value, BOOL)
            left = Condition(value, right.when_true, join((left.when_false, right.when_false)))
        else:
            value = typed.Or(left.value, right.value, BOOL)
            left = Condition(value, join((left.when_true, right.when_true)), right.when_false)
    return left


def _equality_condition(body: Body, node: nodes.Binary) -> Condition:
    equal = node.op in ("==", "===")
    if isinstance(node.right, nodes.Null):
        return null_test(body, node.left, equal, node)
    if isinstance(node.left, nodes.Null):
        return null_test(body, node.right, equal, node)
    left, right = body.value(node.left), body.value(node.right)
    value = equality(body, left, right, node) if len(node.op) == 2 else _same(body, left, right, node)
    if not equal and not is_wrong(value.type):
        value = _negated_row(value, body.line(node))
    return Condition(value, body.flow, body.flow)


def _negated_row(value: TypedExpression, line: int) -> TypedExpression:
    if isinstance(value, typed.Op) and value.row in ("ieq", "feq"):
        return typed.Op(value.row[0] + "ne", value.args, BOOL, line)
    return conversions.negated(value, line)


def _same(body: Body, left: TypedExpression, right: TypedExpression, node: nodes.Binary) -> TypedExpression:
    if is_wrong(left.type) or is_wrong(right.type):
        return conversions.wrong()
    for side in (left.type, right.type):
        if not body.types.is_reference(side):
            message = f"`{node.op}` compares objects, and {an(side)} is not one"
            return body.wrong(node, codes.BAD_OPERANDS, message, "", f"write `{node.op[:-1]}`")
    if not body.types.can_be(left.type, right.type):
        message = f"{an(left.type)} is never the same object as {an(right.type)}"
        return body.wrong(node, codes.IMPOSSIBLE_TEST, message)
    return typed.Op("same", (left, right), BOOL, body.line(node))


# ── null ─────────────────────────────────────────────────────────────────────────────────────────────────────


def default(body: Body, node: nodes.Binary, expected: Type | None) -> TypedExpression:
    """``a ?? b``: b is evaluated only where a is null."""
    wish = expected.or_null() if expected is not None else None
    left = body.expression(node.left, wish)
    if is_wrong(left.type):
        body.expression(node.right, expected)
        return conversions.wrong()
    before = body.flow
    inner = left.type.non_null() if left.type.kind is not Kind.NULL else None
    right = body.value(node.right, expected if expected is not None else inner)
    if right.type.kind is Kind.NEVER and not is_wrong(right.type):
        body.flow = before
        assume_non_null(body, node.left)
    else:
        body.flow = join((before, body.flow))
    if not left.type.nullable or inner is None:
        return left if inner is not None else right
    return choose_default(body, left, right, node, expected)


def choose_default(
    body: Body, left: TypedExpression, right: TypedExpression, node: nodes.Binary, expected: Type | None
) -> TypedExpression:
    """The choice itself, at the type both sides have in common."""
    line = body.line(node)
    temp = body.temporary(left.type)
    get = typed.GetLocal(temp, temp.type)
    present = conversions.unbox(get, line)
    target = _common_target(body, present, right, expected, line)
    if target is None:
        message = f"`??` chooses between `{present.type}` and `{right.type}`, which have no type in common"
        return body.wrong(node.right, codes.NO_COMMON_TYPE, message, f"this is `{right.type}`")
    first, second = body.convert(present, target, line), body.convert(right, target, line)
    if first is None or second is None:
        return conversions.wrong()
    choice = typed.Choose(typed.IsNull(get, BOOL), second, first, target)
    return typed.Sequence((typed.Declare(temp, left, line),), choice, target)


def _common_target(
    body: Body, left: TypedExpression, right: TypedExpression, expected: Type | None, line: int
) -> Type | None:
    if body.convert(right, left.type, line) is not None:
        return left.type if right.type.kind is not Kind.NEVER or not is_wrong(right.type) else WRONG
    common = body.types.join(left.type, right.type)
    if common is None and expected is not None:
        fits = body.convert(left, expected, line) is not None and body.convert(right, expected, line) is not None
        return expected if fits else None
    return common


# ── unary ────────────────────────────────────────────────────────────────────────────────────────────────────


@checks_expression(nodes.Unary)
def unary(body: Body, node: nodes.Unary, expected: Type | None) -> TypedExpression:
    """``-x``, ``!x``, ``~x`` and ``x!!``."""
    if node.op == "!":
        return body.from_condition(node)
    if node.op == "!!":
        return _assert(body, node, expected)
    if node.op == "-" and isinstance(node.operand, nodes.Int):
        return integer(body, node.operand, -node.operand.value, node)
    operand = body.value(node.operand)
    if is_wrong(operand.type):
        return operand
    line = body.line(node)
    if node.op == "-" and operand.type in (INT, FLOAT):
        if isinstance(operand, typed.FloatValue):
            return typed.FloatValue(-operand.value, FLOAT)
        return typed.Op("ineg" if operand.type == INT else "fneg", (operand,), operand.type, line)
    if node.op == "~" and operand.type == INT:
        return typed.Op("inot", (operand,), INT, line)
    if operand.type.nullable:
        hint = "test it with `!= null` first, or give a default with `??`"
        message = f"`{node.op}` on {an(operand.type)}, which may be null"
        return body.wrong(node, codes.NULLABLE_USED, message, "", hint)
    return body.wrong(node, codes.BAD_OPERANDS, f"`{node.op}` is not defined for `{operand.type}`")


@checks_condition(nodes.Unary)
def unary_condition(body: Body, node: nodes.Unary) -> Condition:
    """``!x`` swaps what x teaches."""
    if node.op != "!":
        return Condition(body.fit(unary(body, node, BOOL), BOOL, node, "a condition"), body.flow, body.flow)
    inner = body.condition(node.operand)
    return Condition(conversions.negated(inner.value, body.line(node)), inner.when_false, inner.when_true)


def _assert(body: Body, node: nodes.Unary, expected: Type | None) -> TypedExpression:
    operand = body.value(node.operand, expected.or_null() if expected is not None else None)
    if operand.type.kind is Kind.NULL:
        return body.wrong(node, codes.NULLABLE_USED, "`null!!` always fails")
    assume_non_null(body, node.operand)
    return operand if is_wrong(operand.type) else conversions.unbox(operand, body.line(node))


def integer(body: Body, literal: nodes.Int, value: int, whole: nodes.Node) -> TypedExpression:
    """An int literal with its sign; a hexadecimal one may fill all 64 bits."""
    text = body.namespace.unit.source.text[literal.span.start : literal.span.end].lower().lstrip("( ")
    if text.startswith(("0x", "0b", "0o")) and MAX_INT < literal.value <= MAX_HEX:
        value = (value - MIN_INT) % (1 << 64) + MIN_INT
    if not MIN_INT <= value <= MAX_INT:
        hint = f"an int lies between {MIN_INT} and {MAX_INT}; write `.0` after it for a float"
        return body.wrong(whole, codes.LITERAL_RANGE, "this number does not fit into 64 bits", "", hint)
    return conversions.int_value(value)
