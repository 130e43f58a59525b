"""How the REPL writes values: as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lang.repl.session import Session
from lang.repl.workspace import Settings
from repl_sessions import feed, make_session, printed

ACCOUNT = """\
class Account {
    let id: int
    let owner: String
    private var balance: int = 120
    init(id: int, owner: String) { this.id = id; this.owner = owner }
}"""


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = make_session(tmp_path)
    yield made
    made.machine.close()


@pytest.mark.parametrize(
    ("setup", "expression", "shown"),
    [
        ("", "-7", "-7"),
        ("", "1e300 * 1e300", "Infinity"),
        ("", "List<String>()", "[]"),
        ("let l = List<int>(); l.add(1); l.add(2)", "l", "[1, 2]"),
        ('let s = Set<String>(); s.add("b"); s.add("a")', "s", '{"b", "a"}'),
        ('let m = Map<String, int?>(); m["x"] = 1; m["y"] = null', "m", '{"x": 1, "y": null}'),
        ("let m = Map<int, int>(); m[1] = 1; m[2] = 2; m.remove(1)", "m", "{2: 2}"),
        ("let d = Deque<int>(); d.addFirst(2); d.addFirst(1); d.addLast(3)", "d", "[1, 2, 3]"),
        ("", "Array<bool>(2)", "[false, false]"),
        ("", "Array<String?>(2)", "[null, null]"),
        ("", 'StateError("lost")', 'StateError("lost")'),
        ('class Gone extends Error { let code: int = 7; init() { super("gone") } }', "Gone()", 'Gone("gone", code: 7)'),
        ("enum Color { red, green }", "Color.green", "Color.green"),
        ("let n: int? = 5", "n", "5"),
        ("", "fun(x: int): String { return \"\" }", "fun(int): String"),
        ("let c = Channel<int>(4); c.send(1)", "c", "Channel<int>(1 item)"),
        ("class Empty { }", "Empty()", "Empty()"),
        ("let m = Map<int, int>(); for i in 0..50 { m[i] = i }; for i in 0..49 { m.remove(i) }", "m", "{49: 49}"),
        ("let p = PriorityQueue<int>(fun(a: int, b: int): int { return a - b }); p.add(3); p.add(1)", "p",
         "PriorityQueue<int>(2 items, first: 1)"),
        ("", 'StringBuilder().append("a\\n")', 'StringBuilder("a\\n")'),
        ("", "Random(1)", "Random(…)"),
        ("class Pair<A, B> { var a: A; var b: B; init(a: A, b: B) { this.a = a; this.b = b } }",
         'Pair<int, String>(1, "x")', 'Pair<int, String>(a: 1, b: "x")'),
        (ACCOUNT, 'Account(7, "ann")', 'Account(id: 7, owner: "ann", balance: 120)'),
    ],
)  # fmt: skip
def test_values_are_written_as_in_a_program(session: Session, setup: str, expression: str, shown: str) -> None:
    if setup:
        feed(session, setup)
    assert feed(session, expression).text == shown


def test_a_cycle_is_named_once(session: Session) -> None:
    feed(session, "class Node { var next: Node? = null; var v: int = 1 }", "let a = Node(); let b = Node()")
    feed(session, "a.next = b; b.next = a")
    assert feed(session, "a").text == "Node(next: Node(next: <Node again>, v: 1), v: 1)"


def test_an_object_met_twice_without_a_cycle_is_written_twice(session: Session) -> None:
    feed(session, "class P { let x: int = 1 }", "let p = P(); let l = List<P>(); l.add(p); l.add(p)")
    assert feed(session, "l").text == "[P(x: 1), P(x: 1)]"


def test_depth_is_cut(session: Session) -> None:
    feed(session, "class N { var next: N? = null }", "let first = N(); var n = first")
    feed(session, "for i in 0..5000 { let more = N(); n.next = more; n = more }")
    assert "".join(feed(session, "first").text.split()) == "N(next:" * 5 + "N(…)" + ")" * 5


def test_a_wide_graph_is_cut(session: Session) -> None:
    feed(
        session,
        "class T { let l: List<T> = List<T>() }",
        "fun grow(d: int): T { let t = T(); if d > 0 { for i in 0..9 { t.l.add(grow(d - 1)) } } return t }",
    )
    assert len(feed(session, "grow(4)").text) < 20_000


def test_long_collections_and_texts_say_how_much_is_left_out(session: Session) -> None:
    feed(session, "let l = List<int>(); for i in 0..1000 { l.add(i) }")
    text = feed(session, "l").text
    assert "98, 99, … 900 more\n]" in text
    assert max(map(len, text.splitlines())) <= 80
    feed(session, "let outer = List<List<int>>(); outer.add(l)")
    assert feed(session, "outer").text == "[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … 990 more]]"
    shown = feed(session, '"x".repeat(100000)').text
    assert shown.endswith('"… (100,000 characters)') and len(shown) < 2100


def test_wide_objects_are_broken_into_lines(tmp_path: Path) -> None:
    session = make_session(tmp_path, Settings(width=30))
    feed(session, ACCOUNT)
    assert feed(session, 'Account(7, "ann")').text == 'Account(\n    id: 7,\n    owner: "ann",\n    balance: 120\n)'
    session.machine.close()


def test_own_texts_are_asked_for_inside_collections_too(session: Session) -> None:
    feed(
        session, 'class P { let n: int; init(n: int) { this.n = n } override fun toString(): String { return "P{n}" } }'
    )
    feed(session, "let l = List<P>(); for i in 0..3 { l.add(P(i)) }")
    assert feed(session, "l").text == "[P0, P1, P2]"


def test_looking_at_variables_runs_nothing_of_the_program(session: Session) -> None:
    feed(session, 'class P { override fun toString(): String { print("asked"); return "P" } }')
    feed(session, "let f = spawn fun(p: P) { while true { sleep(1000) } }(P())", ":frames", ":heap P", ":step 1")
    assert printed(session) == ""
    feed(session, "P()")
    assert printed(session) == "asked\n"


def test_a_field_that_is_not_set_says_so(session: Session) -> None:
    feed(
        session,
        "class A { var x: int = 0 }",
        "let a = A()",
        ':redefine class A { var x: int = 0; var s: String; init() { s = "" } }',
    )
    assert feed(session, "a").text == "A(x: 0, s: <unset>)"


def test_control_characters_cannot_steer_the_terminal(session: Session) -> None:
    assert feed(session, r'"\u{1b}[2J\u{202e}"').text == r'"\u{1b}[2J\u{202e}"'
