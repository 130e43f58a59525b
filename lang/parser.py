"""The way from text to tree. It costs nothing before it is taken: a warm start never parses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lang.nodes import Program
    from lang.source import Source


def parse(source: Source) -> Program:
    """Read a program.

    Raises:
        CompileError: it is not one; all syntax errors found are in it.
    """
    from lang.syntax.parsing import program

    return program(source)


def is_incomplete(text: str) -> bool:
    """Whether ``text`` is the beginning of something longer: a bracket, comment or multi-line string is open, or it
    ends with a sign that asks for more."""
    from lang.syntax.parsing import is_unfinished

    return is_unfinished(text)
