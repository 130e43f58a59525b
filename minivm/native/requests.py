"""What a tier asks the compiling thread for. For machines that are gone, and what was given up, nothing is compiled."""

from __future__ import annotations

import weakref
from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from minivm.native.engine import Engine, InvalidCode, Level, ObjectCode
from minivm.native.runtime import runtime_code
from minivm.native.unit import Source, Unit

if TYPE_CHECKING:
    from minivm.native.tier import Tier


@frozen
class UnitRequest:
    """The code of a unit. Its source may live longer than the unit: the code is kept for the next run."""

    tier: weakref.ref[Tier]
    unit: weakref.ref[Unit]
    source: Source
    level: Level

    @classmethod
    def by(cls, tier: Tier, unit: Unit, level: Level) -> UnitRequest:
        """A tier's request."""
        return cls(weakref.ref(tier), weakref.ref(unit), unit.source, level)

    def is_wanted(self) -> bool:
        """Whether the machine exists and has not given the unit up."""
        return self.tier() is not None and bool(self.source.text)

    def compile(self, engine: Engine) -> ObjectCode:
        """The code of that level; the cache has it then, too."""
        return engine.object_code(self.source.ir(self.level), level=self.level)

    def deliver(self, code: ObjectCode | InvalidCode) -> None:
        """Hand it over."""
        tier, unit = self.tier(), self.unit()
        if tier is not None and unit is not None:
            tier.hand_over(partial(tier.arrived, unit, code))


@frozen
class RuntimeRequest:
    """The optimised runtime, for a tier that has begun with baseline code of it."""

    tier: weakref.ref[Tier]

    def is_wanted(self) -> bool:
        """Whether the machine exists."""
        return self.tier() is not None

    def compile(self, engine: Engine) -> ObjectCode:
        """The runtime's code; the cache has it then, too."""
        return runtime_code(engine, Level.OPTIMISED)

    def deliver(self, code: ObjectCode | InvalidCode) -> None:
        """Hand it over. LLVM does not refuse it: it has taken the same IR for baseline code."""
        tier = self.tier()
        if tier is not None and isinstance(code, ObjectCode):
            tier.hand_over(partial(tier.use_runtime, code))
