"""The programs: their sizes, and the answer that each size has to give before its time counts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

PROGRAMS_FOLDER = Path(__file__).parent / "programs"


@frozen
class Program:
    """A Mini program and its twin, ``stem.mini`` and ``stem.py``.

    ``size`` is the amount of work of an iteration; the interpreter, which would take minutes over it, is measured with
    ``slow_size``, and tests run ``small_size``. ``answers`` are by size; ``answer`` is for programs whose answer is the
    same for every size.
    """

    title: str
    stem: str
    size: int
    slow_size: int
    small_size: int
    answer: str = ""
    answers: Mapping[int, str] = field(factory=dict)

    @property
    def mini(self) -> Path:
        """The Mini program."""
        return PROGRAMS_FOLDER / f"{self.stem}.mini"

    @property
    def twin(self) -> Path:
        """The same in Python."""
        return PROGRAMS_FOLDER / f"{self.stem}.py"

    def expected(self, size: int) -> str:
        """The right answer."""
        return self.answer or self.answers[size]


def tree_nodes(size: int) -> str:
    """The nodes of binary trees: the large one's, all the small ones', the survivor's."""
    small = sum((1 << (size - depth + 4)) * ((2 << depth) - 1) for depth in range(4, size + 1, 2))
    return str((4 << size) - 1 + small + (2 << size) - 1)


# Sizes and answers up to Mandelbrot are those of the "Are We Fast Yet" suite, but for the document of Json, which is
# this suite's own, and the scaled-down sizes of N-body and Mandelbrot; fannkuch's are published by the Benchmarks Game,
# which also gives the spectral norm of 100 to nine places. The other sizes of N-body and Mandelbrot were computed with
# programs in C and numpy, spectral norms checked against numpy's to fourteen places; word frequencies by the tests.
PROGRAMS = (
    Program("Richards", "richards", 10, 1, 1, "23246 9297"),
    Program("Json", "jsonparser", 30, 2, 1, "156 2305 4464"),
    Program("Bounce", "bounce", 750, 12, 1, "1331"),
    Program("List", "tails", 750, 20, 1, "10"),
    Program("Permute", "permute", 300, 10, 1, "8660"),
    Program("Queens", "queens", 500, 12, 1, "true"),
    Program("Sieve", "sieve", 1000, 20, 1, "669"),
    Program("Storage", "storage", 250, 12, 1, "5461"),
    Program("Towers", "towers", 300, 6, 1, "8191"),
    Program(
        "N-body", "nbody", 250_000, 2_000, 1,
        answers={1: "-0.16907495402506745", 2_000: "-0.16907160686959144", 250_000: "-0.1690859889909308"},
    ),
    Program("Mandelbrot", "mandelbrot", 500, 60, 1, answers={1: "128", 60: "252", 500: "191"}),
    Program(
        "Binary trees", "binarytrees", 13, 8, 4, answers={size: tree_nodes(size) for size in (4, 8, 13)}
    ),
    Program("Word frequencies", "words", 200_000, 10_000, 500,
        answers={
            500: "500 333 bababa=10 libaba=6 rakeba=5",
            10_000: "10000 875 bababa=92 kebaba=70 libaba=60",
            200_000: "200000 911 bababa=1855 kebaba=1308 libaba=1191",
        },
    ),
    Program("Fannkuch", "fannkuch", 9, 7, 5, answers={5: "11 7", 7: "228 16", 9: "8629 30"}),
    Program("Spectral norm", "spectralnorm", 200, 40, 10,
        answers={10: "1.2718440192507248", 40: "1.2741672876292667", 200: "1.2742236013532107"},
    ),
)  # fmt: skip


def find(names: list[str]) -> list[Program]:
    """The programs of these titles or file names, all if there are none; LookupError names what is not there."""
    known = {name.lower(): program for program in PROGRAMS for name in (program.title, program.stem)}
    missing = [name for name in names if name.lower() not in known]
    if missing:
        raise LookupError(
            f"no program {', '.join(missing)}; there are {', '.join(program.stem for program in PROGRAMS)}"
        )
    chosen = {known[name.lower()].stem for name in names}
    return [program for program in PROGRAMS if not names or program.stem in chosen]
