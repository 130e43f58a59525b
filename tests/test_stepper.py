"""Stepping through a fiber, without a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise

import pytest

from corpus import KINDS, Script, expectation, scripts
from lang.compiler import compile_file
from lang.library import standard_library
from lang.parser import parse
from lang.repl.session import Session
from minivm.errors import Deadlock, UsageError
from minivm.glance import glance
from minivm.machine import Machine
from minivm.native.presence import available
from minivm.options import MachineOptions
from minivm.stepper import Outcome, Step, Stepper
from minivm.trace import Tracer
from minivm.types import class_type
from running import compile_text, new_machine, text_of

needs_llvm = pytest.mark.skipif(not available(), reason="llvmlite is not installed")

COUNTER = """\
class Counter {
    static var made: int = begin()
    var n: int = 0
    init() { Counter.made += 1 }
    static fun begin(): int { return 7 }
    fun bump(by: int): int {
        let before = n
        n += by
        return before
    }
}
let c = Counter()
print(c.bump(5))
"""


@contextmanager
def stepping(text: str, mode: str = "normal") -> Iterator[Stepper]:
    """A stepper at the first instruction of a program."""
    program = compile_text("steps", text)
    with closing(new_machine(program, mode)) as machine:
        yield Stepper(machine, machine.start(machine.load(class_type(program.main)).methods["main"]))


def all_steps(stepper: Stepper) -> list[Step]:
    found = []
    while (step := stepper.step()) is not None:
        found.append(step)
    return found


def output(stepper: Stepper) -> str:
    return text_of(stepper.machine.output)


@pytest.mark.parametrize("mode", ["normal", "collecting", "native"])
def test_stepping_does_what_running_does(mode: str) -> None:
    with stepping(COUNTER, mode) as stepper:
        steps = all_steps(stepper)
        assert output(stepper) == "0\n"
        assert stepper.ended and stepper.step() is None and stepper.where() is None
        assert steps[-1].outcome is Outcome.ENDED and steps[-1].after is None
        for step, following in pairwise(steps):
            assert step.after == following.before


MANY_STEPS = ("hot/", "deep", "thousand", "map_with", "many")


def steppable(script: Script) -> bool:
    found = expectation(script.text)
    plain = not (found.diagnoses or found.error or found.deadlock or found.failed or found.status)
    return plain and script.kinds != KINDS[:1] and not any(word in script.name for word in MANY_STEPS)


@pytest.mark.parametrize("script", list(filter(steppable, scripts("language")))[::12], ids=lambda script: script.name)
def test_a_stepped_program_does_what_it_does_by_itself(script: Script) -> None:
    program = compile_file(script.path, standard_library())
    with closing(new_machine(program, "normal", script.heap_bytes)) as machine:
        stepper = Stepper(machine, machine.start(machine.app.load(class_type(program.main)).methods["main"]))
        all_steps(stepper)
        machine.drain()
        assert text_of(machine.output).splitlines() == list(expectation(script.text).output)


@needs_llvm
def test_what_is_compiled_is_stepped_bytecode_by_bytecode() -> None:
    text = "fun twice(x: int): int { return x + x }\nvar sum = 0\nfor i in 0..5 { sum += twice(i) }\nprint(sum)\n"
    seen = []
    for mode in ("normal", "native"):
        with stepping(text, mode) as stepper:
            seen.append([(s.before.method, s.before.pc, s.outcome) for s in all_steps(stepper)])
            assert output(stepper) == "20\n"
            compiled = stepper.machine.load(class_type("steps")).methods["twice"].entry
            assert (compiled is not None) == (mode == "native")
    assert seen[0] == seen[1]
    assert sum(method == "steps.twice" for method, _, _ in seen[0]) == 5 * 4


def test_a_step_shows_instruction_stack_and_locals() -> None:
    with stepping(COUNTER) as stepper:
        bump = [s for s in all_steps(stepper) if s.before.method == "Counter.bump"]
    add = next(s for s in bump if s.before.instruction == "iadd")
    assert add.after is not None
    assert (add.before.source, add.before.line) == ("steps.mini", 8)
    assert [(slot.text, str(slot.type)) for slot in add.before.stack[-2:]] == [("0", "int"), ("5", "int")]
    assert [slot.text for slot in add.after.stack[-1:]] == ["5"]
    assert len(add.after.stack) == len(add.before.stack) - 1
    assert [f"{slot.name}: {slot.type} = {slot.text}" for slot in add.before.locals] == [
        "this: Counter = Counter(n: 0)",
        "by: int = 5",
        "before: int = 0",
    ]
    assert "load 1 (by)" in [s.before.instruction for s in bump]
    assert "putfield Counter.n: int" in [s.before.instruction for s in bump]


def test_a_class_is_initialised_before_the_instruction_that_needs_it() -> None:
    with stepping(COUNTER) as stepper:
        steps = all_steps(stepper)
    at = next(i for i, s in enumerate(steps) if s.outcome is Outcome.INITIALISES)
    first, done = (
        steps[at],
        next(s for s in steps[at:] if s.outcome is Outcome.RETURNED and s.detail.endswith("=static")),
    )
    assert first.detail == "Counter" and first.before.instruction == "new Counter.init(): Counter"
    assert done.after == first.before  # the instruction comes again
    again = steps[steps.index(done) + 1]
    assert (again.outcome, again.detail) == (Outcome.CALLED, "Counter.init")


def test_lines_are_stepped_over_calls() -> None:
    with stepping(COUNTER) as stepper:
        lines = []
        while (step := stepper.step_line()) is not None:
            lines.append(step.before.line)
        assert lines == [12, 13]
        assert output(stepper) == "0\n"


def test_lines_are_stepped_into_calls() -> None:
    text = "fun twice(x: int): int {\n    let y = x\n    return y * 2\n}\nlet a = twice(4)\nprint(a)\n"
    with stepping(text) as stepper:
        step = stepper.step_line(into=True)
        assert step is not None and step.after is not None
        assert (step.outcome, step.detail, step.after.line) == (Outcome.CALLED, "steps.twice", 2)
        step = stepper.step_line()
        assert step is not None and step.after is not None
        assert [(slot.name, slot.text) for slot in step.after.locals] == [("x", "4"), ("y", "4")]
        step = stepper.step_out()
        assert step is not None and step.after is not None
        assert (step.outcome, step.after.line, step.after.depth) == (Outcome.RETURNED, 5, 1)


def test_a_line_that_loops_stops_each_time_round() -> None:
    with stepping("var n = 0\nwhile n < 3 { n += 1 }\nprint(n)\n") as stepper:
        lines = []
        while (step := stepper.step_line()) is not None:
            lines.append(step.before.line)
    assert lines[0] == 1 and lines[-1] == 3
    assert lines.count(2) >= 3


def test_an_exception_is_a_step_to_its_handler() -> None:
    text = 'fun f(x: int): int { return 1 / x }\ntry { f(0) } catch e: ArithmeticError { print("caught") }\nf(0)\n'
    with stepping(text) as stepper:
        steps = all_steps(stepper)
        threw = next(s for s in steps if s.outcome is Outcome.THREW)
        assert threw.before.instruction == "idiv" and threw.detail.startswith("ArithmeticError: ")
        assert threw.after is not None and threw.after.method == "steps.main"
        assert threw.after.stack[0].text.startswith("ArithmeticError(")
        assert steps[-1].outcome is Outcome.FAILED and steps[-1].detail.startswith("ArithmeticError: ")
        assert output(stepper) == "caught\n"
        assert stepper.error


def test_other_fibers_run_while_the_stepped_one_waits() -> None:
    text = """\
let c = Channel<int>(1)
let f = spawn c.send(41)
print(c.receive() + 1)
"""
    with stepping(text) as stepper:
        steps = all_steps(stepper)
        assert output(stepper) == "42\n"
        waits = [s for s in steps if s.outcome is Outcome.WAITS]
        assert waits
        for step in waits:
            assert step.after is not None
            assert (step.after.pc, step.after.depth) == (step.before.pc, step.before.depth)
        assert {s.before.method.partition(".")[0] for s in steps} & {"steps", "Channel<int>"}


def test_a_fiber_that_waits_for_ever_is_a_deadlock() -> None:
    with stepping("let c = Channel<int>(1)\nprint(c.receive())\n") as stepper, pytest.raises(Deadlock):
        all_steps(stepper)


def test_another_fiber_can_be_stepped_and_then_left_to_run() -> None:
    text = "fun work(n: int): int {\n    var sum = 0\n    for i in 0..n { sum += i }\n    return sum\n}\n"
    text += "let f = spawn work(4)\npause()\nprint(f.join())\n"
    with stepping(text) as main:
        while len(list(main.scheduler.live())) < 2:
            main.step()
        main.close()
        worker = Stepper(main.machine, main.scheduler.get(list(main.scheduler.live())[1], "id"))
        for _ in range(5):
            step = worker.step()
            assert step is not None
        worker.close()
        main.machine.drain()
        assert output(main) == "6\n"


def test_the_rest_can_be_run_at_once() -> None:
    with stepping(COUNTER) as stepper:
        for _ in range(3):
            stepper.step()
        stepper.run()
        assert stepper.ended and output(stepper) == "0\n"
        assert stepper.step() is None


def test_there_must_be_such_a_fiber() -> None:
    with stepping("print(1)\n") as stepper, pytest.raises(UsageError, match="there is no fiber 99"):
        Stepper(stepper.machine, 99)


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("42", "42"),
        ("1.5", "1.5"),
        ("true", "true"),
        ('"a\\tb"', '"a\\tb"'),
        ('"x".repeat(100)', '"' + "x" * 40 + '…"'),
        ("Leaf(3, null)", "Leaf(n: 3, next: null)"),
        ("Leaf(3, Leaf(4, null))", "Leaf(n: 3, next: Leaf(…))"),
        ("Suit.spades", "Suit.spades"),
        ("Array<int>(9)", "[0, 0, 0, 0, 0, 0, … 9 in all]"),
        ("Array<Leaf?>(2)", "[null, null]"),
        ("Leaf(1, null) as Object?", "Leaf(n: 1, next: null)"),
    ],
)
def test_values_are_shown_at_a_glance(expression: str, shown: str) -> None:
    text = "class Leaf { let n: int; let next: Leaf?; init(n: int, next: Leaf?) { this.n = n; this.next = next } }\n"
    text += f"enum Suit {{ hearts, spades }}\nfun look(): void {{ }}\nlet value = {expression}\nlook()\n"
    with stepping(text) as stepper:
        while (step := stepper.step()) is not None and step.detail != "steps.look":
            pass
        step = stepper.step_out()
        assert step is not None and step.after is not None
        values = {slot.name: slot.text for slot in step.after.locals}
        statics = stepper.machine.load(class_type("steps")).statics
        if "value" not in values:  # a top-level variable is a static of the program's class
            at = next(f for f in statics if f.name == "value")
            ref = stepper.machine.memory.root(16 + at.owner.id)
            values["value"] = glance(stepper.vm, at.type, stepper.vm.words[ref + at.offset])
        assert values["value"] == shown


def test_a_field_without_a_value_yet_is_unset() -> None:
    with stepping('class Tag { let text: String; init() { text = "new" } }\nTag()\n') as stepper:
        seen = [s.before.locals[0].text for s in all_steps(stepper) if s.before.method == "Tag.init"]
    assert (seen[0], seen[-1]) == ("Tag(text: unset)", 'Tag(text: "new")')


def test_an_expression_of_a_session_can_be_stepped() -> None:
    session = Session(MachineOptions(64 << 20, False, Tracer()), output=io.StringIO())
    machine: Machine = session.machine
    assert not session.feed("fun add(a: int, b: int): int { return a + b }").failed
    module = session.workspace.next_module()
    source = session.workspace.source("add(2, 3)")
    files = session.workspace.compile_entry(source, parse(source), module)
    session.workspace.add(files, module, [])
    stepper = Stepper(machine, machine.start(machine.load(class_type(module)).methods["main"]))
    steps = all_steps(stepper)
    stepper.close()
    assert steps[-1].detail == "5"
    assert session.feed("add(1, 1)").text == "2"
    machine.close()
