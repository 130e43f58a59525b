"""``minivm new NAME``: the folder of a small project, with a class to redefine."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lang.arguments import add_json
from minivm.errors import UsageError

EXAMPLES = """
minivm new shop              make shop/main.mini, shop/counter.mini and shop/README.md
minivm new work/till         make the folder work/till
"""
_TEMPLATES = Path(__file__).parent.parent / "project"
_LAST = "README.md"  # what is looked at first is written last: it is there only if all is


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_json(parser)
    parser.add_argument("folder", type=Path, metavar="NAME", help="the folder to make; its last part is the name")


def execute(parsed: argparse.Namespace) -> int:
    """Make the project.

    Raises:
        UsageError: there is something already, or the folder cannot be written.
    """
    folder: Path = parsed.folder
    written = make_project(folder)
    if parsed.json:
        print(json.dumps({"folder": str(folder), "files": [str(path) for path in written]}, ensure_ascii=False))
    else:
        print(f"made {', '.join(map(str, written))}")
        print(f"next: cd {folder} && minivm run main.mini")
    return 0


def make_project(folder: Path) -> list[Path]:
    """Write the files; their paths. UsageError: they are there already, or cannot be written."""
    name = folder.absolute().name
    if not name or any(not char.isprintable() for char in name):
        raise UsageError(f"{str(folder)!r} is no name for a project")
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise UsageError(f"{folder} is there already, and not empty: take another name")
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(template, folder, name) for template in _templates()]
    except OSError as error:
        raise UsageError(f"cannot make {folder}: {error.strerror}") from error


def _templates() -> list[Path]:
    return sorted(_TEMPLATES.iterdir(), key=lambda path: (path.name == _LAST, path.name != "main.mini", path.name))


def _write(template: Path, folder: Path, name: str) -> Path:
    path = folder / template.name
    with path.open("x", encoding="utf-8") as out:  # never over a file
        out.write(template.read_text(encoding="utf-8").replace("NAME", name))
    return path
