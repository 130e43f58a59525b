"""The summary of an applied redefinition: what changed in which class, and what a person might wrongly expect."""

from __future__ import annotations

from collections.abc import Iterator

from minivm.classes import RuntimeClass, Stage
from minivm.classfile import Flags
from minivm.redefine.diff import Change, ClassDiff, FieldChange, field_text
from minivm.redefine.plan import Plan
from minivm.redefine.record import ClassChange, Record


def summary(plan: Plan, olds: dict[int, RuntimeClass], relaid: dict[int, int], counts: dict[int, int] | None) -> Record:
    """The record of an applied plan.

    ``olds`` are the old versions by class id, ``relaid`` how many instances got a new layout, ``counts`` the live
    instances where they are known.
    """
    changes = []
    notes: list[str] = []
    for difference in plan.diffs:
        if difference.is_empty or Flags.CLOSURE in difference.new.flags:
            continue
        news = [new for _, new in plan.pairs() if new.file.name == difference.name]
        changes.append(_class_change(difference, news, olds, relaid, counts))
        notes += _notes(difference, {olds[new.id].stage for new in news if new.id in olds})
    return Record("applied", "A001", (*changes, *_subclasses(plan, relaid)), notes=tuple(notes))


def _subclasses(plan: Plan, relaid: dict[int, int]) -> Iterator[ClassChange]:
    """Classes below the set's whose instances moved with it."""
    for _, new in plan.pairs():
        if relaid.get(new.id) and new.file.name not in plan.files:
            yield ClassChange(new.name, new.version, new.version, ("new layout",), relaid[new.id])


def _class_change(
    difference: ClassDiff,
    news: list[RuntimeClass],
    olds: dict[int, RuntimeClass],
    relaid: dict[int, int],
    counts: dict[int, int] | None,
) -> ClassChange:
    old_version = max((olds[new.id].version for new in news if new.id in olds), default=0)
    new_version = max((new.version for new in news), default=old_version + 1)
    moved = [new for new in news if new.id in relaid]
    kept = None if counts is None else sum(counts.get(new.id, 0) for new in news if new not in moved)
    return ClassChange(
        difference.name,
        old_version,
        new_version,
        tuple(member_changes(difference)),
        sum(relaid[new.id] for new in moved),
        kept,
    )


def member_changes(difference: ClassDiff) -> list[str]:
    """The fields and methods that differ, a text each: ``+ field note: String``, ``~ method price``."""
    lines = [line for change in difference.fields for line in _field_line(difference, change)]
    for how in Change:
        lines += [
            f"{how.value} method {method.name}"
            for method in difference.methods
            if method.change is how and not method.synthetic
        ]
    if difference.supertypes_changed:
        lines.append("~ supertypes")
    return lines


def _field_line(difference: ClassDiff, change: FieldChange) -> Iterator[str]:
    kind = "static field" if change.is_static else "field"
    if change.new is None:
        yield f"- {kind} {change.name} (now inherited)"  # any other loss is refused
    elif change.old is None:
        yield f"+ {kind} {field_text(difference.new, change.new)}"
    elif change.old.flags != change.new.flags:
        yield f"~ {kind} {change.name}"


def _notes(difference: ClassDiff, stages: set[Stage]) -> list[str]:
    """What a person might expect to happen and does not; ``stages`` are how far the class had come."""
    notes = []
    for change in difference.fields:
        if not change.initialiser_changed or (change.is_static and stages <= {Stage.LOADED, Stage.LINKED}):
            continue  # static initialisers that have not run yet will run in their new form
        whose = "the static initialiser" if change.is_static else "the initialiser"
        keeps = "the field keeps its value" if change.is_static else "existing instances keep their values"
        if change.is_static and Stage.FAILED in stages:
            keeps = f"{difference.name} has failed to initialise and stays unusable"
        notes.append(f"{whose} of {difference.name}.{change.name} changed and is not run again: {keeps}")
    return notes
