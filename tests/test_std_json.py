"""JSON, against Python's own: the same texts are accepted, with the same values; and what is written reads back."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

from running import compile_text, run

PROGRAM = """
for line in File.lines("PATH") {
    try {
        let value = JSON.parse(line)
        let printed = JSON.print(value)
        check(JSON.print(JSON.parse(JSON.pretty(value))) == printed, line)
        print(printed)
    } catch e: JSONError { print("JSONError") }
}
"""
TEXTS = ["", "a", 'q"\\/', "é日😀", "\u0000\u001f\n\r\t\b\f", "A" * 50]
NUMBERS = [0, -1, 7, 2**63 - 1, -(2**63), 1.5, -0.0, 1e300, 5e-324, 123456789.125, 1e16, -1e-7]


def value(source: random.Random, depth: int = 0) -> object:
    kind = source.randrange(8 if depth < 4 else 5)
    match kind:
        case 0:
            return source.choice([None, True, False])
        case 1 | 2:
            return source.choice(NUMBERS)
        case 3 | 4:
            return source.choice(TEXTS)
        case 5 | 6:
            return [value(source, depth + 1) for _ in range(source.randrange(4))]
    return {source.choice(TEXTS): value(source, depth + 1) for _ in range(source.randrange(4))}


def document(source: random.Random) -> str:
    made = value(source)
    return json.dumps(made, ensure_ascii=source.random() < 0.5, separators=source.choice([(",", ":"), (", ", ": ")]))


def answers(lines: list[str], folder: Path) -> list[str]:
    path = folder / "documents.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    outcome = run(compile_text("documents", PROGRAM.replace("PATH", str(path))), "normal")
    assert outcome.error == ""
    return outcome.lines


def refuse(name: str) -> object:
    raise ValueError(name)


def number(digits: str) -> float:
    found = float(digits)
    if math.isinf(found):
        raise ValueError(digits)
    return found


def whole(digits: str) -> int | float:
    found = int(digits)
    return found if -(2**63) <= found < 2**63 else number(digits)


def python(line: str) -> object:
    """What Python makes of a text, without its extensions of the format; ValueError if it is none."""
    found = json.loads(line, parse_constant=refuse, parse_float=number, parse_int=whole)
    json.dumps(found, ensure_ascii=False).encode("utf-8")  # ValueError: half a character
    return found


def same(written: str, expected: object) -> bool:
    return written != "JSONError" and repr(python(written)) == repr(expected)


def test_documents_are_read_and_written(tmp_path: Path) -> None:
    source = random.Random(1)
    lines = [document(source) for _ in range(300)]
    found = answers(lines, tmp_path)
    assert [line for line, text in zip(lines, found, strict=True) if not same(text, python(line))] == []


def test_damaged_documents_are_refused_as_python_does(tmp_path: Path) -> None:
    source = random.Random(2)
    lines = []
    for _ in range(400):
        text = list(document(source)) or [" "]
        for _ in range(source.randrange(1, 3)):
            at = source.randrange(len(text))
            text[at : at + source.randrange(2)] = source.choice([*'{}[]",:\\u0123456789.eE+-tfn \t', ""])
        lines.append("".join(text).replace("\n", " ").replace("\r", " "))
    different = []
    for line, text in zip(lines, answers(lines, tmp_path), strict=True):
        try:
            fine = same(text, python(line))
        except ValueError:
            fine = text == "JSONError"
        if not fine:
            different.append((line, text))
    assert different == []
