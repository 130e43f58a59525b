"""A text cut into stretches of one kind each, for highlighters: the lexer's own tokens, and what lies between them.

Together the stretches are the whole text, whatever is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, unique

from attrs import frozen

from lang.source import Source
from lang.syntax import tokens as t
from lang.syntax.lexing import lex
from lang.syntax.tokens import KEYWORDS, Token

_PRIMITIVES = frozenset({"int", "float", "bool", "void"})
_CONSTANTS = frozenset({"true", "false", "null"})
_BRACKETS = frozenset("()[]{},;") | {t.TYPE_OPEN, t.TYPE_CLOSE}
_STRINGS = frozenset({t.STRING, t.STRING_START, t.STRING_MIDDLE, t.STRING_END})
_ESCAPE = re.compile(r"\\(?:u\{[0-9a-fA-F_]*\}|.)", re.DOTALL)
_MALFORMED = frozenset({"E006", "E007"})  # escapes and numbers
_BETWEEN = re.compile(r"(?P<space>[\s\ufeff]+)|(?P<comment>//[^\n]*|/\*)|(?P<wrong>(?:(?!\s|//|/\*).)+)", re.DOTALL)
_EDGE = re.compile(r"/\*|\*/")


@unique
class Kind(Enum):
    """What a stretch of text is."""

    KEYWORD = "keyword"
    CONSTANT = "constant"  # true, false, null
    TYPE = "type"  # a class's name or a primitive type's
    FUNCTION = "function"  # a name that is declared with `fun`, or called
    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    ESCAPE = "escape"
    BRACE = "brace"  # of an interpolation
    OPERATOR = "operator"
    BRACKET = "bracket"
    COMMENT = "comment"
    SPACE = "space"
    WRONG = "wrong"  # what no token can start with, a malformed number, an unknown escape


@frozen
class Stretch:
    """Characters start..end-1."""

    kind: Kind
    start: int
    end: int


def stretches(text: str) -> Iterator[Stretch]:
    """The whole text, in order."""
    lexed = lex(Source("", text))
    wrong = {fault.span.start for fault in lexed.diagnostics if fault.code in _MALFORMED}
    found = [token for token in lexed.tokens if token.kind not in (t.NEWLINE, t.END)]
    at = 0
    for index, token in enumerate(found):
        yield from _between(text, at, token.start)
        if token.kind in _STRINGS:
            yield from _string(text, token, wrong)
        elif token.end > token.start:
            yield Stretch(Kind.WRONG if token.start in wrong else _kind(found, index), token.start, token.end)
        at = max(at, token.end)
    yield from _between(text, at, len(text))


def _kind(found: list[Token], index: int) -> Kind:
    token = found[index]
    kind = token.kind
    if kind == t.NAME:
        return _name(found, index)
    if kind in (t.INT, t.FLOAT):
        return Kind.NUMBER
    if kind in KEYWORDS or kind == "!is":
        return Kind.CONSTANT if kind in _CONSTANTS else Kind.KEYWORD
    return Kind.BRACKET if kind in _BRACKETS else Kind.OPERATOR


def _name(found: list[Token], index: int) -> Kind:
    name = str(found[index].value)
    before = found[index - 1].kind if index else ""
    after = found[index + 1].kind if index + 1 < len(found) else ""
    if before == "fun":
        return Kind.FUNCTION
    if name in _PRIMITIVES or name[0].isupper():
        return Kind.TYPE
    return Kind.FUNCTION if after == "(" else Kind.NAME


def _string(text: str, token: Token, wrong: set[int]) -> Iterator[Stretch]:
    """A string, or the piece of one before, between or after interpolations, with its escapes."""
    start, end = token.start, token.end
    if token.kind in (t.STRING_MIDDLE, t.STRING_END) and end > start:
        yield Stretch(Kind.BRACE, start, start + 1)
        start += 1
    opens = token.kind in (t.STRING_START, t.STRING_MIDDLE)
    inside = end - 1 if opens else end
    if not text.startswith("r", token.start):
        for escape in _ESCAPE.finditer(text, start, inside):
            yield from _part(Kind.STRING, start, escape.start())
            yield Stretch(Kind.WRONG if escape.start() in wrong else Kind.ESCAPE, *escape.span())
            start = escape.end()
    yield from _part(Kind.STRING, start, inside)
    yield from _part(Kind.BRACE, inside, end)


def _part(kind: Kind, start: int, end: int) -> Iterator[Stretch]:
    if end > start:
        yield Stretch(kind, start, end)


def _between(text: str, at: int, end: int) -> Iterator[Stretch]:
    """What the lexer has passed over: white space, comments, and characters that mean nothing."""
    while at < end:
        found = _BETWEEN.match(text, at, end)
        assert found is not None  # every character is one of the three
        stop = _comment_end(text, at, end) if found.group() == "/*" else found.end()
        yield Stretch(Kind[(found.lastgroup or "").upper()], at, stop)
        at = stop


def _comment_end(text: str, at: int, end: int) -> int:
    """Where a block comment ends; such comments nest."""
    depth = 0
    for edge in _EDGE.finditer(text, at, end):
        depth += 1 if edge.group() == "/*" else -1
        if not depth:
            return edge.end()
    return end
