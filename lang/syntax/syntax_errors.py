"""What to say when a token fits nowhere: what was found, what could have stood there, and what was probably meant."""

from __future__ import annotations

from lang.diagnostics import Diagnostic, Label
from lang.source import Span
from lang.syntax import tokens as t
from lang.syntax.hints import Surprise, hint, member_hint
from lang.syntax.layout import open_brackets
from lang.syntax.tokens import BINARY, CLOSERS, KEYWORDS, OPENERS

_OPERAND = frozenset(
    {t.NAME, t.INT, t.FLOAT, t.STRING, t.STRING_START, "true", "false", "null", "this", "super", "(", "-", "!", "~"}
    | {"if", "match", "fun", "spawn", "throw"}
)
_STATEMENT = frozenset({"let", "var", "while", "for", "try", "break", "continue", "return", "{"})
_DECLARATION = frozenset({"class", "interface", "enum", "import", "init"}) | t.MODIFIERS
_AFTER_OPERAND = BINARY | {".", "?.", "[", "(", "!!", "is", "as", "=", t.ASSIGN, t.TYPE_OPEN, "?"}
_TYPE_LEADS = frozenset({":", t.TYPE_OPEN, "is", "!is", "as", "extends", "implements", "(", ","})
_NAMED_KINDS = {t.STRING: "a string", t.STRING_START: "a string", t.END: "the end of the text"}
_WANTED = {t.NAME: "a name", t.SEP: "a new line or `;`", t.END: "the end of the text", t.ELSE_ARM: "`else`"} | {
    t.TYPE_CLOSE: "`>`", t.TYPE_OPEN: "`<`", t.ASSIGN: "`+=`", t.STRING_MIDDLE: "", t.STRING_END: "`}`",
}  # fmt: skip
_MOST_WANTED = 4  # more alternatives than this are noise


def explain(surprise: Surprise) -> Diagnostic:
    """The diagnostic for a surprise: brackets first, then what has a name of its own, then the general case."""
    special = _bracket(surprise) or _empty_interpolation(surprise) or _keyword(surprise) or _misplaced(surprise)
    return special or _general(surprise)


def _diagnostic(
    s: Surprise, code: str, message: str, hint: str = "", labels: tuple[Label, ...] = (), label: str = ""
) -> Diagnostic:
    return Diagnostic(code, message, s.source, _place(s), label, hint, labels)


def _place(s: Surprise) -> Span:
    """Where to point: at the token, or just behind the one before it where nothing can be seen."""
    found = s.found
    if found.kind == t.END or (found.kind == t.SEP and _is_line_end(s)):
        end = s.before().end if s.index else 0
        return Span(end, end)
    return Span(found.start, max(found.end, found.start + 1))


def _is_line_end(s: Surprise) -> bool:
    return s.source.text[s.found.start : s.found.end] != ";"


# ── special cases ────────────────────────────────────────────────────────────────────────────────────────


def _bracket(s: Surprise) -> Diagnostic | None:
    found, opened = s.found.kind, open_brackets(list(s.tokens[: s.index]))
    opener = opened[-1] if opened and opened[-1].kind in OPENERS else None
    if opener is None:
        return _diagnostic(s, "E002", f"this `{found}` closes nothing") if found in CLOSERS and not opened else None
    closer = OPENERS[opener.kind]
    ends = found == t.END or (found in CLOSERS and found != closer) or (found == t.SEP and opener.kind != "{")
    if not ends or (found != t.END and closer not in s.wanted):
        return None
    span = Span(opener.start, opener.end)
    labels = (Label(_place(s), f"expected `{closer}` before this"),) if found in CLOSERS else ()
    return Diagnostic("E002", f"this `{opener.kind}` is never closed", s.source, span, "", f"add `{closer}`", labels)


def _empty_interpolation(s: Surprise) -> Diagnostic | None:
    if s.found.kind not in (t.STRING_END, t.STRING_MIDDLE) or t.INT not in s.wanted:
        return None
    if s.before().kind not in (t.STRING_START, t.STRING_MIDDLE):
        return _diagnostic(s, "E001", "expected an expression, found the end of the interpolation")
    return _diagnostic(s, "E014", "nothing stands between these braces", "a literal brace is written `\\{`")


def _keyword(s: Surprise) -> Diagnostic | None:
    found = s.found.kind
    if found not in KEYWORDS or t.NAME not in s.wanted or t.INT in s.wanted or "init" in s.wanted:
        return None
    wants_type = "fun" in s.wanted
    what = "a type" if wants_type else "a name"
    return _diagnostic(s, "E008", f"`{found}` is a keyword and cannot be {what}")


def _misplaced(s: Surprise) -> Diagnostic | None:
    found, before = s.found.kind, s.before().kind
    in_class = "init" in s.wanted and "while" not in s.wanted
    if in_class and before in ("{", "}", t.SEP, t.TYPE_CLOSE, t.NAME, ")"):
        if found in _STATEMENT or found in _OPERAND:
            message = f"expected a field or a method, found {describe(s)}"
            return _diagnostic(s, "E013", message, member_hint(s))
        if found in ("class", "interface", "enum", "import"):
            return _diagnostic(s, "E013", f"`{found}` cannot stand inside a class", "declare it at the top level")
    if found == t.NAME and before == "fun" and "(" in s.wanted and t.NAME not in s.wanted:
        instead = f"declare it at the top level, or write `let {s.found.value} = fun(…) {{ … }}`"
        return _diagnostic(s, "E013", "a function cannot be declared inside another", instead)
    if found in _DECLARATION and "while" in s.wanted and "class" not in s.wanted:
        return _diagnostic(s, "E013", f"`{found}` cannot stand inside a function", "declare it at the top level")
    if found in _DECLARATION and "while" in s.wanted:
        return _diagnostic(s, "E013", f"`{found}` can only stand inside a class")
    return None


# ── the general case ─────────────────────────────────────────────────────────────────────────────────────


def _general(s: Surprise) -> Diagnostic:
    meant = hint(s)
    found = s.found.kind
    same_line = found not in (t.SEP, t.END) and s.index > 0
    if t.SEP in s.wanted and same_line and (found in _OPERAND | _STATEMENT | _DECLARATION):
        before = s.before()
        if s.source.line(before.start) == s.source.line(s.found.start):
            return _diagnostic(s, "E009", f"expected a new line or `;` before {describe(s)}", meant)
    wanted = _expected(s)
    message = f"expected {wanted}, found {describe(s)}" if wanted else f"did not expect {describe(s)} here"
    opened = open_brackets(list(s.tokens[: s.index]))
    labels: tuple[Label, ...] = ()
    if opened and opened[-1].kind in "([" and OPENERS[opened[-1].kind] in s.wanted:
        labels = (Label(Span(opened[-1].start, opened[-1].end), "inside this bracket"),)
    return _diagnostic(s, "E001", message, meant, labels)


def describe(s: Surprise) -> str:
    """The token found, in words."""
    found = s.found
    if found.kind == t.SEP:
        return "the end of the line" if _is_line_end(s) else "`;`"
    if found.kind in (t.STRING_END, t.STRING_MIDDLE):
        return "`}`"
    text = s.source.text[found.start : found.end]
    return _NAMED_KINDS.get(found.kind) or f"`{text if len(text) <= 30 else text[:30] + '…'}`"


def _expected(s: Surprise) -> str:
    """What could have stood there, in words: kinds of phrase first, then single signs."""
    wanted = set(s.wanted)
    phrases: list[str] = []
    if s.before().kind == "{":
        wanted.discard(t.SEP)
    if "init" in wanted and "while" not in wanted:
        phrases.append("a field or a method")
        wanted -= _DECLARATION | _STATEMENT | {"fun", t.SEP}
    elif t.INT in wanted:
        phrases.append("a statement" if "while" in wanted else "an expression")
        wanted -= _OPERAND | (_STATEMENT | _DECLARATION if "while" in wanted else set()) | {t.SEP, t.ELSE_ARM, "is"}
    elif "fun" in wanted and t.NAME in wanted and s.before().kind in _TYPE_LEADS:
        phrases.append("a type")
        wanted -= _OPERAND
    elif s.before().kind in t.OPERAND_ENDS | {t.TYPE_CLOSE, "?"}:
        wanted -= _AFTER_OPERAND if wanted - _AFTER_OPERAND - {t.SEP, t.END} or t.SEP in wanted else set()
        wanted -= _DECLARATION | {"else", "catch", "finally", "fun", "let", "var"}
    words = sorted({_WANTED.get(kind, f"`{kind}`") for kind in wanted if kind != t.END or len(wanted) == 1} - {""})
    phrases += words if len(words) + len(phrases) <= _MOST_WANTED else []
    return ", ".join(phrases[:-1]) + " or " + phrases[-1] if len(phrases) > 1 else "".join(phrases)
