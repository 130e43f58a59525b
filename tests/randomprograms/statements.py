"""Random statements. A while loop counts first, so that ``continue`` cannot make it endless."""

from __future__ import annotations

from collections.abc import Callable

from .body import Body
from .expressions import arguments, below, condition, expression, leaf, literal_function
from .kinds import BOOL, FLOAT, INT, PLAIN, STRING, VOID, Kind, array, function, holder, list_of, map_of, nullable
from .world import Function, Variable

TIMES = (2, 3, 1, 5, 8, 17, 40, 100)


def statements(body: Body, most: int = 6, percent: int = 75) -> None:
    """Some statements."""
    for _ in body.choices.several(percent, most):
        statement(body)


def statement(body: Body) -> None:
    """One statement, or none if nothing fits."""
    body.spend(2)
    if body.budget < 30:
        show(body)
        return
    body.choices.weighted(_FLAT if body.is_deep else _ALL)(body)


def local_kind(body: Body) -> Kind:
    """A type for a variable."""
    choices = body.choices
    simple: list[tuple[int, Kind]] = [(8, INT), (4, FLOAT), (2, BOOL), (3, STRING)]
    simple += [(3, cls.kind) for cls in (*body.world.classes, *body.world.interfaces) if cls.concrete()]
    simple += [(1, enum.kind) for enum in body.world.enums]
    kind = choices.weighted(simple)
    match choices.below(20):
        case 19:
            return array(kind)
        case 18:
            return array(nullable(kind))
        case 17:
            return list_of(kind)
        case 16:
            return map_of(choices.pick(keys(body)), kind)
        case 15 | 14:
            return nullable(kind)
        case 13:
            return function(choices.pick(PLAIN), kind)
        case 12:
            return holder(kind)
    return kind


def keys(body: Body) -> list[Kind]:
    """Types for the keys of maps: objects with hashes of their own only, so that a map looks for them alike always."""
    objects = [cls.kind for cls in body.world.classes if cls.replaces("hash") and cls.concrete()]
    return [*PLAIN, *objects, *(enum.kind for enum in body.world.enums)]


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────


def declaration(body: Body) -> None:
    """``var x: T = …``."""
    kind = local_kind(body)
    value = expression(body, kind)
    name = body.world.fresh("v")
    changes = not body.choices.chance(25)
    body.line(f"{'var' if changes else 'let'} {name}: {kind} = {clipped(value, kind)}")
    body.declare(name, kind, changes)


def clipped(value: str, kind: Kind) -> str:
    """A string is cut before it is kept, so that none grows without end."""
    return f"clip({value})" if kind == STRING and not value.startswith('"') else value


def assignment(body: Body) -> None:
    """``x = …``, ``x += …``."""
    places = [p for p in body.places() if p.assignable]
    if not places:
        show(body)
        return
    place = body.choices.pick(places)
    kind = place.kind
    if kind == INT and body.choices.chance(40):
        op = body.choices.pick(("+=", "-=", "*=", "^=", "&=", "|=", "<<=", ">>=", ">>>="))
        body.line(f"{place.name} {op} {expression(body, INT, 2)}")
    elif kind == FLOAT and body.choices.chance(30):
        body.line(f"{place.name} {body.choices.pick(('+=', '-=', '*=', '/='))} {expression(body, FLOAT, 2)}")
    else:
        body.line(f"{place.name} = {clipped(expression(body, kind), kind)}")


def element_assignment(body: Body) -> None:
    """``a[i] = …``, ``list.add(…)``, ``map[k] = …``."""
    places = [p for p in body.places() if p.kind.form in ("array", "list", "map")]
    if not places:
        show(body)
        return
    place = body.choices.pick(places)
    name, kind = place.name, place.kind
    body.spend(30)
    if kind.form == "map":
        key = clipped(expression(body, kind.args[0], 2), kind.args[0])
        body.line(f"{name}[{key}] = {clipped(expression(body, kind.args[1], 2), kind.args[1])}")
        return
    value = clipped(expression(body, kind.inner, 2), kind.inner)
    if kind.form == "list":
        body.choices.pick((list_add, list_change))(body, name, value)
        return
    index = expression(body, INT, 1)
    if body.choices.chance(85):
        index = f"{index} & ({name}.length - 1)"
    op = "+=" if kind.inner.is_number and body.choices.chance(30) else "="
    body.line(f"{name}[{index}] {op} {value}")


def list_add(body: Body, name: str, value: str) -> None:
    """Add; a list has 50 items at most."""
    body.line(f"if {name}.size() < 50 {{ {name}.add({value}) }}")


def list_change(body: Body, name: str, value: str) -> None:
    """Replace or take out an item; IndexError if there is none."""
    forms = (f"{name}[0] = {value}", f"{name}.removeLast()", f"{name}.insert(0, {value})", f"{name}.removeAt(0)")
    body.line(f"if {name}.size() < 50 {{ {body.choices.pick(forms)} }}")


def show(body: Body) -> None:
    """Add something to the checksum."""
    value = leaf(body, body.choices.pick((INT, FLOAT, STRING, BOOL)))
    body.line(f"note({value}.hash())" if not value[0].isdigit() and value[0] not in "-(" else f"note(({value}).hash())")


def call_statement(body: Body) -> None:
    """A call for its effects."""
    found: list[tuple[str, Function]] = []
    for cls, f in body.world.callable(body.rank, body.budget):
        found.append((f"{cls.name}.{f.name}" if cls else f.name, f))
    for text, cls in body.receivers():
        found += [(f"{text}.{m.name}", m) for m in cls.all_methods() if body.affords(m)]
    if not found:
        show(body)
        return
    text, f = body.choices.pick(found)
    body.spend(f.price)
    call = f"{text}({arguments(body, f, 2)})"
    if f.result == INT:
        call = f"note({call})"
    elif f.result != VOID:
        name = body.world.fresh("v")
        call = f"let {name}: {f.result} = {call}"
        body.declare(name, f.result, assignable=False)
    body.line(call)


# ── control flow ─────────────────────────────────────────────────────────────────────────────────────────────


def if_statement(body: Body) -> None:
    """``if``, with or without ``else``."""
    with body.block(f"if {condition(body)}"):
        statements(body, 4)
    if body.choices.chance(40):
        with body.block("else"):
            statements(body, 4)


def null_test(body: Body) -> None:
    """A nullable is tested, and used where it is not null."""
    kind = nullable(local_plain(body))
    name = body.world.fresh("n")
    body.line(f"let {name}: {kind} = {clipped_optional(expression(body, kind), kind)}")
    with body.block(f"if {name} != null"):
        body.declare(name, kind.inner, assignable=False)
        statements(body, 3)
    if body.choices.chance(50):
        body.declare(name, kind, assignable=False)


def local_plain(body: Body) -> Kind:
    """A type that is not nullable itself."""
    kind = local_kind(body)
    return kind.inner if kind.form == "nullable" else kind


def clipped_optional(value: str, kind: Kind) -> str:
    """See ``clipped``."""
    return value


def class_test(body: Body) -> None:
    """An object is tested for a class below its own, and used as such."""
    found = [cls for cls in (*body.world.classes, *body.world.interfaces) if cls.concrete() and len(below(cls)) > 1]
    if not found:
        if_statement(body)
        return
    cls = body.choices.pick(found)
    target = body.choices.pick(below(cls))
    name = body.world.fresh("o")
    body.line(f"let {name}: {cls.name} = {expression(body, cls.kind)}")
    with body.block(f"if {name} is {target.name}"):
        body.declare(name, target.kind, assignable=False)
        statements(body, 3)
    body.declare(name, cls.kind, assignable=False)


def times(body: Body) -> int:
    """How often a loop goes round: no more than can be paid for."""
    wanted = body.choices.pick(TIMES)
    return max(1, min(wanted, body.budget // 40))


def range_loop(body: Body) -> None:
    """``for i in a..b``."""
    count = times(body)
    name = body.world.fresh("i")
    start = body.choices.pick(("0", "-3", "1", "9223372036854775800", "-9223372036854775808"))
    end = {"0": str(count), "1": str(count + 1), "-3": str(count - 3)}.get(start, "")
    end = end or {"9": "9223372036854775807", "-": f"{-(1 << 63) + count}"}[start[0]]
    with body.repeated(max(count, 7)), body.block(f"for {name} in {start}..{end}"):
        body.declare(name, INT, assignable=False)
        inside_loop(body)


def while_loop(body: Body) -> None:
    """A loop with a counter of its own, and often a condition besides."""
    count = times(body)
    name = body.world.fresh("w")
    body.line(f"var {name} = 0")
    extra = f" && {condition(body, 1)}" if body.choices.chance(40) else ""
    with body.repeated(count), body.block(f"while {name} < {count}{extra}"):
        body.line(f"{name} += 1")
        body.declare(name, INT, assignable=False)
        inside_loop(body)


def each_loop(body: Body) -> None:
    """``for x in`` something that has items."""
    found = [p for p in body.locals() if p.kind.form in ("array", "list")]
    if not found or body.budget < 1000:
        range_loop(body)
        return
    place = body.choices.pick(found)
    name = body.world.fresh("x")
    source = f"{place.name}.copy()" if place.kind.form == "list" else place.name
    with body.repeated(50), body.block(f"for {name} in {source}"):
        body.declare(name, place.kind.inner, assignable=False)
        inside_loop(body)


def inside_loop(body: Body) -> None:
    """A loop's body, with ``break`` and ``continue`` now and then."""
    body.loops += 1
    saved, body.in_finally = body.in_finally, 0
    statements(body, 4)
    body.in_finally = saved
    body.loops -= 1


def leave_loop(body: Body) -> None:
    """``break`` or ``continue``, on a condition."""
    if not body.loops:
        show(body)
        return
    body.line(f"if {condition(body)} {{ {body.choices.pick(('break', 'continue'))} }}")


def early_return(body: Body) -> None:
    """``return``, on a condition."""
    if body.result == VOID:
        body.line(f"if {condition(body)} {{ return }}")
    else:
        body.line(f"if {condition(body)} {{ return {expression(body, body.result, 2)} }}")


def throw(body: Body) -> None:
    """``throw``, on a condition."""
    error = body.choices.pick(body.world.errors)
    body.line(f"if {condition(body)} {{ throw {error}({clipped(expression(body, STRING, 1), STRING)}) }}")


def try_statement(body: Body) -> None:
    """``try`` with some of ``catch`` and ``finally``."""
    with body.block("try"):
        statements(body, 4)
    forms = body.choices.below(4)
    if forms != 3:
        for error in sorted({body.choices.pick(body.world.errors) for _ in range(1 + forms % 2)}, reverse=True):
            name = body.world.fresh("e")
            with body.block(f"catch {name}: {error}" if error != "Error" else f"catch {name}"):
                body.line(f"note({name}.message.hash())")
                if body.choices.chance(10):
                    body.line(f"note({name}.trace().hash())")
                if body.choices.chance(10):
                    body.line(f"throw {name}")
                else:
                    statements(body, 2)
    if forms >= 2:
        with body.block("finally"):
            statements(body, 2)


def match_statement(body: Body) -> None:
    """``match`` with blocks."""
    subject = expression(body, INT, 2)
    with body.block(f"match {subject}"):
        for pattern in ("0", "1, 2", "-1", "63")[: 1 + body.choices.below(3)]:
            with body.block(f"{pattern} =>"):
                statements(body, 2)
        with body.block("else =>"):
            statements(body, 2)


def closure(body: Body) -> None:
    """A function value that shares variables with the function around it."""
    shared = [v for v in body.locals() if v.assignable and v.kind == INT]
    if not shared or body.budget < 200:
        declaration(body)
        return
    target: Variable = body.choices.pick(shared)
    name = body.world.fresh("f")
    parameter = body.world.fresh("p")
    body.scopes.append([])
    body.declare(parameter, INT, assignable=False)
    outer, rank = body.budget, body.rank
    body.budget, body.rank = 30, 1
    value = expression(body, INT, 2)
    body.budget, body.rank = outer - 5, rank
    body.scopes.pop()
    body.line(f"let {name} = fun({parameter}: int): int {{ {target.name} += {value}; return {target.name} }}")
    body.declare(name, function(INT, INT), assignable=False)


def sort(body: Body) -> None:
    """Library functions that call back: sort, map, filter, fold, each."""
    found = [p for p in body.locals() if p.kind.form == "list" and p.kind.inner in (INT, FLOAT, STRING)]
    if not found or body.budget < 6000:
        closure(body)
        return
    name, kind = (place := body.choices.pick(found)).name, place.kind.inner
    body.spend(5000)
    ordered = "a.compare(b)" if kind == STRING else "(if a < b { -1 } else if a > b { 1 } else { 0 })"
    test = literal_function(body, function(kind, BOOL), 1)
    step = literal_function(body, function(INT, kind, INT), 1)
    forms = (f"{name}.sort(fun(a: {kind}, b: {kind}): int {{ return {ordered} }})",
             f"note({name}.filter({test}).size())",
             f"note({name}.fold(0, {step}))",
             f"note({name}.map({literal_function(body, function(kind, INT), 1)}).size())")  # fmt: skip
    body.line(body.choices.pick(forms))


def pause(body: Body) -> None:
    """Let other fibers run, or the collector."""
    body.spend(200)
    body.line(body.choices.pick(("pause()", "VM.gc()")))


Maker = Callable[[Body], None]
_FLAT: list[tuple[int, Maker]] = [
    (2, show),
    (10, assignment),
    (6, declaration),
    (6, element_assignment),
    (7, call_statement),
    (2, leave_loop),
    (1, early_return),
    (2, throw),
    (2, closure),
    (2, sort),
    (1, pause),
]
_ALL: list[tuple[int, Maker]] = [
    *_FLAT,
    (5, if_statement),
    (4, range_loop),
    (3, while_loop),
    (2, each_loop),
    (4, try_statement),
    (3, null_test),
    (3, class_test),
    (1, match_statement),
]


def finish(body: Body) -> list[str]:
    """The end of a body: its lines, with a return."""
    if body.result != VOID:
        body.line(f"return {clipped(expression(body, body.result, 2), body.result)}")
    return body.lines
