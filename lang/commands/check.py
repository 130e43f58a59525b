"""``minivm check FILE...``: everything the compiler has to say about some files, without running them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lang.compiled import compiled_file
from lang.diagnostics import CompileError

NOT_A_PROGRAM = 65


def check(paths: Sequence[Path], report: Callable[[CompileError], None]) -> int:
    """Check each file; ``report`` shows what is wrong with one. Returns the exit status.

    Raises:
        UsageError: a file cannot be read.
    """
    status = 0
    for path in paths:
        try:
            compiled_file(path)
        except CompileError as error:
            report(error)
            status = NOT_A_PROGRAM
        else:
            print(f"{path}: no errors")
    return status
