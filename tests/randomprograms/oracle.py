"""The oracle: one text in many modes does one thing."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from lang.compiler import Program
from lang.diagnostics import CompileError, render
from modes import MODES, PLAIN, USUAL, Mode
from running import Outcome, compile_text, run

HEAP = 4 << 20  # bytes of one half: small, so that running out of it is quick
SECONDS = 60  # of processor time, for one run of one program
PATIENCE = 100  # collections in a row, where every allocation collects


@frozen
class Finding:
    """What is wrong with a program: in which mode, what kind of thing, and how it shows."""

    kind: str  # "compile", "differs", "fails" (the machine, not the program), "hangs"; of a child also "crash"
    mode: str
    text: str

    def is_like(self, other: Finding | None) -> bool:
        """Whether both are probably of one cause."""
        return other is not None and (self.kind, self.mode) == (other.kind, other.mode)


def judge(text: str, modes: Iterable[Mode]) -> Finding | None:
    """What is wrong with a program, if anything."""
    try:
        program = compile_text("random", text)
    except CompileError as error:
        return Finding("compile", "", render(error.diagnostics[0]))
    expected = attempt(program, PLAIN)
    if isinstance(expected, Finding):
        return expected
    for mode in modes:
        found = attempt(program, mode)
        if isinstance(found, Finding):
            return found
        if found != expected:
            return Finding("differs", mode.name, difference(expected, found))
    return None


def modes_for(seed: int, rotation: int = 0, count: int = 1, long: bool = False) -> list[Mode]:
    """The modes of a random program, all of them in turn; with ``long`` those too that only long runs have."""
    modes = MODES if long else USUAL
    start = seed + rotation
    step = max(len(modes) // count, 1)
    return [modes[(start + i * step) % len(modes)] for i in range(count)]


def attempt(program: Program, mode: Mode) -> Outcome | Finding:
    """One run; a Finding if the machine itself fails."""
    try:
        return run(program, mode, HEAP, seconds=SECONDS, patience=PATIENCE)
    except TimeoutError as error:
        return Finding("hangs", mode.name, str(error))
    except Exception as error:
        return Finding("fails", mode.name, f"{type(error).__name__}: {error}"[:2000])


def difference(expected: Outcome, found: Outcome) -> str:
    """Where two outcomes differ first."""
    for number, (one, other) in enumerate(zip(expected.lines, found.lines, strict=False), 1):
        if one != other:
            return f"line {number} of the output is {other!r}, not {one!r}"
    for name in ("error", "deadlock", "status", "errors", "lines", "trace", "digest"):
        one, other = getattr(expected, name), getattr(found, name)
        if one != other:
            return f"{name} is {other!r}, not {one!r}"[:2000]
    return "they differ"
