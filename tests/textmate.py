"""A small engine for TextMate grammars: enough of it to run Mini's, line by line as editors do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

Rule = dict[str, Any]


@frozen
class Scoped:
    """Characters start..end-1 of a text, and the names of the rules around them, outermost first."""

    start: int
    end: int
    scopes: tuple[str, ...]


@frozen
class _Open:
    """A begin/end rule that is open."""

    rule: Rule
    end: re.Pattern[str]
    scopes: tuple[str, ...]


class Grammar:
    """A grammar, ready to be run."""

    def __init__(self, grammar: Rule) -> None:
        self.repository: dict[str, Rule] = grammar["repository"]
        self.root = _Open({"patterns": grammar["patterns"]}, re.compile(r"(?!)"), ())

    def scope(self, text: str) -> Iterator[Scoped]:
        """What the grammar makes of a text; every character once."""
        stack, offset = [self.root], 0
        for line in text.splitlines(keepends=True):
            yield from self._line(line, offset, stack)
            offset += len(line)

    def _line(self, line: str, offset: int, stack: list[_Open]) -> Iterator[Scoped]:
        at = 0
        while True:
            rule, found = self._first(line, at, stack)
            around = stack[-1].scopes
            if found is None:
                yield Scoped(offset + at, offset + len(line), around)
                return
            if found.start() > at:
                yield Scoped(offset + at, offset + found.start(), around)
            scopes = self._enter(rule, found, stack)
            if found.end() > found.start():
                yield from self._captures(rule, found, offset, scopes)
            at = found.end()

    def _enter(self, rule: Rule | None, found: re.Match[str], stack: list[_Open]) -> tuple[str, ...]:
        """The scopes of a match; opens or closes a begin/end rule."""
        if rule is None:  # the end of the innermost open rule
            return stack.pop().scopes
        scopes = (*stack[-1].scopes, *([rule["name"]] if "name" in rule else []))
        if "begin" in rule:
            stack.append(_Open(rule, re.compile(rule["end"]), scopes))
        return scopes

    def _captures(
        self, rule: Rule | None, found: re.Match[str], offset: int, scopes: tuple[str, ...]
    ) -> Iterator[Scoped]:
        captures = (rule or {}).get("captures", {})
        at = found.start()
        for number, capture in sorted(captures.items()):
            start, end = found.span(int(number))
            if start > at:
                yield Scoped(offset + at, offset + start, scopes)
            yield Scoped(offset + start, offset + end, (*scopes, capture["name"]))
            at = end
        if found.end() > at:
            yield Scoped(offset + at, offset + found.end(), scopes)

    def _first(self, line: str, at: int, stack: list[_Open]) -> tuple[Rule | None, re.Match[str] | None]:
        """The earliest match; among equals the end of the open rule, then the first rule that is listed."""
        best_rule, best = None, stack[-1].end.search(line, at)
        for rule in self._rules(stack[-1].rule):
            found = re.compile(rule.get("match") or rule["begin"]).search(line, at)
            if found is not None and (best is None or found.start() < best.start()):
                best_rule, best = rule, found
        return best_rule, best

    def _rules(self, rule: Rule) -> Iterator[Rule]:
        for inner in rule.get("patterns", ()):
            target = self.repository[inner["include"][1:]] if "include" in inner else inner
            if "match" in target or "begin" in target:
                yield target
            else:
                yield from self._rules(target)
