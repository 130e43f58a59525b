"""The LALR(1) automaton for ``grammar.lark``. Lark works its table out once; then the table is read from the user's
cache, as JSON: a tenth of the time. A table that is missing, damaged or of another Lark is worked out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from lang.syntax.builder import Builder
from minivm.cachedir import CacheFolder

if TYPE_CHECKING:
    from lark import Lark
    from lark import Token as LarkToken

TABLES = CacheFolder("grammar", cap=16 << 20)
_GRAMMAR = Path(__file__).with_name("grammar.lark")
_OPTIONS: dict[str, Any] = {
    "start": "program",
    "parser": "lalr",
    "strict": True,
    "keep_all_tokens": True,
    "maybe_placeholders": True,
}


@frozen
class Automaton:
    """The parser; the grammar's names for token kinds, and the reverse."""

    lark: Lark
    names: Mapping[str, str]
    kinds: Mapping[str, str]


@cache
def automaton() -> Automaton:
    """The parser of this process."""
    from hashlib import blake2b

    from lark import __version__

    grammar = _GRAMMAR.read_text(encoding="utf-8")
    key = blake2b(f"1 {__version__} {sorted(_OPTIONS.items())} {grammar}".encode(), digest_size=16).hexdigest()
    lark = _kept(key)
    if lark is None:
        lark = _made(grammar)
        TABLES.write(key, _as_json(lark))
    literals = {terminal.pattern.value: terminal.name for terminal in lark.terminals if terminal.pattern is not None}
    return Automaton(lark, literals, {name: kind for kind, name in literals.items()})


def _made(grammar: str) -> Lark:
    from lark import Lark

    return Lark(grammar, lexer=_no_lexer(), transformer=Builder(), **_OPTIONS)


@cache
def _no_lexer() -> type:
    """A lexer class that never lexes: tokens are fed by hand."""
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        def __init__(self, _: object) -> None: ...

        def lex(self, *_: object) -> Iterator[LarkToken]:
            return iter(())

    return NoLexer


# ── the table as JSON ────────────────────────────────────────────────────────────────────────────────────────


def _as_json(lark: Lark) -> bytes:
    """What Lark saves of a parser, without what only this process has: the lexer class and the transformer."""
    import json

    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, memo = lark.memo_serialize([TerminalDef, Rule])
    data["options"] = dict(_OPTIONS, start=[_OPTIONS["start"]])
    data["parser"]["lexer_conf"]["lexer_type"] = None
    return json.dumps({"data": data, "memo": memo}, separators=(",", ":")).encode()


def _kept(key: str) -> Lark | None:
    kept = TABLES.read(key)
    if kept is None:
        return None
    import json

    from lark import Lark

    try:
        saved = json.loads(kept, object_pairs_hook=_with_numbers)
        saved["data"]["options"]["lexer"] = saved["data"]["parser"]["lexer_conf"]["lexer_type"] = _no_lexer()
        made: Lark = Lark._load_from_dict(**saved, transformer=Builder())  # type: ignore[no-untyped-call]
        return made
    except Exception:  # whatever Lark says of a table it cannot use, it can make another
        return None


def _with_numbers(pairs: list[tuple[str, Any]]) -> dict[int | str, Any]:
    """A JSON object whose keys were numbers before they were JSON."""
    return {int(key) if key.isdigit() else key: value for key, value in pairs}
