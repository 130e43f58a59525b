"""Where diagnostics are collected, each place and code once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field

from lang.diagnostics import CompileError, Diagnostic, Label
from lang.source import Source, Span

MAX_ERRORS = 100  # per check; nobody reads on


@define(eq=False)
class Report:
    """All that was found wrong so far. While silent (a type is inferred ahead of its turn) nothing is kept: the
    same code is checked again when its turn comes."""

    diagnostics: list[Diagnostic] = field(factory=list)
    _seen: set[tuple[str, int, Span]] = field(factory=set)
    _silent: int = 0

    def error(
        self,
        source: Source,
        span: Span,
        code: str,
        message: str,
        label: str = "",
        hint: str = "",
        labels: tuple[Label, ...] = (),
        always: bool = False,
    ) -> None:
        """Keep a diagnostic, unless the report is silent and the problem is not one to ``always`` report."""
        key = (code, id(source), span)
        if (self._silent and not always) or key in self._seen:
            return
        self._seen.add(key)
        self.diagnostics.append(Diagnostic(code, message, source, span, label, hint, labels))

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Keep nothing inside the ``with``."""
        self._silent += 1
        try:
            yield
        finally:
            self._silent -= 1

    def finish(self, order: list[Source]) -> None:
        """Raise what was found, by source and place.

        Raises:
            CompileError: anything was found.
        """
        rank = {id(source): index for index, source in enumerate(order)}
        found = sorted(self.diagnostics, key=lambda d: (rank.get(id(d.source), 0), d.span.start, d.code))
        if found:
            raise CompileError(found[:MAX_ERRORS])
