"""The verifier over whole methods: the states it finds, special methods, templates, closures, hostile code."""

from __future__ import annotations

from time import perf_counter

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from minivm.classes import RuntimeClass, make_method
from minivm.classfile import Code, Constant, FieldRef, Handler, Instruction, Method, MethodRef
from minivm.errors import VerifyError
from minivm.instructions import ROWS
from minivm.types import BOOL, ERROR, INT, OBJECT, STRING, VOID, Type, array_of, class_type, parse_type, variable
from minivm.verifier import FrameState, Verified, assignable, verify
from verifier_world import faults_of, load, verified

COUNT = """class T extends Item
  method m(n: int): int
    locals 4
    iconst 0
    store 2
    again: load 2
    load 1
    ige
    jumpif done
    sconst "x"
    store 3
    load 2
    iconst 1
    iadd
    store 2
    loop again
    done: load 2
    ret
"""


def show(state: FrameState | None) -> str:
    if state is None:
        return "unreachable"
    return " ".join(str(t or "-") for t in state.locals) + " | " + " ".join(map(str, state.stack))


def test_states_before_each_instruction() -> None:
    states = [show(state) for state in verified(COUNT).states]
    assert states[0] == "T int - - | "
    assert states[2] == "T int int - | "  # slot 3 is a String only on the way round
    assert states[8] == "T int int String | "
    assert states[10] == "T int int String | int int"
    assert states[13] == "T int int - | "


def test_unreachable_code_has_no_state() -> None:
    states = verified(
        "class T extends Item\n  method m(): int\n    locals 1\n    iconst 1\n    ret\n    null\n    ret"
    ).states
    assert [show(state) for state in states] == ["T | ", "T | int", "unreachable", "unreachable"]


def test_natives_have_no_states() -> None:
    cls = load("abstract class T\n  abstract method m(): int")
    assert verify(cls.methods["m"], cls.loader) == Verified(())


def test_states_of_init_hold_plain_types() -> None:
    body = "load 0\n callspecial Object.init(): Object\n pop\n load 0\n ret"
    states = verified("class T\n method init(): T\n locals 1\n" + body).states
    assert all(type(t) is Type for s in states if s for t in (*s.locals, *s.stack))
    assert show(states[1]) == "T | T"


EITHER = """class T extends Item
  method m(c: bool): {result}
    locals 2
    load 1
    jumpif L
    new Tea.init(): Tea
    jump R
    L: {other}
    R: {end}
    ret
"""


@pytest.mark.parametrize(
    ("other", "end", "result"),
    [
        ("new Book.init(): Book", "callvirtual Named.title(): String", "String"),
        ("new Book.init(): Book", "callvirtual Priced.price(): int", "int"),
        ("new Book.init(): Book", "callvirtual Item.price(): int", "int"),
        ("null", "unbox Tea", "Tea"),
    ],
)
def test_two_classes_meet_in_all_their_supertypes(other: str, end: str, result: str) -> None:
    assert faults_of(EITHER.format(other=other, end=end, result=result)) == []


def test_where_classes_meet_others_see_a_common_superclass() -> None:
    states = verified(EITHER.format(other="new Book.init(): Book", end="text Object", result="String")).states
    assert show(states[5]) == "T bool | Item"
    states = verified(EITHER.format(other='sconst ""', end="text Object", result="String")).states
    assert show(states[5]) == "T bool | Object"


def test_what_not_all_of_them_are_is_refused() -> None:
    faults = faults_of(EITHER.format(other="load 0", end="callvirtual Named.title(): String", result="String"))
    assert faults == ["5: callvirtual: expected Named, found any of<T, Tea>"]


GENERIC = """class T<E> extends Item
  field last: $E?
  method m<U>(x: $U, y: $E): {result}
    locals 3
    {body}
    ret
"""


@pytest.mark.parametrize("arg", ["int", "float", "String", "int?", "Object?", "fun(int): void"])
def test_templates_are_verified_per_instantiation(arg: str) -> None:
    put = "load 0\n load 1\n box $U\n text $U?\n pop\n load 2\n box $E\n putfield T<$E>.last: $E?"
    body = put + "\n load 0\n getfield T<$E>.last: $E?"
    assert faults_of(GENERIC.format(body=body, result="$E?"), arg, f"T<{arg}>") == []


def test_a_template_may_fit_one_argument_only() -> None:
    text = GENERIC.format(body="load 1\n ineg", result="int")
    assert faults_of(text, "int", "T<int>") == []
    assert faults_of(text, "float", "T<int>") == ["1: ineg: expected int, found float"]


def test_a_template_without_arguments_is_refused() -> None:
    assert faults_of(GENERIC.format(body="load 1\n is $U", result="bool"), name="T<int>") == [
        "1: is: type variable U is not bound"
    ]


CLOSURE = """class T extends Item
  private field own: int
  method price(): int
    locals 1
    iconst 2
    ret
final closure class T$fn1 implements fun(): int
  host {host}
  field this$: T
  method call(): int
    locals 1
    load 0
    getfield T$fn1.this$: T
    {body}
    ret
"""


@pytest.mark.parametrize("body", ["getfield T.own: int", "callspecial Item.price(): int"])
def test_a_closure_has_its_host_s_rights(body: str) -> None:
    assert faults_of(CLOSURE.format(host="T", body=body)) == []
    assert len(faults_of(CLOSURE.format(host="Item", body=body))) == 1


FINAL = """final {flags} class T
  final field a: int
  final static field b: int
  {method}
    locals 2
    {body}
    unit
    ret
"""


@pytest.mark.parametrize(
    ("flags", "method", "body", "ok"),
    [
        ("", "method =fields(): void", "load 0\n iconst 1\n putfield T.a: int", True),
        ("", "method m(): void", "load 0\n iconst 1\n putfield T.a: int", False),
        ("", "method =fields(): void", "null\n unbox T\n iconst 1\n putfield T.a: int", False),
        ("", "static method =static(): void", "iconst 1\n putstatic T.b: int", True),
        ("", "static method main(): void", "iconst 1\n putstatic T.b: int", False),
        ("module", "static method main(): void", "iconst 1\n putstatic T.b: int", True),
    ],
)
def test_final_fields_are_set_by_initialisers(flags: str, method: str, body: str, ok: bool) -> None:
    assert (not faults_of(FINAL.format(flags=flags, method=method, body=body))) is ok


def test_initialisers_of_fields_are_called_by_initialisers_only() -> None:
    initialiser = "class T\n field a: int\n method =a(): int\n locals 1\n iconst 1\n ret\n"
    text = initialiser + " method {}(): void\n locals 1\n load 0\n callspecial T.=a(): int\n pop\n unit\n ret"
    assert faults_of(text.format("=fields")) == []
    assert faults_of(text.format("m")) == [
        "1: callspecial: T.=a may only be called by the machine and its class's initialisers"
    ]


def test_the_target_of_an_assignment_need_not_be_loadable() -> None:
    assert faults_of("class T\n  method m(x: No): No\n    locals 2\n    load 1\n    ret") == []
    assert faults_of("class T\n  method m(x: Item): No\n    locals 2\n    load 1\n    ret") == [
        "1: class No not found (asked of the program loader)"
    ]


# ── hostile code ─────────────────────────────────────────────────────────────────────────────────────────


def verify_code(cls: RuntimeClass, code: Code, constants: tuple[Constant, ...] = ()) -> str:
    """'' or the refusal of code put into a fresh method of ``cls``: m(int): int."""
    cls.file = evolve(cls.file, constants=constants)
    method = make_method(cls, Method("m", (INT,), INT, code=code), {})
    try:
        verify(method, cls.loader)
    except VerifyError as error:
        return str(error)
    return ""


CONSTANTS: tuple[Constant, ...] = (
    1.5, "text", INT, BOOL, STRING, OBJECT.or_null(), class_type("Item"), class_type("No"), variable("X"), ERROR, VOID,
    array_of(INT), array_of(STRING.or_null()), parse_type("fun(int): int"), parse_type("null"), class_type("Array"),
    FieldRef(class_type("Item"), "cents", INT), FieldRef(class_type("Item"), "made", INT), FieldRef(INT, "x", INT),
    FieldRef(class_type("T"), "own", OBJECT), FieldRef(class_type("Item"), "code", STRING),
    MethodRef(class_type("Item"), "price", (), INT), MethodRef(class_type("Item"), "init", (), class_type("Item")),
    MethodRef(class_type("Item"), "each", (INT,), INT, (INT,)), MethodRef(class_type("Item"), "free", (),
    class_type("Item")),
    MethodRef(class_type("Color"), "init", (STRING, INT), class_type("Color")), MethodRef(class_type("No"), "m", (),
    VOID),
    MethodRef(parse_type("fun(int): int"), "call", (INT,), INT), MethodRef(class_type("Stack", INT), "push", (INT,),
    INT.or_null()),
)  # fmt: skip

operand = st.one_of(st.integers(0, 30), st.integers(-2, 70000))
instructions = st.sampled_from(ROWS).flatmap(
    lambda row: st.tuples(*(operand for _ in row.operands)).map(lambda operands: Instruction(row, operands))
)
handlers = st.builds(Handler, *(st.integers(-1, 30) for _ in range(3)), st.sampled_from((ERROR, INT, class_type("No"))))


@settings(max_examples=400, deadline=None)
@given(st.lists(instructions, max_size=30), st.lists(handlers, max_size=3), st.integers(0, 12))
def test_random_code_is_verified_or_refused(code: list[Instruction], rows: list[Handler], locals_: int) -> None:
    cls = load("class T extends Item\n  field own: Object")
    verify_code(cls, Code(locals_, tuple(code), tuple(rows)), CONSTANTS)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, len(CONSTANTS) - 1), min_size=1, max_size=40), st.data())
def test_random_paths_are_verified_or_refused(choices: list[int], data: st.DataObject) -> None:
    """Operands that are in range by themselves, so that the data flow is reached."""
    cls = load("class T extends Item\n  field own: Object")
    found: list[Instruction] = []
    for at, choice in enumerate(choices):
        row = data.draw(st.sampled_from(ROWS))
        later = min(at + 1 + choice % 5, len(choices) - 1)
        values = {
            "local": choice % 4,
            "int": choice,
            "count": choice % 2,
            "target": max(0, at - choice) if row.name == "loop" else later,
        }
        found.append(Instruction(row, tuple(values.get(kind.value, choice) for kind in row.operands)))
    verify_code(cls, Code(4, tuple(found)), CONSTANTS)


def named(name: str, *operands: int) -> Instruction:
    return Instruction(next(row for row in ROWS if row.name == name), operands)


@pytest.mark.parametrize("shape", ["deep stacks", "many locals", "many handlers", "nested loops"])
def test_hostile_code_ends_in_seconds(shape: str) -> None:
    cls = load("class T extends Item")
    rows: list[Handler] = []
    locals_, n = 2, 20_000
    if shape == "deep stacks":
        code = [named("iconst", 1) for _ in range(1000)] + [named("dup"), named("pop")] * (n // 2)
    elif shape == "many locals":
        locals_ = 4096
        code = [i for slot in range(2, n // 2) for i in (named("load", 1), named("store", 2 + slot % 4000))]
    elif shape == "many handlers":
        code = [i for slot in range(n // 2) for i in (named("load", 1), named("store", 1))]
        rows = [Handler(i, n - i, n, ERROR) for i in range(2000)]
    else:
        code = [named("null"), named("store", 1)]
        code += [named("jumpif", min(i + 9, n)) if i % 2 else named("bconst", 1) for i in range(n)]
    code += [named("iconst", 1), named("ret")]
    started = perf_counter()
    verify_code(cls, Code(locals_, tuple(code), tuple(rows)))
    assert perf_counter() - started < 20


def test_types_that_double_come_to_an_end() -> None:
    big = INT
    for _ in range(10):
        big = class_type("Pair", big, big)
    cls = load("class T extends Item")
    assert "nests too deep or is too large" in verify_code(cls, Code(2, (named("null"), named("is", 0))), (big,))


# ── subtypes ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        ("int", "int", True), ("int", "int?", False), ("int", "float", False), ("int", "Object", False),
        ("int?", "Object?", True), ("int?", "Object", False), ("int?", "Box<int>?", False), ("int?", "float?", False),
        ("null", "int?", True), ("null", "Item?", True), ("null", "Item", False), ("null", "int", False),
        ("never", "int", True), ("never", "Item", True), ("Item", "Item?", True), ("Item?", "Item", False),
        ("Tea", "Item", True), ("Tea?", "Item?", True), ("Tea", "Priced", True), ("Item", "Tea", False),
        ("Tea", "Named", True), ("Priced", "Object", True), ("Priced", "Item", False), ("Array<Tea>", "Array<Item>",
     False),
        ("Array<Tea>", "Object", True), ("fun(int): int", "Object?", True), ("fun(int): Tea", "fun(int): Item", False),
        ("Stack<int>", "Stack<int>?", True), ("Stack<int>", "Stack<float>", False), ("Item", "int", False),
        ("Object?", "int?", False), ("void", "void", True), ("void", "Object?", False),
    ],
)  # fmt: skip
def test_assignable(source: str, target: str, fits: bool) -> None:
    loader = load("class T").loader
    assert assignable(parse_type(source), parse_type(target), loader) is fits
