"""Which form of the kernels a machine runs: Python until machine code is worth loading."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from attrs import define, field

from minivm.kernels.language import FUNCTIONS, Kernel

HOST_KERNELS = ("forward", "scan", "restore", "find_copies", "count_copies")
ENGINE = "llvmlite.binding"  # loaded: somebody has paid for LLVM already
WORTH = 50_000  # objects looked at in Python: some 40 ms, what loading LLVM costs


@define
class Kernels:
    """The kernels that the host calls. ``native`` False keeps them in Python."""

    native: bool = True
    work: int = 0  # objects they have looked at
    _functions: Mapping[str, Kernel] = field(factory=lambda: {name: FUNCTIONS[name] for name in HOST_KERNELS})
    _settled: bool = False

    def for_work(self, objects: int) -> Mapping[str, Kernel]:
        """The kernels by name, for a run that will look at about so many objects."""
        if not self._settled and self.native and (self.work + objects >= WORTH or ENGINE in sys.modules):
            self._settled = True
            from minivm.kernels.native import compiled

            self._functions = compiled(HOST_KERNELS) or self._functions
        return self._functions

    def are_native_for(self, objects: int) -> bool:
        """Whether a run that will look at about so many objects would be machine code's."""
        return self.for_work(objects)["scan"] is not FUNCTIONS["scan"]
