"""The standard library's sources: they parse, stay small, and their natives are the ones its README lists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lang
from lang.checker.table import WELL_KNOWN
from lang.parser import parse
from lang.source import Source
from minivm import natives

STD = Path(lang.__file__).parent / "std"
NATIVES = Path(natives.__file__).parent
FILES = sorted(STD.glob("*.mini"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_parses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert parse(Source(path.name, text)) and text.count("\n") < 400 and text.startswith("// ")


def declared() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in FILES:
        program = parse(Source(path.name, path.read_text(encoding="utf-8")))
        owners = [("prelude", program.functions), *((c.name, c.methods) for c in program.classes)]
        found |= {(owner, m.name) for owner, methods in owners for m in methods if "native" in m.modifiers}
    return found


def listed() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    owner = ""
    for row in (NATIVES / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in row.split("|")]
        if len(cells) != 5 or cells[1] in ("class", "---"):
            continue
        owner = re.sub(r"`|<.*>", "", cells[1]) or owner
        for code in re.findall(r"`([^`]*)`", cells[2]):
            bare = re.sub(r"\(.*", "", code).replace("static", "")
            found |= {(owner, name) for name in bare.split()}
    return found


def test_the_readme_lists_every_native() -> None:
    assert listed() == declared()


def test_the_checker_knows_the_library_s_classes() -> None:
    found = {c.name for path in FILES for c in parse(Source(path.name, path.read_text(encoding="utf-8"))).classes}
    assert sorted(found) == sorted(WELL_KNOWN)
