"""Text to tree: Lark's LALR(1) automaton over ``grammar.lark``, driven by hand so that it can go on after an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from attrs import Factory, define

from lang import nodes
from lang.diagnostics import CompileError, Diagnostic
from lang.source import Source
from lang.syntax import tokens as t
from lang.syntax.automaton import Automaton, automaton
from lang.syntax.depth import MAX_NESTING, too_deep
from lang.syntax.faults import SyntaxFault
from lang.syntax.hints import Surprise
from lang.syntax.layout import asks_for_more, layout
from lang.syntax.lexing import Lexed, lex
from lang.syntax.syntax_errors import explain
from lang.syntax.tokens import Token

if TYPE_CHECKING:
    from lark import Token as LarkToken

MAX_ERRORS = 20  # per text; what comes later is mostly an echo


def program(source: Source) -> nodes.Program:
    """Read a program.

    Raises:
        CompileError: it is not one; all syntax errors found are in it.
    """
    lexed = lex(source)
    run = _Run(source, layout(lexed.tokens), automaton())
    tree = run.tree()
    diagnostics = [*lexed.diagnostics, *_without_echoes(run.diagnostics, lexed, source)]
    if not diagnostics and tree is not None:
        diagnostics = _depth(tree, source)
    if diagnostics or tree is None:
        raise CompileError(sorted(diagnostics, key=lambda diagnostic: diagnostic.span.start)[:MAX_ERRORS])
    return tree


def is_unfinished(text: str) -> bool:
    """Whether ``text`` is the beginning of something longer: a bracket, comment or multi-line string is open, or it
    ends with a sign that asks for more."""
    lexed = lex(Source("", text))
    return lexed.unfinished or (not lexed.diagnostics and asks_for_more(lexed.tokens))


def _without_echoes(found: list[Diagnostic], lexed: Lexed, source: Source) -> list[Diagnostic]:
    """The parser's complaints but for those about a line that could not even be read."""
    lines = {source.line(diagnostic.span.start) for diagnostic in lexed.diagnostics}
    kept = [diagnostic for diagnostic in found if source.line(diagnostic.span.start) not in lines]
    return [] if lexed.unfinished else kept


def _depth(program: nodes.Program, source: Source) -> list[Diagnostic]:
    span = too_deep(program)
    hint = "name a part with `let`, or move it into a function"
    return (
        [Diagnostic("E200", f"this is nested deeper than {MAX_NESTING} levels", source, span, "", hint)] if span else []
    )


@define
class _Run:
    """One parse: tokens are fed in order; after an error it goes on with the next statement or member."""

    source: Source
    tokens: list[Token]
    automaton: Automaton
    diagnostics: list[Diagnostic] = Factory(list)

    def tree(self) -> nodes.Program | None:
        """The tree, or None if anything did not fit."""
        from lark.exceptions import UnexpectedToken

        names = self.automaton.names
        for token in self.tokens:
            token.type = names.get(token.kind, token.kind)
        machine = self.automaton.lark.parse_interactive("")
        feed, tokens, last = machine.parser_state.feed_token, self.tokens, len(self.tokens) - 1
        index, resumed = 0, -1
        while True:
            token = tokens[index]
            try:
                result = feed(cast("LarkToken", token), index == last)
            except (UnexpectedToken, SyntaxFault) as error:
                if index != resumed:
                    self.report(error, machine, index)
                if index == last or len(self.diagnostics) >= MAX_ERRORS:
                    return None
                following = self.recover(machine.parser_state, index)
                # a token that was refused where we resumed is stepped over, or we would resume there for ever
                index = resumed = min(following + (following == index == resumed), last)
                continue
            if index == last:
                return cast(nodes.Program, result) if not self.diagnostics else None
            index += 1

    def report(self, error: Exception, machine: Any, index: int) -> None:
        if isinstance(error, SyntaxFault):
            self.diagnostics.append(error.diagnostic(self.source))
            return
        kinds = self.automaton.kinds
        wanted = frozenset(kinds.get(name, name) for name in machine.accepts())
        self.diagnostics.append(explain(Surprise(self.source, self.tokens, index, wanted)))

    def recover(self, state: Any, index: int) -> int:
        """Back the automaton up to where a statement or member may start; the index of the token to go on with."""
        let = self.automaton.names["let"]
        states = state.parse_conf.states
        while not _shifts(states[state.state_stack[-1]], let):
            state.state_stack.pop()
            state.value_stack.pop()
        base = sum(1 for value in state.value_stack if isinstance(value, Token) and value.kind == "{")
        depth = max(self.braces_open(index), base)
        for at in range(index, len(self.tokens)):
            kind = self.tokens[at].kind
            if kind == "}":
                if depth == base and base:
                    return at
                depth = max(depth - 1, base)
            elif kind == "{":
                depth += 1
            elif kind == t.SEP and depth == base:
                return at + 1
        return len(self.tokens) - 1

    def braces_open(self, index: int) -> int:
        """How many blocks are open before token ``index``."""
        depth = 0
        for token in self.tokens[:index]:
            depth = depth + 1 if token.kind == "{" else max(depth - 1, 0) if token.kind == "}" else depth
        return depth


def _shifts(actions: Mapping[str, tuple[Any, Any]], terminal: str) -> bool:
    """Whether a state takes ``terminal`` as the next part of a rule (rather than as the end of one)."""
    action = actions.get(terminal)
    return action is not None and action[0].name == "Shift"
