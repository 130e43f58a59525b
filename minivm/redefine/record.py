"""The record of one redefinition: what every request ends in, as data, as text and as JSON."""

from __future__ import annotations

from attrs import asdict, frozen

# every code a record can carry, with what it means
CODES = {
    "A001": "applied",
    "N001": "nothing to do: the new classes are the same as the old",
    "R101": "a field of the old class is missing from the new one, or has another type",
    "R102": "a static field of the old class is missing from the new one, or has another type",
    "R103": "a class may not become another kind of class",
    "R104": "the type parameters of a template may not change",
    "R105": "an abstract class may not have instances",
    "R106": "the class belongs to the machine",
    "R201": "a method that this replaces is active",
    "R301": "the new code is not valid",
    "R302": "loaded code would no longer fit",
    "R303": "a live value would contradict the type of the place that holds it",
    "R401": "an initialiser threw",
    "R402": "not enough memory",
    "R501": "the source does not compile",
    "R502": "redefinitions do not nest",
}


@frozen
class Reason:
    """One reason to refuse: what, where (a line each), and what to do."""

    code: str
    message: str
    places: tuple[str, ...] = ()
    hint: str = ""


@frozen
class ClassChange:
    """What an applied redefinition did to one class."""

    name: str
    old_version: int  # 0: the class is new
    new_version: int
    changes: tuple[str, ...] = ()
    migrated: int = 0  # instances copied into a new layout
    kept: int | None = 0  # instances whose layout stayed; None: too many to count in passing


@frozen
class Record:
    """The outcome: status is ``applied``, ``nothing to do`` or ``refused``; ``code`` that of the first reason."""

    status: str
    code: str
    classes: tuple[ClassChange, ...] = ()
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
    milliseconds: float = 0.0
    digest: str = ""  # of the class files in the set, so that two records can be told to be about the same code

    @property
    def applied(self) -> bool:
        """Whether the program runs the new classes now."""
        return self.status == "applied"

    def json(self) -> str:
        """The record as one JSON object."""
        import json  # here, because a prompt that is shown needs the type only

        return json.dumps(asdict(self), ensure_ascii=False)

    def text(self) -> str:
        """The record for people."""
        if self.status == "refused":
            return "\n".join(_reason_text(reason) for reason in self.reasons)
        if self.status == "nothing to do":
            return "\n".join(("nothing to do: the new code is the same as the old", *_notes(self)))
        lines = [_class_text(change) for change in self.classes]
        took = f"{self.milliseconds:.1f} ms"
        if len(lines) == 1:
            return "\n".join((f"applied  {lines[0]}   {took}", *_notes(self)))
        return "\n".join((f"applied  {len(lines)} classes   {took}", *("    " + line for line in lines), *_notes(self)))


def refused(*reasons: Reason) -> Record:
    """A refusal."""
    return Record("refused", reasons[0].code, reasons=reasons)


def _notes(record: Record) -> list[str]:
    return [f"  note: {note}" for note in record.notes]


def _reason_text(reason: Reason) -> str:
    lines = [f"refused[{reason.code}]  {reason.message}", *(f"    {place}" for place in reason.places)]
    if reason.hint:
        lines.append(f"  {reason.hint}")
    return "\n".join(lines)


def _class_text(change: ClassChange) -> str:
    versions = (
        f"v{change.old_version} -> v{change.new_version}" if change.old_version else f"v{change.new_version} (new)"
    )
    parts = [f"{change.name} {versions}", *change.changes]
    if change.migrated:
        parts.append(f"{counted(change.migrated, 'instance')} migrated")
    elif change.kept is None:
        parts.append("instances kept their layout")
    elif change.kept:
        parts.append(f"{counted(change.kept, 'instance')} kept {'its' if change.kept == 1 else 'their'} layout")
    return "   ".join(parts)


def counted(number: int, noun: str) -> str:
    """``1 instance``, ``2 instances``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
