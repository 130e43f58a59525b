"""Pages whose transcripts are performed, and compared with what the page shows.

A line of the page that is `…` alone stands for any lines, `…` inside a line for any words; times are not compared.
MINIVM_ACCEPT=1 writes what was really shown into the pages (to be read before it is committed).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from lang.learning.page import Code, Step, Transcript, parts
from lang.learning.stage import Stage

ACCEPT = bool(os.environ.get("MINIVM_ACCEPT"))
_TIME = re.compile(r"\b[\d.]+ (ms|µs|s)\b")
ANY = "…"


def differences(page: Path, folder: Path) -> list[str]:
    """Perform a page in a folder; the steps that show something else than the page says."""
    text = page.read_text(encoding="utf-8")
    stage = Stage(folder)
    found: list[tuple[Step, str]] = []
    for part in parts(text):
        if isinstance(part, Code) and part.name:
            stage.put(part)
        elif isinstance(part, Transcript):
            found += [(step, shown) for step in part.steps if not same(step.shown, shown := stage.perform(step))]
    if found and ACCEPT:
        accept(page, text, found)
    return [f"{step.prompt}{step.typed}\n--- the page\n{step.shown}\n--- in truth\n{shown}" for step, shown in found]


def same(page: str, shown: str) -> bool:
    """Whether the page shows this."""
    return _same(page.rstrip("\n").split("\n"), shown.rstrip("\n").split("\n"))


def _same(page: list[str], shown: list[str]) -> bool:
    if not page:
        return not shown
    if page[0].strip() == ANY:
        return any(_same(page[1:], shown[skipped:]) for skipped in range(len(shown) + 1))
    return bool(shown) and bool(re.fullmatch(_line(page[0]), shown[0])) and _same(page[1:], shown[1:])


def _line(line: str) -> str:
    return ".*".join(r"[\d.]+ \w+".join(map(re.escape, _TIME.sub("\0", part).split("\0"))) for part in line.split(ANY))


def accept(page: Path, text: str, found: list[tuple[Step, str]]) -> None:
    """Write into the page what was shown."""
    lines = text.split("\n")
    for step, shown in reversed(found):
        lines[step.at.start : step.at.stop] = shown.split("\n") if shown else []
    page.write_text("\n".join(lines), encoding="utf-8")
