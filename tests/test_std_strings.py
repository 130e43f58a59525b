"""Strings of every width, against Python's own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from running import compile_text, run

ALPHABETS = ("ab", "aé", "aЖ", "日本a", "a😀", "XYЖ\u5858\u5859")


def text(source: random.Random, longest: int) -> str:
    return "".join(source.choices(source.choice(ALPHABETS), k=source.randrange(longest + 1)))


def literal(value: str) -> str:
    return '"' + "".join(f"\\u{{{ord(char):x}}}" for char in value) + '"'


def shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def cases(source: random.Random) -> Iterator[tuple[str, object]]:
    """Mini expressions and what Python says they are."""
    for _ in range(60):
        whole, part = text(source, 12), text(source, 3)
        if source.random() < 0.5 and whole:
            at = source.randrange(len(whole))
            part = whole[at : at + source.randrange(1, 4)]
        start = source.randrange(-1, len(whole) + 2)
        low, high = sorted((source.randrange(len(whole) + 1), source.randrange(len(whole) + 1)))
        of, sought = literal(whole), literal(part)
        yield f"{of}.length()", len(whole)
        yield f"{of}.indexOf({sought})", whole.find(part)
        yield f"{of}.indexFrom({sought}, {start})", -1 if start > len(whole) else whole.find(part, max(start, 0))
        yield f"{of}.lastIndexOf({sought})", whole.rfind(part)
        yield f"{of}.contains({sought})", part in whole
        yield f"{of}.startsWith({sought})", whole.startswith(part)
        yield f"{of}.endsWith({sought})", whole.endswith(part)
        yield f"{of}.substring({low}, {high})", whole[low:high]
        yield f"({of} + {sought}).substring({low}, {high}) == {literal(whole[low:high])}", True
        yield f"{of}.compare({sought})", (whole > part) - (whole < part)
        yield f"{of} == {sought}", whole == part
        yield f"{of}.reversed()", whole[::-1]
        if part:
            yield f"{of}.split({sought}).size()", len(whole.split(part))
            yield f"{of}.count({sought})", whole.count(part)
            yield f'{of}.replace({sought}, "-")', whole.replace(part, "-")
        if whole:
            yield f"{of}.codeAt({len(whole) - 1})", ord(whole[-1])


def agreement(made: Callable[[random.Random], Iterator[tuple[str, object]]], seed: int) -> None:
    expected = list(made(random.Random(seed)))
    program = compile_text("strings", "\n".join(f"print({expression})" for expression, _ in expected))
    outcome = run(program, "normal")
    assert outcome.error == ""
    found = zip(expected, outcome.lines, strict=True)
    assert [(expression, line) for (expression, value), line in found if line != shown(value)] == []


def test_operations_agree_with_pythons() -> None:
    agreement(cases, 1)


def numbers(source: random.Random) -> Iterator[tuple[str, object]]:
    """Numbers as text, both ways."""
    for _ in range(60):
        whole = source.choice([source.randrange(-(2**63), 2**63), source.randrange(-300, 300)])
        real = source.choice([source.uniform(-1000, 1000), source.uniform(-1, 1) * 10.0 ** source.randrange(-20, 20)])
        digits = source.randrange(12)
        written = str(whole) if whole != -(2**63) else "Math.minInt"
        yield f'"%x".format({written})', f"{whole:x}"
        yield f'"%,12d|".format({written})', f"{whole:12,d}|"
        yield f'"%-+9d|".format({written})', f"{whole:<+9d}|"
        yield f'"%09d".format({written})', f"{whole:09d}"
        yield f'"%.{digits}f".format({real!r})', f"{real:.{digits}f}"
        yield f'"%15.{digits}e".format({real!r})', f"{real:15.{digits}e}"
        yield f'"%+,.2f".format({real!r})', f"{real:+,.2f}"
        yield f"Math.inBase({written}, 2).toIntBase(2) == {written}", True
        yield f'"{whole}".toInt() ?? 1', whole
        yield f'"{real!r}".toFloat() ?? 1.0', real


def test_numbers_are_written_as_python_does() -> None:
    agreement(numbers, 2)
