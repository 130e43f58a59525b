"""Layouts as flat words, for kernels to read.

The table starts with row numbers: at ``id`` for the instances of a class, at ``ROOTS + id`` for its statics. A row:

    fields       size > 0 | number of references | their offsets…
    others       STRING, WORDS, REFERENCES or STACK, all of them <= 0: the object says its size itself
    relaid       RELAID | size | new size | copies made | kept runs | new runs | runs: from, to, words… | prototype…

A run is a piece of an object to be written anew: of the old object, or of the prototype.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping

from minivm.layouts import Layout
from minivm.memory import ROOTS, STATICS_BIT

STATICS_SHIFT = STATICS_BIT - ROOTS  # from the low word of a statics header to its place in the table

STRING = 0
WORDS = -1
REFERENCES = -2
STACK = -3
RELAID = -4
_KINDS = {"string": STRING, "array of words": WORDS, "array of references": REFERENCES, "stack": STACK}

ROW_REFERENCES = 1
ROW_OFFSETS = 2
RELAID_SIZE = 1
RELAID_NEW_SIZE = 2
RELAID_COPIES = 3
RELAID_KEPT = 4
RELAID_NEW = 5
RELAID_FIRST = 6

Relayout = tuple[
    int, tuple[tuple[int, int], ...], memoryview
]  # new size, (old offset, new offset) pairs, new prototype


class Layouts(dict[int, Layout]):
    """Layouts by header's low word, and their table for as long as they stay the same."""

    _table: memoryview[int] | None = None

    def table(self) -> memoryview[int]:
        """The flat form. It is not to be written to."""
        if self._table is None:
            self._table = layout_table(self)
        return self._table

    def __setitem__(self, low: int, layout: Layout) -> None:
        self._table = None
        super().__setitem__(low, layout)

    def update(self, layouts: Mapping[int, Layout]) -> None:  # type: ignore[override]  # the one form in use
        """Add or replace several."""
        self._table = None
        super().update(layouts)

    def remove(self, low: int) -> None:
        """Forget one, if it is there."""
        self._table = None
        self.pop(low, None)

    def restore(self, layouts: Mapping[int, Layout]) -> None:
        """Become those layouts and no others."""
        self._table = None
        super().clear()
        super().update(layouts)


def layout_table(layouts: Mapping[int, Layout], relayouts: Mapping[int, Relayout] | None = None) -> memoryview[int]:
    """The table of some layouts by header's low word, with rows of their own for the objects to be written anew."""
    places = {low: _place(low) for low in layouts}
    table = array("q", bytes(8 * (max(places.values(), default=0) + 1)))
    for low, layout in layouts.items():
        table[places[low]] = len(table)
        change = relayouts.get(low) if relayouts else None
        table.extend(_row(layout) if change is None else _relaid_row(layout, change))
    return memoryview(table)


def _place(low: int) -> int:
    return low - STATICS_SHIFT if low & STATICS_BIT else low


def _row(layout: Layout) -> list[int]:
    if layout.kind == "fields":
        return [layout.size, len(layout.references), *layout.references]
    return [_KINDS[layout.kind]]


def _relaid_row(layout: Layout, change: Relayout) -> list[int]:
    size, pairs, prototype = change
    kept = [(0, 0), *pairs]
    taken = {new for _, new in kept}
    runs = _runs(kept)
    new_runs = _runs([(offset, offset) for offset in range(size) if offset not in taken])
    counts = [RELAID, layout.size, size, 0, len(runs), len(new_runs)]
    return [*counts, *(word for run in (*runs, *new_runs) for word in run), *prototype]


def _runs(pairs: list[tuple[int, int]]) -> list[list[int]]:
    """Where the runs of words that stay together come from, where they go, and how long they are."""
    runs: list[list[int]] = []
    for source, to in sorted(pairs, key=lambda pair: pair[1]):
        if runs and (source, to) == (runs[-1][0] + runs[-1][2], runs[-1][1] + runs[-1][2]):
            runs[-1][2] += 1
        else:
            runs.append([source, to, 1])
    return runs


def copies_made(table: memoryview[int], low: int) -> int:
    """How many objects with that low header word have been written anew."""
    return table[table[_place(low)] + RELAID_COPIES]
