"""Which line ends end a statement.

A line end counts unless it stands inside `(` or `[`, after something that asks for more, or before something that goes
on (`.`, `&&`, `else` …). Words that can only start a statement also end the one before when they follow a `}`.
"""

from __future__ import annotations

from lang.syntax import tokens as t
from lang.syntax.tokens import BINARY, CLOSERS, OPENERS, Token

_MORE = BINARY | {"!", "~", ",", "=", t.ASSIGN, ".", "?.", "=>", ":", "(", "[", "{", t.TYPE_OPEN, t.SEP} | {
    "else", "in", "is", "as", "extends", "implements", "spawn", "throw", "import", *t.MODIFIERS,
}  # fmt: skip
_GOES_ON = (BINARY - {"+", "-", "*", "<"}) | {
    ".", "?.", "=", t.ASSIGN, "=>", ",", ")", "]", "as", "else", "catch", "finally", "extends", "implements",
    t.TYPE_CLOSE, t.END,
}  # fmt: skip
_DECLARES = t.MODIFIERS | {"let", "var", "class", "interface", "enum", "import", "init"}
_STATEMENT_WORDS = _DECLARES | {"while", "for", "return", "break", "continue", "try"}
_STARTS = _STATEMENT_WORDS | {"if", "match", "fun", "throw", "spawn", "this", "super", "true", "false", "null"} | {
    "is", t.ELSE_ARM, t.NAME, t.INT, t.FLOAT, t.STRING, t.STRING_START,
}  # fmt: skip
_HEADS = frozenset({"if", "else", "match", "while", "for", "try", "catch", "finally", "fun", "init"}) | {
    "class", "interface", "enum",
}  # fmt: skip
_STRING = "string"


def layout(tokens: list[Token]) -> list[Token]:
    """The tokens with SEP where a statement ends, and without line ends."""
    out: list[Token] = []
    brackets: list[str] = []  # the open ones, an interpolated string among them
    line_end: Token | None = None
    last = t.SEP
    head = False  # whether a `{` is still to come, be it on the next line
    for index, token in enumerate(tokens):
        kind = token.kind
        if kind == t.NEWLINE:
            line_end = line_end or token
            continue
        if kind == ";":
            token.kind = kind = t.SEP
        elif kind == "else" and tokens[index + 1].kind == "=>":
            token.kind = kind = t.ELSE_ARM
        if line_end is not None and kind in _STATEMENT_WORDS and brackets and brackets[-1] in "([":
            _abandon(brackets)
        if (
            last not in _MORE
            and (not brackets or brackets[-1] == "{")
            and _ends(last, kind, line_end is not None, head)
        ):
            at = line_end or Token(t.SEP, token.start, token.start)
            out.append(Token(t.SEP, at.start, at.start + 1 if line_end else at.end))
            head = False
        line_end = None
        head = (head and kind not in ("{", t.SEP)) or kind in _HEADS
        if kind != t.SEP or last not in (t.SEP, "{"):
            out.append(token)
            last = kind
        if kind in OPENERS or kind == t.STRING_START:
            brackets.append(kind if kind in OPENERS else _STRING)
        elif kind in CLOSERS or kind == t.STRING_END:
            _close(brackets, CLOSERS.get(kind, _STRING))
    return out


def _ends(last: str, kind: str, new_line: bool, head: bool) -> bool:
    if kind == t.SEP or (kind == "{" and head):
        return False
    return kind not in _GOES_ON if new_line else last == "}" and kind in _STARTS


def _abandon(brackets: list[str]) -> None:
    """Forget unclosed parentheses: a statement has started, so they are mistakes."""
    while brackets and brackets[-1] in "([":
        brackets.pop()


def _close(brackets: list[str], opener: str) -> None:
    """Close the nearest ``opener``, and what is open inside it by mistake; a stray closer closes nothing."""
    if opener in "([":
        if brackets and brackets[-1] in "([":
            brackets.pop()
        return
    while brackets and brackets[-1] != opener and (brackets[-1] in "([" or opener == _STRING):
        brackets.pop()
    if brackets and brackets[-1] == opener:
        brackets.pop()


def open_brackets(tokens: list[Token]) -> list[Token]:
    """The brackets that are open at the end of ``tokens``, outermost first."""
    found: list[Token] = []
    for token in tokens:
        if token.kind in OPENERS or token.kind == t.STRING_START:
            found.append(token)
        elif found and (token.kind in CLOSERS or token.kind == t.STRING_END):
            found.pop()
    return found


def asks_for_more(tokens: list[Token]) -> bool:
    """Whether a text of these tokens (END last) is the beginning of a longer one: a REPL should read on."""
    last = next((token.kind for token in reversed(tokens) if token.kind not in (t.NEWLINE, t.END)), "")
    unclosed = any(token.kind in OPENERS for token in open_brackets(tokens))
    return unclosed or last in _MORE
