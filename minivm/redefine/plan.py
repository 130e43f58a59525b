"""The plan of a redefinition: what would happen, and every reason why it may not. Pure: only data."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from minivm.classes import RuntimeClass, RuntimeField, RuntimeMethod
from minivm.classfile import ClassFile, Flags, initialiser_name
from minivm.errors import VerifyError
from minivm.interpreter import Interpreter
from minivm.linker import arrange
from minivm.loader import Loader
from minivm.memory import CLASS_MASK
from minivm.redefine.callers import Callers, fault_place
from minivm.redefine.diff import ClassDiff, diff
from minivm.redefine.quiesce import Blocker, blocking_frames
from minivm.redefine.record import Reason, counted
from minivm.redefine.survey import Survey, fits_in
from minivm.redefine.world import World, load_affected, make_world
from minivm.verifier import check_class, verify


@define
class Plan:
    """What a transaction would do. ``reasons`` empty: nothing speaks against it."""

    files: dict[str, ClassFile]
    diffs: list[ClassDiff]
    world: World
    blockers: list[Blocker] = field(factory=list)
    reasons: list[Reason] = field(factory=list)

    @property
    def changes_nothing(self) -> bool:
        """Whether every class is the same as before."""
        return all(d.is_empty for d in self.diffs)

    def pairs(self) -> Iterator[tuple[RuntimeClass | None, RuntimeClass]]:
        """Old version (None: newly loaded) and new version of every class made."""
        for new in self.world.made():
            yield self.world.affected.get(new.id), new


def make_plan(vm: Interpreter, loaders: list[Loader], files: dict[str, ClassFile]) -> Plan:
    """Work out the transaction that replaces ``files``; ``loaders`` lists parents before children."""
    known = {name: _known(loaders, name) for name in files}
    homes = {name: found[1] if found else vm.machine.app for name, found in known.items()}
    world = make_world(vm.registry, loaders, {n: (f, homes[n]) for n, f in files.items()})
    olds = {name: found[0] if found else None for name, found in known.items()}
    plan = Plan(files, [diff(olds[name], file) for name, file in files.items()], world)
    plan.reasons += _kind_reasons(plan, homes)
    if plan.reasons:
        return plan
    problems = load_affected(world)
    world.close()
    for new in world.made():
        arrange(new)
    if problems:
        plan.reasons.append(Reason("R301", "the new classes do not load", tuple(problems)))
        return plan
    counts = _Counts(vm)
    plan.reasons += _lost_fields(plan, counts)
    plan.reasons += _abstract_with_instances(plan, counts)
    plan.reasons += _invalid_code(plan)
    plan.reasons += _broken_callers(vm, plan, counts)
    plan.reasons += _contradicted_values(vm, plan)
    world.close()  # verifying may have loaded more classes
    plan.blockers = blocking_frames(vm.scheduler, files)
    if plan.blockers:
        number = counted(len(plan.blockers), "active frame")
        hint = "let it return, then try again" if len(plan.blockers) == 1 else "let them return, then try again"
        plan.reasons.append(
            Reason("R201", f"{number} of a method that this replaces", tuple(map(str, plan.blockers)), hint)
        )
    return plan


def _known(loaders: list[Loader], name: str) -> tuple[ClassFile, Loader] | None:
    """The present class file of that name, and the loader whose it is."""
    return next((loader.templates[name] for loader in loaders if name in loader.templates), None)


class _Counts:
    """Live instances by class id, counted when first asked for."""

    def __init__(self, vm: Interpreter) -> None:
        self.vm = vm
        self.found: dict[int, int] | None = None

    def below(self, cls: RuntimeClass, classes: list[RuntimeClass]) -> int:
        """Live instances of a class and its subclasses."""
        if self.found is None:
            self.found = Survey(self.vm).count() or {}
        return sum(self.found.get(c.id, 0) for c in classes if cls.id in c.ancestors)


# ── the reasons, one function each ───────────────────────────────────────────────────────────────────────


def _kind_reasons(plan: Plan, homes: dict[str, Loader]) -> Iterator[Reason]:
    for name, home in homes.items():
        if home.parent is None:
            yield Reason("R106", f"{name} belongs to the machine's own library and cannot be redefined")
    for difference in plan.diffs:
        if difference.kind_changed:
            yield Reason("R103", f"{difference.name} would become another kind of class")
        if difference.parameters_changed:
            yield Reason("R104", f"{difference.name} would have other type parameters")


def _lost_fields(plan: Plan, counts: _Counts) -> Iterator[Reason]:
    olds = list(plan.world.affected.values())
    lost: dict[tuple[str, bool], dict[str, str]] = {}
    versions: dict[str, int] = {}
    for old, new in plan.pairs():
        if old is None:
            continue
        for member in lost_fields(old, new):
            loser = _loser(old, member, plan.files)
            owner = loser.file.name
            versions[owner] = max(versions.get(owner, 0), loser.version)
            held = (
                "static"
                if member.is_static
                else "held by " + counted(counts.below(member.owner, olds), "live instance")
            )
            after = new.find_field(member.name)
            becomes = f"   would become {after.type}" if after is not None and after.type != member.type else ""
            text = f"{member.name}: {member.declared.type}"
            lost.setdefault((owner, member.is_static), {}).setdefault(text, held + becomes)
    for (owner, static), fields in lost.items():
        width = max(map(len, fields)) + 3
        version = versions[owner]
        what = "static fields" if static else "fields"
        yield Reason(
            "R102" if static else "R101",
            f"{owner} v{version + 1} would lose {what} that v{version} has",
            tuple(f"{text:<{width}}{held}" for text, held in fields.items()),
            "keep them in the new class with the same type, beside whatever is new: "
            + "; ".join(f"var {text}" for text in fields),
        )


def _loser(old: RuntimeClass, member: RuntimeField, files: dict[str, ClassFile]) -> RuntimeClass:
    """The class of the set to blame for a lost field: its owner, else the nearest one that no longer inherits it."""
    chain = (member.owner, *old.supers())
    return next((cls for cls in chain if cls.file.name in files), old)


def lost_fields(old: RuntimeClass, new: RuntimeClass) -> list[RuntimeField]:
    """Fields, instance (inherited ones too) and static, that the new version lacks or has with another type."""
    kept = {id(before) for before, _ in kept_fields(old, new)}
    statics = {(f.name, f.type) for f in new.statics}
    gone = [f for f in old.layout if id(f) not in kept]
    return gone + [f for f in old.statics if (f.name, f.type) not in statics]


def _abstract_with_instances(plan: Plan, counts: _Counts) -> Iterator[Reason]:
    for old, new in plan.pairs():
        if old is None or Flags.ABSTRACT not in new.file.flags or Flags.ABSTRACT in old.file.flags:
            continue
        number = counts.below(old, [old])
        if number:
            yield Reason("R105", f"{new.type} would be abstract, but has {counted(number, 'live instance')}")


def _invalid_code(plan: Plan) -> Iterator[Reason]:
    faults: list[str] = []
    for _, new in plan.pairs():
        fork = new.loader  # still the hypothetical one
        faults += [str(fault) for fault in check_class(new, fork)]
        for method in new.all_methods():
            if method.declared.code is None:
                continue
            try:
                method.verified = verify(method, fork)
            except VerifyError as error:
                faults += [fault_place(method, fault.pc, fault.reason) for fault in error.faults]
    if faults:
        yield Reason("R301", "the new code is not valid", tuple(dict.fromkeys(faults)))


def _broken_callers(vm: Interpreter, plan: Plan, counts: _Counts) -> Iterator[Reason]:
    if not any(d.breaks_callers for d in plan.diffs):
        return
    active = frozenset(frame.method.id for frame in vm.scheduler.all_frames())
    places = Callers(vm, plan.world, lambda cls: counts.below(cls, [cls]), active).broken()
    if places:
        yield Reason(
            "R302",
            "loaded code would no longer fit",
            tuple(places),
            "keep what they use, or change them in the same set",
        )


def _contradicted_values(vm: Interpreter, plan: Plan) -> Iterator[Reason]:
    lost = [new for old, new in plan.pairs() if old is not None and old.ancestors - new.ancestors]
    if not lost:
        return
    by_id = {new.id: new for new in plan.world.made()}
    app_fork = plan.world.fork_of(vm.machine.app)

    def class_of(ref: int) -> RuntimeClass | None:
        class_id = vm.words[ref] & CLASS_MASK
        return by_id.get(class_id) or vm.classes[class_id]

    places = Survey(vm).contradictions(fits_in(app_fork.load, class_of), vm.classes)
    if places:
        yield Reason(
            "R303",
            "live values would contradict the types of the places that hold them",
            tuple(places),
            "keep the supertype, or empty those places first",
        )


def kept_fields(old: RuntimeClass, new: RuntimeClass) -> list[tuple[RuntimeField, RuntimeField]]:
    """The old and new instance field, inherited ones too, of each value that an instance keeps.

    A class may have a field of the name of a private one above it, so a field is first looked for in the class it was
    in; only then anywhere, as a field may move up or down.
    """
    at_home = {(f.owner.type, f.name, f.type): f for f in old.layout}
    pairs = {id(f): at_home.pop((f.owner.type, f.name, f.type), None) for f in new.layout}
    elsewhere = {(f.name, f.type): f for f in reversed(at_home.values())}
    for after in new.layout:
        if pairs[id(after)] is None:
            pairs[id(after)] = elsewhere.pop((after.name, after.type), None)
    return [(before, after) for after in new.layout if (before := pairs[id(after)]) is not None]


def new_fields(old: RuntimeClass, new: RuntimeClass) -> list[RuntimeField]:
    """Instance fields that existing instances get anew, in the order their initialisers run."""
    kept = {id(after) for _, after in kept_fields(old, new)}
    return [f for f in new.layout if id(f) not in kept]


def new_statics(old: RuntimeClass, new: RuntimeClass) -> list[RuntimeField]:
    """Static fields that the class gets anew."""
    have = {f.name for f in old.statics}
    return [f for f in new.statics if f.name not in have]


def initialiser(field_: RuntimeField) -> RuntimeMethod | None:
    """The method that computes a field's initial value, if it is not a constant."""
    return field_.owner.methods.get(initialiser_name(field_.name))
