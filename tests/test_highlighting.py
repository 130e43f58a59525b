"""Highlighters: every Mini program there is, without an error token; both highlighters agree with the language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name
from pygments.token import Error

from lang.editors import pygments_lexer
from lang.syntax.stretches import Kind, stretches
from lang.syntax.tokens import COMPOUND, KEYWORDS, SIGNS
from textmate import Grammar

ROOT = Path(__file__).parent.parent
TEXTMATE = Grammar(json.loads((ROOT / "lang/editors/vscode/mini.tmLanguage.json").read_text()))
PROGRAMS = sorted([*ROOT.glob("examples/**/*.mini"), *ROOT.glob("lang/**/*.mini")])
SCRIPTS = sorted(ROOT.glob("tests/**/*.mini"))
_COARSE = {  # what the two must agree on; names and signs are grouped more finely by the lexer
    Kind.KEYWORD: "keyword",
    Kind.CONSTANT: "keyword",
    Kind.NUMBER: "number",
    Kind.STRING: "string",
    Kind.ESCAPE: "string",
    Kind.BRACE: "sign",
    Kind.OPERATOR: "sign",
    Kind.BRACKET: "sign",
    Kind.COMMENT: "comment",
    Kind.TYPE: "name",
    Kind.FUNCTION: "name",
    Kind.NAME: "name",
    Kind.WRONG: "wrong",
}
_SCOPES = {
    "comment": "comment",
    "string": "string",
    "constant.character": "string",
    "constant.numeric": "number",
    "constant.language": "keyword",
    "keyword.control": "keyword",
    "keyword.operator.word": "keyword",
    "storage": "keyword",
    "variable.language": "keyword",
    "variable.other": "name",
    "entity": "name",
    "support": "name",
    "keyword.operator": "sign",
    "punctuation": "sign",
    "meta.embedded": "sign",
    "invalid": "wrong",
}


def kinds(text: str) -> list[str]:
    """What the language's lexer makes of each character that shows; "" for white space between tokens."""
    found = [""] * len(text)
    for stretch in stretches(text):
        found[stretch.start : stretch.end] = [_COARSE.get(stretch.kind, "")] * (stretch.end - stretch.start)
    return found


def scopes(text: str) -> list[str]:
    """What the TextMate grammar makes of each character."""
    found = [""] * len(text)
    for part in TEXTMATE.scope(text):
        name = part.scopes[-1] if part.scopes else ""
        prefix = max((p for p in _SCOPES if name.startswith(p)), key=len, default="")
        found[part.start : part.end] = [_SCOPES.get(prefix, "")] * (part.end - part.start)
    return found


def differences(text: str) -> list[str]:
    """The lines on which the grammar says something else than the lexer."""
    wanted, given_, found = kinds(text), scopes(text), []
    for line in re.finditer(r"[^\n]+", text):
        span = range(*line.span())
        odd = [i for i in span if not text[i].isspace() and wanted[i] != given_[i]]
        if odd:
            found.append(f"{line.group()!r}: {text[odd[0]]!r} is {wanted[odd[0]]}, not {given_[odd[0]]}")
    return found


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_every_program_is_highlighted_without_an_error(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert Kind.WRONG not in {stretch.kind for stretch in stretches(text)}
    assert "wrong" not in scopes(text)
    assert Error not in {kind for kind, _ in pygments_lexer.MiniLexer().get_tokens(text)}


def test_the_textmate_grammar_agrees_with_the_lexer() -> None:
    found = {}
    for path in (*PROGRAMS, *SCRIPTS):
        if "unclosed" not in path.stem and "hostile" not in path.parts:
            odd = differences(path.read_text(encoding="utf-8"))
            if odd:
                found[path.name] = odd
    assert found == {}


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_the_textmate_grammar_knows_every_keyword(word: str) -> None:
    assert set(scopes(word)) == {"keyword"}


@pytest.mark.parametrize("sign", sorted((SIGNS | COMPOUND) - {"!is"}))
def test_the_textmate_grammar_knows_every_sign_as_one(sign: str) -> None:
    assert [part.end - part.start for part in TEXTMATE.scope(sign)][:1] == [len(sign)]
    assert set(scopes(sign)) == {"sign"}


@given(st.text(alphabet=' \n"{}\\rx1/*.ué§', max_size=40))
def test_stretches_are_the_whole_text_whatever_it_is(text: str) -> None:
    found = list(stretches(text))
    assert "".join(text[s.start : s.end] for s in found) == text
    assert all(s.start < s.end for s in found)


def test_pygments_finds_the_lexer_by_its_name() -> None:
    lexer = get_lexer_by_name("mini")
    assert isinstance(lexer, pygments_lexer.MiniLexer)
    assert "".join(text for _, text in lexer.get_tokens('print("{1 + 2}")\n')) == 'print("{1 + 2}")\n'
