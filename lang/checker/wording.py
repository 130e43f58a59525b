"""Small things that messages need."""

from __future__ import annotations


def an(thing: object) -> str:
    """The thing in quotes with its article: "an `int`", "a `List<int>`"."""
    text = str(thing)
    return f"{'an' if text[:1] in 'aeioAEIO' else 'a'} `{text}`"


def count(number: int, noun: str) -> str:
    """ "no arguments", "1 argument", "2 arguments"."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
