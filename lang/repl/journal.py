"""What a session has been told, kept so that it can be saved as a program.

A session may use a name again for something else, a program may not: what was there before gets a number behind its
name, as ``total_1``, wherever it was meant.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from lang.parser import parse
from lang.source import Source
from lang.syntax import tokens as t
from lang.syntax.lexing import lex
from lang.version import VERSION
from minivm.classfile import ClassFile

if TYPE_CHECKING:
    from lang import nodes  # the functions import it themselves: a prompt that is shown has parsed nothing yet


@frozen
class Piece:
    """One definition or statement as written. ``name``: of the class; "" for anything else."""

    text: str
    name: str = ""


@frozen
class _Entry:
    imports: tuple[str, ...]
    pieces: tuple[Piece, ...]
    defines: tuple[str, ...]  # functions and variables


@define
class Journal:
    """Everything entered that came to its end."""

    _entries: list[_Entry] = field(factory=list)

    def add(self, source: Source, program: nodes.Program, *, ran: bool) -> None:
        """Note an entry; of one that did not come to its end only the definitions, which are there all the same."""
        from lang.nodes import Let

        statements = program.statements if ran else ()
        placed = sorted((*program.classes, *program.functions, *statements), key=lambda node: node.span.start)
        variables = [node.name for node in statements if isinstance(node, Let)]
        self._entries.append(
            _Entry(
                tuple(node.name for node in program.imports),
                tuple(_piece(source, node) for node in placed),
                (*(node.name for node in program.functions), *variables),
            )
        )

    def add_new(self, source: Source, known: Container[str], *, functions: bool) -> None:
        """Note what a redefinition brought along: classes that were not there, functions on request."""
        program = parse(source)
        classes = tuple(node for node in program.classes if node.name not in known)
        beside = program.functions if functions else ()
        if classes or beside:
            self.add(source, evolve(program, classes=classes, functions=beside, statements=()), ran=False)

    def program(self, files: Mapping[str, ClassFile]) -> str:
        """The session as a program; classes in their present versions, whose files are given."""
        imports = dict.fromkeys(name for entry in self._entries for name in entry.imports)
        rows = [f"// A session of Mini {VERSION}.", *(f"import {name}" for name in imports), ""]
        for pieces, names in self._named():
            for piece in pieces:
                text = files[piece.name].text if piece.name in files else ""
                members = _members(files[piece.name]) if piece.name in files else frozenset()
                rows.append(renamed(text or piece.text, {k: v for k, v in names.items() if k not in members}))
        return "\n".join(rows) + "\n"

    def _named(self) -> Iterator[tuple[tuple[Piece, ...], dict[str, str]]]:
        """Each entry's pieces, with the new names of what is not the last of its name."""
        left: dict[str, int] = {}
        for entry in self._entries:
            for name in entry.defines:
                left[name] = left.get(name, 0) + 1
        count: dict[str, int] = {}
        taken = set(left)
        names: dict[str, str] = {}
        for entry in self._entries:
            for name in entry.defines:
                count[name] = count.get(name, 0) + 1
                names[name] = name if count[name] == left[name] else _fresh(f"{name}_{count[name]}", taken)
            yield entry.pieces, {name: now for name, now in names.items() if now != name}


def _fresh(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _piece(source: Source, node: nodes.Statement | nodes.ClassDeclaration | nodes.FunctionDeclaration) -> Piece:
    from lang.nodes import Call, ClassDeclaration, ExpressionStatement, If, Match, Spawn, ThrowExpression

    text = source.text[node.span.start : node.span.end]
    if isinstance(node, ClassDeclaration):
        return Piece(text, node.name)
    effects = (Call, Spawn, If, Match, ThrowExpression)
    if isinstance(node, ExpressionStatement) and not isinstance(node.expression, effects):
        return Piece("\n".join(f"// {line}" for line in text.split("\n")))  # only looked at: no statement
    return Piece(text)


def _members(file: ClassFile) -> frozenset[str]:
    return frozenset([*(f.name for f in file.fields), *(m.name for m in file.methods)])


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A text with other names for what is meant by some bare ones."""
    if not names:
        return text
    parts, at = [], 0
    for token in _bare(lex(Source("", text)).tokens):
        new = names.get(str(token.value))
        if new is not None:
            parts += [text[at : token.start], new]
            at = token.end
    return "".join(parts) + text[at:]


def _bare(tokens: Iterable[t.Token]) -> Iterator[t.Token]:
    """Names that do not follow a dot."""
    before = ""
    for token in tokens:
        if token.kind == t.NAME and before not in (".", "?."):
            yield token
        before = token.kind
