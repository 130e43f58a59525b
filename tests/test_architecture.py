"""The shape of the source: one direction of imports, one table of instructions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from minivm import handlers
from minivm.decoder import missing_rows

ROOT = Path(__file__).parent.parent
LIMIT = 500  # lines of a file


def modules(package: str) -> dict[str, Path]:
    """The files of a package by their dotted names."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path) -> Iterator[str]:
    """What a file imports when it runs, inside functions too, as dotted names; a name may be a member of a module."""
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        pending.extend(ast.iter_child_nodes(node))


def resolved(name: str, known: dict[str, Path]) -> str | None:
    """The module that a dotted name is, or is a member of."""
    return name if name in known else resolved(name.rpartition(".")[0], known) if "." in name else None


def test_the_machine_does_not_know_the_language() -> None:
    for path in modules("minivm").values():
        assert not [name for name in imported(path) if name.split(".")[0] in ("lang", "lark")], path


@pytest.mark.parametrize("package", ["minivm", "lang"])
def test_files_have_an_order(package: str) -> None:
    known = modules(package)
    graph = {
        name: {found for text in imported(path) if (found := resolved(text, known)) and found != name}
        for name, path in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_every_row_of_the_table_has_a_handler() -> None:
    assert handlers
    assert missing_rows() == []


@pytest.mark.parametrize("package", ["minivm", "lang"])
def test_rooms_are_small(package: str) -> None:
    long = {name: len(path.read_text().splitlines()) for name, path in modules(package).items()}
    assert {name: count for name, count in long.items() if count > LIMIT} == {}


@pytest.mark.parametrize("package", ["minivm", "lang"])
def test_names_say_something(package: str) -> None:
    words = {word for name in modules(package) for part in name.split(".") for word in part.split("_")}
    assert not words & {"utils", "helpers", "common", "manager", "misc", "util"}
