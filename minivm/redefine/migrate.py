"""Migration: the collector's copy into the other half, with the instances of changed classes in their new layout."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

from attrs import define, field

from minivm.classes import RuntimeClass, RuntimeField, RuntimeMethod, Stage
from minivm.collector import Copier
from minivm.interpreter import Interpreter
from minivm.kernels.tables import Relayout, layout_table
from minivm.layouts import Layout, layouts_of
from minivm.linker import constant_word, prototype
from minivm.memory import ROOTS, STATICS_BIT, Root
from minivm.redefine.plan import Plan, initialiser, kept_fields, new_fields, new_statics
from minivm.types import Type


@define
class Migration:
    """What has to be written differently, and which initialisers must run on what."""

    relayouts: dict[int, Relayout] = field(factory=dict)  # by header's low word
    layouts: dict[int, Layout] = field(factory=dict)
    static_fields: list[tuple[RuntimeField, RuntimeMethod]] = field(factory=list)
    instance_fields: dict[int, list[tuple[RuntimeField, RuntimeMethod]]] = field(factory=dict)  # by class id

    @property
    def moves_instances(self) -> bool:
        """Whether any instance has to be written anew (statics objects alone need no copy of the heap)."""
        return any(not low & STATICS_BIT for low in self.relayouts)

    @property
    def runs_code(self) -> bool:
        """Whether Mini initialisers have to run, which may fail."""
        return bool(self.static_fields or self.instance_fields)


def prepare_migration(plan: Plan) -> Migration:
    """Work out the migration of a plan."""
    migration = Migration()
    for old, new in plan.pairs():
        if old is None or old.stage is Stage.LOADED:
            continue
        migration.layouts.update(layouts_of(new))
        _instances(migration, old, new)
        _statics(migration, old, new)
    return migration


def _instances(migration: Migration, old: RuntimeClass, new: RuntimeClass) -> None:
    if [(f.name, f.type) for f in old.layout] == [(f.name, f.type) for f in new.layout]:
        return
    pairs = tuple((before.offset, after.offset) for before, after in kept_fields(old, new))
    words = memoryview(array("q", prototype(new)))
    migration.relayouts[new.id] = (len(words), pairs, words)
    computed = [(f, method) for f in new_fields(old, new) if (method := initialiser(f)) is not None]
    if computed:
        migration.instance_fields[new.id] = computed


def _statics(migration: Migration, old: RuntimeClass, new: RuntimeClass) -> None:
    texts_before = {old.file.constants[i]: offset for i, offset in old.literals.items()}
    texts_after = {new.file.constants[i]: offset for i, offset in new.literals.items()}
    unused = old.stage is Stage.LINKED  # nobody has read or written a static yet: the new constants count
    before = _statics_key(old, unused)
    if before == _statics_key(new, unused) and texts_before == texts_after:
        return
    where = {} if unused else {f.name: f.offset for f in old.statics}
    pairs = [(where[f.name], f.offset) for f in new.statics if f.name in where]
    pairs += [(texts_before[text], offset) for text, offset in texts_after.items() if text in texts_before]
    words = [new.id | STATICS_BIT, *(constant_word(f) for f in new.statics), *(0 for _ in new.literals)]
    migration.relayouts[new.id | STATICS_BIT] = (len(words), tuple(pairs), memoryview(array("q", words)))
    if old.stage is Stage.INITIALISED:
        migration.static_fields += [(f, m) for f in new_statics(old, new) if (m := initialiser(f)) is not None]


def _statics_key(cls: RuntimeClass, with_constants: bool) -> list[tuple[str, Type, int]]:
    return [(f.name, f.type, constant_word(f) if with_constants else 0) for f in cls.statics]


def copy_heap(vm: Interpreter, migration: Migration) -> Copier:
    """Copy everything reachable into the other half, laid out anew. The current half stays current.

    Raises:
        Throw: OutOfMemoryError; the current half is as it was.
    """
    vm.sync()
    old = vm.linker.layouts
    fits = _most_words(migration, old) * vm.memory.used <= vm.memory.cap - ROOTS
    copier = Copier(
        vm.memory,
        vm.methods,
        layout_table(old, migration.relayouts),
        layout_table({**old, **migration.layouts}),
        vm.machine.kernels,
        undoable=migration.runs_code or not fits,
    )
    copier.run()
    if migration.runs_code:
        copier.undo()  # the old half may yet be needed
    return copier


def _most_words(migration: Migration, old: Mapping[int, Layout]) -> float:
    """How many words a live word may become at most."""
    return max((size / old[low].size for low, (size, _, _) in migration.relayouts.items()), default=1.0)


def statics_in_place(vm: Interpreter, migration: Migration) -> dict[int, int]:
    """New statics objects in the current half, by class id, where only statics change.

    Raises:
        Throw: OutOfMemoryError.
    """
    made = {}
    words = vm.words
    for low, (size, pairs, fresh) in migration.relayouts.items():
        class_id = low & ~STATICS_BIT
        ref = vm.memory.allocate_now(size)
        words[ref : ref + size] = fresh
        before = vm.memory.root(Root.STATICS + class_id)
        for old_offset, new_offset in pairs:
            words[ref + new_offset] = words[before + old_offset]
        made[class_id] = ref
    return made
