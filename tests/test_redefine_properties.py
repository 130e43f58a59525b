"""Random sequences of versions of a small hierarchy, against a model in a few lines: which updates go through, and what
every field of every instance holds afterwards. Whatever is refused or fails leaves the heap digest as it was."""

from __future__ import annotations

import io
from contextlib import closing

import pytest
from attrs import define, field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from lang.repl.session import Session
from minivm.options import MachineOptions
from minivm.trace import Tracer
from running import text_of

CHAIN = ("A", "B", "C")  # each extends the one before
ABOVE = {"A": "", "B": " extends A", "C": " extends B"}

# field name -> (type, initialiser, the text it prints as); a class's fields begin with its letter
POOL = {
    "int": ("int", "7", "7"),
    "float": ("float", "2.5", "2.5"),
    "bool": ("bool", "true", "true"),
    "text": ("String", '"t" + 1', "t1"),
    "none": ("Object?", "null", "null"),
    "boxed": ("int?", "4", "4"),
    "call": ("int", "Fuse.value(9)", "9"),
}
RETYPED = "int8"  # stands for the field ``int`` with another type
FUSE = """
class Fuse {
    static var lit: bool = false
    static fun value(n: int): int { if lit { throw StateError("lit") } return n }
}
let all = List<A>()
"""


@frozen
class Version:
    """One version of one class: its fields in order, and a number that its method returns."""

    fields: tuple[str, ...] = ()
    body: int = 0

    def text(self, name: str) -> str:
        """The class as Mini."""
        fields = " ".join(f"var {declared(name, f)};" for f in self.fields)
        return f"class {name}{ABOVE[name]} {{ {fields} fun {name.lower()}(): int {{ return {self.body} }} }}"


def named(owner: str, kind: str) -> str:
    """A field's name."""
    return owner + kind.rstrip("8")


def declared(owner: str, kind: str) -> str:
    """A field's declaration."""
    type_, value, _ = POOL[kind] if kind != RETYPED else ("float", "1.0", "")
    return f"{named(owner, kind)}: {type_} = {value}"


@frozen
class Change:
    """How a class is to change from whatever version it has: fields added at a place, and rarely one left out."""

    added: tuple[str, ...]
    place: int
    without: int | None
    body: int

    def after(self, old: Version) -> Version:
        """The version that follows."""
        kept = list(old.fields)
        if self.without is not None and kept:
            kept.pop(self.without % len(kept))
        new = tuple(f for f in self.added if f.rstrip("8") not in {g.rstrip("8") for g in kept})
        at = self.place % (len(kept) + 1)
        return Version((*kept[at:], *new, *kept[:at]), self.body)


@frozen
class Step:
    """What changes at once, whether computed initialisers throw, and what is constructed and written afterwards."""

    changes: dict[str, Change]
    lit: bool
    made: list[str]
    written: int


kinds = st.lists(st.sampled_from([*POOL, RETYPED]), unique_by=lambda kind: kind.rstrip("8"), max_size=5).map(tuple)
versions = st.builds(Version, kinds, st.integers(0, 2))
left_out = st.one_of(st.none(), st.none(), st.none(), st.integers(0, 5))
additions = st.lists(st.sampled_from([*POOL, RETYPED, "call"]), unique_by=lambda kind: kind.rstrip("8"), max_size=2)
changes = st.builds(Change, additions.map(tuple), st.integers(0, 5), left_out, st.integers(0, 2))
steps = st.builds(
    Step,
    st.dictionaries(st.sampled_from(CHAIN), changes, min_size=1),
    st.booleans(),
    st.lists(st.sampled_from(CHAIN), max_size=3),
    st.integers(0, 99),
)


@define
class Model:
    """What should be: the current versions, and every instance's class and values by field name."""

    versions: dict[str, Version] = field(factory=lambda: {name: Version() for name in CHAIN})
    instances: list[tuple[str, dict[str, str]]] = field(factory=list)

    def outcome(self, news: dict[str, Version], lit: bool) -> str:
        """The code of the record that new versions should end in."""
        if all(self.versions[name] == version for name, version in news.items()):
            return "N001"
        if any(set(self.versions[name].fields) - set(version.fields) for name, version in news.items()):
            return "R101"
        computed = [name for name, version in news.items() if "call" in self.added(name, version)]
        if lit and any(name in chain(kind) for name in computed for kind, _ in self.instances):
            return "R401"
        return "A001"

    def added(self, name: str, version: Version) -> set[str]:
        """The fields that a class gets anew."""
        return set(version.fields) - set(self.versions[name].fields)

    def apply(self, news: dict[str, Version]) -> None:
        """Go over to new versions."""
        for name, version in news.items():
            for kind, values in self.instances:
                if name in chain(kind):
                    values |= {named(name, f): shown(f) for f in self.added(name, version)}
        self.versions |= news

    def make(self, kind: str) -> None:
        """Construct an instance."""
        values = {named(name, f): shown(f) for name in chain(kind) for f in self.versions[name].fields}
        self.instances.append((kind, values))


def chain(kind: str) -> tuple[str, ...]:
    """A class and those above it, the topmost first."""
    return CHAIN[: CHAIN.index(kind) + 1]


def shown(kind: str) -> str:
    """What a field prints at first."""
    return "1.0" if kind == RETYPED else POOL[kind][2]


def new_session() -> Session:
    """A session with the first versions."""
    session = Session(MachineOptions(16 << 20, False, Tracer()), output=io.StringIO(), errors=io.StringIO())
    feed(session, "\n".join(Version().text(name) for name in CHAIN) + FUSE)
    return session


def feed(session: Session, text: str) -> None:
    """One entry that must not fail."""
    reply = session.feed(text)
    assert not reply.failed, reply.text


def check_update(session: Session, model: Model, news: dict[str, Version], lit: bool = False) -> None:
    """Ask for new versions; compare the record with the model's, and the digest where nothing may change."""
    expected = model.outcome(news, lit)
    feed(session, f"Fuse.lit = {str(lit).lower()}")
    before = session.machine.digest()
    texts = "\n".join(news[name].text(name) for name in sorted(news))
    record = session.feed(":redefine " + texts).record
    assert record is not None
    assert record.code == expected, record.text()
    if record.applied:
        model.apply(news)
    else:
        assert session.machine.digest() == before
    feed(session, "Fuse.lit = false")


def touch(session: Session, model: Model, step: Step) -> None:
    """Construct instances, and write one field of one of them."""
    for kind in step.made:
        feed(session, f"all.add({kind}())")
        model.make(kind)
    if not model.instances:
        return
    index = step.written % len(model.instances)
    _, values = model.instances[index]
    if "int" in model.versions["A"].fields:
        feed(session, f"all[{index}].Aint = {step.written}")
        values["Aint"] = str(step.written)


def check_values(session: Session, model: Model) -> None:
    """Every field of every instance holds what the model says, and is of its class."""
    lines, wanted = [], []
    for index, (kind, values) in enumerate(model.instances):
        shown_fields = " ".join(f"{{(all[{index}] as {kind}).{name}}}" for name in sorted(values))
        lines.append(f'print("{kind} {shown_fields}")')
        wanted.append(" ".join((kind, *(values[name] for name in sorted(values)))).strip())
        lines.append(f"print((all[{index}] as {kind}).{kind.lower()}())")
        wanted.append(str(model.versions[kind].body))
    before = len(text_of(session.machine.output))
    feed(session, "\n".join(lines) or "print(0)")
    found = [line.strip() for line in text_of(session.machine.output)[before:].splitlines()]
    assert found == (wanted or ["0"])


def check_sequence(sequence: list[Step]) -> None:
    """Carry out the steps one after the other; after each, everything is as the model says."""
    session, model = new_session(), Model()
    with closing(session.machine) as machine:
        for step in sequence:
            news = {name: change.after(model.versions[name]) for name, change in step.changes.items()}
            check_update(session, model, news, step.lit)
            touch(session, model, step)
            check_values(session, model)
            after = machine.digest()
            machine.collect()
            assert machine.digest() == after


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, min_size=1, max_size=6))
def test_sequences_of_versions(sequence: list[Step]) -> None:
    check_sequence(sequence)


@pytest.mark.long
@settings(max_examples=400, deadline=None)
@given(st.lists(steps, min_size=1, max_size=12))
def test_long_sequences_of_versions(sequence: list[Step]) -> None:
    check_sequence(sequence)


@settings(max_examples=40, deadline=None)
@given(versions, versions, versions, st.lists(st.sampled_from(CHAIN), min_size=1, max_size=4))
def test_there_and_back_keeps_the_common_fields(a: Version, b: Version, c: Version, made: list[str]) -> None:
    """v0 -> v1 -> v0 where v1 only has more methods or another order: all values are as before."""
    session, model = new_session(), Model()
    first = dict(zip(CHAIN, (a, b, c), strict=True))
    turned = {name: Version(version.fields[::-1], version.body + 1) for name, version in first.items()}
    with closing(session.machine):
        check_update(session, model, first)
        touch(session, model, Step({}, False, made, 5))
        for versions_ in (turned, first, turned):
            check_update(session, model, versions_)
            check_values(session, model)
