"""Every example prints what it says it prints.

Beside ``// expect: LINE`` an example may say ``// args: WORD…``, which it is given, and ``// input: LINE``, which is
typed.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from corpus import expectation
from lang.compiler import compile_file
from lang.library import standard_library
from minivm.native.presence import available
from modes import named, place_in_turn
from running import run

EXAMPLES = Path(__file__).parent.parent / "examples"
FOLDERS = (EXAMPLES, EXAMPLES / "updating")
FILES = sorted(path for folder in FOLDERS for path in folder.glob("*.mini"))
PROGRAMS = [path for path in FILES if "// expect:" in path.read_text(encoding="utf-8")]
MODULES = {"formats.mini", "plugins.mini"}  # imported or loaded by others
SLOW = {"nbody", "richards"}  # wherever the interpreter does much of the work
COMPILED = ("native", "baseline", "mixed 1")  # they take turns


def lines_after(mark: str, text: str) -> list[str]:
    return re.findall(rf"^// {mark}: ?(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
@pytest.mark.parametrize("mode", ["normal", "collecting", "redefining", "compiled"])
def test_an_example_prints_what_it_says(
    path: Path, mode: str, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    text = path.read_text(encoding="utf-8")
    if mode in ("collecting", "redefining") and path.stem in SLOW:
        pytest.skip("takes too long")
    if mode == "redefining" and "VM.redefine" in text:
        pytest.skip("counts its own versions")
    if mode == "compiled" and not available():
        pytest.skip("llvmlite is not installed")
    monkeypatch.chdir(path.parent)  # where the host looks for plug-ins
    program = compile_file(path, standard_library())
    arguments = [word for line in lines_after("args", text) for word in line.split()]
    for one in compiled_modes(path.stem, pytestconfig) if mode == "compiled" else (mode,):
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines_after("input", text)) + "\n"))
        outcome = run(program, one, arguments=arguments)
        assert (outcome.error, outcome.errors, outcome.status) == ("", "", ""), one
        assert [line.rstrip() for line in outcome.lines] == list(expectation(text).output), one


def compiled_modes(name: str, config: pytest.Config) -> Sequence[str]:
    """The one whose turn it is, or all of them with ``--long``."""
    modes = [mode for mode in COMPILED if name not in SLOW or not named(mode).mixed]
    if config.getoption("--long"):
        return modes
    return [modes[place_in_turn(name, config.getoption("--rotation")) % len(modes)]]


def test_every_example_is_run() -> None:
    assert {path.name for path in FILES} - {path.name for path in PROGRAMS} == MODULES


def test_the_readme_has_a_line_for_every_example() -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^- `([\w/.]+)`: ", readme, re.MULTILINE)
    assert sorted(named) == sorted(str(path.relative_to(EXAMPLES)) for path in PROGRAMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_is_short_and_introduces_itself(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= 180
    assert not [line for line in lines if len(line) > 120 and not line.startswith("// expect:")]


def test_word_count_explains_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    program = compile_file(EXAMPLES / "word_count.mini", standard_library())
    nothing = run(program, "normal")
    assert (nothing.status, nothing.lines) == ("2", ["which file? minivm run word_count.mini FILE"])
    missing = run(program, "normal", arguments=["no/such/file"])
    assert missing.status == "1" and missing.lines[0].startswith("cannot read no/such/file")
