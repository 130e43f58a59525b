"""Random expressions of a wanted type."""

from __future__ import annotations

from collections.abc import Callable

from .body import Body
from .kinds import BOOL, FLOAT, INT, PLAIN, STRING, Kind, function, holder, nullable
from .world import Class, Function

Maker = Callable[[Body, Kind, int], str]

INTS = ("0", "1", "2", "3", "-1", "5", "7", "8", "10", "31", "32", "63", "64", "65", "100", "127", "128", "255", "256",
        "-2", "-7", "-64", "1000", "65535", "2147483647", "2147483648", "-2147483648", "4294967295", "4294967296",
        "9007199254740993", "4611686018427387904", "9223372036854775807", "-9223372036854775807",
        "(-9223372036854775808)", "0x7fffffffffffffff", "0x8000000000000000", "0x9e3779b97f4a7c15")  # fmt: skip
FLOATS = ("0.0", "1.0", "0.5", "-1.0", "2.0", "3.25", "-0.0", "0.1", "1e10", "-1e10", "1e-10", "1e308", "-1e308",
          "5e-324", "2.2250738585072014e-308", "9223372036854775807.0", "-9223372036854775808.0", "9.3e18", "-9.3e18",
          "4503599627370496.5", "(0.0 / 0.0)", "(1.0 / 0.0)", "(-1.0 / 0.0)")  # fmt: skip
STRINGS = ('""', '"a"', '"b"', '"ab"', '"hello"', '" x "', '"é"', '"Grüße"', '"€uro"', '"😀"', '"a😀€é"', '"12"',
           '"-7"', '"1.5"', '"x1"', '"abcabc"', '"\\n"', '"\\{\\}"')  # fmt: skip
FLOAT_FUNCTIONS = ("Math.sqrt", "Math.fabs", "Math.sqrt", "Math.sin", "Math.cos", "Math.exp", "Math.log", "Math.atan")


def expression(body: Body, kind: Kind, depth: int = 3) -> str:
    """An expression of that type."""
    with body.choices.span():
        body.spend(1)
        if depth <= 0 or body.budget < 8:
            return leaf(body, kind)
        makers = [(3, leaf), *_GENERAL, *_MAKERS.get(kind.name if kind.form == "plain" else kind.form, ())]
        maker = body.choices.weighted(makers)
        return maker(body, kind, depth - 1) or leaf(body, kind)


def condition(body: Body, depth: int = 2) -> str:
    """A bool expression."""
    return expression(body, BOOL, depth)


# ── leaves ───────────────────────────────────────────────────────────────────────────────────────────────────


def leaf(body: Body, kind: Kind, depth: int = 0) -> str:
    """A constant, a variable, or the simplest way to make one."""
    choices = body.choices
    found = body.readable(kind)
    if found and choices.chance(70):
        return choices.pick(found)
    match kind.form:
        case "plain":
            return choices.pick({"int": INTS, "float": FLOATS, "bool": ("true", "false"), "String": STRINGS}[kind.name])
        case "nullable":
            return leaf(body, kind.inner) if choices.chance(60) else "null"
        case "enum":
            enum = body.world.enumeration(kind.name)
            return f"{enum.name}.{choices.pick(enum.cases)}"
        case "array":
            return new_array(body, kind)
        case "list" | "map":
            return f"{kind}()"
        case "holder":
            return f"{kind}({leaf(body, kind.inner)})"
        case "function":
            return literal_function(body, kind, 1)
    return new_object(body, kind)


def new_array(body: Body, kind: Kind) -> str:
    """An array of a power of two elements."""
    length = body.choices.pick(("4", "8", "1", "16"))
    element = kind.inner
    body.spend(4)
    if element.form == "nullable" or element in (INT, FLOAT, BOOL):
        return f"{kind}({length})"
    return f"{kind}({length}, {leaf(body, element)})"


def new_object(body: Body, kind: Kind) -> str:
    """A new object of a class or one below it."""
    cls = body.world.named(kind.name)
    if cls is None:
        return f'{kind.name}("made")'
    concrete = cls.concrete()
    made = body.choices.pick(concrete)
    body.spend(4 + 5 * len(made.all_fields()))
    return f"{made.name}({', '.join(leaf(body, given.kind) for given in made.all_given())})"


def literal_function(body: Body, kind: Kind, depth: int) -> str:
    """A function literal with an expression as its body. What it costs is a call's price: see ``call_value``."""
    *parameters, result = kind.args
    names = [body.world.fresh("p") for _ in parameters]
    body.scopes.append([])
    for name, parameter in zip(names, parameters, strict=True):
        body.declare(name, parameter, assignable=False)
    saved, saved_rank = body.budget, body.rank
    body.budget, body.rank = min(body.budget, CLOSURE_PRICE), min(body.rank, 1)
    text = expression(body, result, min(depth, 2))
    body.budget, body.rank = saved - 3, saved_rank
    body.scopes.pop()
    listed = ", ".join(f"{name}: {parameter}" for name, parameter in zip(names, parameters, strict=True))
    return f"(fun({listed}): {result} {{ return {text} }})"


CLOSURE_PRICE = 40

# ── for every type ───────────────────────────────────────────────────────────────────────────────────────────


def chosen(body: Body, kind: Kind, depth: int) -> str:
    """``if c { a } else { b }`` as a value."""
    test, one, other = condition(body, depth), expression(body, kind, depth), expression(body, kind, depth)
    return f"(if {test} {{ {one} }} else {{ {other} }})"


def matched(body: Body, kind: Kind, depth: int) -> str:
    """``match`` on an int, a string or an enum, as a value."""
    enums = body.world.enums
    subject = body.choices.pick([INT, STRING, *(e.kind for e in enums)])
    if subject.form == "enum":
        enum = body.world.enumeration(subject.name)
        arms = [f"{enum.name}.{case} => {expression(body, kind, depth - 1)}" for case in enum.cases]
        return f"(match {leaf(body, subject)} {{ {', '.join(arms)} }})"
    patterns = ("0", "1", "7", "-1") if subject == INT else ('""', '"a"', '"ab"')
    arms = [f"{pattern} => {expression(body, kind, depth - 1)}" for pattern in patterns[: 1 + body.choices.below(3)]]
    return f"(match {expression(body, subject, depth - 1)} {{ {', '.join(arms)}, else => {leaf(body, kind)} }})"


def called(body: Body, kind: Kind, depth: int) -> str:
    """A call of a function, static or method."""
    found: list[tuple[str, Function]] = []
    for cls, f in body.world.callable(body.rank, body.budget):
        if f.result == kind:
            found.append((f"{cls.name}.{f.name}" if cls else f.name, f))
    for text, cls in body.receivers():
        found += [(f"{text}.{m.name}", m) for m in cls.all_methods() if m.result == kind and body.affords(m)]
    if not found:
        return ""
    text, f = body.choices.pick(found)
    body.spend(f.price)
    return f"{text}({arguments(body, f, depth)})"


def arguments(body: Body, f: Function, depth: int) -> str:
    """The arguments of a call."""
    return ", ".join(expression(body, kind, depth - 1) for kind in f.parameters)


def call_value(body: Body, kind: Kind, depth: int) -> str:
    """A call of a function value."""
    found = [p for p in body.places() if p.kind.form == "function" and p.kind.args[-1] == kind]
    if not found or body.budget < 2 * CLOSURE_PRICE:
        return ""
    body.spend(CLOSURE_PRICE)
    place = body.choices.pick(found)
    return f"{place.name}({', '.join(expression(body, p, depth - 1) for p in place.kind.args[:-1])})"


def called_at_once(body: Body, kind: Kind, depth: int) -> str:
    """A function literal that is called where it stands."""
    if body.budget < 2 * CLOSURE_PRICE:
        return ""
    body.spend(CLOSURE_PRICE)
    parameter = body.choices.pick(PLAIN)
    return f"{literal_function(body, function(parameter, kind), depth)}({expression(body, parameter, depth - 1)})"


def element(body: Body, kind: Kind, depth: int) -> str:
    """An element of an array, list or map."""
    found = [p for p in body.places() if p.kind.form in ("array", "list") and p.kind.inner == kind]
    if not found:
        return ""
    place = body.choices.pick(found)
    index = expression(body, INT, depth - 1)
    if body.choices.chance(85):
        size = f"{place.name}.length" if place.kind.form == "array" else f"{place.name}.size()"
        index = f"({index} & ({size} - 1))"
    return f"{place.name}[{index}]"


def defaulted(body: Body, kind: Kind, depth: int) -> str:
    """``x ?? y``, sometimes ``x!!``."""
    if kind.form == "nullable":
        return ""
    optional = expression(body, nullable(kind), depth - 1)
    if optional == "null":
        return ""
    if optional in body.readable(nullable(kind)) and body.choices.chance(10):
        return f"{optional}!!"
    return f"({optional} ?? {expression(body, kind, depth - 1)})"


def of_a_map(body: Body, kind: Kind, depth: int) -> str:
    """What a map holds for a key."""
    found = [p for p in body.places() if p.kind.form == "map" and p.kind.args[1] == kind]
    if not found or body.budget < 60:
        return ""
    body.spend(30)
    place = body.choices.pick(found)
    key = expression(body, place.kind.args[0], depth - 1)
    return f"{place.name}.getOr({key}, {leaf(body, kind)})"


def either(body: Body, kind: Kind, depth: int) -> str:
    """One of two values, by way of a generic function."""
    body.spend(5)
    return f"either<{kind}>({expression(body, kind, depth)}, {leaf(body, kind)}, {condition(body, depth)})"


def held(body: Body, kind: Kind, depth: int) -> str:
    """What a holder holds, put in now or before."""
    if body.budget < 2 * CLOSURE_PRICE:
        return ""
    name = leaf(body, holder(kind))
    body.spend(CLOSURE_PRICE)
    match body.choices.below(3):
        case 0:
            return f"{name}.changed({literal_function(body, function(kind, kind), depth)})"
        case 1:
            return f"{name}.swap({expression(body, kind, depth - 1)})"
    return f"{name}.item"


def cast(body: Body, kind: Kind, depth: int) -> str:
    """A value seen as something more general, cast back; for classes, casts that may fail."""
    if kind.form in ("plain", "enum", "array"):
        return f"(({expression(body, kind, depth - 1)} as Object) as {kind})"
    if kind.form == "nullable" and kind.inner.form in ("class", "plain"):
        return f"(({expression(body, kind, depth - 1)} as Object?) as {kind})"
    return ""


def downcast(body: Body, kind: Kind, depth: int) -> str:
    """A cast to a class below."""
    cls = body.world.named(kind.name)
    if cls is None or cls.superclass is None:
        return ""
    top = body.choices.pick(cls.superclass.line())
    return f"(({expression(body, top.kind, depth - 1)} as {top.name}) as {kind})"


_GENERAL: list[tuple[int, Maker]] = [
    (3, chosen),
    (1, matched),
    (5, called),
    (2, call_value),
    (1, called_at_once),
    (3, element),
    (1, defaulted),
    (1, of_a_map),
    (1, either),
    (1, held),
    (1, cast),
]

# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────


def int_operation(body: Body, kind: Kind, depth: int) -> str:
    """``a op b``."""
    op = body.choices.pick(("+", "-", "*", "&", "|", "^", "<<", ">>", ">>>", "/", "%"))
    left, right = expression(body, INT, depth), expression(body, INT, depth)
    if op in "/%" and body.choices.chance(70):
        right = f"({right} | 1)"
    return f"({left} {op} {right})"


def int_sign(body: Body, kind: Kind, depth: int) -> str:
    """``-a`` or ``~a``."""
    return f"({body.choices.pick(('-', '~'))}({expression(body, INT, depth)}))"


def to_int(body: Body, kind: Kind, depth: int) -> str:
    """A float, or something about it, as an int."""
    value = expression(body, FLOAT, depth)
    how = body.choices.pick(("toInt", "Math.floor", "Math.ceil", "Math.round", "hash"))
    return f"({value}).{how}()" if how in ("toInt", "hash") else f"{how}({value})"


def int_of_string(body: Body, kind: Kind, depth: int) -> str:
    """A number that a string has."""
    text = expression(body, STRING, depth)
    other = leaf(body, STRING)
    forms = (".length()", ".hash()", f".indexOf({other})", f".compare({other})", ".codeAt(0)", ".toInt() ?? 0",
             f".lastIndexOf({other})", f".indexFrom({other}, 1)", '.count("a")', f".split({other}).size()",
             ".chars().size()", ".toIntBase(16) ?? 0", ".codes().length")  # fmt: skip
    body.spend(20)
    return f"({text}{body.choices.pick(forms)})"


def int_of_container(body: Body, kind: Kind, depth: int) -> str:
    """How much is in an array, list or map; where an enum's case stands; an object's hash."""
    sizes = {"array": "length", "list": "size()", "map": "size()", "enum": "ordinal"}
    found = [f"{p.name}.{sizes[p.kind.form]}" for p in body.places() if p.kind.form in sizes]
    found += [f"{text}.hash()" for text, cls in body.receivers() if cls.replaces("hash")]
    return body.choices.pick(found) if found else ""


def int_of_math(body: Body, kind: Kind, depth: int) -> str:
    """A function of the library."""
    body.spend(8)
    a = expression(body, INT, depth - 1)
    how = body.choices.pick(("min", "max", "abs", "sign", "gcd"))
    if how == "gcd":
        body.spend(200)
    return f"Math.{how}({a})" if how in ("abs", "sign") else f"Math.{how}({a}, {expression(body, INT, depth - 1)})"


def int_of_bool(body: Body, kind: Kind, depth: int) -> str:
    """1 or 0."""
    return f"(if {condition(body, depth)} {{ 1 }} else {{ 0 }})"


def float_operation(body: Body, kind: Kind, depth: int) -> str:
    """``a op b``."""
    op = body.choices.pick(("+", "-", "*", "/", "%"))
    return f"({expression(body, FLOAT, depth)} {op} {expression(body, FLOAT, depth)})"


def float_sign(body: Body, kind: Kind, depth: int) -> str:
    """``-a``."""
    return f"(-({expression(body, FLOAT, depth)}))"


def to_float(body: Body, kind: Kind, depth: int) -> str:
    """An int as a float."""
    return f"({expression(body, INT, depth)}).toFloat()"


def float_of_math(body: Body, kind: Kind, depth: int) -> str:
    """A function of the library."""
    return f"{body.choices.pick(FLOAT_FUNCTIONS)}({expression(body, FLOAT, depth - 1)})"


def float_of_string(body: Body, kind: Kind, depth: int) -> str:
    """A number that a string has."""
    return f"({expression(body, STRING, depth)}.toFloat() ?? {leaf(body, FLOAT)})"


# ── bools ────────────────────────────────────────────────────────────────────────────────────────────────────


def compared(body: Body, kind: Kind, depth: int) -> str:
    """Two numbers or strings compared."""
    what = body.choices.pick((INT, FLOAT, STRING))
    op = body.choices.pick(("<", "==", "!=", "<=", ">", ">="))
    return f"({expression(body, what, depth)} {op} {expression(body, what, depth)})"


def logical(body: Body, kind: Kind, depth: int) -> str:
    """``&&``, ``||`` and ``!``."""
    op = body.choices.pick(("&&", "||", "!", "!="))
    if op == "!":
        return f"(!{expression(body, BOOL, depth)})"
    return f"({expression(body, BOOL, depth)} {op} {expression(body, BOOL, depth)})"


def equal_objects(body: Body, kind: Kind, depth: int) -> str:
    """Two values of one type, equal or the same."""
    found = [p for p in body.places() if p.kind.form != "plain"]
    if not found:
        return ""
    what = body.choices.pick(found)
    if what.kind.form == "nullable" and body.choices.chance(50):
        return f"({what.name} {body.choices.pick(('==', '!='))} null)"
    reference = what.kind.form != "nullable" or what.kind.inner.form in ("class", "enum", "array")
    op = body.choices.pick(("==", "!=", "===", "!==") if reference else ("==", "!="))
    body.spend(20)
    return f"({what.name} {op} {leaf(body, what.kind)})"


def string_test(body: Body, kind: Kind, depth: int) -> str:
    """Something that is so of a string or not."""
    other = leaf(body, STRING)
    forms = (f".contains({other})", f".startsWith({other})", f".endsWith({other})", ".isDigits()", ".isLetters()",
             ".isSpace()", ".isEmpty()")  # fmt: skip
    return f"({expression(body, STRING, depth)}{body.choices.pick(forms)})"


def is_below(body: Body, kind: Kind, depth: int) -> str:
    """``x is C``; through Object, so that it narrows nothing."""
    found = [(text, cls) for text, cls in body.receivers() if len(below(cls)) > 1]
    if not found:
        return ""
    text, cls = body.choices.pick(found)
    return f"(({text} as Object) {body.choices.pick(('is', '!is'))} {body.choices.pick(below(cls)).name})"


def below(cls: Class) -> list[Class]:
    """A class and all below it."""
    return [cls, *(found for sub in cls.subclasses for found in below(sub))]


# ── strings ──────────────────────────────────────────────────────────────────────────────────────────────────


def joined(body: Body, kind: Kind, depth: int) -> str:
    """``a + b``."""
    other = body.choices.pick((STRING, INT, FLOAT, BOOL))
    return f"({expression(body, STRING, depth - 1)} + {expression(body, other, depth - 1)})"


def interpolated(body: Body, kind: Kind, depth: int) -> str:
    """Text with values in it."""
    parts = []
    for _ in body.choices.several(60, 3):
        shown = body.choices.pick((INT, FLOAT, BOOL, STRING, nullable(INT), nullable(STRING)))
        value = expression(body, shown, depth - 1)
        parts.append(f"{{{value}}}" if value != "null" else "null")
    told = [text for text, cls in body.receivers() if cls.replaces("toString")]
    if told and body.choices.chance(40):
        body.spend(20)
        parts.append(f"{{{body.choices.pick(told)}}}")
    return '"<' + " ".join(parts) + '>"'


def part_of_string(body: Body, kind: Kind, depth: int) -> str:
    """Something made from a string."""
    text = expression(body, STRING, depth - 1)
    forms = (".trim()", ".upper()", ".lower()", ".charAt(0)", f".substring(0, {leaf(body, INT)})", ".repeat(2)",
             ".reversed()", '.replace("a", "bc")', f".padLeft(4, {leaf(body, STRING)})", ".trimStart()", ".trimEnd()",
             f".replace({leaf(body, STRING)}, {leaf(body, STRING)})", f".padRight(5, {leaf(body, STRING)})",
             '.center(6, "*")', '.chars().join("-")', f".split({leaf(body, STRING)})[0]")  # fmt: skip
    body.spend(20)
    return f"{text}{body.choices.pick(forms)}"


# ── nullables, classes, functions ────────────────────────────────────────────────────────────────────────────


def optional_value(body: Body, kind: Kind, depth: int) -> str:
    """A value where null could be."""
    return expression(body, kind.inner, depth)


def looked_up(body: Body, kind: Kind, depth: int) -> str:
    """``map[key]``, ``s.toInt()``, ``x?.f``."""
    found = [p for p in body.places() if p.kind.form == "map" and p.kind.args[1] == kind.inner]
    if found and body.budget > 60:
        body.spend(30)
        place = body.choices.pick(found)
        return f"{place.name}[{expression(body, place.kind.args[0], depth - 1)}]"
    return f"{expression(body, STRING, depth - 1)}.toInt()" if kind.inner == INT else ""


def safe_field(body: Body, kind: Kind, depth: int) -> str:
    """``x?.f``."""
    found = []
    for place in body.places():
        cls = body.world.named(place.kind.inner.name) if place.kind.form == "nullable" else None
        if cls is not None:
            found += [f"{place.name}?.{f.name}" for f in cls.all_fields() if f.kind in (kind, kind.inner)]
    return body.choices.pick(found) if found else ""


def fresh_object(body: Body, kind: Kind, depth: int) -> str:
    """A new object."""
    cls = body.world.named(kind.name)
    if cls is None:
        return f"{kind.name}({expression(body, STRING, depth - 1)})"
    made = body.choices.pick(cls.concrete())
    body.spend(4 + 5 * len(made.all_fields()))
    return f"{made.name}({', '.join(expression(body, given.kind, depth - 1) for given in made.all_given())})"


_MAKERS: dict[str, list[tuple[int, Maker]]] = {
    "int": [
        (14, int_operation),
        (2, int_sign),
        (3, to_int),
        (2, int_of_string),
        (3, int_of_container),
        (1, int_of_math),
        (1, int_of_bool),
    ],
    "float": [(10, float_operation), (2, float_sign), (4, to_float), (1, float_of_math), (1, float_of_string)],
    "bool": [(8, compared), (5, logical), (3, equal_objects), (4, is_below), (2, string_test)],
    "String": [(4, joined), (5, interpolated), (3, part_of_string)],
    "nullable": [(5, optional_value), (3, looked_up), (3, safe_field)],
    "class": [(6, fresh_object), (2, downcast)],
    "function": [(6, literal_function)],
}
