"""The prompt itself: prompt-toolkit set up for Mini. Only what is needed to show it is imported before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import HighlightMatchingBracketProcessor
from prompt_toolkit.lexers import SimpleLexer
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import PromptSession

from lang.repl.terminal.highlighting import STYLE, MiniLexer
from lang.repl.terminal.history import open_history
from lang.repl.terminal.keys import make_keys

if TYPE_CHECKING:
    from lang.repl.session import Session

PROMPT, STEPPING, MORE = "mini> ", "step> ", "  ... "


class LateCompleter(Completer):
    """Imports what completes when it is first asked."""

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What may stand at the cursor."""
        from lang.repl.terminal.completion import SessionCompleter

        return SessionCompleter(self._session).get_completions(document, complete_event)


def make_prompt(session: Callable[[], Session], is_stepping: Callable[[], bool], *, color: bool) -> PromptSession[str]:
    """The prompt of a session."""

    def message() -> StyleAndTextTuples:
        return [("class:prompt", STEPPING if is_stepping() else PROMPT)]

    def more(width: int, line: int, wrapped: int) -> StyleAndTextTuples:
        return [("class:more", " " * width if wrapped else MORE[:width])]

    return PromptSession(
        message,
        multiline=True,
        prompt_continuation=more,
        lexer=MiniLexer() if color else SimpleLexer(),
        style=STYLE,
        include_default_pygments_style=False,
        color_depth=None if color else ColorDepth.DEPTH_1_BIT,
        completer=LateCompleter(session),
        complete_while_typing=False,
        history=open_history(),
        key_bindings=make_keys(is_stepping),
        input_processors=[HighlightMatchingBracketProcessor(chars="()[]{}")],
        enable_open_in_editor=True,
        enable_suspend=True,
        tempfile_suffix=".mini",
        reserve_space_for_menu=6,
    )
