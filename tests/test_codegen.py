"""What codegen writes for single constructs; ``test_codegen_control`` runs whole programs."""

from __future__ import annotations

from typing import get_args

import pytest
from attrs import evolve

from lang.codegen import generate
from lang.codegen.expressions import EXPRESSIONS
from lang.codegen.limits import TOO_LARGE
from lang.codegen.statements import STATEMENTS
from lang.codes import CODES
from lang.diagnostics import CompileError
from lang.source import Source
from lang.typed import (
    And,
    BoolValue,
    Branch,
    CallMethod,
    Choose,
    Closure,
    Concat,
    Declare,
    Evaluate,
    FloatValue,
    GetField,
    GetLocal,
    IntValue,
    IsNull,
    Loop,
    NewObject,
    Op,
    Or,
    ReturnValue,
    SetLocal,
    StringValue,
    SuperInit,
    TryStatement,
    TypedBlock,
    TypedClass,
    TypedExpression,
    TypedInitialiser,
    TypedMethod,
    TypedStatement,
    UnitValue,
    Variable,
)
from minivm.classfile import ClassFile, Code, Field, FieldRef, Flags, LocalName, Method, MethodRef, TypeParameter
from minivm.codec import decode, encode
from minivm.codec.limits import MAX_INSTRUCTIONS, MAX_PARAMETERS, MAX_STRING
from minivm.types import BOOL, FLOAT, INT, NEVER, OBJECT, STRING, VOID, Type, class_type, function_type, variable

SOURCE = Source("shop.mini", "line one\nline two\n")
ITEM = class_type("Item")
X = Variable("x", INT)
FLAG = Variable("flag", BOOL)


def number(value: int) -> IntValue:
    return IntValue(value, INT)


def get(variable: Variable) -> GetLocal:
    return GetLocal(variable, variable.type)


def give(value: TypedExpression) -> ReturnValue:
    return ReturnValue(value, 1)


def note(value: int) -> Evaluate:
    ref = MethodRef(ITEM, "note", (INT,), VOID)
    return Evaluate(CallMethod("callstatic", ref, None, (number(value),), VOID, 1), 1)


def files_of(
    *body: TypedStatement, result: Type = INT, parameters: tuple[Variable, ...] = (X,)
) -> tuple[ClassFile, ...]:
    types, names = tuple(p.type for p in parameters), tuple(p.name for p in parameters)
    header = Method("run", types, result, Flags.STATIC, None, (), 1, names)
    method = TypedMethod(header, None, parameters, TypedBlock(body))
    files = generate(TypedClass(ClassFile("Item", OBJECT, methods=(header,)), (method,), ()), SOURCE)
    for file in files:
        assert decode(encode(file)) == file
    return files


def code_of(file: ClassFile, name: str) -> Code:
    method = file.method(name)
    assert method is not None
    assert method.code is not None
    return method.code


def listing(*body: TypedStatement, result: Type = INT, parameters: tuple[Variable, ...] = (X,)) -> str:
    """The instructions of a static method with that body, one line."""
    code = code_of(files_of(*body, result=result, parameters=parameters)[0], "run")
    return "; ".join(map(str, code.instructions))


def test_every_node_of_the_typed_tree_is_handled() -> None:
    assert set(EXPRESSIONS) == set(get_args(TypedExpression))
    assert set(STATEMENTS) == set(get_args(TypedStatement))


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────

LESS = Op("ilt", (get(X), number(9)), BOOL, 1)


def test_a_condition_branches_without_making_a_bool() -> None:
    body = Branch(LESS, TypedBlock((note(1),)), None, 1)
    text = listing(body, give(number(0)))
    assert text == "load 0; iconst 9; ilt; jumpunless 7; iconst 1; callstatic 0; pop; iconst 0; ret"


def test_not_turns_the_branch_around() -> None:
    body = Branch(Op("not", (Op("not", (Op("not", (LESS,), BOOL, 1),), BOOL, 1),), BOOL, 1), TypedBlock(()), None, 1)
    assert "jumpif 4" in listing(body, give(number(0)))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (And(get(FLAG), LESS, BOOL), "load 0; jumpunless 9; load 1; iconst 9; ilt; jumpunless 9"),
        (Or(get(FLAG), LESS, BOOL), "load 0; jumpif 6; load 1; iconst 9; ilt; jumpunless 9"),
        (Op("not", (Or(get(FLAG), LESS, BOOL),), BOOL, 1), "load 0; jumpif 9; load 1; iconst 9; ilt; jumpif 9"),
    ],
)
def test_and_and_or_jump_straight_to_where_they_lead(condition: TypedExpression, expected: str) -> None:
    branch = Branch(condition, TypedBlock((note(1),)), None, 1)
    assert listing(branch, give(number(0)), parameters=(FLAG, X)).startswith(expected + "; iconst 1;")


def test_a_null_test_is_one_jump() -> None:
    s = Variable("s", STRING.or_null())
    branch = Branch(IsNull(get(s), BOOL), TypedBlock((note(1),)), None, 1)
    assert listing(branch, give(number(0)), parameters=(s,)).startswith("load 0; jumpnonnull 5; iconst 1")


def test_a_condition_whose_value_is_wanted_becomes_a_bool_in_one_place() -> None:
    text = listing(give(And(get(FLAG), get(FLAG), BOOL)), result=BOOL, parameters=(FLAG,))
    assert text == "load 0; jumpunless 6; load 0; jumpunless 6; bconst 1; jump 7; bconst 0; ret"


def test_while_tests_at_the_head_and_loops_back_once() -> None:
    step = TypedBlock((SetLocal(X, Op("iadd", (get(X), number(1)), INT, 1), 1),))
    loop = Loop(LESS, TypedBlock((note(5),)), step, 1)
    assert listing(loop, give(get(X))) == (
        "load 0; iconst 9; ilt; jumpunless 12; iconst 5; callstatic 0; pop; "
        "load 0; iconst 1; iadd; store 0; loop 0; load 0; ret"
    )


def test_an_endless_loop_has_no_test_and_nothing_after_it() -> None:
    assert listing(Loop(BoolValue(True, BOOL), TypedBlock((note(1),))), give(get(X))).endswith("pop; loop 0")


def test_what_follows_a_return_is_not_written() -> None:
    assert listing(give(number(1)), note(2), give(number(3))) == "iconst 1; ret"


def test_a_call_that_never_returns_ends_the_path() -> None:
    call = CallMethod("callstatic", MethodRef(ITEM, "exit", (), NEVER), None, (), NEVER, 1)
    assert listing(Evaluate(Choose(get(FLAG), call, number(1), INT), 1), give(number(2)), parameters=(FLAG,)) == (
        "load 0; jumpunless 4; callstatic 0; throw; iconst 1; pop; iconst 2; ret"
    )


# ── slots, lines, names ──────────────────────────────────────────────────────────────────────────────────


def test_slots_are_used_again_after_their_scope() -> None:
    blocks = [TypedBlock((Declare(Variable(name, INT), number(1), 1), note(2))) for name in "abc"]
    code = code_of(files_of(*blocks, give(get(X)))[0], "run")
    assert code.locals == 2
    assert [(n.slot, n.name) for n in code.names] == [(1, "a"), (1, "b"), (1, "c"), (0, "x")]


def test_a_local_is_named_from_its_store_to_the_end_of_its_scope() -> None:
    inner = TypedBlock((Declare(Variable("a", INT), number(1), 1), note(2)))
    code = code_of(files_of(inner, give(get(X)))[0], "run")
    assert code.names == (LocalName(1, "a", 2, 5), LocalName(0, "x", 0, 7))


def test_a_temporary_of_the_compiler_has_no_name() -> None:
    code = code_of(files_of(Declare(Variable("$t1", INT), number(1), 1), give(get(X)))[0], "run")
    assert [n.name for n in code.names] == ["x"]


def test_each_instruction_knows_its_line() -> None:
    late = CallMethod("callstatic", MethodRef(ITEM, "f", (), INT), None, (), INT, 3)
    early = Op("iadd", (number(1), late), INT, 2)
    code = code_of(files_of(ReturnValue(early, 2))[0], "run")
    assert [(str(i), code.line_at(pc)) for pc, i in enumerate(code.instructions)] == [
        ("iconst 1", 2),
        ("callstatic 0", 3),
        ("iadd", 2),
        ("ret", 2),
    ]


# ── cells ────────────────────────────────────────────────────────────────────────────────────────────────

CELL = class_type("Cell", INT)


def test_a_shared_variable_lives_in_a_cell() -> None:
    shared = Variable("n", INT, mutable=True, in_cell=True)
    file = files_of(Declare(shared, number(1), 1), SetLocal(shared, number(2), 1), give(get(shared)))[0]
    assert "; ".join(map(str, code_of(file, "run").instructions)) == (
        "iconst 1; new 0; store 1; load 1; iconst 2; putfield 1; load 1; getfield 1; ret"
    )
    assert file.constants == (MethodRef(CELL, "init", (INT,), CELL), FieldRef(CELL, "value", INT))


def test_a_shared_parameter_moves_into_a_cell_at_entry() -> None:
    shared = Variable("n", INT, mutable=True, in_cell=True)
    assert listing(give(get(shared)), parameters=(shared,)).startswith("load 0; new 0; store 0; load 0; getfield 1")


# ── closures ─────────────────────────────────────────────────────────────────────────────────────────────

ADDER = function_type((INT,), INT)


def adder(outside: Variable, line: int = 1, plus: int = 0) -> Closure:
    """``fun(y) => outside + y + plus``"""
    inside, y = evolve(outside), Variable("y", INT)
    total = Op("iadd", (Op("iadd", (get(inside), get(y)), INT, line), number(plus)), INT, line)
    body = TypedBlock((ReturnValue(total, line),))
    return Closure(((outside, inside),), (y,), body, ADDER, (), line)


def test_a_closure_is_a_class_with_a_field_for_each_capture() -> None:
    host, closure = files_of(give(adder(X)), result=ADDER)
    assert closure.name.startswith("Item$fn")
    assert len(closure.name) == len("Item$fn") + 8
    assert closure.flags == Flags.CLOSURE | Flags.FINAL | Flags.SYNTHETIC
    assert (closure.host, closure.interfaces, closure.superclass) == ("Item", (ADDER,), OBJECT)
    assert closure.fields == (Field("x", INT, Flags.FINAL),)
    own = class_type(closure.name)
    assert [(m.name, m.parameters, m.result) for m in closure.methods] == [("init", (INT,), own), ("call", (INT,), INT)]
    assert FieldRef(own, "x", INT) in closure.constants
    assert "; ".join(map(str, code_of(host, "run").instructions)) == "load 0; new 0; ret"
    assert host.constants == (MethodRef(own, "init", (INT,), own),)


def test_equal_literals_share_a_class_wherever_they_stand() -> None:
    files = files_of(Evaluate(adder(X, 1), 1), Evaluate(adder(X, 2), 2), give(number(0)))
    assert len(files) == 2


def test_literals_that_differ_in_a_constant_are_two_classes() -> None:
    files = files_of(Evaluate(adder(X), 1), Evaluate(adder(X, plus=1), 2), give(number(0)))
    assert len({file.name for file in files}) == 3


def test_a_closure_captures_the_cell_of_a_shared_variable() -> None:
    shared = Variable("n", INT, mutable=True, in_cell=True)
    _, closure = files_of(Declare(shared, number(1), 1), give(adder(shared)), result=ADDER)
    assert closure.fields == (Field("n", CELL, Flags.FINAL),)
    assert str(code_of(closure, "call").instructions[2]).startswith("getfield")


def test_this_and_equal_names_get_fields_of_their_own() -> None:
    this, a, b = Variable("this", ITEM), Variable("a", INT), Variable("a", INT)
    captures = tuple((v, evolve(v)) for v in (this, a, b))
    closure = Closure(captures, (), TypedBlock((give(number(1)),)), function_type((), INT), (), 1)
    _, file = files_of(give(closure), result=closure.type, parameters=(this, a, b))
    assert [f.name for f in file.fields] == ["this$", "a", "a$2"]


def test_a_closure_inside_a_closure_is_written_first_and_has_the_same_host() -> None:
    inner = adder(X)
    middle = evolve(X)
    inner = evolve(inner, captures=((middle, inner.captures[0][1]),))
    outer = Closure(((X, middle),), (), TypedBlock((give(inner),)), function_type((), ADDER), (), 1)
    _, first, second = files_of(give(outer), result=outer.type)
    assert first.interfaces == (ADDER,)
    assert MethodRef(class_type(first.name), "init", (INT,), class_type(first.name)) in second.constants
    assert {first.host, second.host} == {"Item"}


def test_a_closure_of_a_template_is_a_template_with_the_same_bounds() -> None:
    t = variable("T")
    value = Variable("value", t)
    closure = Closure(((value, evolve(value)),), (), TypedBlock((give(get(value)),)), function_type((), t), ("T",), 1)
    inside = closure.captures[0][1]
    closure = evolve(closure, body=TypedBlock((give(get(inside)),)))
    header = Method("run", (t,), closure.type, Flags.NONE, line=1)
    parameters = (TypeParameter("T", class_type("Priced")),)
    this = Variable("this", class_type("Box", t))
    method = TypedMethod(header, this, (value,), TypedBlock((give(closure),)))
    host = ClassFile("Box", OBJECT, type_parameters=parameters, methods=(header,))
    file, made = generate(TypedClass(host, (method,), ()), SOURCE)
    assert made.type_parameters == parameters
    own = class_type(made.name, t)
    assert MethodRef(own, "init", (t,), own) in file.constants
    assert FieldRef(own, "value", t) in made.constants


def test_a_void_closure_returns_unit() -> None:
    closure = Closure((), (), TypedBlock((note(1),)), function_type((), VOID), (), 1)
    _, file = files_of(give(closure), result=closure.type)
    assert [i.row.name for i in code_of(file, "call").instructions][-2:] == ["unit", "ret"]


# ── initialisers ─────────────────────────────────────────────────────────────────────────────────────────


def initialised() -> ClassFile:
    count, made = Field("count", INT), Field("made", STRING, Flags.STATIC)
    this, init_this = Variable("this", ITEM), Variable("this", ITEM)
    header = Method("init", (), ITEM, line=1)
    super_init = SuperInit(init_this, MethodRef(OBJECT, "init", (), OBJECT), (), 1)
    init = TypedMethod(header, init_this, (), TypedBlock((super_init, give(get(init_this)))))
    initialisers = (
        TypedInitialiser(count, this, GetField(get(this), FieldRef(ITEM, "other", INT), INT, 2), 2),
        TypedInitialiser(made, None, StringValue("tea", STRING), 2),
    )
    file = ClassFile("Item", OBJECT, fields=(count, made), methods=(header,))
    return generate(TypedClass(file, (init,), initialisers, (note(7),)), SOURCE)[0]


def names(file: ClassFile, method: str) -> list[str]:
    return [i.row.name for i in code_of(file, method).instructions]


def test_init_calls_super_and_then_the_field_initialisers() -> None:
    assert names(initialised(), "init") == ["load", "callspecial", "pop", "load", "initfields", "load", "ret"]


def test_init_stays_the_same_code_when_the_first_initialiser_is_added() -> None:
    this = Variable("this", ITEM)
    header = Method("init", (), ITEM)
    super_init = SuperInit(this, MethodRef(OBJECT, "init", (), OBJECT), (), 1)
    init = TypedMethod(header, this, (), TypedBlock((super_init, give(get(this)))))
    file = generate(TypedClass(ClassFile("Item", OBJECT, methods=(header,)), (init,), ()), SOURCE)[0]
    assert names(file, "init") == ["load", "callspecial", "pop", "load", "initfields", "load", "ret"]


def test_each_initialiser_is_a_method_and_two_more_run_them() -> None:
    file = initialised()
    private, static = Flags.PRIVATE | Flags.SYNTHETIC, Flags.STATIC | Flags.SYNTHETIC
    assert [(m.name, m.flags, m.result) for m in file.methods[1:]] == [
        ("=count", private, INT),
        ("=made", static, STRING),
        ("=fields", private, VOID),
        ("=static", static, VOID),
    ]
    assert names(file, "=fields") == ["load", "load", "callspecial", "putfield", "unit", "ret"]
    assert names(file, "=static") == ["callstatic", "putstatic", "iconst", "callstatic", "pop", "unit", "ret"]


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────


def refusal(*body: TypedStatement, parameters: tuple[Variable, ...] = ()) -> str:
    with pytest.raises(CompileError) as caught:
        files_of(*body, parameters=parameters)
    assert [d.code for d in caught.value.diagnostics] == [TOO_LARGE]
    assert TOO_LARGE in CODES
    assert "shop.mini:1:1" in str(caught.value)
    return str(caught.value)


def test_a_method_too_large_is_named() -> None:
    assert "`run` is too large: more than 65535 instructions" in refusal(*[note(1)] * (MAX_INSTRUCTIONS // 3 + 1))


def test_too_many_constants() -> None:
    parts = [FloatValue(i + 0.5, FLOAT) for i in range(40_000)]
    methods = []
    for name in "ab":
        header = Method(name, (), VOID, Flags.STATIC, line=1)
        shift = 40_000 * (name == "b")
        body = TypedBlock(tuple(ReturnValue(evolve(p, value=p.value + shift), 1) for p in parts[:1]))
        concat = Evaluate(Concat(tuple(evolve(p, value=p.value + shift) for p in parts), STRING, 1), 1)
        methods.append(TypedMethod(header, None, (), TypedBlock((concat, *body.statements))))
    file = ClassFile("Item", OBJECT, methods=tuple(m.header for m in methods))
    with pytest.raises(CompileError, match="constants"):
        generate(TypedClass(file, tuple(methods), ()), SOURCE)


def test_too_many_parameters() -> None:
    parameters = tuple(Variable(f"p{i}", INT) for i in range(MAX_PARAMETERS + 1))
    assert "255 parameters" in refusal(give(number(0)), parameters=parameters)


def test_too_many_captures() -> None:
    captures = tuple((Variable(f"p{i}", INT), Variable(f"p{i}", INT)) for i in range(MAX_PARAMETERS + 1))
    closure = Closure(captures, (), TypedBlock((give(number(1)),)), function_type((), INT), (), 1)
    assert "255 variables" in refusal(Evaluate(closure, 1), give(number(0)))


def test_too_many_variables() -> None:
    declared = [Declare(Variable(f"v{i}", INT), number(0), 1) for i in range(5000)]
    assert "4096 variables at once" in refusal(*declared, give(number(0)))


def test_a_text_too_long() -> None:
    assert "bytes" in refusal(Evaluate(StringValue("x" * (MAX_STRING + 1), STRING), 1), give(number(0)))


def test_nested_finally_blocks_that_multiply_are_refused_in_time() -> None:
    block = TypedBlock((note(1),))
    for _ in range(60):
        block = TypedBlock((TryStatement(TypedBlock((note(0),)), (), block, 1),))
    assert "exception handlers" in refusal(block, give(number(0)))


# ── depth ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("left", [True, False])
def test_expressions_of_any_depth(left: bool) -> None:
    value: TypedExpression = number(0)
    for i in range(20_000):
        args = (value, number(i)) if left else (number(i), value)
        value = Op("iadd", args, INT, 1)
    assert listing(give(value)).count("iadd") == 20_000


def test_conditions_and_blocks_of_any_depth() -> None:
    condition: TypedExpression = get(FLAG)
    for _ in range(5_000):
        condition = And(condition, get(FLAG), BOOL)
    statement: TypedStatement = Branch(condition, TypedBlock((note(1),)), None, 1)
    for _ in range(5_000):
        statement = Branch(get(FLAG), TypedBlock((note(2),)), TypedBlock((statement,)), 1)
    assert listing(statement, give(number(0)), parameters=(FLAG,)).count("jumpunless") == 10_001


def test_closures_in_closures_of_some_depth() -> None:
    type_, body = function_type((), INT), give(number(1))
    for _ in range(50):
        closure = Closure((), (), TypedBlock((body,)), type_, (), 1)
        type_, body = function_type((), type_), give(closure)
    assert len(files_of(body, result=type_)) == 51


def test_new_and_unit() -> None:
    made = NewObject(MethodRef(ITEM, "init", (), ITEM), (), ITEM, 1)
    assert listing(Evaluate(made, 1), Evaluate(UnitValue(VOID), 1), give(UnitValue(VOID)), result=VOID) == (
        "new 0; pop; unit; ret"
    )
