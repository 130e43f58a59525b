"""Function literals of old versions: dropped when nobody holds one, kept while somebody does."""

from __future__ import annotations

import io

import pytest

from lang.repl.session import Session
from minivm.options import MachineOptions
from minivm.redefine import outdated
from minivm.trace import Tracer

VERSION = "class A {{ var n: int = 0; fun adder(): fun(): fun(): int {{ return fun(): fun(): int {{ {} }} }} }}"


@pytest.fixture
def session() -> Session:
    options = MachineOptions(64 << 20, False, Tracer())
    return Session(options, output=io.StringIO(), errors=io.StringIO())


def redefine_times(session: Session, count: int, start: int = 1) -> None:
    """Give A versions whose literals differ from all earlier ones."""
    for number in range(start, start + count):
        body = f"return fun(): int {{ return n + {number} }}"
        reply = session.feed(":redefine " + VERSION.format(body))
        assert reply.record is not None
        assert reply.record.applied, reply.text


def begin(session: Session) -> None:
    session.feed(VERSION.format("return fun(): int { return n }"))
    session.feed("let a = A()")
    session.feed("let first = a.adder()")
    session.feed("fun now(): int { return a.adder()()() }")


def test_classes_of_literals_nobody_holds_are_dropped(session: Session) -> None:
    begin(session)
    for start in range(1, 300, 10):
        redefine_times(session, 10, start)
        assert session.feed("now()").text == str(start + 9)
    loaded = [cls for cls in session.machine.registry.loaded() if cls.file.name.startswith("A$fn")]
    assert len(loaded) <= 2 * outdated.FEW
    assert len(session.machine.registry.classes) < 200


def test_a_literal_that_is_held_works_for_ever_and_so_do_those_within(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outdated, "FEW", 1)
    begin(session)
    redefine_times(session, 20)
    session.feed("a.n = 5")
    session.machine.collect()
    assert session.feed("first()()").text == "5"
    assert session.feed("now()").text == "25"
    session.machine.collect()


def test_traces_through_dropped_literals_are_still_right(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outdated, "FEW", 1)
    session.feed('class B { fun f(): int { let g = fun(): int { throw Error("old") }; return g() } }')
    session.feed('fun failure(b: B): Error { try { b.f() } catch e { return e }\n return Error("none") }')
    session.feed("let e = failure(B())")
    before = session.feed("e.trace()").text
    assert "B$fn" in before
    session.feed(":redefine class B { fun f(): int { let g = fun(): int { return 1 }; return g() } }")
    session.feed("for i in 0..10 { B().f() }")
    assert session.feed("e.trace()").text.splitlines()[0] == before.splitlines()[0]


def test_replaced_methods_leave_only_what_a_trace_needs(session: Session) -> None:
    session.feed('class T { fun fail(n: int): int { throw StateError("v{n}") } }')
    session.feed("let t = T()\nvar old: Error? = null")
    session.feed("try { t.fail(0) } catch e: StateError { old = e }")
    methods = session.machine.registry.methods
    before = sum(method is not None for method in methods)
    for number in range(1, 30):
        session.feed(f':redefine class T {{ fun fail(n: int): int {{ throw StateError("w{number}") }} }}')
        session.feed("try { t.fail(0) } catch e: StateError { }")
    entries = 29  # each entry of the session is a method of its own
    assert sum(method is not None for method in methods) <= before + entries
    trace = session.feed("print(old!!.trace())").text
    assert "T.fail" in session.machine.output.getvalue() + trace  # type: ignore[attr-defined]
