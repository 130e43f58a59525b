"""What the REPL's commands show and do, without a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lang.repl.command import COMMANDS
from lang.repl.session import Session
from lang.repl.workspace import Settings
from minivm.native.modes import Mode
from minivm.native.presence import available
from repl_sessions import COUNTER, COUNTER2, feed, make_session, printed


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = make_session(tmp_path)
    yield made
    made.machine.close()


# ── help ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("width", [40, 80])
def test_help_lists_every_command_within_the_width(tmp_path: Path, width: int) -> None:
    session = make_session(tmp_path, Settings(width=width))
    text = feed(session, ":help").text
    assert all(f":{name}" in text for name in COMMANDS)
    assert max(map(len, text.splitlines())) <= width
    session.machine.close()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(session: Session, name: str) -> None:
    text = feed(session, f":help {name}").text
    assert text.startswith(COMMANDS[name].usage)
    assert COMMANDS[name].about and COMMANDS[name].examples
    assert all(example.startswith(f":{name}") for example in COMMANDS[name].examples)


def test_help_for_what_is_no_command_suggests_the_nearest(session: Session) -> None:
    assert "did you mean `:layout`" in session.feed(":help layot").text


def test_a_command_may_be_shortened_while_it_is_clear(session: Session) -> None:
    assert feed(session, ":fib").text == "no fibers"
    assert session.feed(":he").text == "error: `:he` may be `:heap` or `:help`"


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"quit", "reset", "redefine"}))
@pytest.mark.parametrize("rest", ["", " ", " \x00", " 🦊 (", " /", " " + "x" * 300])
def test_whatever_stands_behind_a_command_gets_a_reply(session: Session, name: str, rest: str) -> None:
    session.settings.edit = lambda name, text: text
    reply = session.feed(f":{name}{rest}")
    assert reply.text or not reply.failed
    assert feed(session, "1 + 1").text == "2"


# ── classes ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_class_shows_layout_statics_methods_and_instances(session: Session) -> None:
    feed(
        session,
        "class Base { let id: int = 1 }",
        'class Item extends Base { private var name: String = "tea"; static var made: int = 3\n'
        "fun price(vat: float): float { return 1.0 } }",
        "let i = Item()",
    )
    assert feed(session, ":class Item").text.splitlines() == [
        "class Item   v1   1 instance",
        "  from <repl>:2, found by the app loader; initialised",
        "  extends Base > Object",
        "  an instance: 3 words",
        "     0   header",
        "     1   let id: int            of Base",
        "     2   private name: String",
        "  static fields",
        "    made: int   3",
        "  methods",
        "    price(vat: float): float   line 3",
    ]


def test_layout_shows_old_and_new_side_by_side(session: Session) -> None:
    feed(session, COUNTER, "let c = Counter()")
    assert "side" not in feed(session, ":layout Counter").text
    feed(session, ":redefine class Counter { var by: float = 0.0; var n: int = 0 }")
    assert feed(session, ":layout Counter").text.splitlines() == [
        "Counter v1        Counter v2",
        "    +--------+        +-----------+",
        "  0 | header |      0 | header    |",
        "    +--------+        +-----------+",
        "  1 | n: int |      1 | by: float |+",
        "    +--------+        +-----------+",
        "                    2 | n: int    |>",
        "                      +-----------+",
        "    + is new, > was elsewhere",
    ]


def test_layout_stacks_the_two_where_there_is_no_room(tmp_path: Path) -> None:
    session = make_session(tmp_path, Settings(width=34))
    feed(session, COUNTER, "let c = Counter()", ":redefine " + COUNTER2)
    text = feed(session, ":layout Counter").text
    assert max(map(len, text.splitlines())) <= 34 and "Counter v1" in text and "\nCounter v2" in text
    session.machine.close()


def test_history_tells_what_changed_from_version_to_version(session: Session) -> None:
    feed(session, COUNTER, "let c = Counter()", ":redefine " + COUNTER2)
    feed(session, 'let r = VM.redefine(r"' + COUNTER2.replace("return n", "return n + 1") + '")')
    rows = feed(session, ":history Counter").text.splitlines()
    assert rows[0] == "Counter v1   first version   (<repl>:1)"
    assert rows[1] == "Counter v2   + field step: int = 10; ~ method bump   (<redefine 1>:1)"
    assert rows[2] == "Counter v3   ~ method bump   (<redefine 2>:1, 1 instance)"


def test_history_of_a_template_is_told_per_instance(session: Session) -> None:
    box = "class Box2<T> { var x: T; init(x: T) { this.x = x } }"
    feed(session, box, "let b = Box2<int>(1)", ":redefine " + box.replace("var x", "var y: int = 0; var x"))
    assert "Box2<int> v2   + field y: int" in feed(session, ":history Box2").text
    assert "Box2<int> v1" in feed(session, ":layout Box2<int>").text


def test_dis_names_instructions_and_types(session: Session) -> None:
    feed(session, COUNTER)
    assert re.search(r"iadd .*// \[.*int, int\]", feed(session, ":dis Counter.bump").text)
    assert "no method bumb; did you mean bump?" in session.feed(":dis Counter.bumb").text


# ── what runs ────────────────────────────────────────────────────────────────────────────────────────────────


def test_frames_show_lines_and_variables(session: Session) -> None:
    feed(session, 'fun wait(n: int) {\n  let name = "ann"\n  sleep(100000)\n}', "spawn wait(7)")
    rows = feed(session, ":frames").text.splitlines()
    assert rows[0] == "fiber 2   sleeping"
    at = next(i for i, row in enumerate(rows) if "wait" in row)
    assert rows[at].endswith("wait   <repl>:3")
    assert rows[at + 1 : at + 4] == ["      | sleep(100000)", "      n = 7", '      name = "ann"']
    assert feed(session, ":frames 2").text.splitlines()[0] == rows[0]
    assert session.feed(":frames 9").failed


def test_a_deep_recursion_is_cut(session: Session) -> None:
    feed(session, "fun down(n: int): int { if n == 0 { sleep(100000) } return down(n - 1) + 1 }", "spawn down(3000)")
    text = feed(session, ":frames").text
    assert "frames more" in text and len(text.splitlines()) < 200


def test_heap_counts_instances_and_words(session: Session) -> None:
    feed(session, COUNTER, "let a = Counter(); let b = Counter(); b.n = 5")
    assert re.search(r"^ +2 +4 +Counter$", feed(session, ":heap").text, re.MULTILINE)
    rows = feed(session, ":heap Counter").text.splitlines()
    assert rows[0] == "2 instances of Counter, 4 words (0.0 KiB)"
    assert [row.split(None, 1)[1] for row in rows[1:]] == ["Counter(n: 0)", "Counter(n: 5)"]


def test_the_heap_is_drawn_into_a_file(session: Session, tmp_path: Path) -> None:
    feed(session, COUNTER, "let a = Counter()")
    feed(session, ":heap --svg heap.svg", ":heap Counter --svg one.svg")
    assert "Counter" in (tmp_path / "heap.svg").read_text()
    assert "Counter" in (tmp_path / "one.svg").read_text()
    assert "takes the name of the file" in session.feed(":heap --svg").text
    assert "cannot write" in session.feed(":heap --svg no/where.svg").text


def test_time_says_how_long_and_how_many_collections(session: Session) -> None:
    reply = feed(session, ":time 1 + 1")
    assert re.fullmatch(r"2\n  ran in [\d.]+ (ms|µs), compiled in [\d.]+ (ms|µs)", reply.text)
    text = feed(session, ":time for i in 0..200000 { let s = List<int>() }").text
    assert re.search(r"\d+ collections? of garbage", text)
    assert session.feed(":time 1 / 0").failed


@pytest.mark.skipif(not available(), reason="needs llvmlite")
@pytest.mark.parametrize(
    ("mode", "state"),
    [
        (Mode.INTERPRETER, "interpreted, and so is everything here"),
        (Mode.AUTO, "interpreted so far, 3 of the 400 calls"),
        (Mode.BASELINE, "runs as baseline code; this is what it is optimised to"),
        (Mode.NATIVE, "runs as machine code"),
    ],
)
def test_native_shows_machine_code_and_what_runs_now(tmp_path: Path, mode: Mode, state: str) -> None:
    session = make_session(tmp_path, mode=mode)
    feed(session, COUNTER, "let a = Counter()")
    assert "has not run yet" in session.feed(":native Counter.bump").text
    feed(session, "for i in 0..3 { a.bump() }")
    text = feed(session, ":native Counter.bump").text
    assert text.startswith(f"; Counter.bump: {state}"), text
    assert re.search(r"^define .*@code\(", text, re.MULTILINE)
    assert re.search(r"^code:", feed(session, ":native Counter.bump asm").text, re.MULTILINE)
    assert session.feed(":native Counter.bump pdf").failed
    session.machine.close()


def test_run_leaves_the_session_alone(session: Session, tmp_path: Path) -> None:
    (tmp_path / "p.mini").write_text('print("hello {args()[0]}")\nclass Counter { }\nexit(3)\n')
    feed(session, COUNTER)
    digest = session.machine.digest()
    reply = session.feed(':run p.mini "big world"')
    assert reply.failed and reply.text == "p.mini ended with status 3"
    assert printed(session) == "hello big world\n"
    assert session.machine.digest() == digest


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_saved_session_is_a_program_that_does_the_same(session: Session, tmp_path: Path) -> None:
    feed(
        session,
        COUNTER,
        "let c = Counter()",
        "let a = 1",
        "fun twice(): int { return a * 2 }",
        "let a = 50 // another one",
        "a + twice()",
        ":redefine " + COUNTER2,
        'print("{c.bump()} {a} {twice()}")',
    )
    session.feed("let lost = 1 / 0")
    before = printed(session)
    assert re.fullmatch(r"saved s.mini, \d+ lines", feed(session, ":save s.mini").text)
    text = (tmp_path / "s.mini").read_text()
    assert "let a_1 = 1" in text and "return a_1 * 2" in text and "step" in text and "lost" not in text
    feed(session, ":run s.mini")
    assert printed(session) == before * 2
    feed(session, ":reset", ":load s.mini")
    assert feed(session, "twice()").text == "2"


def test_save_does_not_leave_half_a_file(session: Session, tmp_path: Path) -> None:
    assert "cannot write" in session.feed(":save nowhere/s.mini").text
    assert "cannot write" in session.feed(":save .").text
    assert list(tmp_path.iterdir()) == []


def test_edit_redefines_and_keeps_what_was_refused(session: Session) -> None:
    feed(session, COUNTER, "let c = Counter()", "c.bump()")
    seen: list[str] = []

    def spoil(name: str, text: str) -> str:
        seen.append(text)
        return text.replace("var n: int = 0", "var m: int = 0").replace("n += 1; return n", "return m")

    session.settings.edit = spoil
    reply = session.feed(":edit Counter")
    assert reply.failed and "R101" in reply.text and "your text is kept" in reply.text
    session.settings.edit = lambda name, text: seen.append(text) or COUNTER2  # type: ignore[func-returns-value]
    assert "applied  Counter v1 -> v2" in feed(session, ":edit Counter").text
    assert seen == [COUNTER, COUNTER.replace("var n", "var m").replace("n += 1; return n", "return m")]
    session.settings.edit = lambda name, text: text
    assert feed(session, ":edit Counter").text == "Counter is as it was"
    assert "library" in session.feed(":edit List").text


def test_edit_runs_the_editor_of_the_environment(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor"
    script.write_text("#!/bin/sh\nsed -i 's/n += 1/n += 5/' \"$2\"\n")
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", f"{script} -x")
    feed(session, COUNTER, "let c = Counter()")
    assert "~ method bump" in feed(session, ":edit Counter").text
    assert feed(session, "c.bump()").text == "5"
    monkeypatch.setenv("VISUAL", "false")
    assert "ended with status 1" in session.feed(":edit Counter").text
    monkeypatch.setenv("VISUAL", "/nowhere/at/all")
    assert "cannot start the editor" in session.feed(":edit Counter").text


def test_files_of_a_set_see_each_other(session: Session, tmp_path: Path) -> None:
    feed(session, "class A { fun f(): int { return 1 } }", "class B { fun g(a: A): int { return a.f() } }")
    (tmp_path / "a.mini").write_text("class A { fun f(b: B): int { return b.g() + 1 } }\n")
    (tmp_path / "b.mini").write_text("class B { fun g(): int { return 41 } }\n")
    assert "applied  2 classes" in feed(session, ":redefine a.mini b.mini").text
    assert feed(session, "A().f(B())").text == "42"


def test_reset_begins_again(session: Session) -> None:
    feed(session, COUNTER, "let c = Counter()", "spawn fun() { while true { sleep(1) } }()")
    assert feed(session, ":reset").text == "a fresh machine"
    assert feed(session, ":fibers").text == "no fibers"
    assert session.feed("c").failed
    assert feed(session, COUNTER).text == "class Counter v1"
