"""Whether what was typed so far is a whole entry, and how far the next line is to be indented."""

from __future__ import annotations

import re

from attrs import define, field

from lang.parser import is_incomplete
from lang.source import Source
from lang.syntax import tokens as t
from lang.syntax.layout import asks_for_more, open_brackets
from lang.syntax.lexing import lex

STEP = 4  # columns of one level
_WITH_CODE = ("redefine", "step", "time", "type")  # commands whose argument is a program text, maybe over several lines

_MAY_GO_ON = re.compile(r"\s*(if|try)\b")
_NOTHING = re.compile(r"\s*(//.*)?\s*")
_GOES_ON = re.compile(r"\s*(else|catch|finally)\b")


def is_unfinished(text: str) -> bool:
    """Whether the text is the beginning of something longer."""
    code = code_of(text)
    return code is not None and is_incomplete(code)


def code_of(text: str) -> str | None:
    """The part of an input that is Mini: all of it, or what follows a command that takes some; None if nothing is."""
    stripped = text.lstrip()
    if not stripped.startswith(":"):
        return text
    word = stripped[1:].split(maxsplit=1)[0] if stripped[1:].split() else ""
    if not any(len(word) > 1 and name.startswith(word) for name in _WITH_CODE):
        return None
    return stripped[1 + len(word) :]


def words(text: str) -> list[t.Token]:
    """The tokens of an unfinished text; the end that the lexer makes up for an open string is none of them."""
    found = lex(Source("", text)).tokens
    return [token for token in found if token.end > token.start and token.kind != t.NEWLINE]


def indentation(text: str) -> int:
    """The columns that a line after this text begins with: four for every bracket that is open."""
    code = code_of(text)
    if code is None:
        return 0
    lexed = lex(Source("", code))
    if lexed.unfinished:
        return 0
    levels, line = 0, -1
    for bracket in open_brackets(lexed.tokens):
        here = code.count("\n", 0, bracket.start)
        levels += here != line  # `f(fun() {` opens two, but the next line goes in by one
        line = here
    return levels * STEP


@define
class Reader:
    """Puts lines together to entries, reading each line once however long the entry gets."""

    _text: list[str] = field(factory=list)
    _open: list[str] = field(factory=list)
    _pending: str = ""  # lines that end inside a comment or a string of several lines
    _damaged: bool = False  # something in it cannot be read: its brackets may not be what was meant
    _held: bool = False  # it is whole, but `else` on the next line would belong to it

    @property
    def text(self) -> str:
        """What there is of the entry."""
        return "".join(self._text)

    def add(self, line: str) -> list[str]:
        """Take a line, with its line end; the entries that end with it or, by not going on, before it."""
        if self._held and not _GOES_ON.match(line):
            return [self._take(), *self.add(line)]
        first = not self._text
        code = code_of(line) if first else line
        if code is None:
            return [line]
        if first and _NOTHING.fullmatch(line):
            return []
        self._text.append(line)
        if self._wants_more(self._pending + code):
            self._held = False
            return []
        self._held = _MAY_GO_ON.match(self._text[0]) is not None and line.rstrip().endswith("}")
        return [] if self._held else [self._take()]

    def _take(self) -> str:
        entry = self.text
        self._text, self._open, self._pending, self._damaged, self._held = [], [], "", False, False
        return entry

    def _wants_more(self, text: str) -> bool:
        lexed = lex(Source("", text))
        self._pending = text if lexed.unfinished else ""
        if lexed.unfinished:
            return True
        self._damaged = self._damaged or bool(lexed.diagnostics)
        if self._damaged and (not self._open or text.startswith("}")):
            return False
        for token in lexed.tokens:
            if token.kind in t.OPENERS:
                self._open.append(token.kind)
            elif self._open and token.kind in t.CLOSERS:
                self._open.pop()
        return bool(self._open) or (not lexed.diagnostics and asks_for_more(lexed.tokens))
