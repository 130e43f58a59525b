"""What was probably meant where a token fits nowhere: the habits of other languages, and how Mini writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from attrs import frozen

from lang.diagnostics import nearest
from lang.source import Source
from lang.syntax import tokens as t
from lang.syntax.layout import open_brackets
from lang.syntax.tokens import BINARY, Token

_FUNCTION = "a function is declared `fun name(x: int): int { … }`"
_VARIABLE = "a variable is declared `let x = …` or `var x = …`"
_LOOPS = "the loops are `while c { … }` and `for x in xs { … }`"
_MATCH = "write `match x { 1, 2 => … else => … }`"
_BEFORE = {  # the word before the place of the error
    "new": "objects are made without `new`: `Item(…)`",
    **dict.fromkeys(("def", "function", "func", "fn", "void"), _FUNCTION),
    **dict.fromkeys(("const", "val", "int", "float", "bool", "auto"), _VARIABLE),
    **dict.fromkeys(("elif", "elsif", "elseif"), "write `else if`"),
    **dict.fromkeys(("switch", "case", "when"), _MATCH),
    **dict.fromkeys(("foreach", "until", "loop", "do"), _LOOPS),
    "except": "write `catch e: IOError { … }`",
    "raise": "write `throw`",
    "not": "write `!`",
    "from": "write `import name`",
    "async": "every function can run in a fiber: `spawn f(x)`",
    "await": "`fiber.join()` waits for the result of `spawn`",
}
_FOUND = {"and": "write `&&`", "or": "write `||`", "then": "write `{`", "do": "write `{`", "not": "write `!`"}
_MEMBERS = {  # words that begin a member of a class
    **dict.fromkeys(("constructor", "new", "__init__"), "what makes an object is `init(x: int) { … }`"),
    **dict.fromkeys(("def", "function", "func", "fn", "void"), "a method is declared `fun name(x: int): int { … }`"),
    **dict.fromkeys(("const", "val", "readonly"), "a field that is set once is declared with `let`"),
    **dict.fromkeys(("public", "protected", "internal"), "members are public, unless they are `private`"),
}
_STATEMENT_WORDS = ("return", "throw", "import", "spawn", "match", "while", "class", "interface", "break", "continue")
_VALUES = frozenset({t.NAME, t.INT, t.FLOAT, t.STRING, t.STRING_START, "true", "false", "null", "this"})


@frozen
class Surprise:
    """The token at ``index`` does not fit; the grammar would have taken one of ``wanted``."""

    source: Source
    tokens: Sequence[Token]
    index: int
    wanted: frozenset[str]

    @property
    def found(self) -> Token:
        """The token that does not fit."""
        return self.tokens[self.index]

    def before(self, back: int = 1) -> Token:
        """The token that many places before it (the first one where there are fewer)."""
        return self.tokens[max(self.index - back, 0)]

    def after(self) -> str:
        """The kind of the token behind it, "" at the end."""
        return self.tokens[self.index + 1].kind if self.index + 1 < len(self.tokens) else ""

    def ends_here(self) -> bool:
        """Whether a statement could have ended before it."""
        return t.SEP in self.wanted


def hint(s: Surprise) -> str:
    """What was probably meant, "" if nothing comes to mind. The first guess that has something to say counts."""
    return next(filter(None, (guess(s) for guess in _GUESSES)), "")


def member_hint(s: Surprise) -> str:
    """The same where a member of a class should be."""
    if s.found.kind == "-" and s.after() == ">":
        return "a result type is written after `:`"
    foreign = s.found.kind == t.NAME and _MEMBERS.get(str(s.found.value))
    return foreign or "fields start with `let` or `var`, methods with `fun`"


def _choice(s: Surprise) -> str:
    found, before = s.found.kind, s.before().kind
    if found == "?" or (found == ":" and "?" in (s.before(2).kind, before)):
        return "choose with `if a { b } else { c }`, which is an expression"
    if found == "if" and s.ends_here() and before in _VALUES:
        return "`if` stands in front: `if a { b } else { c }` is an expression"
    return ""


def _literal(s: Surprise) -> str:
    found, wants_value = s.found.kind, t.INT in s.wanted
    if found == "[" and wants_value:
        return "there is no literal for lists: make one with `List<int>()` and fill it with `add`"
    if found == "{" and wants_value and s.before().kind == "=":
        return "there is no literal for maps: make one with `Map<String, int>()`, then `map[key] = value`"
    if found == "{" and s.before().kind == "spawn":
        return "`spawn` starts a call: `spawn f(x)`, or `spawn (fun() { … })()`"
    if found == "," and ")" in s.wanted:
        return "there are no tuples: a small class holds several values"
    if wants_value and s.before().kind == ">" and found in (t.SEP, t.END):
        return "an object of a generic class is made by a call: `List<int>()`"
    return ""


def _function(s: Surprise) -> str:
    found, before = s.found.kind, s.before().kind
    if found == "-" and s.after() == ">":
        return "a result type is written after `:`"
    if found == ">" and before == "-":
        return "a result type is written after `:`; a match arm's result, and a short function body, after `=>`"
    if found == "=>" and s.ends_here():
        return "a function literal begins with `fun`: `fun(x: int) => …`"
    if found == ":" and s.before(2).kind == "(" and _arrow_follows(s):
        return "a function literal begins with `fun`: `fun(x: int) => …`"
    if found == "{" and before == "=>":
        return "a block follows the parameters directly: `fun(x) { … }`"
    if found == "{" and before == ")" and s.ends_here():
        return _FUNCTION
    if found == "=" and "{" in s.wanted and s.ends_here():
        return "a function's body stands in braces: `{ return … }`"
    return ""


def _arrow_follows(s: Surprise) -> bool:
    """Whether the bracket we are in is closed before `=>`."""
    kinds = [token.kind for token in s.tokens[s.index : s.index + 20]]
    return (")", "=>") in pairwise(kinds)


def _operator(s: Surprise) -> str:
    found = s.found.kind
    if found in ("=", t.ASSIGN) and "{" in s.wanted:
        return "`==` compares; an assignment is not an expression"
    if found in BINARY and s.before().kind == t.SEP:
        return f"a line that goes on ends with the operator: put `{found}` at the end of the line before"
    if found in BINARY and s.before(2).kind in ("as", "is", "!is"):
        return f"put it into parentheses: `(… {s.before(2).kind} {s.before().value}) {found} …`"
    return ""


def _declaration(s: Surprise) -> str:
    found, before = s.found.kind, s.before().kind
    if found == "(" and before == "for":
        return "write `for x in xs { … }`, without parentheses"
    if found == "(" and "extends" in s.wanted:
        return "fields, and `init(x: int) { … }`, which sets them, stand inside the braces"
    if found == "[" and s.ends_here() and _in_annotation(s):
        return f"the type of an array is `Array<{s.before().value}>`"
    if found == "=" and "(" in s.wanted and "}" in s.wanted:
        return "a case takes arguments for the enum's `init`: `RED(1)`"
    if found in (t.STRING, t.STRING_START) and before == "import":
        return "write the module's name: `import shapes`"
    if found == ":" and before == t.NAME:
        inside = open_brackets(list(s.tokens[: s.index]))
        call = bool(inside) and inside[-1].kind == "(" and ")" in s.wanted
        return "arguments are given in order, without names" if call else "a variable is declared with `let` or `var`"
    return ""


def _in_annotation(s: Surprise) -> bool:
    return s.before().kind == t.NAME and s.before(2).kind == ":"


def _word(s: Surprise) -> str:
    """A word of another language, or one that is misspelt."""
    found, before = s.found, s.before()
    if found.kind == t.NAME and str(found.value) in _FOUND:
        return _FOUND[str(found.value)]
    if before.kind != t.NAME:
        return ""
    word = str(before.value)
    if word in _BEFORE and (found.kind in _VALUES or word == "async"):
        return _BEFORE[word]
    if not s.ends_here() or found.kind not in _VALUES:
        return ""
    close = nearest(word, _STATEMENT_WORDS)
    if close:
        return f"did you mean `{close}`?"
    return f"a call has parentheses: `{word}(…)`" if found.kind != t.NAME else ""


def _braces(s: Surprise) -> str:
    """Something without the braces that belong around it."""
    alone = s.wanted - BINARY <= {"{", ".", "?.", "[", "(", "!!", "is", "as", t.TYPE_OPEN}
    return "what it leads to stands in braces: `{ … }`" if "{" in s.wanted and alone else ""


_GUESSES: tuple[Callable[[Surprise], str], ...] = (
    _choice, _literal, _function, _operator, _declaration, _word, _braces,
)  # fmt: skip
