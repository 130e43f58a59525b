"""A lesson at a real terminal: it stops, what is typed is tried out, keys that leave do so."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator

import pytest

if not hasattr(os, "openpty"):
    pytest.skip("no pseudo-terminals here", allow_module_level=True)

from pseudo_terminal import PseudoTerminal

CTRL_C, CTRL_D = "\x03", "\x04"
GO_ON = "Enter goes on."


@pytest.fixture(params=[40, 100])
def lesson(request: pytest.FixtureRequest) -> Iterator[PseudoTerminal]:
    terminal = PseudoTerminal([sys.executable, "-m", "lang.cli", "learn", "6"], columns=request.param)
    terminal.wait_for(GO_ON)
    terminal.wait_for("mini> ")
    yield terminal
    terminal.close()
    assert "Traceback" not in terminal.raw


def test_enter_goes_on_to_the_next_stop(lesson: PseudoTerminal) -> None:
    assert "4200" in lesson.enter("", GO_ON)
    lesson.wait_for("mini> ")
    assert "3780" in lesson.enter("", GO_ON)
    assert "\x1b[" in lesson.raw  # in colour


def test_what_is_typed_is_tried_out_in_the_lessons_session(lesson: PseudoTerminal) -> None:
    lesson.enter("", GO_ON)
    lesson.wait_for("mini> ")
    lesson.enter("favourite.cents + 1", "4201")
    lesson.wait_for("mini> ")
    lesson.enter("while true {", "... ")
    lesson.enter("    pause()", "... ")
    lesson.enter("}", "}")
    time.sleep(1)  # for the loop to begin
    lesson.type(CTRL_C)
    lesson.wait_for("interrupted")
    lesson.wait_for("mini> ")
    lesson.enter("favourite.number", "42")


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D, ":quit\r", "exit(3)\r"])
def test_a_reader_may_leave(lesson: PseudoTerminal, key: str) -> None:
    time.sleep(0.5)  # a Ctrl-C between readline's prompt and its waiting is only seen at the next key
    lesson.type(key)
    with contextlib.suppress(AssertionError):
        lesson.wait_for("`minivm learn 6` begins it again.", patience=5)
        assert lesson.end() == 0
        return
    lesson.type(key)
    lesson.wait_for("`minivm learn 6` begins it again.")
    assert lesson.end() == 0
