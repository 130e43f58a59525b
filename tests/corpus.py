"""The scripts: Mini programs that carry their expectations as comments, one rule each.

print(x)                 // expect: text              a line of output, in the order of the file
// expect error: ArithmeticError: division by zero    the program ends with this error, which nobody caught
// expect trace: name:line                            a line of that error's trace; several, in order
// expect compile: E050 line 3: some words            a diagnostic, and words of its text where that matters
// expect deadlock: name                              every fiber waits, one of them in this function
// expect failed fiber: StateError: lost              a fiber nobody joined ends with this
// expect exit: 3                                     the program asks for its end with this status
// heap 4                                             megabytes of one half
// slow                                               not run collecting at every allocation, nor redefining
// long                                               the same, and only with --long
// timed                                              what the clock says is in its heap: digests differ
// only normal collecting                             the kinds of mode (see ``modes``) in which it does the same
"""

from __future__ import annotations

import re
from pathlib import Path

from attrs import frozen

SCRIPTS = Path(__file__).parent / "scripts"
KINDS = ("normal", "collecting", "redefining")
_EXPECT = re.compile(r"(?://|/\*) ?expect( \w+| failed fiber)?: ?(.*?)\s*$", re.MULTILINE)
_DIAGNOSTIC = re.compile(r"(E\d+) line (\d+)(?:: (.*))?")


@frozen
class Diagnosis:
    """An expected diagnostic."""

    code: str
    line: int
    words: str


@frozen
class Expectation:
    """What one text is expected to do."""

    output: tuple[str, ...]
    error: str
    trace: tuple[tuple[str, int], ...]
    diagnoses: tuple[Diagnosis, ...]
    deadlock: str
    failed: str
    status: str


@frozen
class Script:
    """One file of the corpus."""

    name: str
    path: Path
    text: str

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of mode it is run in."""
        only = re.search(r"^// only (.+)$", self.text, re.MULTILINE)
        if only:
            return tuple(only.group(1).split())
        return KINDS[:1] if re.search(r"^// (slow|long)$", self.text, re.MULTILINE) else KINDS

    @property
    def is_long(self) -> bool:
        """Whether it takes too long for every run."""
        return re.search(r"^// long$", self.text, re.MULTILINE) is not None

    @property
    def is_timed(self) -> bool:
        """Whether it leaves another heap each time."""
        return re.search(r"^// timed$", self.text, re.MULTILINE) is not None

    @property
    def heap_bytes(self) -> int:
        """The cap of one half."""
        heap = re.search(r"^// heap (\d+)$", self.text, re.MULTILINE)
        return (int(heap.group(1)) if heap else 64) << 20


def scripts(folder: str) -> list[Script]:
    """Every script below a folder of the corpus, by name; folders called ``modules`` hold what scripts import."""
    found = sorted(path for path in (SCRIPTS / folder).rglob("*.mini") if path.parent.name != "modules")
    return [Script(_name(path, folder), path, path.read_text(encoding="utf-8")) for path in found]


def _name(path: Path, folder: str) -> str:
    return path.relative_to(SCRIPTS / folder).with_suffix("").as_posix()


def expectation(text: str) -> Expectation:
    """The expectations in a text."""
    found: dict[str, list[str]] = {}
    for kind, words in _EXPECT.findall(text):
        found.setdefault(kind.strip(), []).append(words)
    places = (place.rpartition(":") for place in found.pop("trace", []))
    output = tuple(found.pop("", []))
    diagnoses = tuple(_diagnosis(words) for words in found.pop("compile", []))
    expected = Expectation(
        output,
        "".join(found.pop("error", [])),
        tuple((name, int(line)) for name, _, line in places),
        diagnoses,
        "".join(found.pop("deadlock", [])),
        "".join(found.pop("failed fiber", [])),
        "".join(found.pop("exit", [])),
    )
    assert not found, f"unknown expectations: {', '.join(found)}"
    return expected


def _diagnosis(words: str) -> Diagnosis:
    found = _DIAGNOSTIC.fullmatch(words)
    assert found, f"not a diagnostic: {words}"
    return Diagnosis(found.group(1), int(found.group(2)), found.group(3) or "")
