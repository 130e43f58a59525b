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
    lines = [r".*(?:\n.*)*" if line.strip() == ANY else _line(line) for line in page.rstrip("\n").split("\n")]
    return re.fullmatch("\n".join(lines), shown.rstrip("\n")) is not None


def _line(line: str) -> str:
    return ".*".join(r"[\d.]+ \w+".join(map(re.escape, _TIME.sub("\0", part).split("\0"))) for part in line.split(ANY))


def accept(page: Path, text: str, found: list[tuple[Step, str]]) -> None:
    """Write into the page what was shown."""
    lines = text.split("\n")
    for step, shown in reversed(found):
        lines[step.at.start : step.at.stop] = shown.split("\n") if shown else []
    page.write_text("\n".join(lines), encoding="utf-8")
