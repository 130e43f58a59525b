"""Redefinition as a transaction: read, diff, plan, quiesce, migrate, commit.

Every request ends in one Record: applied, nothing to do, or refused. A request that is not applied leaves the program
as it was, to the word. Later policies have their places: waiting for quiescence and finishing on old code between plan
and migrate; state transformers beside the field initialisers in ``_run_initialisers``.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import define, evolve

from minivm.classfile import ClassFile
from minivm.codec import encode
from minivm.collector import Copier
from minivm.errors import FormatError, GuestError, LinkError, Throw
from minivm.kernels.tables import copies_made
from minivm.loader import Loader
from minivm.memory import Root
from minivm.redefine.commit import Saved, commit, save
from minivm.redefine.migrate import Migration, copy_heap, prepare_migration, statics_in_place
from minivm.redefine.outdated import drop_outdated, retire_methods
from minivm.redefine.plan import Plan, make_plan
from minivm.redefine.record import Reason, Record, refused
from minivm.redefine.story import commit_line, migrate_lines, plan_lines, quiesce_line, request_line
from minivm.redefine.summary import summary
from minivm.redefine.survey import Survey
from minivm.solo import Solo

if TYPE_CHECKING:
    from minivm.machine import Machine

COUNT_LIMIT = 500  # objects looked at to count instances in passing: less than the rest of a small redefinition costs


def replace(machine: Machine, files: Sequence[ClassFile], *, force: bool = False) -> Record:
    """Replace loaded classes by new versions, all of them or none. The machine must stand at a safepoint.

    ``force`` goes through with a set that changes nothing (a test mode).
    """
    started = time.perf_counter()
    try:
        digest = hashlib.blake2b(b"".join(encode(file) for file in files), digest_size=8).hexdigest()
    except FormatError as error:
        return refused(Reason("R301", "the new classes are not class files", (str(error),)))
    with machine.tracer.cause("redefine", request_line(files)):
        record = _outcome(machine, files, force)
        record = evolve(record, milliseconds=round((time.perf_counter() - started) * 1000, 3), digest=digest)
        machine.tracer.event("redefine", record.text())
    return record


def loaders_of(machine: Machine) -> list[Loader]:
    """Every loader of a machine, parents before children."""
    found = {id(machine.boot): machine.boot, id(machine.app): machine.app}
    for cls in machine.registry.loaded():
        found.setdefault(id(cls.loader), cls.loader)
    return sorted(found.values(), key=Loader.depth)


def _outcome(machine: Machine, files: Sequence[ClassFile], force: bool) -> Record:
    if machine.scheduler.solo:
        return refused(Reason("R502", "a redefinition is already under way"))
    named = {file.name: file for file in files}
    if len(named) < len(files):
        twice = sorted({file.name for file in files if file is not named[file.name]})
        return refused(Reason("R301", "a class stands in the set twice", tuple(twice)))
    loaders = loaders_of(machine)
    machine.vm.sync()
    try:
        plan = make_plan(machine.vm, loaders, named)
    except LinkError as error:
        return refused(Reason("R301", "the new classes do not load", (str(error),)))
    if machine.tracer.on("redefine"):
        machine.tracer.event("redefine", "\n".join((*plan_lines(plan), quiesce_line(plan, machine.scheduler))))
    if plan.reasons:
        return refused(*plan.reasons)
    if plan.changes_nothing and not force:
        return Record("nothing to do", "N001")
    return _apply(machine, plan, loaders, force)


def _apply(machine: Machine, plan: Plan, loaders: list[Loader], force: bool) -> Record:
    olds = {new.id: old for old, new in plan.pairs() if old is not None}
    transaction = _Transaction(machine, plan, prepare_migration(plan), save(machine.vm, loaders))
    try:
        _all_or_nothing(transaction, force)
    except Throw as problem:
        return refused(Reason("R402", "not enough memory to migrate the instances", (problem.message,)))
    except GuestError as problem:
        return _initialiser_reason(problem)
    counts = Survey(machine.vm).count(COUNT_LIMIT)
    relaid = transaction.relaid()
    if machine.tracer.on("redefine"):
        lines = (*migrate_lines(plan, transaction.migration, relaid), commit_line(plan))
        machine.tracer.event("redefine", "\n".join(lines))
    record = summary(plan, olds, relaid, counts)
    retire_methods(machine.vm, olds.values())
    drop_outdated(machine.vm, loaders_of(machine), plan.files, counts)
    return record


def _initialiser_reason(problem: GuestError) -> Record:
    places = tuple(str(problem).split("\n"))
    if problem.kind == "OutOfMemoryError":
        return refused(Reason("R402", "not enough memory for an initialiser of the new version", places))
    return refused(Reason("R401", "an initialiser of the new version threw; everything is as before", places))


def _all_or_nothing(transaction: _Transaction, force: bool) -> None:
    done = False
    try:
        transaction.write(force)
        done = True
    finally:
        if not done:  # whatever it was: an error, Ctrl-C, or an initialiser that ends the program
            transaction.undo()


@define
class _Transaction:
    machine: Machine
    plan: Plan
    migration: Migration
    saved: Saved
    copier: Copier | None = None

    def write(self, force: bool) -> None:
        vm = self.machine.vm
        copies = self.migration.moves_instances or self.migration.runs_code
        statics: dict[int, int] = {}
        if copies:
            self.copier = copy_heap(vm, self.migration)
        else:
            statics = statics_in_place(vm, self.migration)
        commit(vm, self.plan, force)
        if self.copier is not None:
            vm.memory.switch(self.copier.base, self.copier.top)
        for class_id, ref in statics.items():
            vm.memory.set_root(Root.STATICS + class_id, ref)
        self._resume()
        if self.migration.runs_code:
            self._run_initialisers()

    def relaid(self) -> dict[int, int]:
        """How many objects were written in a new layout, by header's low word."""
        if self.copier is None:
            return {}
        return {low: copies_made(self.copier.old, low) for low in self.migration.relayouts}

    def undo(self) -> None:
        self.saved.restore(self.machine.vm)
        self._resume()

    def _resume(self) -> None:
        vm = self.machine.vm
        current = vm.memory.root(Root.CURRENT)
        vm.moved(current)
        if current:
            vm.resume()

    def _run_initialisers(self) -> None:
        machine, words = self.machine, self.machine.vm.words
        assert self.copier is not None
        machine.memory.dipping = True  # nothing may move, and the old half is kept
        try:
            with Solo(machine.vm) as solo:
                for field, method in self.migration.static_fields:
                    value = machine.finish_solo(solo, method, list)
                    words[machine.memory.root(Root.STATICS + field.owner.id) + field.offset] = value
                for class_id, fields in self.migration.instance_fields.items():
                    for ref in self.copier.copies_of(class_id):
                        for field, method in fields:
                            value = machine.finish_solo(solo, method, lambda ref=ref: [ref])  # type: ignore[misc]
                            words[ref + field.offset] = value
        finally:
            machine.memory.dipping = False
