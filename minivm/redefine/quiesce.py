"""Quiescence: which active frames stand in the way of a swap."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from minivm.classes import RuntimeMethod
from minivm.classfile import ClassFile, Flags
from minivm.frames import Frame
from minivm.redefine.diff import normal_code, signature
from minivm.scheduler import Scheduler, position


@frozen
class Blocker:
    """A frame of a method, of any version, whose code the set changes or removes."""

    fiber: int
    frame: Frame

    def __str__(self) -> str:
        return f"fiber {self.fiber}   {position(self.frame)}"


def blocking_frames(scheduler: Scheduler, files: Mapping[str, ClassFile]) -> list[Blocker]:
    """Every frame that blocks a swap to ``files``, by fiber, oldest fiber first and newest frame first."""
    found = []
    known: dict[int, bool] = {}  # by id of a method: a deep recursion has few of them
    for fiber in scheduler.live():
        for frame in scheduler.frames(fiber):
            method = frame.method
            if method.id not in known:
                known[method.id] = blocks(method, files)
            if known[method.id]:
                found.append(Blocker(scheduler.get(fiber, "id"), frame))
    return found


def blocks(method: RuntimeMethod, files: Mapping[str, ClassFile]) -> bool:
    """Whether an activation of this method cannot go on as one of the new version's."""
    old = method.owner.file
    new = files.get(old.name)
    if new is None:
        # a function literal has no place in the new version of its class: its old code is gone
        return Flags.CLOSURE in old.flags and old.host in files
    declared = new.method(method.name)
    if declared is None or signature(declared) != signature(method.declared):
        return True
    return normal_code(old, method.declared) != normal_code(new, declared)
