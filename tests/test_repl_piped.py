"""The REPL behind a pipe: the same entries, no prompts, no colour."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from repl_sessions import COUNTER, COUNTER2

ROOT = Path(__file__).parent.parent


def piped(text: str | bytes, *arguments: str, cwd: Path = ROOT) -> tuple[int, str, str]:
    data = text.encode() if isinstance(text, str) else text
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FORCE_COLOR": ""}
    command = [sys.executable, "-m", "lang.cli", "repl", *arguments]
    result = subprocess.run(
        command, input=data, capture_output=True, cwd=cwd, env=environment, timeout=120, check=False
    )
    assert b"Traceback" not in result.stderr
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def test_a_session_shows_results_only() -> None:
    status, out, err = piped(f"{COUNTER}\nlet c = Counter()\nc.bump()\n:redefine {COUNTER2}\nc.bump()\n")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "class Counter v1" and lines[1] == "1" and lines[3] == "11"
    assert "\x1b" not in out and "mini>" not in out


def test_errors_do_not_end_it() -> None:
    status, out, err = piped("let a = \nnope\n1 / 0\n:nope\n40 + 2\n")
    assert status == 0 and out == "42\n"
    assert "error[E" in err and "division by zero" in err and "no command" in err and "\x1b" not in err


@pytest.mark.parametrize(
    "wrong", ["nope", "1 / 0", ":nope", f"{COUNTER}\n:redefine class Counter {{ }}", ":load nope.mini"]
)
def test_strict_ends_at_the_first_error(wrong: str) -> None:
    status, out, _ = piped(f"1\n{wrong}\nprint(2 + 40)\n", "--strict")
    assert status == 1 and out.startswith("1\n") and "42" not in out


def test_strict_without_errors_is_fine() -> None:
    assert piped("40 + 2\n", "--strict") == (0, "42\n", "")


def test_the_last_line_needs_no_end() -> None:
    assert piped("40 + 2")[1] == "42\n"
    assert "error[E" in piped("class A {")[2]


def test_exit_ends_with_its_status() -> None:
    assert piped("exit(7)\nprint(1)\n")[:2] == (7, "")


def test_binary_input_gets_errors() -> None:
    status, out, err = piped(bytes(range(256)) * 20 + b"\n40 + 2\n")
    assert status == 0 and out.endswith("42\n") and "error" in err


def test_steps_are_all_shown() -> None:
    out = piped(":step 40 + 2\nprint(1)\n")[1]
    assert "iadd" in out and "40, 2  ->  42" in out and out.endswith("42\n1\n")


def test_a_closed_pipe_ends_in_silence() -> None:
    command = f"yes 'print(1)' | head -20000 | {sys.executable} -m lang.cli repl | head -1"
    result = subprocess.run(command, shell=True, capture_output=True, cwd=ROOT, timeout=120, check=False)
    assert (result.stdout, result.stderr) == (b"1\n", b"")


def test_ten_megabytes_of_output() -> None:
    status, out, _ = piped('let s = "x".repeat(9999)\nfor i in 0..1000 { print(s) }\n')
    assert status == 0 and len(out) == 10_000_000


def test_a_megabyte_of_input() -> None:
    status, out, err = piped("let a = 1\n" + "// nothing\n" * 100_000 + "a + 41\n")
    assert (status, out, err) == (0, "42\n", "")
