"""The ways of running one program that must not be told apart, as data.

A mode is a row here; every script of the corpus, every example and every random program runs in it from then on.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from attrs import frozen

from minivm.native.modes import Mode as Tier
from minivm.native.presence import available


@frozen
class Mode:
    """How a program is run: by which tier, and which rare events are made common."""

    name: str
    tier: Tier = Tier.INTERPRETER
    mixed: bool = False  # what is compiled is left to chance, anew at each stop
    stop_every: int = 0  # polls between two stops of the machine; 0: only when a fiber's turn is over
    collecting: bool = False  # at every allocation
    redefining: bool = False  # every class to itself, at each of the first stops, then ever less often
    seed: int = 0  # of what is left to chance
    turn: str = ""  # of modes with the same one, a script is run in one in every run: see ``chosen``
    long: bool = False  # only with --long

    @property
    def kind(self) -> str:
        """What the scripts call it that name the modes they are for."""
        return "redefining" if self.redefining else "collecting" if self.collecting else "normal"


PLAIN = Mode("normal")

_ALL = (
    Mode("stop at every poll", stop_every=1, turn="rare"),
    Mode("collecting", collecting=True),
    Mode("redefining", redefining=True),
    Mode("stop at every 2nd poll", stop_every=2, turn="rare"),
    Mode("stop at every 7th poll", stop_every=7, turn="rare"),
    Mode("collecting and redefining", collecting=True, redefining=True, turn="rare"),
    Mode("native", tier=Tier.NATIVE, turn="compiled"),
    Mode("auto", tier=Tier.AUTO, long=True),
    Mode("baseline", tier=Tier.BASELINE, turn="compiled"),
    Mode("native, stop at every poll", tier=Tier.NATIVE, stop_every=1, long=True),
    Mode("baseline, stop at every 2nd poll", tier=Tier.BASELINE, stop_every=2, long=True),
    Mode("native, stop at every 3rd poll", tier=Tier.NATIVE, stop_every=3, long=True),
    Mode("baseline, stop at every 7th poll", tier=Tier.BASELINE, stop_every=7, long=True),
    Mode("native, stop at every 50th poll", tier=Tier.NATIVE, stop_every=50, long=True),
    Mode("baseline, collecting", tier=Tier.BASELINE, collecting=True, long=True),
    Mode("native, redefining", tier=Tier.NATIVE, redefining=True, long=True),
    Mode("baseline, collecting and redefining", tier=Tier.BASELINE, collecting=True, redefining=True, long=True),
    Mode("mixed 1", tier=Tier.NATIVE, mixed=True, seed=1, long=True),
    Mode("mixed 2", tier=Tier.NATIVE, mixed=True, seed=2, long=True),
    Mode("mixed, redefining", tier=Tier.NATIVE, mixed=True, redefining=True, seed=3, long=True),
    Mode("mixed, collecting", tier=Tier.NATIVE, mixed=True, collecting=True, seed=4, long=True),
)

SAMPLE = 20  # of so many programs one is in every run also run in a mode that is ``long``

MODES = tuple(mode for mode in _ALL if available() or mode.tier is Tier.INTERPRETER)  # PLAIN is what they are held to


def named(mode: Mode | str) -> Mode:
    """A mode by its name."""
    return mode if isinstance(mode, Mode) else {found.name: found for found in (PLAIN, *_ALL)}[mode]


USUAL = tuple(mode for mode in MODES if not mode.long)


def admitted(kinds: Sequence[str]) -> tuple[Mode, ...]:
    """The modes of some kinds."""
    return tuple(mode for mode in MODES if mode.kind in kinds)


def chosen(modes: Sequence[Mode], what: str, rotation: int) -> list[Mode]:
    """The common ones of ``modes``, one of those that take turns, and for one program in some one of the long ones.

    Which and for whom is decided by the program and the rotation.
    """
    turns = sorted({mode.turn for mode in modes if mode.turn})
    groups = [[mode for mode in modes if mode.turn == turn] for turn in turns]
    start = place_in_turn(what, rotation)
    picked = [group[start % len(group)] for group in groups]
    long = [mode for mode in modes if mode.long]
    if long and start % SAMPLE == 0:
        picked.append(long[start // SAMPLE % len(long)])
    return [mode for mode in modes if mode in picked or not (mode.turn or mode.long)]


def place_in_turn(what: str, rotation: int) -> int:
    """A number by which a program takes turns: another for each program, and for each rotation."""
    return zlib.crc32(what.encode()) + rotation
