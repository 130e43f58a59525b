"""``while`` and ``for``. Every loop becomes a ``Loop``; what it assigns is not narrowed in it."""

from __future__ import annotations

from lang import codes, nodes, typed
from lang.checker import conversions
from lang.checker.body import Body, checks_statement
from lang.checker.flow import join
from lang.checker.indexing import getter
from lang.checker.invoke import call_ready
from lang.checker.scopes import LoopFrame
from lang.checker.table import WRONG, is_array, is_wrong
from lang.checker.wording import an
from lang.typed import Loop, TypedBlock, TypedExpression, TypedStatement, Variable
from minivm.types import BOOL, INT, STRING, Kind, Type

_LENGTHS = ("length", "size")


@checks_statement(nodes.While)
def while_(body: Body, node: nodes.While) -> list[TypedStatement]:
    """``while``. What follows a ``while true`` is reached by ``break`` only."""
    body.flow = body.flow.forget_names(body.marks.assigned_in(node))
    condition = body.condition(node.condition)
    body.flow = condition.when_true
    loop = Loop(condition.value, line=body.line(node))
    around = LoopFrame(loop)
    body.frame.loops.append(around)
    loop.body = body.block(node.body)
    body.frame.loops.pop()
    is_endless = isinstance(node.condition, nodes.Bool) and node.condition.value
    after = condition.when_false.stopped() if is_endless else condition.when_false
    body.flow = join((after, *around.breaks))
    return [loop]


@checks_statement(nodes.For)
def for_(body: Body, node: nodes.For) -> list[TypedStatement]:
    """``for name in something``."""
    if isinstance(node.iterable, nodes.Range):
        return [_over_range(body, node, node.iterable)]
    value = body.value(node.iterable)
    type_ = value.type
    if is_wrong(type_):
        return [_over_wrong(body, node)]
    if type_.nullable:
        text = body.written(node.iterable) or "this"
        hint = "test it with `!= null` first, or insist with `!!`"
        body.error(node.iterable, codes.NULLABLE_USED, f"`{text}` may be null", f"this is `{type_}`", hint)
        return [_over_wrong(body, node)]
    if is_array(type_) or type_ == STRING or type_.name == "List":
        return [_by_index(body, node, value)]
    return [_by_iterator(body, node, value)]


def _over_wrong(body: Body, node: nodes.For) -> TypedStatement:
    """Check the body of a loop over something that was diagnosed."""
    return _loop(body, node, typed.BoolValue(False, BOOL), conversions.wrong(), None)


def _over_range(body: Body, node: nodes.For, range_: nodes.Range) -> TypedStatement:
    """Count in the variable itself: a literal that captures it takes the number of its round."""
    line = body.line(node)
    first = body.fit(body.expression(range_.first, INT), INT, range_.first, "the start of a range")
    last = body.fit(body.expression(range_.last, INT), INT, range_.last, "the end of a range")
    counter = Variable(node.name, INT)
    before: list[TypedStatement] = [typed.Declare(counter, first, line)]
    if not isinstance(last, typed.IntValue):
        end = body.temporary(INT)
        before.append(typed.Declare(end, last, line))
        last = typed.GetLocal(end, INT)
    get = typed.GetLocal(counter, INT)
    test = typed.Op("ilt", (get, last), BOOL, line)
    step = typed.SetLocal(counter, typed.Op("iadd", (get, typed.IntValue(1, INT)), INT, line), line)
    loop = _loop(body, node, test, counter, step)
    return TypedBlock((*before, loop))


def _by_index(body: Body, node: nodes.For, value: TypedExpression) -> TypedStatement:
    """Arrays, strings and lists, element by element."""
    line = body.line(node)
    whole, position = body.temporary(value.type), body.temporary(INT)
    get, at = typed.GetLocal(whole, whole.type), typed.GetLocal(position, INT)
    length, element = _parts(body, node, get, at)
    if length is None or element is None:
        return _by_iterator(body, node, value)
    step = typed.SetLocal(position, typed.Op("iadd", (at, typed.IntValue(1, INT)), INT, line), line)
    loop = _loop(body, node, typed.Op("ilt", (at, length), BOOL, line), element, step)
    zero = typed.IntValue(0, INT)
    return TypedBlock((typed.Declare(whole, value, line), typed.Declare(position, zero, line), loop))


def _parts(
    body: Body, node: nodes.For, whole: TypedExpression, at: TypedExpression
) -> tuple[TypedExpression | None, TypedExpression | None]:
    """The length of a sequence, and its element at a position."""
    line = body.line(node)
    if is_array(whole.type):
        element = typed.Op("arrayload", (whole, at), whole.type.args[0], line)
        return typed.Op("arraylength", (whole,), INT, line), element
    lengths = (call_ready(body, whole, name, (), node.iterable) for name in _LENGTHS)
    length = next((found for found in lengths if found is not None and found.type == INT), None)
    return length, call_ready(body, whole, getter(whole.type), (at,), node.iterable)


def _by_iterator(body: Body, node: nodes.For, value: TypedExpression) -> TypedStatement:
    """Anything with ``iterator()``."""
    line = body.line(node)
    iterator = call_ready(body, value, "iterator", (), node.iterable) if body.types.is_reference(value.type) else None
    if iterator is None or iterator.type.nullable:
        return _not_iterable(body, node, value.type)
    temp = body.temporary(iterator.type)
    get = typed.GetLocal(temp, temp.type)
    more = call_ready(body, get, "hasNext", (), node.iterable)
    following = call_ready(body, get, "next", (), node.iterable)
    if more is None or following is None or more.type != BOOL:
        return _not_iterable(body, node, value.type)
    loop = _loop(body, node, more, following, None)
    return TypedBlock((typed.Declare(temp, iterator, line), loop))


def _not_iterable(body: Body, node: nodes.For, type_: Type) -> TypedStatement:
    hint = "give the class a method `iterator(): Iterator<T>`"
    if type_ == INT:
        text = body.written(node.iterable) or "n"
        hint = f"count with a range: `for {node.name} in 0..{text}`"
    body.error(node.iterable, codes.NOT_ITERABLE, f"`for` cannot go through {an(type_)}", f"this is `{type_}`", hint)
    return _over_wrong(body, node)


def _loop(
    body: Body, node: nodes.For, test: TypedExpression, element: TypedExpression | Variable, step: TypedStatement | None
) -> TypedStatement:
    """The loop around the body. ``element`` is the round's value, or the variable that has it already."""
    line = body.line(node)
    loop = Loop(test, line=line)
    loop.step = TypedBlock((step,) if step is not None else ())
    around = LoopFrame(loop)
    body.flow = body.flow.forget_names(body.marks.assigned_in(node))
    before = body.flow
    body.frame.loops.append(around)
    with body.scope():
        start: list[TypedStatement] = []
        if isinstance(element, Variable):
            body.frame.scopes[-1][node.name] = element
        else:
            type_ = WRONG if element.type.kind is Kind.NEVER else element.type
            variable = body.declare(node.name, type_, node, node.name_span, False)
            start.append(typed.Declare(variable, element, line))
        loop.body = TypedBlock((*start, body.block(node.body)))
    body.frame.loops.pop()
    body.flow = join((before, *around.breaks))
    return loop
