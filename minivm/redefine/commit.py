"""Commit: the only writer. Swaps the new classes in; none of it can fail, and all of it can be taken back."""

from __future__ import annotations

from attrs import define

from minivm.classes import RuntimeClass, RuntimeMethod, Stage
from minivm.classfile import ClassFile
from minivm.interpreter import Interpreter
from minivm.layouts import Layout
from minivm.loader import Loader
from minivm.redefine.plan import Plan
from minivm.redefine.quiesce import blocks
from minivm.redefine.world import Fork
from minivm.types import Type


@define
class Saved:
    """Everything outside the halves that a transaction changes, as it was before."""

    half: tuple[int, int, int]
    classes: list[RuntimeClass | None]
    free: list[int]
    methods: list[RuntimeMethod | None]
    stages: list[tuple[RuntimeClass, Stage]]
    layouts: dict[int, Layout]
    prototypes: dict[int, memoryview[int]]
    loaders: list[tuple[Loader, dict[Type, RuntimeClass], dict[str, tuple[ClassFile, Loader]]]]
    next_fiber: int

    def restore(self, vm: Interpreter) -> None:
        """Put everything back."""
        vm.memory.use(self.half)
        vm.registry.classes[:] = self.classes
        vm.registry.free[:] = self.free
        unprepare(vm.registry.methods[len(self.methods) :])
        vm.registry.methods[:] = self.methods
        for cls, stage in self.stages:
            cls.stage = stage
        vm.linker.layouts.restore(self.layouts)
        vm.linker.prototypes.clear()
        vm.linker.prototypes.update(self.prototypes)
        for loader, classes, templates in self.loaders:
            loader.classes, loader.templates = classes, templates
        vm.scheduler.next_id = self.next_fiber
        if vm.tier is not None:
            vm.tier.restored()
        forget_code(vm)


def save(vm: Interpreter, loaders: list[Loader]) -> Saved:
    """Note what ``restore`` puts back."""
    memory = vm.memory
    return Saved(
        memory.half,
        list(vm.registry.classes),
        list(vm.registry.free),
        list(vm.registry.methods),
        [(cls, cls.stage) for cls in vm.registry.loaded()],
        dict(vm.linker.layouts),
        dict(vm.linker.prototypes),
        [(loader, dict(loader.classes), dict(loader.templates)) for loader in loaders],
        vm.scheduler.next_id,
    )


def commit(vm: Interpreter, plan: Plan, forced: bool) -> None:
    """Make the plan's world the real one."""
    bumped = {d.name for d in plan.diffs if forced or not d.is_empty}
    registry = vm.registry
    registry.free[:] = plan.world.registry.free
    registry.classes.extend([None] * (len(plan.world.registry.classes) - len(registry.classes)))
    for old, new in plan.pairs():
        fork = new.loader
        assert isinstance(fork, Fork) and fork.base is not None
        new.loader = fork.base
        registry.classes[new.id] = new
        if old is not None:
            _succeed(vm, old, new, plan.files)
            new.version = old.version + (new.file.name in bumped)
    for fork in plan.world.forks.values():
        base = fork.base
        assert base is not None
        base.classes = fork.classes
        base.templates = {n: (f, _real(home)) for n, (f, home) in fork.templates.items()}
    forget_code(vm)


def _real(loader: Loader) -> Loader:
    return loader.base if isinstance(loader, Fork) and loader.base is not None else loader


def _succeed(vm: Interpreter, old: RuntimeClass, new: RuntimeClass, files: dict[str, ClassFile]) -> None:
    new.stage = old.stage
    new.failure, new.initialising_fiber = old.failure, old.initialising_fiber
    if old.stage is not Stage.LOADED:
        vm.linker.register(new)
        vm.linker.linked(new)
    successors = {(m.name, m.type_args): m for m in new.all_methods()}
    for method in old.all_methods():
        successor = successors.get((method.name, method.type_args))
        if method.id and successor is not None and not blocks(method, files):
            successor.id = method.id
            successor.frame_words, successor.leaf = method.frame_words, method.leaf  # the code is the same
            vm.methods[method.id] = successor


def unprepare(methods: list[RuntimeMethod | None]) -> None:
    """Make methods as they were before their first call: their ids and all that was worked out for them is void."""
    for method in methods:
        if method is not None:
            method.id = 0
            method.verified = method.code = None
            method.stack_maps.clear()


def forget_code(vm: Interpreter) -> None:
    """Drop every method's executable form: it may name classes, offsets or methods that are no more."""
    for method in vm.methods:
        if method is not None:
            method.code = None
    vm.unwinder.forget()
    if vm.tier is not None:
        vm.tier.classes_changed()
