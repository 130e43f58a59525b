"""Colours while typing, from the language's own lexer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.styles import Style

LONGEST = 50_000  # characters; a longer text stays plain, or every key would be slow

STYLE = Style.from_dict(
    {
        "prompt": "ansigreen bold",
        "more": "ansibrightblack",
        "command": "ansimagenta bold",
        "keyword": "ansiblue bold",
        "constant": "ansimagenta",
        "type": "ansicyan",
        "function": "ansiyellow",
        "number": "ansimagenta",
        "string": "ansigreen",
        "escape": "ansibrightgreen bold",
        "brace": "ansibrightgreen bold",
        "comment": "ansibrightblack italic",
        "matching-bracket.cursor": "bold underline",
        "matching-bracket.other": "bold underline",
    }
)


class MiniLexer(Lexer):
    """Styles for each line of an input; a command's name has one of its own."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The styled pieces of a line, by its number."""
        text = document.text
        if not text:
            return lambda number: []
        lines = list(split(styled(text) if len(text) <= LONGEST else [("", text)]))
        return lambda number: lines[number] if number < len(lines) else []


def styled(text: str) -> Iterable[tuple[str, str]]:
    """All of a text in styled pieces."""
    from lang.repl.reading import code_of  # at the first key: the prompt itself needs no lexer
    from lang.syntax.stretches import stretches

    code = code_of(text) if text.lstrip().startswith(":") else text
    if code is None or len(code) < len(text):
        head = text if code is None else text[: len(text) - len(code)]
        word = head.split(" ", 1)[0] if head.strip() else head
        yield "class:command", word
        yield "", head[len(word) :]
    for found in stretches(code or ""):
        yield f"class:{found.kind.value}", (code or "")[found.start : found.end]


def split(pieces: Iterable[tuple[str, str]]) -> Iterable[StyleAndTextTuples]:
    """The pieces line by line."""
    line: StyleAndTextTuples = []
    for style, text in pieces:
        first, *others = text.split("\n")
        line.append((style, first))
        for other in others:
            yield line
            line = [(style, other)]
    yield line
