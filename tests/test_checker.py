"""What the checker refuses, where and why; what it accepts; and that what it accepts passes the verifier.

The programs lie in ``tests/checker``, one rule per file. One that is to be refused carries the expected codes in
comments: ``// E050`` at the end of a line means exactly that. ``account.mini`` stands before those that begin with
``// with account``.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from checking import checked, class_files, faults, problems, unit_of
from lang import codes
from lang.checker import ClassFiles, Unit, check
from lang.codes import CODES
from lang.diagnostics import Diagnostic
from lang.parser import parse
from lang.source import Source

HERE = Path(__file__).parent
STD = HERE.parent / "lang" / "std"
REFUSED = sorted((HERE / "checker" / "refused").glob("*.mini"))
ACCEPTED = sorted((HERE / "checker" / "accepted").glob("*.mini"))
RARE = {"E025", "E071", "E200"}  # codes that tests elsewhere provoke


def read(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    account = (HERE / "checker" / "account.mini").read_text(encoding="utf-8")
    return text + account if text.startswith("// with account") else text


def marked(text: str) -> list[tuple[int, str]]:
    rows = enumerate(text.split("\n"), 1)
    return sorted({(i, code) for i, row in rows for code in re.findall(r"E\d{3}", row.partition("//")[2])})


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_refused(path: Path) -> None:
    text = read(path)
    found = {(d.source.line(d.span.start), d.code) for d in problems(unit_of(text))}
    assert sorted(found) == marked(text)


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.stem)
def test_accepted_and_verified(path: Path) -> None:
    unit = unit_of(read(path))
    assert list(faults(class_files(checked(unit), (unit,)))) == []


def test_every_code_means_one_thing_and_is_tested() -> None:
    checked = {code for code in CODES if code > "E019"} - {codes.TOO_LARGE}
    used = {code for path in REFUSED for _, code in marked(read(path))}
    assert used <= checked <= used | RARE


def test_the_standard_library_is_checked_as_one_batch_in_good_time() -> None:
    sources = [Source(path.name, path.read_text(encoding="utf-8")) for path in sorted(STD.glob("*.mini"))]
    units = [Unit(source, parse(source), "prelude", False, "") for source in sources]
    start = time.process_time()
    classes = check(units, ClassFiles({}, (), True))
    assert time.process_time() - start < 1.0
    prelude = next(c.header for c in classes if c.header.name == "prelude")
    assert {"print", "startFiber", "sleep"} <= {method.name for method in prelude.methods}


def the_problem(text: str) -> Diagnostic:
    (found,) = problems(unit_of(text))
    return found


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

MESSAGES = [
    ("let balance = 1\nprint(balanc)", "there is no name `balanc` here", "did you mean `balance`?"),
    ("Strin()", "there is no class `Strin` here", "did you mean `String`?"),
    ("let a: Lst<int>? = null", "there is no type `Lst`", "did you mean `List`?"),
    ('let a: string = ""', "there is no type `string`", "did you mean `String`?"),
    ('"abc".lenght()', "`String` has no method `lenght`", "did you mean `length`?"),
    (
        "fun pay(amount: int) {}\npay(2.5)",
        "the argument `amount` of `pay` must be `int`, not `float`",
        "convert it: `(2.5).toInt()`",
    ),
    ("fun pay(amount: int, to: String) {}\npay(2)", "`pay` takes 2 arguments (`amount: int, to: String`), not 1", ""),
    (
        "fun f(x: String?): String { return x }",
        "the result of `f` must be `String`, not `String?`",
        "`x` may be null: test it with `!= null`, give a default with `??`, or insist with `!!`",
    ),
    (
        "fun f(x: String?): int { return x.length() }",
        "`x` may be null, so `.length` cannot be used on it",
        "use `?.length`, test it with `!= null` first, or insist with `!!`",
    ),
    ("for i in 10 { }", "`for` cannot go through an `int`", "count with a range: `for i in 0..10`"),
    ('let n: int = "abc".length', "the value of `n` must be `int`, not `fun(): int`", 'call it: `"abc".length()`'),
    (
        'let m = Map<String, int>()\nm["x"] += 1',
        '`m["x"]` is `int?`, which may be null',
        'say what it starts from: `m["x"] = (m["x"] ?? 0) + ...`',
    ),
    (
        "enum Color { red, blue }\nlet x = Color",
        "`Color` is a class, not a value",
        "name one of its cases: `Color.red`",
    ),
]


@pytest.mark.parametrize(("text", "message", "hint"), MESSAGES)
def test_message(text: str, message: str, hint: str) -> None:
    found = the_problem(text)
    assert (found.message, found.hint) == (message, hint)


def test_spans_are_precise() -> None:
    text = "let total = 1\nlet x = total + totl"
    found = the_problem(text)
    assert text[found.span.start : found.span.end] == "totl"


def test_many_problems_are_found_in_one_run_and_none_twice() -> None:
    text = "\n".join(f"print(unknown{i}.x.y(z{i}))" for i in range(20))
    assert len(problems(unit_of(text))) == 40


def test_a_wrong_expression_causes_no_further_problem() -> None:
    found = the_problem("let a = nothing\nlet b = a + 1\nlet c: int = b\nfor x in a { x.y(b[0]) }\nprint(a?.b ?? -c)")
    assert found.code == "E020"
