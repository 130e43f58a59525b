"""``:step``: what each step shows, and what a session is afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lang.repl.session import Session
from lang.repl.workspace import Settings
from repl_sessions import COUNTER, feed, make_session, printed


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = make_session(tmp_path, Settings(interactive=True))
    yield made
    made.machine.close()


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Session]:
    made = make_session(tmp_path)
    yield made
    made.machine.close()


def test_through_a_pipe_every_step_is_shown(pipe: Session) -> None:
    feed(pipe, COUNTER, "let c = Counter()")
    text = feed(pipe, ":step c.bump()").text
    assert text.endswith("\n1")
    assert re.search(r"iadd\n +stack +Counter\(n: 0\), 0, 1  ->  Counter\(n: 0\), 1\n +locals  this = Counter", text)
    assert re.search(r"putfield Counter.n: int\n.*\n +locals  this = Counter\(n: 0\) -> Counter\(n: 1\)", text)
    assert "calls Counter.bump" in text and "returns from Counter.bump" in text
    assert feed(pipe, "c.n").text == "1"


def test_a_long_run_is_cut_and_finished(pipe: Session) -> None:
    text = feed(pipe, ":step var s = 0; for i in 0..1000 { s += i }\ns").text
    assert "the first 200 steps; the rest runs on" in text and text.endswith("499500")


def test_enter_executes_one_bytecode(session: Session) -> None:
    feed(session, COUNTER, "let c = Counter()")
    first = feed(session, ":step c.bump()").text
    assert "Enter: one bytecode" in first and "next    0  getstatic" in first
    assert session.is_stepping
    assert "stack   empty  ->  Counter(n: 0)" in feed(session, "").text
    assert "calls Counter.bump" in feed(session, "s").text
    assert "Counter.bump" in feed(session, ":frames").text
    assert "returns from Counter.bump" in feed(session, "o").text
    assert feed(session, "c").text == "1"
    assert not session.is_stepping
    assert feed(session, "c.n").text == "1"


def test_lines_are_stepped_over_and_into(session: Session) -> None:
    feed(session, "fun f(): int {\n  let a = 1\n  return a + 1\n}")
    feed(session, ":step let x = f()\nlet y = x + 1")
    assert "<repl>:6" in feed(session, "l").text
    feed(session, "c")
    assert feed(session, "y").text == "3"
    feed(session, ":step f()")
    assert "<repl>:2" in feed(session, "i").text
    assert "a = 1" in feed(session, "l").text
    feed(session, "c")


def test_giving_up_stops_the_entry_and_runs_its_finally_blocks(session: Session) -> None:
    feed(session, ':step try { sleep(100) } finally { print("tidy") }', "", "")
    reply = session.feed("q")
    assert reply.failed and reply.text == "stopped" and printed(session) == "tidy\n"
    assert feed(session, "1").text == "1"


def test_an_error_at_the_end_is_told_as_ever(session: Session) -> None:
    feed(session, ":step 1 / 0")
    reply = session.feed("c")
    assert reply.failed and reply.text.startswith("uncaught ArithmeticError: division by zero")


def test_a_throw_is_seen(pipe: Session) -> None:
    reply = pipe.feed(':step try { throw StateError("x") } catch e: StateError { print("caught") }')
    assert not reply.failed and "throws StateError: x" in reply.text and printed(pipe) == "caught\n"


def test_what_does_not_compile_is_not_stepped(session: Session) -> None:
    assert "error[E" in session.feed(":step nothing()").text and not session.is_stepping
    assert feed(session, ":step class A { }").text == "class A v1" and not session.is_stepping


def test_other_texts_are_no_entries_meanwhile(session: Session) -> None:
    feed(session, ":step 1 + 1")
    assert "being stepped through" in session.feed("let a = 1").text
    assert "has to wait" in session.feed(":time 1").text
    assert feed(session, ":gc").text
    assert feed(session, "c").text == "2"


def test_fibers_of_the_session_go_on_beside_it(session: Session) -> None:
    feed(session, "var n = 0", "spawn fun() { while true { n += 1; pause() } }()", "let before = n")
    feed(session, ":step sleep(20)")
    while session.is_stepping:
        feed(session, "l")
    assert feed(session, "n > before").text == "true"
