"""Which `<` and `>` are brackets around type arguments, and which compare or shift.

In a place for a type every `<` is a bracket. In an expression `name<` opens one if what follows reads as type
arguments up to a `>` before `(` or `.`: `Stack<int>.of(1)`, but not `a < b`. (`f(a < b, c > (d))` is read as a
generic call, as in C# and Kotlin.)
"""

from __future__ import annotations

import re

MAX_DEPTH = 32  # nested type arguments; half of what a descriptor may have, and what keeps the scan linear
_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*")
_NAME = re.compile(r"[^\W\d]\w*")
_USE = re.compile(r"[ \t]*(?:\(|\.(?!\.))")


def type_arguments(text: str, at: int, anywhere: bool) -> list[int] | None:
    """The places of the brackets of the type arguments that open at ``at``, or None if they are none.

    ``anywhere``: this is a place for a type, so what follows the closing bracket does not matter.
    """
    scan = _Scan(text, at)
    if scan.arguments(0) and (anywhere or _USE.match(text, scan.at)):
        return scan.brackets
    return None


def type_brackets(text: str, at: int) -> list[int] | None:
    """The places of all brackets of the type that starts at ``at``: none where no type does, None if it is too deep."""
    scan = _Scan(text, at)
    return scan.brackets if scan.type(0) else None if scan.too_deep else []


class _Scan:
    """A recogniser of types; it goes MAX_DEPTH deep at most."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.brackets: list[int] = []
        self.too_deep = False

    def accept(self, sign: str) -> bool:
        self.space()
        found = self.text.startswith(sign, self.at)
        if found:
            self.at += len(sign)
        return found

    def space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def bracket(self, sign: str) -> bool:
        found = self.accept(sign)
        if found:
            self.brackets.append(self.at - 1)
        return found

    def word(self) -> str:
        self.space()
        found = _NAME.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found.group() if found else ""

    def type(self, depth: int) -> bool:
        if depth > MAX_DEPTH:
            self.too_deep = True
            return False
        if self.accept("("):
            return self.type(depth + 1) and self.accept(")") and self.nullable()
        word = self.word()
        if word == "fun":
            return self.accept("(") and self.types(")", depth) and (not self.accept(":") or self.type(depth + 1))
        return bool(word) and self.rest_of_name(depth)

    def rest_of_name(self, depth: int) -> bool:
        while True:
            mark = self.at
            if not (self.accept(".") and self.word()):
                self.at = mark
                break
        mark, known = self.at, len(self.brackets)
        if self.text.startswith("<", self.at) and not self.arguments(depth):
            self.at = mark
            del self.brackets[known:]
            return False
        return self.nullable()

    def nullable(self) -> bool:
        if self.text.startswith("?", self.at):
            self.at += 1
        return True

    def arguments(self, depth: int) -> bool:
        if not self.bracket("<"):
            return False
        while True:
            if not (self.type(depth + 1) and (not self.accept(":") or self.type(depth + 1))):
                return False
            if not self.accept(","):
                return self.bracket(">")

    def types(self, close: str, depth: int) -> bool:
        if self.accept(close):
            return True
        while self.type(depth + 1):
            if not self.accept(","):
                return self.accept(close)
        return False
