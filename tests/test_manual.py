"""The instruction manual is the table's, and its program runs; assembly is read wherever a class file is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lang.cli import main
from minivm.instructions import ROWS
from minivm.manual import manual

PAGE = Path(__file__).parent.parent / "minivm" / "MANUAL.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == manual(), "run: python -m minivm.manual > minivm/MANUAL.md"


def test_every_instruction_is_in_it_once() -> None:
    page = manual()
    assert all(page.count(f"| `{row.name}` |") == 1 for row in ROWS)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    found = re.search(r"^```masm\n(.*?)^```$", manual(), re.DOTALL | re.MULTILINE)
    assert found
    path = tmp_path / "Adder.masm"
    path.write_text(found.group(1))
    return path


def test_its_program_runs(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(program)]) == 0
    assert capsys.readouterr().out == "42\n"


def test_code_that_does_not_fit_is_shown_with_its_fault(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text(program.read_text().replace("iconst 2", 'sconst "two"'))
    assert main(["dis", str(program)]) == 0
    assert "^ operand 2 of iadd: expected int, found String" in capsys.readouterr().out
    assert main(["run", str(program)]) == 1
    assert "Adder.main at 4: operand 2 of iadd: expected int, found String" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"class X foo", "line 1: expected a class's name, found 'X foo'"),
        (b"\xff", "it is not a text in UTF-8 (byte 0)"),
        (b"", "line 1: expected one class, found 0"),
    ],
)
def test_what_cannot_be_assembled(
    text: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.masm"
    path.write_bytes(text)
    assert main(["run", str(path)]) == 1
    assert f"{path} cannot be assembled: {message}" in capsys.readouterr().err
