"""Loaded code that uses what a set changes: which of it can still run, and whether it would still fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import define

from minivm.classes import RuntimeClass, RuntimeMethod, Stage
from minivm.classfile import CLASS_INITIALISER, MAIN, FieldRef, Flags, MethodRef
from minivm.errors import LinkError, VerifyError
from minivm.interpreter import Interpreter
from minivm.loader import Loader, check_bounds
from minivm.redefine.world import Fork, World
from minivm.types import Type
from minivm.verifier import verify


@define
class Callers:
    """One search. ``count`` gives the live instances of a class, at the price of a walk over the heap."""

    vm: Interpreter
    world: World
    count: Callable[[RuntimeClass], int]
    active: frozenset[int]  # ids of the methods that have frames

    def broken(self) -> list[str]:
        """The places that would no longer fit."""
        names = frozenset(cls.file.name for cls in self.world.affected.values())
        places: list[str] = []
        for cls in self._can_run(names):
            if cls.id in self.world.affected or not mentions(cls, names):
                continue
            for method in self._live_methods(cls):
                places += self._faults(method)
        return [*dict.fromkeys(places), *self._broken_bounds()]

    # ── what can run ─────────────────────────────────────────────────────────────────────────────────────

    def _live_methods(self, cls: RuntimeClass) -> list[RuntimeMethod]:
        methods = cls.all_methods()
        return [m for m in methods if m.declared.code is not None and (m.id in self.active or not _is_over(m))]

    def _can_run(self, names: frozenset[str]) -> list[RuntimeClass]:
        """Every loaded class but for function literals that nobody holds, no fiber is in and no code makes any more;
        with them the literals that code would make later."""
        loaded = self.vm.registry.loaded()
        literals = [cls for cls in loaded if Flags.CLOSURE in cls.file.flags]
        found = {cls.id: cls for cls in loaded if Flags.CLOSURE not in cls.file.flags}
        found |= {cls.id: cls for cls in literals if any(m.id in self.active for m in cls.all_methods())}
        self._add_made(found, list(found.values()))
        rest = [cls for cls in literals if cls.id not in found]
        if any(mentions(cls, names) for cls in rest):
            held = [cls for cls in rest if self.count(cls)]
            found |= {cls.id: cls for cls in held}
            self._add_made(found, held)
        return list(found.values())

    def _add_made(self, found: dict[int, RuntimeClass], pending: list[RuntimeClass]) -> None:
        """Add the literals that the pending classes make, and those that these make."""
        while pending:
            cls = pending.pop()
            if cls.id in self.world.affected:
                continue  # what the new version makes is checked with it
            for method in self._live_methods(cls):
                for literal in self._made_by(method):
                    if literal.id not in found:
                        found[literal.id] = literal
                        pending.append(literal)

    def _made_by(self, method: RuntimeMethod) -> Iterator[RuntimeClass]:
        """The classes of the function literals in a method, as they would be loaded."""
        fork = self._fork_of(method)
        code = method.declared.code
        assert code is not None
        for instruction in code.instructions:
            if instruction.row.name != "new":
                continue
            made = method.constant(instruction.operands[0])
            assert isinstance(made, MethodRef)
            template = fork.template(made.owner.name)
            if template is not None and Flags.CLOSURE in template[0].flags:
                yield fork.load(made.owner)

    # ── what would not fit ───────────────────────────────────────────────────────────────────────────────

    def _fork_of(self, method: RuntimeMethod) -> Loader:
        scope = method.scope(self.vm.machine.app)
        return scope if isinstance(scope, Fork) else self.world.fork_of(scope)

    def _faults(self, method: RuntimeMethod) -> list[str]:
        real = method.scope(self.vm.machine.app)
        try:
            if method.verified is None and not isinstance(real, Fork):
                verify(method, real)
        except LinkError:
            return []  # it did not fit before either
        try:
            verify(method, self._fork_of(method))
        except VerifyError as error:
            return [fault_place(method, fault.pc, fault.reason) for fault in error.faults]
        return []

    def _broken_bounds(self) -> Iterator[str]:
        """Instances of templates, themselves unchanged, whose type arguments would no longer be below the bounds."""
        for cls in self.vm.registry.loaded():
            if cls.id not in self.world.affected and any(p.bound for p in cls.file.type_parameters):
                try:
                    check_bounds(self.world.fork_of(cls.loader), cls)
                except LinkError as error:
                    yield f"{cls.type}: {error}"


def _is_over(method: RuntimeMethod) -> bool:
    """Whether the method has run and never will again: a module's statements, a class initialiser."""
    if method.name == MAIN and Flags.MODULE in method.owner.file.flags:
        return method.id != 0
    return method.name == CLASS_INITIALISER and method.owner.stage in (Stage.INITIALISED, Stage.FAILED)


def fault_place(method: RuntimeMethod, pc: int, reason: str) -> str:
    """A fault of the verifier as a place in the source."""
    code = method.declared.code
    line = code.line_at(pc) if code is not None and pc >= 0 else method.declared.line
    return f"{method}   {method.owner.file.source}:{line}   {reason}"


def mentions(cls: RuntimeClass, names: frozenset[str]) -> bool:
    """Whether a class's constants or member types name one of the classes."""
    types: list[Type] = [f.type for f in cls.fields.values()]
    types += [t for m in cls.methods.values() for t in (*m.declared.parameters, m.declared.result)]
    types += cls.type.args
    for constant in cls.file.constants:
        if isinstance(constant, Type):
            types.append(constant)
        elif isinstance(constant, FieldRef):
            types += (constant.owner, constant.type)
        elif isinstance(constant, MethodRef):
            types += (constant.owner, constant.result, *constant.parameters, *constant.type_args)
    return any(_names(type_, names) for type_ in types)


def _names(type_: Type, names: frozenset[str]) -> bool:
    return type_.name in names or any(_names(arg, names) for arg in type_.args)
