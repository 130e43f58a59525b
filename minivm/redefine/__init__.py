"""Live redefinition of classes: ``redefine`` is the way in, and costs nothing before it is taken; a ``Record`` is the
way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from minivm.redefine.record import ClassChange, Reason, Record, refused

if TYPE_CHECKING:
    from minivm.classfile import ClassFile
    from minivm.machine import Machine

__all__ = ["ClassChange", "Reason", "Record", "redefine", "refused"]


def redefine(machine: Machine, files: Sequence[ClassFile], *, force: bool = False) -> Record:
    """Replace loaded classes by new versions, all of them or none. The machine must stand at a safepoint.

    ``force`` goes through with a set that changes nothing (a test mode).
    """
    from minivm.redefine.transaction import replace

    return replace(machine, files, force=force)
