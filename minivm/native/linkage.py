"""The constant pools of the live units, and the tables by class id they point to, kept true to the running machine.

Everything here is written while no native frame exists.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from attrs import define, field

from minivm.classes import RuntimeClass, RuntimeMethod, Stage
from minivm.native.hosting import Host
from minivm.native.runtime import Runtime
from minivm.native.slots import ClassId, CodeOf, Dispatch, HostCode, KernelCode, MethodId, Slot, Subtypes

FIRST_CAPACITY = 1024  # classes that a table has room for at first


@define
class Table:
    """Words by class id."""

    words: array[int]

    @property
    def address(self) -> int:
        """Where native code finds it."""
        return self.words.buffer_info()[0]


@define(eq=False)
class Pool:
    """The constant pool of one live unit."""

    slots: list[Slot]
    words: memoryview[int]


@define(repr=False)
class Linkage:
    """Addresses of code by method, tables by what they are for, and the pools that hold either."""

    classes: list[RuntimeClass | None]
    runtime: Runtime
    host: Host
    codes: dict[RuntimeMethod, int] = field(factory=dict)
    tables: dict[Dispatch | Subtypes, Table] = field(factory=dict)
    holders: dict[Slot, list[tuple[Pool, int]]] = field(factory=dict)
    capacity: int = FIRST_CAPACITY

    def connect(self, pool: Pool) -> None:
        """Fill a pool and keep it up to date from now on."""
        for index, slot in enumerate(pool.slots):
            self.holders.setdefault(slot, []).append((pool, index))
            pool.words[index] = self._word(slot)

    def disconnect(self, pool: Pool) -> None:
        """Forget a pool; tables and addresses that nobody holds any more go too."""
        for slot in pool.slots:
            left = [(p, n) for p, n in self.holders[slot] if p is not pool]
            if left:
                self.holders[slot] = left
            else:
                del self.holders[slot]
                self.tables.pop(slot, None)  # type: ignore[arg-type]

    def set_code(self, method: RuntimeMethod, address: int | None) -> None:
        """Tell everybody where a method's machine code is, or that it has none."""
        if address is None:
            self.codes.pop(method, None)
        else:
            self.codes[method] = address
        self._tell(CodeOf(method))
        table = self.tables.get(Dispatch(method.name))
        if table is not None:
            for cls in self._linked():
                if cls.table.get(method.name) is method:
                    table.words[cls.id] = self._code(method)

    def class_changed(self, cls: RuntimeClass) -> None:
        """Bring the tables up to date with a class that was linked, or that is a new version."""
        if len(self.classes) > self.capacity:
            self._grow()
        for what, table in self.tables.items():
            table.words[cls.id] = self._entry(what, cls)

    def use(self, runtime: Runtime) -> None:
        """Use other code of the runtime from now on."""
        self.runtime = runtime
        self.rebuild()
        for slot in self.holders:
            self._tell(slot)

    def rebuild(self) -> None:
        """Make every table anew."""
        for what, table in self.tables.items():
            table.words[:] = self._table(what)

    def _grow(self) -> None:
        while len(self.classes) > self.capacity:
            self.capacity *= 2
        for what in self.tables:
            self.tables[what] = Table(self._table(what))
            self._tell(what)

    def _tell(self, slot: Slot) -> None:
        for pool, index in self.holders.get(slot, ()):
            pool.words[index] = self._word(slot)

    def _word(self, slot: Slot) -> int:
        if isinstance(slot, ClassId):
            return slot.cls.id
        if isinstance(slot, MethodId):
            return slot.method.id
        if isinstance(slot, KernelCode):
            return self.runtime.kernels[slot.name]
        if isinstance(slot, HostCode):
            return self.host.address(slot.name)
        if isinstance(slot, CodeOf):
            return self._code(slot.method)
        if slot not in self.tables:
            self.tables[slot] = Table(self._table(slot))
        return self.tables[slot].address

    def _code(self, method: RuntimeMethod | None) -> int:
        if method is None:
            return self.runtime.miss
        if method.native is not None:
            return self.runtime.natives.get((method.owner.file.name, method.name), self.runtime.miss)
        return self.codes.get(method, self.runtime.miss)

    def _table(self, what: Dispatch | Subtypes) -> array[int]:
        words = array("q", [self.runtime.miss if isinstance(what, Dispatch) else 0]) * self.capacity
        for cls in self._linked():
            words[cls.id] = self._entry(what, cls)
        return words

    def _entry(self, what: Dispatch | Subtypes, cls: RuntimeClass) -> int:
        if isinstance(what, Dispatch):
            return self._code(cls.table.get(what.name))
        return what.cls.id in cls.ancestors

    def _linked(self) -> Iterator[RuntimeClass]:
        return (c for c in self.classes if c is not None and c.stage is not Stage.LOADED)
