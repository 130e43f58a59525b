"""The library's page is true and whole: its examples do what they say, and every public member is in its section."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lang
from corpus import expectation
from lang import nodes
from lang.parser import parse
from lang.source import Source
from running import compile_text, run

STD = Path(lang.__file__).parent / "std"
PAGE = (STD / "README.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\S[^\n]*)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(STD.glob("*.mini"))}

# in whose section a class without one of its own is described
ELSEWHERE = {
    "MapEntry": "Map", "JSONValue": "JSON", "JSONError": "JSON", "FiberBase": "Fiber", "HeapUse": "VM",
    "Iterator": "Iterable", "SeveralKeyed": "Several", "Cell": "Box", "prelude": "Functions",
}  # fmt: skip
# parts of the classes above, which programs do not use
INTERNAL = {
    "ListIterator", "MapIterator", "SetIterator", "ChannelIterator", "TextFormat", "JSONReader", "JSONWriter",
    "SelectCase", "SelectReceive", "SelectSend", "SelectBell", "SelectWatch", "SelectWatches",
}  # fmt: skip
MADE_BY_THE_LIBRARY = {"MapEntry", "HeapUse", "Class", "Redefinition", "Enum", "Box", "Cell"}
FUNCTIONS_FOR_THE_COMPILER = {"startFiber", "argumentArray", "ringLater"}
EXAMPLES = [
    pytest.param(text, id=f"{name}-{number}")
    for name, section in SECTIONS.items()
    for number, text in enumerate(re.findall(r"^```mini\n(.*?)^```$", section, re.DOTALL | re.MULTILINE))
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_prints_what_it_says(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", (tmp_path / "nothing").open("w+"))
    outcome = run(compile_text("example", text), "normal")
    assert outcome.error == ""
    assert outcome.lines == list(expectation(text).output) != []


def test_every_section_has_an_example() -> None:
    without = [name for name, section in SECTIONS.items() if "```mini" not in section]
    assert without == ["What is below"]


def signature(text: str, member: nodes.FieldDeclaration | nodes.FunctionDeclaration) -> str:
    """What is written of a member up to its body or value."""
    start = member.span.start
    written = re.split(r" \{| = | //", text[start : text.index("\n", start)])[0].strip()
    if isinstance(member, nodes.FieldDeclaration):
        return re.sub(r" +", " ", written)
    return re.sub(r"\b(native|abstract|fun) ", "", written)


def is_internal(text: str, member: nodes.FieldDeclaration | nodes.FunctionDeclaration) -> bool:
    """Whether it is private, or stands below a comment that says it is for another class."""
    group = text[: member.span.start].rpartition("\n\n")[2]
    return "private" in member.modifiers or re.search(r"^ *// For \w+:", group, re.MULTILINE) is not None


def members(text: str) -> list[tuple[str, str]]:
    """Section and signature of everything public in a file, as the page writes it."""
    program = parse(Source("std", text))
    found = [("prelude", f) for f in program.functions if f.name not in FUNCTIONS_FOR_THE_COMPILER]
    found += [(c.name, m) for c in program.classes if c.name not in INTERNAL for m in (*c.fields, *c.methods)]
    return [(owner, signature(text, member)) for owner, member in found if not is_internal(text, member)]


def section_of(owner: str) -> str:
    return ELSEWHERE.get(owner) or ("Error" if owner.endswith("Error") else owner)


PUBLIC = [(owner, written) for text in TEXTS.values() for owner, written in members(text)]


def documented(section: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", SECTIONS[section], flags=re.DOTALL)))


def test_every_class_has_a_section() -> None:
    assert {section_of(owner) for owner, _ in PUBLIC} <= SECTIONS.keys()


def is_shown(owner: str, written: str) -> bool:
    if written.startswith("override "):
        return True  # Object's
    if not written.startswith("init("):
        return written in documented(section_of(owner))
    if owner in MADE_BY_THE_LIBRARY or owner.endswith("Error"):
        return True
    ways = (re.fullmatch(rf"{owner}(?:<[\w, ]+>)?(\(.*\))", code) for code in documented(section_of(owner)))
    return any(way and way.group(1) == written.removeprefix("init") for way in ways)


def test_every_public_member_is_in_its_section() -> None:
    assert [f"{owner}.{written}" for owner, written in PUBLIC if not is_shown(owner, written)] == []


def test_no_member_is_listed_that_does_not_exist() -> None:
    known = {(section_of(owner), written.removeprefix("override ")) for owner, written in PUBLIC}
    rows = [
        (name, row) for name, text in SECTIONS.items() for row in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
    ]
    listed = {(name, code) for name, row in rows for code in re.findall(r"`([^`]+)`", row)}
    shaped = {(name, code) for name, code in listed if re.match(r"(static |let |var )|[a-z]\w*(<[^(]*>)?\(", code)}
    assert shaped - known == set()
