"""Random declarations: enums, interfaces, classes, functions. Signatures first, then bodies."""

from __future__ import annotations

from .body import INDENT, Body
from .choices import Choices
from .expressions import expression, leaf
from .kinds import BOOL, FLOAT, INT, STRING, VOID, Kind, array, list_of, nullable
from .statements import clipped, finish, statements
from .world import Class, Enumeration, Function, Variable, World

PRICES = (60, 150, 400, 1000)
INTERRUPTED = ("settled", "rested")  # functions of the prelude: one catches an error now and then, one lets others run
REPLACED = ("toString", "equals", "hash")  # methods of Object, called by instructions


def declare(world: World, choices: Choices) -> None:
    """Decide what there is."""
    for _ in choices.several(30, 2):
        name = world.fresh("E")
        world.enums.append(Enumeration(name, [f"c{i}" for i in range(1 + choices.below(4))]))
    for _ in choices.several(40, 2):
        world.interfaces.append(Class(world.fresh("I"), is_interface=True))
    for _ in choices.several(75, 5):
        declare_class(world, choices)
    if choices.chance(50):
        world.errors.append(world.fresh("Oops"))
    ranks = iter(range(2, 100))
    for cls in (*world.interfaces, *world.classes):
        for _ in choices.several(60 if not cls.is_interface else 80, 3):
            cls.methods.append(signature(world, choices, "m", next(ranks)))
        if not cls.is_interface:
            for _ in choices.several(25, 2):
                cls.static_methods.append(signature(world, choices, "s", next(ranks)))
    for _ in choices.several(75, 5):
        world.functions.append(signature(world, choices, "f", next(ranks)))
    for _ in choices.several(50, 3):
        world.globals.append(Variable(world.fresh("g"), choices.pick((INT, FLOAT, STRING, BOOL, array(INT)))))


def declare_class(world: World, choices: Choices) -> None:
    """A class's place in the hierarchy and its fields."""
    cls = Class(world.fresh("C"))
    if world.classes and choices.chance(55):
        cls.superclass = choices.pick(world.classes[::-1])
        cls.superclass.subclasses.append(cls)
    for interface in world.interfaces:
        if choices.chance(50) and not any(interface in above.interfaces for above in cls.line()):
            cls.interfaces.append(interface)
            interface.subclasses.append(cls)
    for _ in choices.several(60, 4):
        cls.fields.append(Variable(world.fresh("a"), field_kind(world, choices)))
    for _ in choices.several(35, 2):
        cls.given.append(Variable(world.fresh("b"), choices.pick((INT, FLOAT, STRING, BOOL)), choices.chance(50)))
    for _ in choices.several(30, 2):
        cls.statics.append(Variable(world.fresh("t"), choices.pick((INT, FLOAT, STRING, nullable(INT)))))
    cls.overrides.update(name for name in REPLACED if choices.chance(20))
    world.classes.append(cls)


def field_kind(world: World, choices: Choices) -> Kind:
    """A type for a field; classes only where null ends the recursion."""
    kinds = [INT, INT, FLOAT, BOOL, STRING, nullable(INT), nullable(STRING), array(INT), array(FLOAT), list_of(INT)]
    kinds += [nullable(cls.kind) for cls in world.classes] + [enum.kind for enum in world.enums]
    kinds += [array(nullable(cls.kind)) for cls in world.classes[:1]]
    return choices.pick(kinds)


def signature(world: World, choices: Choices, prefix: str, rank: int) -> Function:
    """A function's name, types, rank and price."""
    parameters = tuple(value_kind(world, choices) for _ in choices.several(55, 3))
    result = VOID if choices.chance(10) else value_kind(world, choices)
    return Function(world.fresh(prefix), parameters, result, rank, choices.pick(PRICES))


def value_kind(world: World, choices: Choices) -> Kind:
    """A type for a parameter or result."""
    kinds: list[tuple[int, Kind]] = [(8, INT), (4, FLOAT), (2, BOOL), (2, STRING), (1, nullable(INT)), (1, array(INT))]
    kinds += [(2, cls.kind) for cls in (*world.classes, *world.interfaces) if cls.concrete()]
    kinds += [(1, nullable(cls.kind)) for cls in world.classes]
    return choices.weighted(kinds)


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────────────


def function_text(world: World, choices: Choices, f: Function, head: str = "", this: Class | None = None) -> list[str]:
    """A function with a body."""
    with choices.span():
        body = Body(world, choices, f.rank, f.price, f.result, this=this)
        names = [world.fresh("p") for _ in f.parameters]
        for name, kind in zip(names, f.parameters, strict=True):
            body.declare(name, kind)
        statements(body, 6)
        return [f"{head}{f.signature(names)} {{", *finish(body), "}"]


def class_text(world: World, choices: Choices, cls: Class, extra: list[str] | None = None) -> str:
    """A class with all that is in it; ``extra`` are members that another version has besides."""
    head = f"class {cls.name}"
    head += f" extends {cls.superclass.name}" if cls.superclass else ""
    head += f" implements {', '.join(i.name for i in cls.interfaces)}" if cls.interfaces else ""
    lines = [*field_lines(world, choices, cls), *(extra or []), *init_lines(cls), *override_lines(choices, cls)]
    for m in cls.static_methods:
        lines += function_text(world, choices, m, "static ")
    for m in cls.to_implement():
        lines += function_text(world, choices, m, this=cls)
    inherited = [] if cls.superclass is None else cls.superclass.all_methods()
    for m in inherited:
        if m not in cls.to_implement() and choices.chance(60):
            lines += function_text(world, choices, m, "override ", this=cls)
    return "\n".join([f"{head} {{", *(INDENT + line for line in lines), "}"])


def field_lines(world: World, choices: Choices, cls: Class) -> list[str]:
    """The fields with their initialisers."""
    lines = []
    for f in cls.fields:
        value = leaf(Body(world, choices, 0, 20, f.kind), f.kind)
        lines.append(f"var {f.name}: {f.kind} = {interrupted(choices, value, f.kind)}")
    lines += [f"{'var' if f.assignable else 'let'} {f.name}: {f.kind}" for f in cls.given]
    for s in cls.statics:
        body = Body(world, choices, 2, 60, s.kind)
        value = interrupted(choices, expression(body, s.kind, 2), s.kind)
        lines.append(f"static var {s.name}: {s.kind} = {clipped(value, s.kind)}")
    return lines


def interrupted(choices: Choices, value: str, kind: Kind) -> str:
    """An initialiser, now and then by way of a function that catches or lets others run."""
    return f"{choices.pick(INTERRUPTED)}({value})" if kind == INT and choices.chance(30) else value


def override_lines(choices: Choices, cls: Class) -> list[str]:
    """What it has instead of methods of Object."""
    number = next((f.name for f in cls.all_fields() if f.kind == INT), "5")
    value = f"{choices.pick(INTERRUPTED)}({number})"
    texts = {
        "toString": f'override fun toString(): String {{ return "{cls.name} {{{value}}}" }}',
        "equals": f"override fun equals(other: Object?): bool {{ return other is {cls.name} && {value} % 2 == 0 }}",
        "hash": f"override fun hash(): int {{ return {value} & 3 }}",
    }
    return [texts[name] for name in REPLACED if name in cls.overrides]


def init_lines(cls: Class) -> list[str]:
    """The constructor, if it needs one."""
    given = cls.all_given()
    if not given:
        return []
    inherited = cls.superclass.all_given() if cls.superclass else []
    listed = ", ".join(f"{v.name}: {v.kind}" for v in given)
    lines = [f"init({listed}) {{"]
    if cls.superclass and (inherited or given):
        lines.append(f"{INDENT}super({', '.join(v.name for v in inherited)})")
    lines += [f"{INDENT}this.{v.name} = {v.name}" for v in cls.given]
    return [*lines, "}"]


def interface_text(interface: Class) -> str:
    """An interface."""
    lines = [f"{INDENT}{m.signature([f'p{i}' for i in range(len(m.parameters))])}" for m in interface.methods]
    return "\n".join([f"interface {interface.name} {{", *lines, "}"])


def enum_text(enum: Enumeration) -> str:
    """An enum."""
    return f"enum {enum.name} {{ {', '.join(enum.cases)} }}"


def error_text(name: str) -> str:
    """An error class of the program's own."""
    return f"class {name} extends StateError {{ init(message: String) {{ super(message) }} }}"


def global_text(world: World, choices: Choices, v: Variable) -> str:
    """A top-level variable."""
    return f"var {v.name}: {v.kind} = {leaf(Body(World(), choices, 0, 10, v.kind), v.kind)}"
