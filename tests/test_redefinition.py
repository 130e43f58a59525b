"""Redefinition, case by case: scripts with the versions of their classes side by side, on one live machine.

    class A { ... }              the program, an entry of a session; expectations as in ``corpus``
    //// redefine                what follows are new versions
    class A { ... }
    //// expect applied: words   how that ended (``applied``, ``nothing``, ``refused``), and words of its record
    //// continue                what follows is the next entry

Every refusal must leave the heap digest as it was; a collection after every outcome finds the heap in order. And a
script does the same in every mode.
"""

from __future__ import annotations

import io
import re
from contextlib import closing

import pytest
from attrs import define, field

from corpus import Script, expectation, scripts
from lang.repl.session import Session
from modes import PLAIN, Mode, admitted, chosen
from outcome_digest import OutcomeDigest
from running import limited, mode_options, provoke, text_of

ALL = scripts("redefine")
KINDS = {"body", "fields", "statics", "methods", "hierarchy", "generics", "closures", "active_frames", "sets"}
KINDS |= {"refusals", "programs"}
_HEADING = re.compile(r"^//// (\w+)(?: (\w+)(?:: (.*))?)?$", re.MULTILINE)
_STATUS = {"applied": "applied", "nothing": "nothing to do", "refused": "refused"}


@define
class Section:
    """An entry, or a redefinition and how it is expected to end."""

    kind: str
    text: str
    status: str = ""
    words: list[str] = field(factory=list)


def sections(text: str) -> list[Section]:
    """The parts of a script."""
    parts = _HEADING.split(text)
    found = [Section("continue", parts[0])]
    for kind, status, words, body in zip(parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True):
        if kind == "expect":
            found[-1].status = _STATUS[status]
            found[-1].words += [words] if words else []
        else:
            assert kind in ("redefine", "continue"), kind
            found.append(Section(kind, body))
    return found


def new_session(script: Script, mode: Mode) -> Session:
    """A session for a script in a mode."""
    options = mode_options(mode, script.heap_bytes)
    session = Session(options, script.path.parent, output=io.StringIO(), errors=io.StringIO())
    provoke(session.machine, mode)
    return session


@pytest.mark.parametrize("script", ALL, ids=[script.name for script in ALL])
def test_case(script: Script, request: pytest.FixtureRequest) -> None:
    modes = admitted(script.kinds)
    if not request.config.getoption("--long"):
        modes = chosen(modes, script.name, request.config.getoption("--rotation"))
    first = run_case(script, PLAIN) if "normal" in script.kinds else None
    for mode in modes:
        digest = run_case(script, mode)
        assert first is None or script.is_timed or digest == first, mode.name


def run_case(script: Script, mode: Mode) -> str:
    """Go through a script; the digest of what it leaves."""
    session = new_session(script, mode)
    with closing(session.machine), limited():
        for section in sections(script.text):
            if section.kind == "redefine":
                check_redefinition(session, section)
            else:
                check_entry(session, section)
        return OutcomeDigest(session.machine).compute()


def check_entry(session: Session, section: Section) -> None:
    """Feed an entry; compare its output."""
    expected = expectation(section.text)
    before = len(text_of(session.machine.output))
    reply = session.feed(section.text)
    assert expected.error in reply.text
    assert reply.failed == bool(expected.error), reply.text
    assert text_of(session.machine.output)[before:].splitlines() == list(expected.output)


def check_redefinition(session: Session, section: Section) -> None:
    """Ask for a redefinition; compare its record, and what it did to the heap."""
    machine = session.machine
    before = machine.digest()
    reply = session.feed(":redefine " + section.text.strip())
    assert reply.record is not None, reply.text
    assert section.status
    assert reply.record.status == section.status, reply.text
    for words in section.words:
        assert words in reply.text
    if not reply.record.applied:
        assert machine.digest() == before
    after = machine.digest()
    machine.collect()
    assert machine.digest() == after


def test_the_corpus_is_large() -> None:
    assert len(ALL) >= 100
    assert {script.name.partition("/")[0] for script in ALL} == KINDS
