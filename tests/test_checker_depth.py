"""Programs that nest deeply are refused politely; programs that are only long are not."""

from __future__ import annotations

import sys

import pytest

from checking import checked, class_files, problems, unit_of
from lang.diagnostics import Diagnostic

DEEP = {
    "parentheses": ("let x = " + "(1 + " * 400, "1", ")" * 400),
    "calls": ("fun f(x: int): int { return x }\nlet x = " + "f(" * 400, "1", ")" * 400),
    "signs": ("let x = " + "- " * 400, "1.5", ""),
    "chain": ("class A { fun b(): A { return this } }\nlet x = A()", ".b()" * 400, ""),
    "blocks": ("{" * 200, "", "}" * 200),
    "literals": ("let f = " + "fun() => " * 120, "1", ""),
    "literals in each other": ("let f = " + "fun() { return " * 120, "1", "}" * 120),
    "loops": ("while true {" * 200, "", "}" * 200),
    "forward inference": ("", "\n".join(f"let a{i} = a{i + 1} + 1" for i in range(200)), "\nlet a200 = 1"),
    "superclasses": ("class A0 {}\n", "\n".join(f"class A{i + 1} extends A{i} {{}}" for i in range(200)), ""),
    "growing types": (
        "class P<A, B> {}\nclass A<T> { fun b(): A<P<T, T>> { return A<P<T, T>>() } }\nlet x = A<int>()",
        ".b()" * 60,
        "",
    ),
}


def below(frames: int, text: str) -> tuple[Diagnostic, ...]:
    """The problems of a text, from so many Python frames further down."""
    return below(frames - 1, text) if frames else problems(unit_of(text))


@pytest.mark.parametrize("parts", DEEP.values(), ids=DEEP.keys())
@pytest.mark.parametrize("frames", [0, 300])
def test_what_is_too_deep_is_said_so(parts: tuple[str, str, str], frames: int) -> None:
    assert sys.getrecursionlimit() == 1000
    assert {d.code for d in below(frames, "".join(parts))} <= {"E200", "E058", "E071"} != set()


LONG = {
    "sum": "let x = " + "+".join(["1"] * 900),
    "text": "let x = " + "+".join(['"a"'] * 900),
    "conditions": "let x = " + "&&".join(["true"] * 900),
    "else if": "var x = 1\n" + "if x == 0 { x = 1 } else " * 400 + "{ x = 2 }",
    "arms": "let m = match 3 {" + ",".join(f"{i} => {i}" for i in range(400)) + ", else => 1 }",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_what_is_only_long_is_not_deep(text: str) -> None:
    unit = unit_of(text)
    assert class_files(checked(unit), (unit,))
