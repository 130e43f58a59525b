"""What Tab offers, and when an entry is whole: without a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lang.repl.completing import candidates
from lang.repl.reading import Reader, indentation, is_unfinished
from lang.repl.session import Session
from repl_sessions import feed, make_session

SETUP = """\
class Item {
    var name: String = "tea"
    private var secret: int = 1
    static var made: int = 0
    static fun free(): Item { return Item() }
    fun price(vat: float): float { return 1.0 }
}
class Sale extends Item { var percent: int = 5 }
enum Color { red, green }
fun twice(x: int): int { return 2 * x }
let item = Item()
let sale = Sale()
let items = List<Item>()
let maybe: Item? = null
let number = 5
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder: Path = tmp_path_factory.mktemp("completing")
    (folder / "shop.mini").write_text("class Shop { }\nfun open(): int { return 8 }\n")
    (folder / "notes.txt").write_text("")
    (folder / "stock").mkdir()
    made = make_session(folder)
    feed(made, SETUP, "import shop")
    yield made
    made.machine.close()


def offered(session: Session, text: str) -> list[str]:
    return [one.text for one in candidates(session.workspace, text)]


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("it", {"item", "items"}, {"twice"}),
        ("tw", {"twice"}, set()),
        ("Co", {"Color"}, set()),
        ("whi", {"while"}, set()),
        ("let local = 1; loc", {"local"}, set()),
        ("item.", {"name", "price", "toString", "equals"}, {"secret", "made", "free", "init", "percent"}),
        ("item.pr", {"price"}, {"name"}),
        ("sale.", {"percent", "name", "price"}, {"secret"}),
        ("sale\n    .pe", {"percent"}, {"name"}),
        ("items.", {"add", "size", "map"}, {"items", "count", "grow"}),
        ("items.get(0).", {"name"}, {"add"}),
        ("items[0].", {"name"}, {"add"}),
        ("maybe?.", {"name"}, set()),
        ("Item.free().", {"name"}, {"made"}),
        ("Item.", {"made", "free"}, {"name", "price"}),
        ("Color.", {"red", "green"}, {"name"}),
        ("Color.red.", {"name", "ordinal"}, {"green"}),
        ("Math.", {"max"}, set()),
        ('"a b".', {"length", "split"}, set()),
        ('"{1}".', {"length"}, set()),
        ("number.", {"toFloat", "toString"}, {"length"}),
        ("(1.5).", {"toInt"}, {"length"}),
        ("List<Item>().", {"add"}, set()),
        ("twice(2).", {"toFloat"}, set()),
        ("fun f(s: String) {\n    s.", {"length"}, {"name"}),
        ("fun f(all: List<Item>) { for one in all { if one.", {"name", "price"}, {"add"}),
        ("class Mine { private var own: int = 1\n fun f() { this.", {"own", "f"}, set()),
        ("class Mine { var i: Item = Item(); fun f() { i.", {"name"}, {"i"}),
        ("let x = item.name.", {"length"}, set()),
        ('print("{item.', {"name"}, set()),
        ("shop.", {"Shop", "open"}, set()),
        ("import sh", {"shop"}, {"notes"}),
        (":la", {":layout "}, set()),
        (":", {":help ", ":gc", ":quit"}, set()),
        (":class It", {"Item"}, {"item"}),
        (":dis Item.", {"price"}, {"name"}),
        (":dis tw", {"twice"}, set()),
        (":help hi", {"history"}, set()),
        (":trace lo", {"load"}, set()),
        (":trace load o", {"on", "off"}, set()),
        (":load ", {"shop.mini", "stock/"}, {"notes.txt"}),
        (":save ", {"shop.mini", "notes.txt"}, set()),
        (":heap --svg st", {"stock/"}, set()),
        (":redefine sh", {"shop.mini"}, set()),
        (":redefine class Item { fun f(s: String) { s.", {"length"}, set()),
        (":type item.", {"name"}, set()),
        (":time twice(number).", {"toFloat"}, set()),
    ],
)
def test_what_is_offered(session: Session, text: str, wanted: set[str], unwanted: set[str]) -> None:
    found = set(offered(session, text))
    assert wanted <= found and not unwanted & found, found


@pytest.mark.parametrize(
    "text",
    [
        *('"item.', "// item.", "/* it", '"""item.', "'.", "\x00."),
        *(":nothing x", ":gc ", ":load /nowhere/at/", ":dis ."),
        *("nobody.", "1 +.", "..", "item.)", ").", "this.", "super.", "a.b.c.d."),
    ],
)
def test_nothing_is_offered_where_nothing_fits(session: Session, text: str) -> None:
    assert offered(session, text) == []


def test_candidates_say_what_they_are(session: Session) -> None:
    about = {one.text: one.about for one in candidates(session.workspace, "item.")}
    assert about["name"] == ": String" and about["price"] == "(vat: float): float"
    assert [one.about for one in candidates(session.workspace, "twi")] == ["(x: int): int"]


def test_completing_changes_nothing(session: Session) -> None:
    digest, entries = session.machine.digest(), session.workspace.entries
    offered(session, "items.get(0).")
    offered(session, "fun f(s: String) { s.")
    assert (session.machine.digest(), session.workspace.entries) == (digest, entries)


# ── whole entries ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("class A {", 4),
        ("class A {\n    fun f() {", 8),
        ("class A {\n    fun f() {\n    }", 4),
        ("f(fun() {", 4),
        ("f(1,", 4),
        (":redefine class A {", 4),
        ("let a = 1", 0),
        ('"""a {', 0),
        (":load {", 0),
    ],
)
def test_the_next_line_is_indented_by_what_is_open(text: str, columns: int) -> None:
    assert indentation(text) == columns


@pytest.mark.parametrize("text", [":step (1 +", ":red class A {", ":time f(", ":redefine\nclass A {", ":type ["])
def test_commands_that_take_code_go_on(text: str) -> None:
    assert is_unfinished(text)


def read(text: str) -> list[str]:
    reader = Reader()
    found = [entry for line in text.splitlines(keepends=True) for entry in reader.add(line)]
    return found + ([reader.text] if reader.text else [])


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a\nb\n", ["a\n", "b\n"]),
        ("class A {\n  let s: String = \"}\"\n}\nb\n", ['class A {\n  let s: String = "}"\n}\n', "b\n"]),
        ("/* a\nb */ c\nd\n", ["/* a\nb */ c\n", "d\n"]),
        ('let s = """{\n}"""\nb\n', ['let s = """{\n}"""\n', "b\n"]),
        ("if a {\n}\nelse {\n}\nb\n", ["if a {\n}\nelse {\n}\n", "b\n"]),
        ("if a { }\nb\n", ["if a { }\n", "b\n"]),
        ("try { f() }\ncatch e: Error { }\nfinally { }\n", ["try { f() }\ncatch e: Error { }\nfinally { }\n"]),
        (":redefine class A {\n}\nb\n", [":redefine class A {\n}\n", "b\n"]),
        (":load {\nb\n", [":load {\n", "b\n"]),
        ("1 +\n2\nb\n", ["1 +\n2\n", "b\n"]),
        ("class A {\n  let s = \"x\n}\nb\n", ['class A {\n  let s = "x\n}\n', "b\n"]),
        ("f(\n", ["f(\n"]),
    ],
)  # fmt: skip
def test_lines_are_put_together_to_entries(text: str, entries: list[str]) -> None:
    assert read(text) == entries


def test_a_long_entry_is_read_in_linear_time() -> None:
    body = "".join(f"    fun f{n}(x: int): int {{ return x + {n} }}\n" for n in range(20_000))
    assert len(read("class Big {\n" + body + "}\n")) == 1
