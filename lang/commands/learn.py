"""``minivm learn [N]``: lessons on loading and redefining classes, played in the terminal."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lang.color import wants_color
from lang.learning.page import title
from lang.learning.player import Left, Player, attended
from minivm.errors import UsageError

EXAMPLES = """
minivm learn               the ten lessons
minivm learn 1             play the first: it stops and waits for Enter where there is something to look at
minivm learn 6 --folder here    and keep the lesson's files in here
"""
LESSONS = Path(__file__).parent.parent / "learning" / "lessons"


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--folder", metavar="DIR", type=Path, help="keep the lesson's files here")
    parser.add_argument("lesson", nargs="?", type=int, metavar="N", help="the lesson to play; without it, a list")


def execute(parsed: argparse.Namespace) -> int:
    """Play a lesson, or list them."""
    return learn(parsed.lesson, parsed.folder, parsed.color)


def learn(number: int | None, folder: Path | None = None, color: str = "auto") -> int:
    """Play a lesson, or list them all; its files are kept if a ``folder`` is given. Returns the exit status.

    Raises:
        UsageError: there is no such lesson, or the folder cannot be made.
    """
    pages = sorted(LESSONS.glob("[0-9]*.md"))
    if not pages:
        raise UsageError(f"the lessons are missing: {LESSONS} should hold them")
    if number is None:
        _list(pages)
        return 0
    if not 1 <= number <= len(pages):
        raise UsageError(f"there is no lesson {number}; the lessons are 1 to {len(pages)}: see `minivm learn`")
    stops = attended()
    colored = wants_color(sys.stdout, color)
    with _place(folder) as place:
        try:
            player = Player(place, stops=stops, color=colored)
            player.play(pages[number - 1].read_text(encoding="utf-8"))
        except Left:
            print(f"`minivm learn {number}` begins it again.")
            return 0
    print(f"Next: `minivm learn {number + 1}`." if number < len(pages) else "That was the last lesson.")
    return 0


def _list(pages: list[Path]) -> None:
    print("Ten lessons on loading and redefining classes. Each takes some ten minutes.\n")
    for number, path in enumerate(pages, 1):
        print(f"{number:>4}  {title(path.read_text(encoding='utf-8')).partition('. ')[2]}")
    print("\n`minivm learn 1` begins.")


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    """The folder of a lesson's files, which is gone afterwards unless it was asked for."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="minivm-") as made:
            yield Path(made)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror}") from error
    yield folder
