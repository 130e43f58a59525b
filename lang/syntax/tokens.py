"""The words and signs of Mini. Keywords and operators are named by their own text, in the grammar and here."""

from __future__ import annotations

from attrs import define

_KEYWORDS = """
abstract as break catch class continue else enum extends false final finally for fun if implements import in init
interface is let match native null override private return spawn static super this throw true try var while
"""
_BINARY = "?? || && == != === !== < <= > >= .. | ^ & << >> >>> + - * / % !is"
_OTHER = "! ~ !! . ?. ? , : ; = => ( ) [ ] { }"
KEYWORDS = frozenset(_KEYWORDS.split())
MODIFIERS = frozenset({"private", "static", "abstract", "override", "final", "native"})
BINARY = frozenset(_BINARY.split())
COMPOUND = frozenset({"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", ">>>=", "??="})
SIGNS = BINARY | frozenset(_OTHER.split())

# Kinds of token that are not named by their text.
NAME, INT, FLOAT = "NAME", "INT", "FLOAT"
STRING = "STRING"  # a whole string; the next three are the pieces of an interpolated one
STRING_START, STRING_MIDDLE, STRING_END = "STRING_START", "STRING_MIDDLE", "STRING_END"
ASSIGN = "COMPOUND"  # any of COMPOUND; its value says which
TYPE_OPEN, TYPE_CLOSE = "TYPE_OPEN", "TYPE_CLOSE"  # `<` and `>` around type arguments
ELSE_ARM = "ELSE_ARM"  # the `else` of a match arm
NEWLINE = "NEWLINE"  # a line end, before layout
SEP = "SEP"  # the end of a statement, after layout
END = "$END"

OPENERS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = {")": "(", "]": "[", "}": "{"}
OPERAND_ENDS = frozenset({NAME, INT, FLOAT, STRING, STRING_END, ")", "]", "}", "this", "super", "null", "!!"})


@define(eq=False)
class Token:
    """A word or sign at characters start..end-1. ``type`` is the grammar's name for ``kind``, set by the parser."""

    kind: str
    start: int
    end: int
    value: str | int | float = ""
    type: str = ""
