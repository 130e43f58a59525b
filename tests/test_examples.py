"""Every example prints what it says it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus import expectation
from lang.compiler import compile_file
from lang.library import standard_library
from running import run

EXAMPLES = Path(__file__).parent.parent / "examples"
PROGRAMS = sorted(path.stem for path in EXAMPLES.glob("*.mini") if "// expect:" in path.read_text())


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("mode", ["normal", "collecting"])
def test_an_example_prints_what_it_says(name: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = EXAMPLES / f"{name}.mini"
    monkeypatch.chdir(EXAMPLES)  # where the host looks for plugins
    outcome = run(compile_file(path, standard_library()), mode)
    assert (outcome.error, outcome.errors) == ("", "")
    assert outcome.lines == list(expectation(path.read_text()).output)


def test_the_readme_names_every_example() -> None:
    readme = (EXAMPLES / "README.md").read_text()
    for path in EXAMPLES.glob("*.mini"):
        assert f"`{path.name}`" in readme
