"""The REPL's logic: entries, echoes, commands, redefinition, fibers that live on."""

from __future__ import annotations

import io
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lang.repl.reply import Reply
from lang.repl.session import Session
from minivm.options import MachineOptions
from minivm.trace import Tracer


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(MachineOptions(64 << 20, False, Tracer()), tmp_path, output=io.StringIO(), errors=io.StringIO())
    yield made
    made.machine.close()


def feed(session: Session, *texts: str) -> Reply:
    """Feed texts that must not fail; the last reply."""
    reply = Reply()
    for text in texts:
        reply = session.feed(text)
        assert not reply.failed, f"{text}\n{reply.text}"
    return reply


def printed(session: Session) -> str:
    out = session.machine.output
    assert isinstance(out, io.StringIO)
    return out.getvalue()


COUNTER = "class Counter { var n: int = 0; fun bump(): int { n += 1; return n } }"
COUNTER2 = "class Counter { var n: int = 0; var step: int = 10; fun bump(): int { n += step; return n } }"
WORKER = "class Worker { var on: bool = true; var done: int = 0; fun run() { while on { done += 1; sleep(5) } } }"

# what is typed, and a pattern for what is shown
SESSION = [
    (COUNTER, r"class Counter v1"),
    ("let c = Counter()", r""),
    ("c.bump()", r"1"),
    (
        ":redefine " + COUNTER2,
        r"applied  Counter v1 -> v2   \+ field step: int = 10   ~ method bump   1 instance migrated   [\d.]+ ms",
    ),
    ("c.bump()", r"11"),
    (
        ":redefine class Counter { fun bump(): int { return 0 } }",
        r"refused\[R101\]  Counter v3 would lose fields that v2 has\n    n: int +held by 1 live instance\n"
        r"    step: int +held by 1 live instance\n  keep them in the new class .*",
    ),
    ("c.bump()", r"21"),
    (WORKER, r"class Worker v1"),
    ("let w = Worker()", r""),
    ("let f = spawn w.run()", r""),
    (
        ":redefine " + WORKER.replace("+= 1", "+= 2"),
        r"refused\[R201\]  1 active frame of a method that this replaces\n    fiber 2   Worker.run   <repl>:6\n.*",
    ),
    ("w.on = false", r""),
    ("f.join()", r""),
    (
        ":redefine " + WORKER.replace("+= 1", "+= 2"),
        r"applied  Worker v1 -> v2   ~ method run   1 instance kept its layout   [\d.]+ ms",
    ),
]


def test_the_session_of_the_issue(session: Session) -> None:
    for text, shown in SESSION:
        assert re.fullmatch(shown, session.feed(text).text), text


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("1 + 2", "3"),
        ("1.0 / 3.0", "0.3333333333333333"),
        ("1 < 2", "true"),
        ("null", "null"),
        ('"a" + "b"', '"ab"'),
        (r'"tab\t quote\" brace\{ back\\"', r'"tab\t quote\" brace\{ back\\"'),
        ("List<int>()", "[]"),
    ],
)
def test_values_are_echoed(session: Session, expression: str, shown: str) -> None:
    assert feed(session, expression).text == shown


def test_a_nullable_number_is_echoed_as_number_or_null(session: Session) -> None:
    feed(session, "var x: int? = null")
    assert feed(session, "x").text == "null"
    assert feed(session, "x = 5", "x").text == "5"


def test_to_string_is_called_for_objects(session: Session) -> None:
    feed(session, 'class P { override fun toString(): String { return "a P" } }')
    assert feed(session, "P()").text == "a P"


def test_an_error_in_to_string_is_an_error_of_the_entry(session: Session) -> None:
    feed(session, 'class P { override fun toString(): String { throw StateError("no text") } }')
    reply = session.feed("P()")
    assert reply.failed and "StateError: no text" in reply.text
    assert feed(session, "1").text == "1"


def test_entries_see_what_came_before_the_latest_first(session: Session) -> None:
    feed(session, "fun f(): int { return 1 }", "fun g(): int { return f() }", "fun f(): int { return 2 }")
    assert feed(session, "f()").text == "2"
    assert feed(session, "g()").text == "1"


def test_definitions_are_acknowledged(session: Session) -> None:
    assert feed(session, "enum Color { red, green }").text == "enum Color v1"
    assert feed(session, "interface I { fun f(): int }").text == "interface I v1"
    assert feed(session, "fun pair<T>(a: T, n: int): List<T> { return List<T>() }").text == (
        "fun pair<T>(a: T, n: int): List<T>"
    )


def test_lines_count_on_from_entry_to_entry_and_commands_do_not_count(session: Session) -> None:
    feed(session, "let a = 1", ":classes", "fun f(): int {\n  return 1 / 0\n}")
    reply = session.feed("f()")
    assert "at repl$2.f (<repl>:3)" in reply.text
    assert "at repl$3.main (<repl>:5)" in reply.text
    assert "return 1 / 0" in reply.text


def test_a_compile_error_leaves_the_session_as_it_was(session: Session) -> None:
    feed(session, "let a = 1")
    digest = session.machine.digest()
    reply = session.feed('let a: int = "x"')
    assert reply.failed and "error[E050]" in reply.text and "--> <repl>:2:14" in reply.text
    assert session.machine.digest() == digest
    assert feed(session, "a").text == "1"


def test_a_variable_whose_value_throws_does_not_hide_the_earlier_one(session: Session) -> None:
    feed(session, "let a = 1")
    reply = session.feed("let a = 1 / 0")
    assert reply.failed and reply.text.startswith("uncaught ArithmeticError: division by zero")
    assert feed(session, "a").text == "1"


def test_defining_a_class_again_says_what_redefine_would_change(session: Session) -> None:
    feed(session, COUNTER)
    reply = session.feed(COUNTER2)
    assert reply.failed and "there is a class `Counter` already, in v1" in reply.text
    assert ":redefine" in reply.text and "+ field step: int = 10, ~ method bump" in reply.text


def test_redefining_what_is_not_there_suggests_the_nearest(session: Session) -> None:
    feed(session, COUNTER)
    reply = session.feed(":redefine class Countr { }")
    assert reply.failed and "no class `Countr`" in reply.text and "`Counter`" in reply.text


def test_a_redefinition_that_does_not_compile_ends_in_a_record(session: Session) -> None:
    feed(session, COUNTER)
    reply = session.feed(":redefine class Counter { var n: int = true }")
    assert reply.record is not None and reply.record.code == "R501"
    assert "error[E050]" in reply.text and "<redefine 1>:1:" in reply.text


def test_a_set_may_bring_a_new_class_along(session: Session) -> None:
    feed(session, COUNTER, "let c = Counter()")
    step = "class Step { fun size(): int { return 7 } }\n"
    reply = feed(session, f":redefine {step}{COUNTER.replace('return n', 'return Step().size()')}")
    assert "Step v1 (new)" in reply.text and "Counter v1 -> v2" in reply.text
    assert feed(session, "c.bump() + Step().size()").text == "14"


def test_redefinition_of_a_file(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shop.mini"
    path.write_text(
        "class Shop { fun open(): int { return hour() } }\nfun hour(): int { return 8 }\nlet shop = Shop()\n"
    )
    assert feed(session, ":load shop.mini").text == "class Shop v1\nfun hour(): int"
    path.write_text(
        "class Shop { fun open(): int { return hour() + 1 } }\nfun hour(): int { return 8 }\nlet shop = Shop()\n"
    )
    assert "Shop v1 -> v2" in feed(session, ":redefine shop.mini").text
    assert feed(session, "shop.open()").text == "9"


def test_a_program_redefines_its_own_classes(session: Session) -> None:
    feed(session, COUNTER, "let c = Counter()")
    text = COUNTER2.replace("{", r"\{").replace("}", r"\}")
    feed(session, f'let r = VM.redefine("{text}")')
    assert feed(session, "r.code").text == '"A001"'
    assert feed(session, "c.bump()").text == "10"
    assert feed(session, "Counter().step").text == "10"  # later entries are checked against the new version


def test_imports_stay(session: Session, tmp_path: Path) -> None:
    (tmp_path / "shapes.mini").write_text("class Dot { }\nfun count(): int { return 3 }\n")
    feed(session, "import shapes")
    assert feed(session, "shapes.count() + count()").text == "6"
    feed(session, "let d = shapes.Dot()")
    assert feed(session, "d is Dot").text in ("true", "")
    assert "no nothing.mini" in session.feed("import nothing").text
    (tmp_path / "shapes2.mini").write_text("class Dot { var x: int = 1 }\n")
    assert (
        "shapes.Dot v1 -> v2   + field x: int = 1   1 instance migrated" in feed(session, ":redefine shapes2.mini").text
    )


def test_what_finished_entries_called_may_go(session: Session) -> None:
    feed(
        session, COUNTER, "let c = Counter()", "c.bump()", "let f = spawn c.bump()", "f.join()", "let g = fun() => c.n"
    )
    assert "- method bump" in feed(session, ":redefine class Counter { var n: int = 5 }").text
    assert feed(session, "g()").text == "2"
    reply = session.feed(":redefine class Counter { }")
    assert "R101" in reply.text and "R302" in reply.text  # g is still held and reads n


def test_what_a_running_fiber_still_calls_may_not_go(session: Session) -> None:
    feed(session, COUNTER, "let c = Counter()", "spawn fun() { while true { c.bump(); pause() } }()")
    assert "R302" in session.feed(":redefine class Counter { var n: int = 0 }").text


# ── fibers ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_spawned_fibers_live_on_between_entries(session: Session) -> None:
    feed(session, WORKER, "let w = Worker()", "let f = spawn w.run()")
    assert re.fullmatch(r"fiber 2   sleeping   Worker.run   <repl>:1", feed(session, ":fibers").text)
    feed(session, "sleep(30)")
    assert int(feed(session, "w.done").text) >= 2
    feed(session, "w.on = false", "f.join()")
    assert feed(session, ":fibers").text == "no fibers"


def test_fibers_run_while_the_prompt_waits(session: Session) -> None:
    feed(session, "var n = 0", "fun count() { while true { n += 1 } }", "let f = spawn count()")
    before = int(feed(session, "n").text)
    session.run_others(3)
    assert session.next_turn() == 0.0
    assert int(feed(session, "n").text) >= before + 3000


def test_an_error_in_a_spawned_fiber_is_reported(session: Session) -> None:
    feed(session, 'fun fail() { throw StateError("lost") }', "spawn fail()")
    errors = session.machine.errors
    assert isinstance(errors, io.StringIO)
    assert "StateError: lost" in errors.getvalue()


def test_a_deadlock_ends_the_entry_only(session: Session) -> None:
    feed(session, "let c = Channel<int>(1)")
    reply = session.feed("c.receive()")
    assert reply.failed and "deadlock" in reply.text and "<repl>:2" in reply.text
    assert feed(session, "c.send(4); c.receive()").text == "4"


@contextmanager
def interrupt_in(seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, signal.raise_signal, [signal.SIGINT])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def test_ctrl_c_stops_the_entry_and_runs_its_finally_blocks(session: Session) -> None:
    with interrupt_in(0.5):
        reply = session.feed('try { while true { } } finally { print("tidy") }')
    assert reply.failed and reply.text.startswith("interrupted\n    fiber 1   running   main   <repl>:1")
    assert printed(session) == "tidy\n"
    assert feed(session, "1").text == "1"


def test_ctrl_c_in_an_initialiser_of_a_redefinition_leaves_all_as_it_was(session: Session) -> None:
    feed(session, "fun loop(): int { while true { } }", COUNTER, "let c = Counter()", "c.bump()")
    digest = session.machine.digest()
    with interrupt_in(0.5):
        reply = session.feed(
            ":redefine class Counter { var n: int = 0; var x: int = loop(); fun bump(): int { return 0 } }"
        )
    assert reply.failed and reply.text == "interrupted"
    assert session.machine.digest() == digest
    assert feed(session, "c.bump()").text == "2"


def test_exit_ends_the_session(session: Session) -> None:
    assert session.feed("exit(3)").status == 3


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unknown_command_suggests_the_nearest(session: Session) -> None:
    assert session.feed(":clases").text == "error: no command `:clases`; did you mean `:classes`?"


def test_commands_show_the_machine(session: Session) -> None:
    feed(session, COUNTER, "let c = Counter()", "fun twice(x: int): int { return 2 * x }")
    assert feed(session, ":classes").text == "class Counter   v1   1 instance"
    assert "bump(): int" in feed(session, ":class Counter").text
    assert "did you mean `Counter`" in session.feed(":class counter").text
    assert feed(session, ":type c.bump()").text == "int"
    assert feed(session, "c.n").text == "0"  # :type does not evaluate
    assert "iadd" in feed(session, ":dis Counter.bump").text
    assert "imul" in feed(session, ":dis twice").text
    assert "digest" in feed(session, ":heap").text
    assert "in use" in feed(session, ":gc").text
    assert feed(session, ":frames").text == "no fibers"
    assert ":redefine" in feed(session, ":help").text
    assert session.feed(":quit").status == 0


def test_tracing_is_switched(session: Session) -> None:
    seen: list[str] = []
    session.machine.tracer.sink = seen.append
    feed(session, ":trace load on", COUNTER, ":trace load off", "class Other { }")
    assert any("Counter" in line for line in seen)
    assert not any("Other" in line for line in seen)
    assert session.feed(":trace lod on").failed


@pytest.mark.parametrize(
    "text",
    [
        ":load",
        ":load nothing.mini",
        "import " + "x" * 300,
        'VM.load("' + "x" * 300 + '")',
        ":redefine",
        ":redefine x.mini",
        ":dis",
        ":dis Nope",
        ":class Nope",
        ":trace",
        ":type",
        ":type 1 +",
        ":nothing",
        ")",
        "}",
        "class",
        "\x00",
    ],
)
def test_whatever_is_wrong_gets_a_reply(session: Session, text: str) -> None:
    reply = session.feed(text)
    assert "Traceback" not in reply.text
    assert feed(session, "1").text == "1"


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("class A {", True),
        ("class A { }", False),
        ("f(1,", True),
        ('"""abc', True),
        ("1 +", True),
        (":redefine class A {", True),
        (":redefine class A { }", False),
        (":class {", False),
    ],
)
def test_incomplete_texts_ask_for_more(text: str, more: bool) -> None:
    assert Session.needs_more(text) is more


def test_a_bug_of_the_machine_does_not_cost_the_session(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(session, "let kept = 1")
    with monkeypatch.context() as broken:
        broken.setattr(session.machine, "run_fiber", lambda number: 1 / 0)
        reply = session.feed("kept")
    assert reply.failed and "a fault of minivm's own" in reply.text and "ZeroDivisionError" in reply.text
    assert feed(session, "kept").text == "1"
