"""The shape of the code: which way imports go, and that every row of the instruction table is handled."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from minivm.decoder import DECODERS, HANDLERS, missing_rows
from minivm.instructions import ROWS
from minivm.machine import Machine

ROOT = Path(__file__).parent.parent
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("minivm", "lang")
    for path in sorted((ROOT / package).rglob("*.py"))
}


@cache
def imports(module: str) -> frozenset[str]:
    """The project's modules that a module imports when it is loaded."""
    found: set[str] = set()
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    for statement in tree.body:  # top level only: `if TYPE_CHECKING:` and imports inside functions do not count
        if isinstance(statement, ast.ImportFrom) and statement.module:
            found.update(_meant(statement.module, alias.name) for alias in statement.names)
        elif isinstance(statement, ast.Import):
            found.update(alias.name for alias in statement.names)
    return frozenset(found & FILES.keys()) - {module}


def _meant(module: str, name: str) -> str:
    inner = f"{module}.{name}"
    return inner if inner in FILES else module


def all_imports(module: str) -> set[str]:
    """Every project module that an import statement anywhere in a module names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


@pytest.mark.parametrize("module", [name for name in FILES if name.split(".")[0] == "minivm"])
def test_the_machine_never_imports_the_language(module: str) -> None:
    assert not [name for name in all_imports(module) if name.split(".")[0] in ("lang", "lark", "prompt_toolkit")]


def test_the_files_have_one_order() -> None:
    """No cycle: repeatedly take away the files that import nothing that is left."""
    left = dict.fromkeys(FILES)
    while left:
        free = [module for module in left if not imports(module) & left.keys()]
        assert free, f"these import each other: {sorted(left)}"
        for module in free:
            del left[module]


def test_every_row_is_handled_once() -> None:
    assert Machine  # importing it registers the handlers
    assert missing_rows() == []
    assert not HANDLERS.keys() & DECODERS.keys()
    assert HANDLERS.keys() | DECODERS.keys() == {row.name for row in ROWS}


def test_no_file_has_outgrown_its_name() -> None:
    assert not [name for name, path in FILES.items() if path.read_text(encoding="utf-8").count("\n") > 500]
