"""Trace events: what the machine did, in order, indented by what caused it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import define, field

TOPICS = ("load", "call", "redefine", "gc")


@define
class Tracer:
    """Sends one line an event to ``sink`` for the topics that are on."""

    topics: set[str] = field(factory=set)
    sink: Callable[[str], None] = print
    depth: int = 0

    def event(self, topic: str, text: str) -> None:
        """Report one event, if its topic is on."""
        if topic in self.topics:
            self.sink(f"[{topic}] {'  ' * self.depth}{text}")

    @contextmanager
    def cause(self, topic: str, text: str) -> Iterator[None]:
        """Report an event; events inside the ``with`` are indented under it."""
        self.event(topic, text)
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
