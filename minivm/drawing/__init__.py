"""Pictures of the heap: ``snapshot`` says what there is, ``arrange`` where it goes, ``svg`` how it looks."""

from __future__ import annotations

from pathlib import Path

from minivm.collector import size_text
from minivm.drawing.snapshot import LIMIT, Snapshot, take_snapshot
from minivm.drawing.svg import to_svg
from minivm.errors import UsageError
from minivm.machine import Machine

__all__ = ["LIMIT", "Snapshot", "draw_heap", "heap_svg", "take_snapshot", "to_svg"]


def heap_svg(machine: Machine, *, limit: int = LIMIT, of: str = "") -> str:
    """The heap as an SVG text: what the program's static fields and variables reach, or the instances of one class.

    Raises:
        UsageError: there is no instance of such a class.
    """
    snapshot = take_snapshot(machine, limit=limit, of=of)
    objects = len(snapshot.boxes) - snapshot.roots
    used = size_text(machine.memory.used)
    facts = f"{objects} object{'' if objects == 1 else 's'} drawn; {used} in use, garbage included"
    return to_svg(snapshot, f"The heap: instances of {of}" if of else "The heap", facts)


def draw_heap(machine: Machine, path: Path, *, limit: int = LIMIT, of: str = "") -> str:
    """Write the drawing to a file; one line about it.

    Raises:
        UsageError: there is no instance of such a class, or the file cannot be written.
    """
    text = heap_svg(machine, limit=limit, of=of)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write the drawing to {path}: {error.strerror}") from error
    return f"drawn in {path}"
