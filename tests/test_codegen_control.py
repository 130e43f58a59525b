"""Generated control flow against a direct evaluation of the same typed tree, on random programs."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lang.codegen import generate
from lang.diagnostics import CompileError
from lang.source import Source
from lang.typed import (
    And,
    BoolValue,
    Branch,
    BreakLoop,
    CallMethod,
    Choose,
    ContinueLoop,
    Declare,
    Evaluate,
    GetLocal,
    IntValue,
    IsNull,
    Loop,
    NullValue,
    Op,
    Or,
    Raise,
    ReturnValue,
    Sequence,
    SetLocal,
    TryStatement,
    TypedBlock,
    TypedCatch,
    TypedClass,
    TypedExpression,
    TypedMethod,
    TypedStatement,
    TypeOp,
    Variable,
)
from minivm.assembler import assemble_all
from minivm.classfile import ClassFile, Flags, Method, MethodRef
from minivm.codec import decode, encode
from minivm.loader import Loader, MemoryFinder, Registry
from minivm.trace import Tracer
from minivm.types import BOOL, ERROR, INT, NEVER, NULL, OBJECT, class_type
from minivm.verifier import verify
from stackmachine import ARITHMETIC, Thrown, ToyMachine
from verifier_world import LIBRARY

MAIN = class_type("Main")
TRACE = MethodRef(MAIN, "trace", (INT,), INT)
FAIL = MethodRef(MAIN, "error", (INT,), ERROR)


def number(value: int) -> IntValue:
    return IntValue(value, INT)


def trace(value: TypedExpression) -> CallMethod:
    return CallMethod("callstatic", TRACE, None, (value,), INT, 1)


def fail(value: int) -> Raise:
    return Raise(CallMethod("callstatic", FAIL, None, (number(value),), ERROR, 1), NEVER, 1)


def block(*statements: TypedStatement) -> TypedBlock:
    return TypedBlock(statements)


def method_of(body: TypedBlock, *parameters: Variable) -> tuple[ClassFile, ...]:
    header = Method("run", tuple(p.type for p in parameters), INT, Flags.STATIC, line=1)
    natives = tuple(Method(r.name, r.parameters, r.result, Flags.STATIC | Flags.NATIVE) for r in (TRACE, FAIL))
    file = ClassFile("Main", OBJECT, methods=(header, *natives), flags=Flags.MODULE | Flags.FINAL)
    return generate(TypedClass(file, (TypedMethod(header, None, parameters, body),), ()), Source("main.mini", "x\n"))


# ── the reference: a direct evaluation of the tree ───────────────────────────────────────────────────────


class Leave(Exception):
    def __init__(self, loop: Loop, again: bool) -> None:
        self.loop, self.again = loop, again


class Runaway(Exception):
    """The program runs for longer than a test should."""


class Returned(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


class Reference:
    def __init__(self, log: list[int]) -> None:
        self.log = log
        self.values: dict[Variable, Any] = {}

    def value(self, e: TypedExpression) -> Any:
        match e:
            case IntValue() | BoolValue():
                return e.value
            case NullValue():
                return None
            case GetLocal():
                return self.values[e.variable]
            case Op():
                args = [self.value(a) for a in e.args]
                return ARITHMETIC[e.row](*args)
            case TypeOp():
                return self.value(e.args[0])
            case And():
                return self.value(e.left) and self.value(e.right)
            case Or():
                return self.value(e.left) or self.value(e.right)
            case IsNull():
                return self.value(e.operand) is None
            case Choose():
                return self.value(e.then if self.value(e.condition) else e.otherwise)
            case Sequence():
                self.statements(e.statements)
                return None if e.value is None else self.value(e.value)
            case Raise():
                raise Thrown(self.value(e.error))
            case CallMethod():
                args = [self.value(a) for a in e.args]
                return NATIVES[e.ref.name](self.log, *args)
        raise AssertionError(e)

    def statements(self, statements: tuple[TypedStatement, ...]) -> None:
        for s in statements:
            self.statement(s)

    def statement(self, s: TypedStatement) -> None:
        match s:
            case TypedBlock():
                self.statements(s.statements)
            case Declare() | SetLocal():
                assert s.value is not None
                self.values[s.variable] = self.value(s.value)
            case Evaluate():
                self.value(s.expression)
            case Branch():
                chosen = s.then if self.value(s.condition) else s.otherwise
                self.statements(chosen.statements if chosen else ())
            case Loop():
                self.loop(s)
            case BreakLoop() | ContinueLoop():
                raise Leave(s.loop, isinstance(s, ContinueLoop))
            case ReturnValue():
                raise Returned(self.value(s.value))
            case TryStatement():
                self.try_(s)

    def loop(self, s: Loop) -> None:
        assert s.condition is not None
        while self.value(s.condition):
            try:
                self.statements(s.body.statements)
            except Leave as leave:
                if leave.loop is not s:
                    raise
                if not leave.again:
                    break
            self.statements(s.step.statements)

    def try_(self, s: TryStatement) -> None:
        try:
            try:
                self.statements(s.body.statements)
            except Thrown as thrown:
                if not s.catches:
                    raise
                self.values[s.catches[0].variable] = thrown.error
                self.statements(s.catches[0].body.statements)
        finally:
            if s.finally_ is not None:
                self.statements(s.finally_.statements)


def log_trace(log: list[int], value: int) -> int:
    if len(log) >= 5000:
        raise Runaway
    log.append(value)
    return value


def verify_all(files: tuple[ClassFile, ...]) -> None:
    registry, tracer = Registry(), Tracer()
    library = {file.name: file for file in assemble_all(LIBRARY)}
    boot = Loader("boot", None, MemoryFinder(library), registry, tracer)
    loader = Loader("program", boot, MemoryFinder({file.name: file for file in files}), registry, tracer)
    for file in files:
        for method in loader.load(class_type(file.name)).methods.values():
            verify(method, loader)


NATIVES: dict[str, Any] = {"trace": log_trace, "error": lambda log, value: f"error {value}"}


def outcome_of_tree(body: TypedBlock) -> tuple[Any, list[int]]:
    log: list[int] = []
    try:
        Reference(log).statements(body.statements)
    except Returned as returned:
        return returned.value, log
    except Thrown as thrown:
        return ("thrown", thrown.error), log
    raise AssertionError("the program did not return")


def outcome_of_code(body: TypedBlock, is_verified: bool = True) -> tuple[Any, list[int]]:
    log: list[int] = []
    files = method_of(body)
    if is_verified:
        assert decode(encode(files[0])) == files[0]
        verify_all(files)
    natives = {name: lambda *args, f=f: f(log, *args) for name, f in NATIVES.items()}
    try:
        return ToyMachine(files, natives).call("Main", "run"), log
    except Thrown as thrown:
        return ("thrown", thrown.error), log


# ── random programs ──────────────────────────────────────────────────────────────────────────────────────


class Maker:
    """Draws programs whose every statement leaves a number in the log."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0
        self.variables: list[Variable] = []
        self.loops: list[Loop] = []

    def next(self) -> IntValue:
        self.count += 1
        return number(self.count)

    def chance(self) -> bool:
        return self.random.random() < 0.5

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def condition(self, depth: int) -> TypedExpression:
        kind = self.pick("less", "less", "constant", "null", "and", "or", "not", "choose", "sequence")
        if depth <= 0 or kind == "less":
            return Op("ilt", (trace(self.next()), number(self.random.randint(0, 2 * self.count))), BOOL, 1)
        if kind == "constant":
            return BoolValue(self.chance(), BOOL)
        if kind == "null":
            operand = NullValue(NULL) if self.chance() else TypeOp("box", INT, (self.next(),), INT.or_null(), 1)
            return IsNull(operand, BOOL)
        if kind == "not":
            return Op("not", (self.condition(depth - 1),), BOOL, 1)
        if kind == "choose":
            return Choose(self.condition(depth - 1), self.condition(depth - 1), self.condition(depth - 1), BOOL)
        if kind == "sequence":
            return Sequence(self.statements(depth - 1), self.condition(depth - 1), BOOL)
        return (And if kind == "and" else Or)(self.condition(depth - 1), self.condition(depth - 1), BOOL)

    def value(self, depth: int) -> TypedExpression:
        kind = self.pick("trace", "variable", "subtract", "choose", "sequence", "pending", "bool", "never")
        if depth <= 0 or kind == "trace" or (kind == "variable" and not self.variables):
            return trace(self.next())
        if kind == "variable":
            variable = self.random.choice(self.variables)
            return GetLocal(variable, INT)
        if kind == "subtract":
            return Op("isub", (self.value(depth - 1), self.value(depth - 1)), INT, 1)
        if kind == "pending":  # two operands wait while statements run
            inner = Sequence(self.statements(depth), self.value(depth - 1), INT)
            return Op("isub", (trace(self.next()), Op("isub", (trace(self.next()), inner), INT, 1)), INT, 1)
        if kind == "sequence":
            return Sequence(self.statements(depth - 1), self.value(depth - 1), INT)
        if kind == "bool":
            condition = self.condition(depth - 1)
            again = Sequence((Evaluate(condition, 1),), self.value(depth - 1), INT)
            return Choose(self.condition(0), again, self.value(depth - 1), INT)
        other = Sequence((self.exit(depth - 1),), None, NEVER) if kind == "never" else self.value(depth - 1)
        return Choose(self.condition(depth - 1), other, self.value(depth - 1), INT)

    def exit(self, depth: int) -> TypedStatement:
        kind = self.pick("return", "break", "continue", "throw")
        if kind in ("break", "continue") and self.loops:
            loop = self.random.choice(self.loops)
            return BreakLoop(loop, 1) if kind == "break" else ContinueLoop(loop, 1)
        if kind == "throw":
            return Evaluate(fail(self.random.randint(0, 9)), 1)
        return ReturnValue(self.value(depth), 1)

    def block(self, depth: int) -> TypedBlock:
        return TypedBlock(self.statements(depth))

    def statements(self, depth: int) -> tuple[TypedStatement, ...]:
        scope = len(self.variables)
        found = tuple(self.statement(depth - 1) for _ in range(self.random.randint(0, 3)))
        del self.variables[scope:]
        return found

    def statement(self, depth: int) -> TypedStatement:
        kind = self.pick("evaluate", "declare", "set", "if", "loop", "try", "try", "exit", "guarded exit")
        if depth <= 0 or kind == "evaluate":
            return Evaluate(self.value(depth), 1)
        if kind == "declare":
            variable = Variable("x", INT)
            declared = Declare(variable, self.value(depth), 1)
            self.variables.append(variable)
            return declared
        if kind == "set" and self.variables:
            return SetLocal(self.random.choice(self.variables), self.value(depth), 1)
        if kind == "loop":
            return self.loop(depth)
        if kind == "try":
            return self.try_(depth)
        if kind == "exit":
            return self.exit(depth)
        otherwise = self.block(depth) if self.chance() else None
        then = TypedBlock((self.exit(depth),)) if kind == "guarded exit" else self.block(depth)
        return Branch(self.condition(depth), then, otherwise, 1)

    def loop(self, depth: int) -> TypedStatement:
        counter = Variable("i", INT)
        loop = Loop(Op("ilt", (GetLocal(counter, INT), number(2)), BOOL, 1), line=1)
        self.loops.append(loop)
        loop.body = self.block(depth)
        self.loops.pop()
        step = SetLocal(counter, Op("iadd", (GetLocal(counter, INT), number(1)), INT, 1), 1)
        loop.step = block(step)
        return block(Declare(counter, number(0), 1), loop)

    def try_(self, depth: int) -> TypedStatement:
        body = self.block(depth)
        catches = ()
        kind = self.pick("catch", "finally", "both")
        if kind != "finally":
            catches = (TypedCatch(Variable("e", ERROR), ERROR, self.block(depth)),)
        return TryStatement(body, catches, None if kind == "catch" else self.block(depth), 1)


def agree(seed: int) -> None:
    maker = Maker(seed)
    statements = tuple(maker.statement(maker.random.randint(2, 5)) for _ in range(3))
    body = TypedBlock((*statements, ReturnValue(number(0), 1)))
    try:
        expected = outcome_of_tree(body)
        actual = outcome_of_code(body, seed % 8 == 0)  # verifying takes longer than running
    except (Runaway, CompileError):  # too long for a test, or nested `finally` blocks beyond the size of a method
        return
    assert actual == expected, f"seed {seed}"


def test_code_does_what_the_tree_says() -> None:
    for seed in range(800):
        agree(seed)


@pytest.mark.long
def test_code_does_what_the_tree_says_long() -> None:
    for seed in range(800, 40_000):
        agree(seed)


# ── the corners of try, one by one ───────────────────────────────────────────────────────────────────────


def note(value: int) -> Evaluate:
    return Evaluate(trace(number(value)), 1)


def give(value: int) -> ReturnValue:
    return ReturnValue(number(value), 1)


def throw(value: int) -> Evaluate:
    return Evaluate(fail(value), 1)


def guard(body: TypedBlock, finally_: TypedBlock | None, catch: TypedBlock | None = None) -> TryStatement:
    catches = () if catch is None else (TypedCatch(Variable("e", ERROR), ERROR, catch),)
    return TryStatement(body, catches, finally_, 1)


def check(body: TypedBlock, value: Any, *log: int) -> None:
    assert outcome_of_code(body) == (value, list(log)) == outcome_of_tree(body)


def test_finally_runs_on_return() -> None:
    check(block(guard(block(give(1)), block(note(2)))), 1, 2)


def test_the_value_is_computed_before_finally() -> None:
    check(block(guard(block(ReturnValue(trace(number(1)), 1)), block(note(2)))), 1, 1, 2)


def test_return_in_finally_wins_over_return() -> None:
    check(block(guard(block(give(1)), block(give(2)))), 2)


def test_return_in_finally_swallows_an_error() -> None:
    check(block(guard(block(throw(1)), block(give(2)))), 2)


def test_throw_in_finally_replaces_an_error() -> None:
    check(block(guard(block(throw(1)), block(throw(2)))), ("thrown", "error 2"))


def test_an_inlined_finally_is_not_guarded_by_its_own_try() -> None:
    inner = guard(block(give(1)), block(note(5), throw(2)), block(note(6)))
    check(block(inner, give(0)), ("thrown", "error 2"), 5)


def test_an_inlined_outer_finally_is_not_guarded_by_the_inner_try() -> None:
    inner = guard(block(give(1)), None, block(note(6)))
    check(block(guard(block(inner), block(note(5), throw(2)))), ("thrown", "error 2"), 5)


def test_an_inlined_inner_finally_is_guarded_by_the_outer_try() -> None:
    inner = guard(block(give(1)), block(throw(2)))
    check(block(guard(block(inner), None, block(note(7))), give(9)), 9, 7)


def test_finally_blocks_run_innermost_first() -> None:
    check(block(guard(block(guard(block(give(1)), block(note(2)))), block(note(3)))), 1, 2, 3)


def test_finally_runs_after_a_catch_that_throws() -> None:
    check(block(guard(block(throw(1)), block(note(3)), block(note(2), throw(4)))), ("thrown", "error 4"), 2, 3)


def test_break_runs_only_the_finally_blocks_inside_the_loop() -> None:
    loop = Loop(BoolValue(True, BOOL), line=1)
    loop.body = block(guard(block(BreakLoop(loop, 1)), block(note(1))))
    check(block(guard(block(loop, note(2)), block(note(3))), give(0)), 0, 1, 2, 3)


def test_a_try_inside_an_expression_keeps_the_operands_around_it() -> None:
    risky = Sequence((guard(block(throw(1)), block(note(3)), block(note(2))),), number(20), INT)
    check(block(ReturnValue(Op("iadd", (trace(number(1)), risky), INT, 1), 1)), 21, 1, 2, 3)


def test_break_from_a_try_brings_the_operands_back() -> None:
    loop = Loop(BoolValue(True, BOOL), line=1)
    loop.body = block(guard(block(BreakLoop(loop, 1)), block(note(3))))
    inside = Op("isub", (number(7), Sequence((loop,), number(2), INT)), INT, 1)
    check(block(ReturnValue(Op("isub", (number(100), inside), INT, 1), 1)), 95, 3)


def test_break_out_of_an_expression_drops_its_operands() -> None:
    loop = Loop(BoolValue(True, BOOL), line=1)
    out = Sequence((BreakLoop(loop, 1),), None, NEVER)
    loop.body = block(Evaluate(Op("iadd", (trace(number(1)), out), INT, 1), 1))
    check(block(loop, give(3)), 3, 1)


def test_an_empty_try_has_no_handlers() -> None:
    files = method_of(block(guard(block(), block(note(1)), block(note(2))), give(0)))
    code = files[0].methods[0].code
    assert code is not None
    assert code.handlers == ()


def test_handlers_are_listed_innermost_first() -> None:
    inner = guard(block(note(1)), None, block(note(2)))
    files = method_of(block(guard(block(inner), None, block(note(3))), give(0)))
    code = files[0].methods[0].code
    assert code is not None
    first, second = code.handlers
    assert second.start <= first.start < first.end <= second.end
