"""Trace events: what the machine did, in order, indented by what caused it.

[load] new Item.init at shop.mini:18, executed for the first time
[load]   link Item: an instance is 3 words: header | name: String | cents: int; 4 methods
[load]   initialise Item: nothing to run
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import define, field

from minivm.errors import MiniError

TOPICS = ("load", "call", "redefine", "gc", "jit")


@define
class Tracer:
    """Sends one line an event to ``sink`` for the topics that are on.

    A cause is shown only once something happens inside it, so that looking is not reported where nothing is found.
    """

    topics: set[str] = field(factory=set)
    sink: Callable[[str], None] = print
    _causes: list[tuple[str, str]] = field(factory=list)  # the causes we are inside, outermost first
    _shown: int = 0  # how many of them have been reported
    _told: BaseException | None = None  # the failure reported last: those it passes through on its way do not repeat it

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

    @contextmanager
    def task(self, topic: str, text: str) -> Iterator[Callable[[str], None]]:
        """A cause with an outcome, which the ``with`` is to report by the function it gets; a failure reports itself.

        Where nothing else happens inside, task and outcome are one line.
        """
        if topic not in self.topics:
            yield _nobody_listens
            return
        outcomes: list[str] = []
        self._causes.append((topic, text))
        try:
            yield outcomes.append
        except MiniError as error:
            if error is not self._told:
                self._told = error
                outcomes[:] = [f"failed: {error}"]
            raise
        finally:
            self._close(outcomes)

    def _close(self, outcomes: list[str]) -> None:
        """End the innermost cause with its outcome."""
        topic, text = self._causes[-1]
        is_shown = self._shown == len(self._causes)
        if is_shown:
            for outcome in outcomes:
                self.event(topic, outcome)
        self._causes.pop()
        self._shown = min(self._shown, len(self._causes))
        if not is_shown:
            for outcome in outcomes:
                self.event(topic, f"{text}: {outcome}")

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Nothing inside the ``with`` is reported."""
        topics, self.topics = self.topics, set()
        try:
            yield
        finally:
            self.topics = topics


def _nobody_listens(outcome: str) -> None:
    """The outcome of a task nobody asked about."""
