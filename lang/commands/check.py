"""``minivm check FILE...``: everything the compiler has to say about some files, without running them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from lang.arguments import add_json
from lang.diagnostics import CompileError

NOT_A_PROGRAM = 65
EXAMPLES = """
minivm check shop.mini               every mistake, not only the first
minivm check *.mini                  several files, each with what it imports
minivm check --json shop.mini        the same as JSON, for editors
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_json(parser)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a .mini source")


def execute(parsed: argparse.Namespace) -> int:
    """Check each file; status 65 if anything is wrong with one.

    Raises:
        UsageError: a file cannot be read.
    """
    found = {path: problem(path) for path in parsed.files}
    if parsed.json:
        print(as_json(found))
    else:
        _tell(found, parsed.color)
    return NOT_A_PROGRAM if any(found.values()) else 0


def problem(path: Path) -> CompileError | None:
    """What is wrong with the program in a file; None if nothing is. UsageError if it cannot be read."""
    from lang.compiled import compiled_file

    try:
        compiled_file(path)
    except CompileError as error:
        return error
    return None


def _tell(found: dict[Path, CompileError | None], color: str) -> None:
    from lang.reporting import report

    for path, error in found.items():
        if error is None:
            print(f"{path}: no errors")
        else:
            report(error, color)


def as_json(found: dict[Path, CompileError | None]) -> str:
    """A list with one record a file: its name, whether it is fine, and its diagnostics."""
    from lang.reporting import as_record

    def records(error: CompileError | None) -> Sequence[object]:
        return [as_record(diagnostic) for diagnostic in error.diagnostics] if error else []

    rows = [{"file": str(path), "ok": error is None, "errors": records(error)} for path, error in found.items()]
    return json.dumps(rows, ensure_ascii=False, indent=2)
