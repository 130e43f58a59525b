"""Dropping the function literals of old versions: once nobody holds one, its class goes and its number is free again.

Methods that can never run again are retired: an error thrown long ago may have one in its trace, so their names
and lines stay known by number, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

from minivm.classes import RuntimeClass
from minivm.classfile import ClassFile, Flags
from minivm.interpreter import Interpreter
from minivm.loader import Loader, RetiredMethod
from minivm.memory import STATICS_BIT, Root
from minivm.redefine.callers import mentions
from minivm.redefine.survey import Survey

FEW = 32  # not worth a look
MANY = 1000  # worth a walk over however large a heap


def drop_outdated(
    vm: Interpreter, loaders: list[Loader], files: dict[str, ClassFile], counts: dict[int, int] | None
) -> None:
    """Drop the classes of function literals that ``files``, the new versions of their hosts, no longer have.

    ``counts`` are the live instances by class id, if they are known; otherwise they are only counted for many classes.
    """
    old = [cls for cls in vm.registry.loaded() if is_outdated(cls, files)]
    if len(old) < FEW or (counts is None and len(old) < MANY):
        return
    found = Survey(vm).count() if counts is None else counts
    for cls in unused(vm, old, found or {}):
        _drop(vm, loaders, cls)
        retire_methods(vm, [cls])


def retire_methods(vm: Interpreter, olds: Iterable[RuntimeClass]) -> None:
    """Forget the methods of replaced classes, but for those that new versions have taken over or that still run."""
    gone = [m for old in olds for m in old.all_methods() if m.id and vm.methods[m.id] is m]
    active = {frame.method for frame in vm.scheduler.all_frames()} if gone else set()
    for method in gone:
        if method not in active:
            vm.registry.retired[method.id] = RetiredMethod.of(method)
            vm.methods[method.id] = None


def is_outdated(cls: RuntimeClass, files: dict[str, ClassFile]) -> bool:
    """Whether it is a function literal of a redefined class that the new version does not have."""
    return Flags.CLOSURE in cls.file.flags and cls.file.host in files and cls.file.name not in files


def unused(vm: Interpreter, old: list[RuntimeClass], counts: dict[int, int]) -> list[RuntimeClass]:
    """Those without instances and frames, but for literals within literals that are in use."""
    active = {frame.method.owner.id for frame in vm.scheduler.all_frames()}
    free = [cls for cls in old if cls.id not in active and not counts.get(cls.id)]
    gone = {cls.id for cls in free}
    users = [cls for cls in vm.registry.loaded() if cls.id not in gone]
    while users and free:
        needed = [cls for cls in free if any(mentions(user, frozenset({cls.file.name})) for user in users)]
        free = [cls for cls in free if cls not in needed]
        users = needed
    return free


def _drop(vm: Interpreter, loaders: list[Loader], cls: RuntimeClass) -> None:
    for loader in loaders:
        if loader.classes.get(cls.type) is cls:
            del loader.classes[cls.type]
        if not cls.file.is_template:
            loader.templates.pop(cls.file.name, None)
    for low in (cls.id, cls.id | STATICS_BIT):
        vm.linker.layouts.remove(low)
    vm.linker.prototypes.pop(cls.id, None)
    if Root.STATICS + cls.id < vm.memory.root_count:
        vm.memory.set_root(Root.STATICS + cls.id, 0)
    vm.registry.classes[cls.id] = None
    vm.registry.free.append(cls.id)
