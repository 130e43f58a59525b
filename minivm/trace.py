"""Trace events: what the machine did, in order, indented by what caused it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import define, field

TOPICS = ("load", "call", "redefine", "gc")


@define
class Tracer:
    """Sends one line an event to ``sink`` for the topics that are on.

    A cause is shown only once something happens inside it, so that looking is not reported where nothing is found.
    """

    topics: set[str] = field(factory=set)
    sink: Callable[[str], None] = print
    _causes: list[tuple[str, str]] = field(factory=list)  # the causes we are inside, outermost first
    _shown: int = 0  # how many of them have been reported

    def on(self, topic: str) -> bool:
        """Whether anybody wants to hear of a topic: ask before working out a costly text."""
        return topic in self.topics

    def event(self, topic: str, text: str) -> None:
        """Report one event, if its topic is on, after the causes it stands under."""
        if topic not in self.topics:
            return
        for depth in range(self._shown, len(self._causes)):
            self._line(*self._causes[depth], depth)
        self._shown = len(self._causes)
        self._line(topic, text, self._shown)

    def _line(self, topic: str, text: str, depth: int) -> None:
        for line in text.splitlines():
            self.sink(f"[{topic}] {'  ' * depth}{line}")

    @contextmanager
    def cause(self, topic: str, text: str) -> Iterator[None]:
        """What happens inside the ``with`` is indented under this."""
        if topic not in self.topics:
            yield
            return
        self._causes.append((topic, text))
        try:
            yield
        finally:
            self._causes.pop()
            self._shown = min(self._shown, len(self._causes))
