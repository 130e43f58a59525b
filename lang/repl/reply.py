"""What a session has to say to one text."""

from __future__ import annotations

from attrs import frozen

from lang.diagnostics import CompileError, render
from minivm.redefine import Record


@frozen
class Reply:
    """Text for the user. ``status``: the session has ended with it; ``record``: of the redefinition asked for;
    ``fresh``: the session is to begin again."""

    text: str = ""
    failed: bool = False
    status: int | None = None
    record: Record | None = None
    fresh: bool = False


def error_reply(problem: object) -> Reply:
    """The reply to something that cannot be done."""
    return Reply(f"error: {problem}", failed=True)


def diagnostics_reply(error: CompileError, color: bool) -> Reply:
    """The reply to a text that does not compile."""
    return Reply("\n\n".join(render(found, color) for found in error.diagnostics), failed=True)
