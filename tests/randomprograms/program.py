"""A whole random program: declarations, functions, and parts that are run one after the other, each in a try."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from .body import Body
from .choices import Choices
from .declarations import (
    class_text,
    declare,
    enum_text,
    error_text,
    function_text,
    global_text,
    interface_text,
)
from .expressions import expression, leaf
from .kinds import INT, STRING, VOID
from .statements import clipped, finish, statements
from .world import Class, Function, World

PRELUDE = """\
var checksum = 7
fun note(x: int) { checksum = (checksum * 31 + x) ^ (checksum >>> 11) }
fun clip(s: String): String { return if s.length() > 40 { s.substring(0, 20) } else { s } }
var settlements = 0
fun settled(x: int): int {
    settlements += 1
    try { if settlements % 3 != 0 { throw StateError("unsettled") } } catch e: StateError { return x ^ settlements }
    return x
}
fun rested(x: int): int { pause(); return x + 1 }
class Holder<T> {
    var item: T
    init(item: T) { this.item = item }
    fun swap(other: T): T {
        let old = item
        item = other
        return old
    }
    fun changed(f: fun(T): T): T {
        item = f(item)
        return item
    }
}
fun either<T>(first: T, second: T, which: bool): T { return if which { first } else { second } }"""

PART_RANK = 1000
PART_PRICE = 2500


@frozen
class Generated:
    """A program: its text, and the numbers it comes from."""

    text: str
    choices: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


def generate(seed: int) -> Generated:
    """The program of that seed."""
    return _generated(Choices(seed))


def regenerate(numbers: tuple[int, ...]) -> Generated:
    """The program of a list of numbers."""
    return _generated(Choices(replay=numbers))


def _generated(choices: Choices) -> Generated:
    text = program_text(choices)
    return Generated(text, tuple(choices.made), tuple(choices.spans))


def program_text(choices: Choices) -> str:
    """A program of the choices made on the way."""
    world = World()
    declare(world, choices)
    updates = list(declare_updates(world, choices))
    parts: list[str] = []
    for _ in choices.several(80, 5):
        name = world.fresh("part")
        maker = choices.weighted(_PARTS)
        maker(world, choices, name, parts)
    texts = [PRELUDE, *(global_text(world, choices, v) for v in world.globals)]
    texts += [enum_text(e) for e in world.enums]
    texts += [error_text(name) for name in world.errors if name.startswith("Oops")]
    texts += [interface_text(i) for i in world.interfaces]
    texts += [class_text(world, choices, cls) for cls in world.classes]
    texts += ["\n".join(function_text(world, choices, f)) for f in world.functions if f.rank > 1]
    texts += [update_text(world, choices, f, cls) for f, cls in updates]
    return "\n".join([*texts, *parts]) + "\n"


# ── redefinition ─────────────────────────────────────────────────────────────────────────────────────────────


def declare_updates(world: World, choices: Choices) -> list[tuple[Function, Class]]:
    """Functions, to be called from anywhere, that redefine a class."""
    found = []
    for _ in choices.several(25, 2):
        if world.classes:
            f = Function(world.fresh("update"), (), VOID, 1, 25)
            world.functions.append(f)
            found.append((f, choices.pick(world.classes)))
    return found


def update_text(world: World, choices: Choices, f: Function, cls: Class) -> str:
    """The function: the first two calls of it ask for the new version, the second in vain."""
    kind = INT if choices.chance(50) else STRING
    extra = [f"var {world.fresh('x')}: {kind} = {leaf(Body(World(), choices, 0, 10, kind), kind)}"]
    text = class_text(world, choices, cls, extra if choices.chance(60) else [])
    return f'''var {f.name}Calls = 0
fun {f.name}() {{
    if {f.name}Calls < 2 {{
        {f.name}Calls += 1
        print("{f.name} {{VM.redefine({f.name}Text).code}}")
    }}
}}
let {f.name}Text = r"""
{text}
"""'''


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────


def attempt(name: str, call: str) -> str:
    """Run a part, whatever it throws."""
    return f'try {{ {call} }} catch e {{ print("{name} {{e}}") }}\nprint("{name} {{checksum}}")'


def plain_part(world: World, choices: Choices, name: str, parts: list[str]) -> None:
    """A function full of statements."""
    body = Body(world, choices, PART_RANK, PART_PRICE, VOID)
    statements(body, 12, 90)
    parts.append("\n".join([f"fun {name}() {{", *finish(body), "}", attempt(name, f"{name}()")]))


def hot_part(world: World, choices: Choices, name: str, parts: list[str]) -> None:
    """A loop that goes round often enough to be compiled, around little."""
    count = choices.pick((50, 200, 500))
    body = Body(world, choices, PART_RANK, 20 * PART_PRICE, VOID)
    for _ in choices.several(80, 3):
        kind = choices.pick((INT, INT, *(cls.kind for cls in world.classes)))
        value, v = leaf(body, kind), world.fresh("v")
        body.line(f"var {v}: {kind} = {value}")
        body.declare(v, kind)
    with body.repeated(count), body.block(f"for i0 in 0..{count}"):
        body.declare("i0", INT, assignable=False)
        body.loops += 1
        statements(body, 5, 80)
        body.loops -= 1
    parts.append("\n".join([f"fun {name}() {{", *finish(body), "}", attempt(name, f"{name}()")]))


def recursive_part(world: World, choices: Choices, name: str, parts: list[str]) -> None:
    """A function that calls itself, to a depth it is given."""
    depth = choices.pick((5, 50, 300, 2000))
    body = Body(world, choices, PART_RANK, max(PART_PRICE // depth, 40), INT)
    body.declare("n", INT, assignable=False)
    body.declare("x", INT)
    body.declare("s", STRING)
    body.line(f"if n <= 0 {{ return {expression(body, INT, 2)} }}")
    statements(body, 2, 50)
    text, number = clipped(expression(body, STRING, 1), STRING), expression(body, INT, 2)
    call = f"{name}(n - 1, {number}, {text})"
    if choices.chance(40):
        with body.block("try"):
            body.line(f"x = {call} {choices.pick(('+', '^', '-'))} x")
        form = choices.pick(("finally", "catch e: ArithmeticError", "catch e"))
        with body.block(form):
            statements(body, 1)
        body.line("return x")
    else:
        body.line(f"return {call} {choices.pick(('+', '^', '*', '-'))} {expression(body, INT, 1)}")
    lines = [f"fun {name}(n: int, x: int, s: String): int {{", *body.lines, "}"]
    parts.append("\n".join([*lines, attempt(name, f'note({name}({depth}, 3, "s"))')]))


def overflow_part(world: World, choices: Choices, name: str, parts: list[str]) -> None:
    """Recursion without end, caught where it started or on the way."""
    counting = choices.chance(50)
    shape = choices.pick(("plain", "finally", "catch", "allocating"))
    call = f"{name}(n + 1)"
    inner = {
        "plain": f"return {call} + 1",
        "finally": f"try {{ return {call} + 1 }} finally {{ checksum += n }}",
        "catch": f"try {{ return {call} }} catch e: StackOverflowError {{ if n > 9990 {{ throw e }}; return n }}",
        "allocating": f"let a = Array<int>(n & 3); return {call} + a.length",
    }[shape]
    lines = [f"fun {name}(n: int): int {{", f"    {'checksum ^= n; ' if counting else ''}{inner}", "}"]
    parts.append("\n".join([*lines, attempt(name, f"note({name}(0))")]))


def memory_part(world: World, choices: Choices, name: str, parts: list[str]) -> None:
    """Too much memory: all at once, or bit by bit."""
    size = choices.pick(("2000000000", "-1", "9223372036854775807", "100000000", "2147483648"))
    if choices.chance(40):
        inner = f"let a = Array<int>({size}); note(a.length)"
    else:
        inner = "let all = List<Array<int>>(); while true { all.add(Array<int>(100000)) }"
    parts.append("\n".join([f"fun {name}() {{ {inner} }}", attempt(name, f"{name}()")]))


def fiber_part(world: World, choices: Choices, name: str, parts: list[str]) -> None:
    """Fibers that run beside each other, and a channel between them."""
    count = choices.pick((3, 10, 30))
    capacity = choices.below(4)
    producer = Body(world, choices, PART_RANK, PART_PRICE, VOID)
    producer.declare("c0", INT, assignable=False)
    with producer.repeated(count), producer.block(f"for i0 in 0..{count}"):
        producer.declare("i0", INT, assignable=False)
        producer.loops += 1
        statements(producer, 3, 60)
        producer.loops -= 1
        producer.line(f"c.send({expression(producer, INT, 2)})")
    worker = Body(world, choices, PART_RANK, PART_PRICE // count, INT)
    worker.declare("x", INT, assignable=False)
    statements(worker, 4, 70)
    worker_lines = finish(worker)
    consumers = 1 + choices.below(2)
    lines = [
        f"fun {name}Send(c: Channel<int>, c0: int) {{",
        "    try {",
        *producer.lines,
        "    } finally { c.close() }",
        "}",
    ]
    lines += [f"fun {name}Work(x: int): int {{", *worker_lines, "}"]
    lines += [f"fun {name}Take(c: Channel<int>): int {{", "    var taken = 0"]
    lines += [f"    for x in c {{ taken = taken * 3 + {name}Work(x) }}", "    return taken", "}"]
    lines += [f"fun {name}() {{", f"    let c = Channel<int>({capacity})"]
    lines += [f"    let sender = spawn {name}Send(c, 5)"]
    lines += [f"    let taker{i} = spawn {name}Take(c)" for i in range(consumers)]
    if choices.chance(30):
        lines += ["    pause()" for _ in range(choices.below(3))] + ["    taker0.cancel()"]
    for i in range(consumers):
        lines.append(f'    try {{ note(taker{i}.join()) }} catch e {{ c.close(); print("{name} {{e}}") }}')
    lines += ["    sender.join()", "}"]
    parts.append("\n".join([*lines, attempt(name, f"{name}()")]))


Maker = Callable[[World, Choices, str, list[str]], None]
_PARTS: list[tuple[int, Maker]] = [
    (12, plain_part),
    (5, hot_part),
    (3, recursive_part),
    (3, fiber_part),
    (1, overflow_part),
    (1, memory_part),
]
