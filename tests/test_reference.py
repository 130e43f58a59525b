"""The reference is true: its programs do what they say, and what it lists of the library is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lang.codes import CODES
from lang.diagnostics import CompileError
from lang.learning.page import Code, Heading, parts
from lang.library import standard_library
from lang.syntax.tokens import KEYWORDS
from minivm.classfile import ClassFile, Flags, Method
from minivm.types import VOID
from running import compile_text, run

REFERENCE = (Path(__file__).parent.parent / "lang" / "REFERENCE.md").read_text(encoding="utf-8")
PARTS = parts(REFERENCE)
CODE = [part for part in PARTS if isinstance(part, Code)]
PROGRAMS = [part for part in CODE if part.language == "mini" and not part.name]


def remarks(text: str, word: str) -> list[str]:
    return re.findall(rf"// {word} (.*?)$", text, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in CODE:
        if part.name:
            (tmp_path / part.name).write_text(part.text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: f"line {program.line}")
def test_a_program_does_what_it_says(program: Code, folder: Path) -> None:
    wrong = {n: code for n, line in enumerate(program.text.split("\n"), 1) for code in remarks(line, "error")}
    try:
        compiled = compile_text("page", program.text, folder)
    except CompileError as error:
        assert {d.source.line(d.span.start): d.code for d in error.diagnostics} == wrong
        return
    assert wrong == {}
    outcome = run(compiled, "normal")
    assert [line.rstrip() for line in outcome.lines] == remarks(program.text, "prints")
    assert [outcome.error] == (remarks(program.text, "throws") or [""])
    assert (outcome.errors, outcome.deadlock) == ("", "")


def test_programs_say_what_they_do() -> None:
    assert len(PROGRAMS) > 25
    for program in PROGRAMS:
        assert any(remarks(program.text, word) for word in ("prints", "throws", "error")), program.text


def test_the_codes_exist() -> None:
    for code in remarks(REFERENCE, "error"):
        assert code in CODES


def test_the_keywords_are_all_there() -> None:
    (listed,) = (part.text.split() for part in CODE if part.language == "keywords")
    assert listed == sorted(KEYWORDS)


def test_every_link_leads_somewhere() -> None:
    anchors = {h.text.lower().replace(" ", "-") for h in PARTS if isinstance(h, Heading)}
    for target in re.findall(r"\]\(([^)]+)\)", REFERENCE):
        if target.startswith("#"):
            assert target[1:] in anchors
        else:
            assert (Path(__file__).parent.parent / "lang" / target).exists()


# ── the library ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_listed_of_the_library_is_there() -> None:
    (listed,) = (part.text for part in CODE if part.language == "api")
    library, owner = standard_library(), ""
    missing = []
    for line in listed.rstrip("\n").split("\n"):
        if not line.startswith(" "):
            owner = line
        elif line.strip() not in signatures(library[owner.partition("<")[0]], library):
            missing.append(f"{owner}: {line.strip()}")
    assert missing == []


def signatures(file: ClassFile, library: dict[str, ClassFile]) -> set[str]:
    """What a class declares or inherits, as the page writes it."""
    found = {signature(file, method) for method in file.methods if Flags.PRIVATE not in method.flags}
    above = library.get(file.superclass.name) if file.superclass else None
    return found | (signatures(above, library) if above else set())


def signature(file: ClassFile, method: Method) -> str:
    variables = ", ".join(f"{p.name}: {p.bound}" if p.bound else p.name for p in method.type_parameters)
    generic = f"<{variables}>" if variables else ""
    inside = ", ".join(f"{n}: {t}" for n, t in zip(method.parameter_names, method.parameters, strict=True))
    result = "" if method.result == VOID or method.name == "init" else f": {method.result}"
    static = "static " if method.is_static and Flags.MODULE not in file.flags else ""
    return f"{static}{method.name}{generic}({inside}){result}"
