"""Text to tokens: words, signs, numbers, strings with their interpolations; line ends are tokens too.

Which line ends matter is decided in ``layout``. A text that cannot be read gives diagnostics *and* tokens, so that the
parser can look for more problems.
"""

from __future__ import annotations

import re
import unicodedata

from attrs import Factory, define, frozen

from lang.diagnostics import Diagnostic, Label
from lang.source import Source, Span
from lang.syntax import tokens as t
from lang.syntax.angles import MAX_DEPTH, type_arguments, type_brackets
from lang.syntax.tokens import KEYWORDS, Token

HUGE = 1 << 64  # stands for integers too long to convert: out of range alike
_MAX_DIGITS = 400

_STEPS = frozenset({"++", "--"})  # of other languages
_SIGNS = sorted((t.SIGNS | t.COMPOUND) - {"!is"} | _STEPS, key=lambda sign: -len(sign))
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\f\v]+)"
    r"|(?P<newline>\n[\s]*)"
    r'|(?P<raw>r"""|r")'
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<number>0[xXbB]\w*|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?\w*)"
    r'|(?P<string>"""|")'
    r"|(?P<comment>//[^\n]*)"
    r"|(?P<block>/\*)"
    r"|(?P<notis>!is\b)"
    r"|(?P<sign>" + "|".join(map(re.escape, _SIGNS)) + ")"
)
_FLOAT = re.compile(r"[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?")
_INT = re.compile(r"0[xX][0-9a-fA-F_]*[0-9a-fA-F]_*|0[bB][01_]*[01]_*|[0-9][0-9_]*")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_PLAIN = {'"': re.compile(r'[^"\\{\n]*'), '"""': re.compile(r'(?:[^"\\{]|"(?!""))*')}
_RAW = {'"': re.compile(r'[^"\n]*'), '"""': re.compile(r'(?:[^"]|"(?!""))*')}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F_]*)\}|(.)|)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", '"': '"', "\\": "\\", "{": "{", "}": "}"}
_FOREIGN = {"'": 'strings are written in double quotes: "…"', "#": "comments start with `//`"}
_UNTYPABLE = re.compile("[\0\ud800-\udfff]")
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


@frozen
class Lexed:
    """What was read. ``unfinished``: the text ends inside a comment or a multi-line string."""

    tokens: list[Token]
    diagnostics: list[Diagnostic]
    unfinished: bool


@define
class _String:
    """A string literal whose interpolation is being read: its quotes and where they are."""

    quote: str
    opener: int
    braces: list[int] = Factory(list)  # the open braces inside the interpolation, its own first


def lex(source: Source) -> Lexed:
    """All tokens of ``source``, END last."""
    lexer = _Lexer(source)
    lexer.run()
    return Lexed(lexer.tokens, lexer.diagnostics, lexer.unfinished)


class _Lexer:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.tokens: list[Token] = []
        self.diagnostics: list[Diagnostic] = []
        self.unfinished = False
        self.strings: list[_String] = []  # the interpolations we are inside
        self.brackets: set[int] = set()  # where `<` and `>` enclose type arguments
        self.strangers: set[str] = set()  # the characters reported so far
        self.deep_types = False  # whether one was reported
        self.header = False  # between `class` and its `{`: every `name<` is a type

    def fault(self, code: str, message: str, start: int, end: int, hint: str = "") -> None:
        self.diagnostics.append(Diagnostic(code, message, self.source, Span(start, end), hint=hint))

    def add(self, kind: str, start: int, value: str | int | float = "") -> None:
        self.tokens.append(Token(kind, start, self.at, value))

    def run(self) -> None:
        self.at = 1 if self.text.startswith(_BOM) else 0
        found = _UNTYPABLE.search(self.text)
        if found:
            what = "a NUL character" if found.group() == "\0" else "half of a surrogate pair"
            self.fault("E005", f"{what} cannot stand in a program", found.start(), found.end())
        match, text, end = _TOKEN.match, self.text, len(self.text)
        while self.at < end:
            found = match(text, self.at)
            if found is None:
                self.stranger()
                continue
            start, self.at = self.at, found.end()
            kind = found.lastgroup
            if kind == "name":
                self.name(found.group(), start)
            elif kind == "sign":
                self.sign(found.group(), start)
            elif kind != "space":
                self.other(kind or "", found.group(), start)
        while self.strings:
            self.unclosed(self.strings[-1])
        self.add(t.END, end)

    def other(self, kind: str, word: str, start: int) -> None:
        if kind == "newline":
            self.newline(start)
        elif kind == "number":
            self.number(word, start)
        elif kind == "string":
            self.string(_String(word, start), t.STRING, t.STRING_START)
        elif kind == "raw":
            self.raw_string(_String(word[1:], start + 1))
        elif kind == "block":
            self.block_comment(start)
        elif kind == "notis":
            self.add("!is", start, "!is")
            self.type_follows()

    # ── words and signs ──────────────────────────────────────────────────────────────────────────────────

    def name(self, word: str, start: int) -> None:
        if word not in KEYWORDS:
            self.add(t.NAME, start, word)
            return
        self.add(word, start, word)
        if word in ("is", "as"):
            self.type_follows()
        elif word in ("class", "interface", "enum"):
            self.header = True

    def type_follows(self) -> None:
        found = type_brackets(self.text, self.at)
        if found is None and not self.deep_types:
            self.deep_types = True
            self.fault("E200", f"this type is nested deeper than {MAX_DEPTH} levels", self.at, self.at + 1)
        self.brackets.update(found or ())

    def sign(self, sign: str, start: int) -> None:
        if sign[0] == ">" and start in self.brackets:
            self.at = start + 1
            self.add(t.TYPE_CLOSE, start, ">")
            return
        if sign[0] == "<" and self.opens_arguments(start):
            self.at = start + 1
            self.add(t.TYPE_OPEN, start, "<")
            return
        if sign in t.COMPOUND:
            self.add(t.ASSIGN, start, sign)
            return
        if sign in _STEPS:
            self.fault("E001", f"Mini has no `{sign}`", start, self.at, f"write `x {sign[0]}= 1`")
            return
        if sign == "!!" and not (self.tokens and self.tokens[-1].kind in t.OPERAND_ENDS):
            self.at = start + 1  # not "is not null" after an operand, but two negations before one
            sign = "!"
        self.add(sign, start, sign)
        if sign == ":":
            self.type_follows()
        elif sign == "{" or sign == "}":
            self.brace(sign, start)

    def opens_arguments(self, start: int) -> bool:
        if start in self.brackets:
            return True
        if not (self.tokens and self.tokens[-1].kind == t.NAME):
            return False
        found = type_arguments(self.text, start, self.header)
        self.brackets.update(found or ())
        return found is not None

    def brace(self, sign: str, start: int) -> None:
        self.header = False
        if not self.strings:
            return
        string = self.strings[-1]
        if sign == "{":
            string.braces.append(start)
            return
        string.braces.pop()
        if not string.braces:
            self.tokens.pop()
            self.strings.pop()
            self.string(string, t.STRING_END, t.STRING_MIDDLE)

    def number(self, word: str, start: int) -> None:
        digits = word.replace("_", "")
        if _INT.fullmatch(word):
            base = {"0x": 16, "0b": 2}.get(digits[:2].lower(), 10)
            self.add(t.INT, start, int(digits, base) if len(digits) <= _MAX_DIGITS else HUGE)
        elif _FLOAT.fullmatch(word):
            value = float(digits)
            if value == float("inf"):
                self.fault("E007", "this number is too large for a float", start, self.at)
            self.add(t.FLOAT, start, value)
        else:
            self.fault("E007", f"`{word[:40]}` is not a number", start, self.at, "for example: 42, 0xff, 0b101, 1.5e-3")
            self.add(t.INT, start, 0)

    def newline(self, start: int) -> None:
        """A line end; it also ends, unclosed, the one-line strings whose interpolation we are inside."""
        while self.strings and self.strings[-1].quote == '"' and self.strings[-1].braces:
            self.unclosed(self.strings[-1])
        self.add(t.NEWLINE, start)

    def block_comment(self, start: int) -> None:
        depth = 1
        while depth:
            edge = _COMMENT_EDGE.search(self.text, self.at)
            if edge is None:
                self.fault("E004", "this comment is never closed", start, start + 2, "a comment ends with `*/`")
                self.unfinished = True
                self.at = len(self.text)
                return
            depth += 1 if edge.group() == "/*" else -1
            self.at = edge.end()

    def stranger(self) -> None:
        """One character that starts no token; a run of the same one is reported once."""
        start, char = self.at, self.text[self.at]
        while self.at < len(self.text) and self.text[self.at] == char:
            self.at += 1
        if char in self.strangers or _UNTYPABLE.match(char):
            return  # reported already
        self.strangers.add(char)
        if char == "\\" or char in _FOREIGN or (char.isprintable() and char.isascii()):
            self.fault("E005", f"`{char}` means nothing here", start, start + 1, _FOREIGN.get(char, ""))
            return
        name = unicodedata.name(char, "a control character")
        hint = "write an ordinary space" if char.isspace() else ""
        self.fault("E005", f"the character U+{ord(char):04X} ({name}) means nothing here", start, start + 1, hint)

    # ── strings ──────────────────────────────────────────────────────────────────────────────────────────

    def string(self, string: _String, whole: str, piece: str) -> None:
        """Read on in a string up to its end (a ``whole`` token) or to an interpolation (a ``piece``)."""
        start = string.opener if whole == t.STRING else self.at - 1
        if whole == t.STRING and string.quote == '"""' and self.text.startswith("\n", self.at):
            self.at += 1  # the text starts on the line after the quotes
        parts: list[str] = []
        plain = _PLAIN[string.quote]
        while True:
            found = plain.match(self.text, self.at)
            assert found is not None  # it matches the empty text
            parts.append(found.group())
            self.at = found.end()
            if self.text.startswith("\\", self.at):
                parts.append(self.escape())
            elif self.text.startswith("{", self.at):
                string.braces = [self.at]
                self.at += 1
                self.strings.append(string)
                self.add(piece, start, "".join(parts))
                return
            else:
                self.close(string)
                self.add(whole, start, "".join(parts))
                return

    def raw_string(self, string: _String) -> None:
        """Read a whole `r"…"` string: no escapes, no interpolations."""
        if string.quote == '"""' and self.text.startswith("\n", self.at):
            self.at += 1
        found = _RAW[string.quote].match(self.text, self.at)
        assert found is not None  # it matches the empty text
        self.at = found.end()
        self.close(string)
        self.add(t.STRING, string.opener - 1, found.group())

    def close(self, string: _String) -> None:
        if self.text.startswith(string.quote, self.at):
            self.at += len(string.quote)
        else:
            self.report_unclosed(string)

    def report_unclosed(self, string: _String) -> None:
        start, end = string.opener, string.opener + len(string.quote)
        if any(outer.quote == '"' and outer is not string for outer in self.strings):
            return  # that one is not closed either, and says more
        hint = f"a string ends with `{string.quote}`"
        labels: tuple[Label, ...] = ()
        if string.braces:
            brace = string.braces[0]
            labels = (Label(Span(brace, brace + 1), "this `{` opens an interpolation"),)
            hint = "close the interpolation with `}`; a literal brace is written `\\{`"
        span = Span(start, end)
        self.diagnostics.append(Diagnostic("E003", "this string is never closed", self.source, span, "", hint, labels))
        self.unfinished = self.unfinished or (string.quote == '"""' and self.at >= len(self.text))

    def unclosed(self, string: _String) -> None:
        """Give up an interpolation: report its string and go on after it as if it had been closed."""
        self.report_unclosed(string)
        self.strings.pop()
        self.tokens.append(Token(t.STRING_END, self.at, self.at, ""))

    def escape(self) -> str:
        found = _ESCAPE.match(self.text, self.at)
        assert found is not None  # it matches the backslash alone
        start, code, char = self.at, found.group(1), found.group(2)
        if char == "\n" or not (code or char):
            self.at += 1 if char or code is None else len(found.group())
        else:
            self.at = found.end()
        if code is not None:
            return self.code_point(code.replace("_", ""), start)
        if char in _ESCAPES:
            return _ESCAPES[char]
        what = f"`\\{char}`" if char and char.isprintable() else "a backslash at the end of a line"
        hint = 'the escapes are \\n \\t \\r \\0 \\" \\\\ \\{ \\} and \\u{1F600}'
        self.fault("E006", f"{what} is not an escape", start, self.at, hint)
        return ""

    def code_point(self, digits: str, start: int) -> str:
        value = int(digits, 16) if 0 < len(digits) <= 8 else -1
        if 0 <= value <= 0x10FFFF and not 0xD800 <= value <= 0xDFFF:
            return chr(value)
        self.fault("E006", f"`\\u{{{digits[:12]}}}` is not a Unicode character", start, self.at)
        return ""
