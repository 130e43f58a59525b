"""The REPL at a real terminal, driven key by key."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

if not hasattr(os, "openpty"):
    pytest.skip("no pseudo-terminals here", allow_module_level=True)

from pseudo_terminal import PseudoTerminal, start_repl

UP, LEFT, BACKSPACE, ESCAPE, CTRL_C, CTRL_D = "\x1b[A", "\x1b[D", "\x7f", "\x1b", "\x03", "\x04"
COUNTER = "class Counter { var n: int = 0; fun bump(): int { n += 1; return n } }"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, object]:
    return {"environment": {"MINIVM_HISTORY": str(tmp_path / "history")}, "cwd": tmp_path}


@pytest.fixture
def terminal(settings: dict[str, object]) -> Iterator[PseudoTerminal]:
    made = start_repl(**settings)
    made.wait_for("mini> ")
    yield made
    made.close()
    assert "Traceback" not in made.raw and "Unhandled" not in made.raw


def test_an_entry_goes_on_over_several_lines_until_it_is_whole(terminal: PseudoTerminal) -> None:
    terminal.type("class Counter {\r")
    terminal.wait_for("  ... ")
    terminal.type("var n: int = 0\rfun bump(): int {\rn += 1\rreturn n\r}\r}\r")
    terminal.wait_for("class Counter v1")
    terminal.enter("Counter().bump()", "\n1")


def test_lines_are_indented_by_what_is_open(terminal: PseudoTerminal, tmp_path: Path) -> None:
    terminal.type("class A {\rfun f(): int {\rreturn 1\r}\r}\r")
    terminal.wait_for("class A v1")
    terminal.enter(":save a.mini", "saved a.mini")
    assert "class A {\n    fun f(): int {\n        return 1\n    }\n}\n" in (tmp_path / "a.mini").read_text()


def test_ctrl_d_leaves(terminal: PseudoTerminal) -> None:
    terminal.type(CTRL_D)
    assert terminal.end() == 0


def test_quit_leaves_with_the_status_of_exit(terminal: PseudoTerminal) -> None:
    terminal.type("exit(3)\r")
    assert terminal.end() == 3


def test_a_fiber_may_end_the_session(terminal: PseudoTerminal) -> None:
    terminal.type("let f = spawn fun() { sleep(300); exit(4) }()\r")
    assert terminal.end() == 4


def test_ctrl_c_drops_the_entry(terminal: PseudoTerminal) -> None:
    terminal.type("let a = (1 +\r")
    terminal.wait_for("  ... ")
    terminal.type(CTRL_C)
    terminal.wait_for("mini> ")
    terminal.enter("40 + 2", "\n42")


def test_ctrl_c_stops_the_program(terminal: PseudoTerminal) -> None:
    terminal.type("while true { }\r")
    terminal.wait_for("while true { }")
    time.sleep(1)
    terminal.type(CTRL_C)
    terminal.wait_for("interrupted")
    terminal.enter("40 + 2", "\n42")


def test_ctrl_c_at_any_moment_leaves_the_session_alive(terminal: PseudoTerminal) -> None:
    terminal.enter("let kept = 42; kept", "\n42")
    for number in range(12):
        terminal.type(f'for i in 0..{1000 + 400 * number} {{ print("some text {{i}}") }}\r')
        time.sleep(0.03 * number)
        terminal.interrupt()
        terminal.type(CTRL_C)
    time.sleep(1)
    terminal.type("\r")
    terminal.enter('"kept: {kept}"', '"kept: 42"')


def test_ten_megabytes_of_output_can_be_stopped(terminal: PseudoTerminal) -> None:
    terminal.enter('let line = "x".repeat(99)', "mini> ")
    terminal.type("for i in 0..1000000 { print(line) }\r")
    terminal.wait_for("x" * 99)
    terminal.type(CTRL_C)
    terminal.wait_for("interrupted")
    terminal.enter("1 + 1", "\n2")


def test_ten_megabytes_of_output_arrive(terminal: PseudoTerminal) -> None:
    terminal.enter('let line = "x".repeat(9999)', "mini> ")
    terminal.enter('for i in 0..1000 { print(line) }; print("the" + "end")', "theend")
    assert terminal.count >= 9_999_000
    terminal.enter("1 + 1", "\n2")


def test_fibers_print_above_the_prompt(terminal: PseudoTerminal) -> None:
    terminal.enter('let f = spawn fun() { for i in 0..3 { sleep(200); print("tick" + "tock {i}") } }()', "mini> ")
    terminal.type("let half = 1")
    terminal.wait_for("ticktock 2")
    terminal.type(" + 1\rhalf\r")
    terminal.wait_for("\n2")


def test_tab_completes_members_by_static_type(terminal: PseudoTerminal) -> None:
    terminal.enter(COUNTER, "class Counter v1")
    terminal.enter("let c = Counter()", "mini> ")
    terminal.type("c.bu\t")
    terminal.wait_for("c.bump")
    terminal.type("()\r")
    terminal.wait_for("\n1")


def test_tab_completes_commands_and_shows_what_they_do(terminal: PseudoTerminal) -> None:
    terminal.type(":la\t")
    terminal.wait_for(":layout")
    terminal.type(CTRL_C)
    terminal.wait_for("mini> ")
    terminal.type(":\t")
    terminal.wait_for("one class: version")


def test_typing_is_highlighted_by_the_language(terminal: PseudoTerminal) -> None:
    terminal.type('let s = "a')
    terminal.wait_for('"a')
    assert re.search(r"\x1b\[[\d;]*34[\d;]*m(?:\x1b\[[\d;]*m)*l", terminal.raw)  # a keyword in blue


def test_no_color_is_respected(settings: dict[str, object]) -> None:
    environment = settings["environment"]
    assert isinstance(environment, dict)
    environment["NO_COLOR"] = "1"
    made = start_repl(**settings)
    made.wait_for("mini> ")
    made.type('let s = "a"; s\r')
    made.wait_for('"a"\r')
    assert not re.search(r"\x1b\[[\d;]*3[0-7][\d;]*m", made.raw)
    made.close()


def test_the_history_is_kept_between_runs(settings: dict[str, object]) -> None:
    first = start_repl(**settings)
    first.wait_for("mini> ")
    first.enter("30 + 12", "\n42")
    first.wait_for("mini> ")
    first.type(CTRL_D)
    assert first.end() == 0
    first.close()
    second = start_repl(**settings)
    second.wait_for("mini> ")
    second.type(UP)
    second.wait_for("30 + 12")
    second.type("\r")
    second.wait_for("\n42")
    second.close()


@pytest.mark.parametrize("what", ["binary", "folder", "nowhere"])
def test_a_history_that_cannot_be_kept_costs_nothing(settings: dict[str, object], tmp_path: Path, what: str) -> None:
    path = tmp_path / "history"
    if what == "binary":
        path.write_bytes(bytes(range(256)) * 9000)
    elif what == "folder":
        path.mkdir()
    else:
        settings["environment"] = {"MINIVM_HISTORY": "/proc/nowhere/history"}
    made = start_repl(**settings)
    made.wait_for("mini> ")
    made.type(UP)
    made.type(CTRL_C)
    made.wait_for("mini> ")
    made.enter("40 + 2", "\n42")
    assert "Traceback" not in made.raw and "Unhandled" not in made.raw
    made.close()


def test_stepping_has_a_prompt_of_its_own(terminal: PseudoTerminal) -> None:
    terminal.enter(":step 40 + 2", "step> ")
    terminal.type("\r")
    terminal.wait_for("step> ")
    terminal.type("c\r")
    terminal.wait_for("\n42")
    terminal.wait_for("mini> ")


def test_edit_opens_the_editor(settings: dict[str, object], tmp_path: Path) -> None:
    script = tmp_path / "editor"
    script.write_text("#!/bin/sh\nsed -i 's/n += 1/n += 42/' \"$1\"\n")
    script.chmod(0o755)
    environment = settings["environment"]
    assert isinstance(environment, dict)
    environment["VISUAL"] = str(script)
    made = start_repl(**settings)
    made.wait_for("mini> ")
    made.enter(COUNTER, "class Counter v1")
    made.enter(":edit Counter", "applied  Counter v1 -> v2")
    made.enter("Counter().bump()", "\n42")
    made.close()


def test_forty_columns_are_enough(settings: dict[str, object]) -> None:
    made = start_repl(**settings, columns=40)
    made.wait_for("mini> ")
    made.enter(COUNTER, "class Counter v1")
    made.type(":help\r")
    shown = made.wait_for("`:help COMMAND` tells more")
    answer = shown.partition("Enter definitions")[2]
    assert max(len(line) for line in answer.replace("\r", "").split("\n")) <= 40
    made.close()


def test_the_prompt_is_there_at_once(settings: dict[str, object]) -> None:
    """Over a bare Python, as a median; a busy machine makes both slower, so the limit here is a generous one."""

    def bare() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        return time.perf_counter() - started

    def prompt() -> float:
        started = time.perf_counter()
        made = start_repl(**settings)
        made.wait_for("mini> ")
        took = time.perf_counter() - started
        made.type(CTRL_D)
        made.end()
        made.close()
        return took

    prompt()
    took = min(prompt() for _ in range(5)) - statistics.median(bare() for _ in range(5))
    assert took < 1.0, f"{took * 1000:.0f} ms"


def test_the_prompt_waits_for_nothing_of_the_language() -> None:
    """The machine and the compiler are made ready while the prompt is there."""
    program = (
        "import sys, lang.repl.loop, lang.repl.terminal.loop;"
        "print(*sorted(m for m in sys.modules if m.split('.')[0] in ('lang', 'minivm', 'lark')))"
    )
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    loaded = set(result.stdout.split())
    assert not {m for m in loaded if m.startswith(("lark", "lang.checker", "lang.codegen", "minivm.machine"))}
