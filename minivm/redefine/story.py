"""A redefinition as its trace tells it: what each stage looked at and decided, in the order of the stages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from minivm.classes import RuntimeClass
from minivm.classfile import ClassFile, Flags
from minivm.memory import STATICS_BIT
from minivm.redefine.diff import ClassDiff
from minivm.redefine.migrate import Migration
from minivm.redefine.plan import Plan, kept_fields
from minivm.redefine.record import counted
from minivm.redefine.summary import member_changes
from minivm.scheduler import Scheduler
from minivm.types import Kind


def request_line(files: Sequence[ClassFile]) -> str:
    """What is asked for."""
    return f"redefine {', '.join(file.name for file in files if not file.flags & Flags.CLOSURE)}"


def plan_lines(plan: Plan) -> Iterator[str]:
    """Diff and plan: what is different, and who is affected without being in the set."""
    for difference in plan.diffs:
        if not difference.new.flags & Flags.CLOSURE:
            yield f"diff     {_diff_text(difference, bool(plan.reasons))}"
    others = [new.name for new in _written(plan) if new.file.name not in plan.files]
    if others:
        yield f"plan     classes that depend on the set move with it: {', '.join(others)}"
    reasons = counted(len(plan.reasons), "reason")
    yield "plan     nothing speaks against it" if not plan.reasons else f"plan     {reasons} to refuse it"


def _written(plan: Plan) -> list[RuntimeClass]:
    """The new versions, but for those of function types and literals and of the machine's own library."""
    made = [new for _, new in plan.pairs() if new.type.kind is Kind.CLASS]
    return [new for new in made if not new.is_boot and not new.file.flags & Flags.CLOSURE]


def _diff_text(difference: ClassDiff, refused: bool) -> str:
    """A field that goes is said to be inherited from now on, which nobody knows of a set that is refused."""
    changes = [text.removesuffix(" (now inherited)") if refused else text for text in member_changes(difference)]
    return f"{difference.name}: {', '.join(changes) or 'nothing changes'}"


def quiesce_line(plan: Plan, scheduler: Scheduler) -> str:
    """How many frames were looked at, and whether any stands in the way."""
    fibers = list(scheduler.live())
    frames = sum(1 for fiber in fibers for _ in scheduler.frames(fiber))
    looked = f"{counted(frames, 'frame')} of {counted(len(fibers), 'fiber')} looked at"
    blocking = f"{counted(len(plan.blockers), 'active frame')} of code that changes" if plan.blockers else ""
    return f"quiesce  {looked}; {blocking or 'none runs code that changes'}"


def migrate_lines(plan: Plan, migration: Migration, relaid: dict[int, int]) -> Iterator[str]:
    """Which instances were written in which new layout, and which initialisers ran on them."""
    for old, new in plan.pairs():
        if old is None or new.id not in migration.relayouts:
            continue
        yield f"migrate  {counted(relaid.get(new.id, 0), 'instance')} of {new.name}: {_layout(old, new)}"
    for field, _ in migration.static_fields:
        yield f"migrate  static {field.owner.type}.{field.name} is new: its initialiser has run"
    if not any(not low & STATICS_BIT for low in migration.relayouts):
        yield "migrate  no instance changes its layout"


def _layout(old: RuntimeClass, new: RuntimeClass) -> str:
    """The new layout, word by word, each with where it comes from."""
    before = {id(after): kept.offset for kept, after in kept_fields(old, new)}
    words = []
    for field in new.layout:
        came = before.get(id(field))
        words.append(f"{field.name} {f'from word {came}' if came else 'new'}")
    return "header | " + " | ".join(words)


def commit_line(plan: Plan) -> str:
    """Which version each class is now."""
    names = [f"{new.name} v{new.version}" for new in _written(plan)]
    return f"commit   the program runs {', '.join(names)} from here on"
