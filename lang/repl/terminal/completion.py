"""Completion with Tab: ``completing``'s candidates, as prompt-toolkit wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from lang.repl.completing import candidates
from lang.repl.session import Session

_LONGEST = 20_000  # characters before the cursor; beyond that a check would take too long for a key


class SessionCompleter(Completer):
    """Completes in the context of a session."""

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What may stand at the cursor."""
        text = document.text_before_cursor
        session = self._session()
        if len(text) > _LONGEST or session.is_stepping:
            return
        try:
            found = candidates(session.workspace, text)
        except Exception:  # whatever a half-typed text brings about must not cost the prompt
            return
        for one in found:
            yield Completion(one.text, -one.length, display_meta=one.about)
