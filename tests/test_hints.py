"""What the compiler guesses was meant: habits of other languages, slips, and how Mini writes it."""

from __future__ import annotations

import pytest

from lang.diagnostics import CompileError
from running import compile_text

GUESSES = [
    ("let xs = [1]", "no literal for lists"),
    ('let m = {"a": 1}', "no literal for maps"),
    ("let t = (1, 2)", "no tuples"),
    ("let xs = List<int>", "made by a call: `List<int>()`"),
    ("let a: int[] = Array<int>(3)", "`Array<int>`"),
    ("let a = 5\n  + 3", "put `+` at the end of the line before"),
    ("let a = true ? 1 : 2", "choose with `if a { b } else { c }`"),
    ("let x = 1 if true else 2", "`if` stands in front"),
    ("let f = (x: int) => x", "begins with `fun`"),
    ("let f = x => x", "begins with `fun`"),
    ("fun f(): int = 5", "stands in braces: `{ return … }`"),
    ("class A { fun f() -> int { return 1 } }", "a result type is written after `:`"),
    ("class A { constructor() { } }", "`init(x: int) { … }`"),
    ("class A { public fun f() { } }", "members are public"),
    ("class A { const x: int = 1 }", "declared with `let`"),
    ("class A(x: int) { }", "stand inside the braces"),
    ("enum E { A = 1 }", "`RED(1)`"),
    ("let c = spawn { print(1) }", "`spawn f(x)`"),
    ("match 3 { 1 -> 2 }", "a match arm's result"),
    ("if (1 == 1) print(1)", "stands in braces"),
    ('print "hello"', "a call has parentheses: `print(…)`"),
    ("fun f(): int { retrun 1 }", "did you mean `return`?"),
    ("check(condition: true)", "without names"),
    ('import "shapes"', "`import shapes`"),
    ("async fun f() { }", "`spawn f(x)`"),
    ("print(not true)", "write `!`"),
    ("let o: Object = 1\nprint(o as int + 1)", "`(… as int) + …`"),
    ("return 5", "`exit(1)`"),
    ('print(len("a"))', "`list.size()`"),
    ("List<int>().push(1)", "did you mean `add`?"),
    ("print(List<int>().length)", "did you mean `size`?"),
    ('print("a".toUpperCase())', "did you mean `upper`?"),
    ("Map<int, int>().put(1, 2)", "did you mean `set`?"),
    ("class A { var n: int = 0; init(n: int) { n = n } }", "`this.n = n`"),
    ("class Crate { }\nCrat()", "did you mean `Crate`?"),
]


@pytest.mark.parametrize(("text", "hint"), GUESSES, ids=[text for text, _ in GUESSES])
def test_what_was_meant(text: str, hint: str) -> None:
    with pytest.raises(CompileError) as caught:
        compile_text("t", text)
    assert hint in caught.value.diagnostics[0].hint


def test_a_class_is_not_taken_for_a_function() -> None:
    with pytest.raises(CompileError) as caught:
        compile_text("t", "Crate()")
    assert "write" not in caught.value.diagnostics[0].hint
