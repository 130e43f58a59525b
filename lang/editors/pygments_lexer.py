"""Mini for Pygments, from the language's own lexer. Pygments finds it by the name ``mini`` once minivm is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pygments import token as p
from pygments.lexer import Lexer

from lang.syntax.stretches import Kind, stretches

TOKENS = {
    Kind.KEYWORD: p.Keyword,
    Kind.CONSTANT: p.Keyword.Constant,
    Kind.TYPE: p.Name.Class,
    Kind.FUNCTION: p.Name.Function,
    Kind.NAME: p.Name,
    Kind.NUMBER: p.Number,
    Kind.STRING: p.String,
    Kind.ESCAPE: p.String.Escape,
    Kind.BRACE: p.String.Interpol,
    Kind.OPERATOR: p.Operator,
    Kind.BRACKET: p.Punctuation,
    Kind.COMMENT: p.Comment,
    Kind.SPACE: p.Whitespace,
    Kind.WRONG: p.Error,
}


class MiniLexer(Lexer):  # type: ignore[misc]  # Pygments comes without types
    """The lexer that Pygments asks for tokens."""

    name = "Mini"
    aliases = ("mini",)
    filenames = ("*.mini",)
    mimetypes = ("text/x-mini",)

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        """Each stretch with its place and the kind that Pygments knows."""
        for stretch in stretches(text):
            yield stretch.start, TOKENS[stretch.kind], text[stretch.start : stretch.end]
