"""Making the contexts that code is checked in, and inferring types ahead of their turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from lang import codes, nodes
from lang.checker.body import Body, World
from lang.checker.captures import Marks, assigned_names, children, mark
from lang.checker.declare import Batch, DeclaredClass, DeclaredModule
from lang.checker.members import is_inferred
from lang.checker.namespace import Namespace
from lang.checker.resolve import Resolver
from lang.checker.scopes import Frame, Role
from lang.checker.subtyping import Types
from lang.checker.table import WRONG, ClassEntry
from lang.source import Span
from lang.typed import Variable
from minivm.classfile import Flags, Method
from minivm.types import VOID, Kind, Type

_COST = 10  # levels of depth that inferring a type on the way counts as


def make_body(
    world: World,
    namespace: Namespace,
    owner: ClassEntry,
    frame: Frame,
    marks: Marks,
    bounds: Mapping[str, Type | None],
    shared: frozenset[str] = frozenset(),
) -> Body:
    """A context in which the type variables in ``bounds`` are in scope."""
    types = Types(world.table, bounds)
    return Body(world, namespace, owner, types, Resolver(namespace, types), frame, marks, tuple(bounds), shared)


def class_bounds(entry: ClassEntry) -> dict[str, Type | None]:
    """The type variables of a class with their bounds."""
    return {p.name: p.bound for p in entry.file.type_parameters}


def method_body(
    world: World,
    namespace: Namespace,
    owner: ClassEntry,
    node: nodes.FunctionDeclaration,
    method: Method,
    role: Role = Role.METHOD,
) -> Body:
    """The context of a method or function, its parameters declared."""
    this = None if method.is_static else Variable("this", owner.self_type)
    title = f"`{node.name}`"
    no_this = f"{title} is {'a top-level function' if owner.has(Flags.MODULE) else 'static'}"
    frame = Frame(role, VOID if role is Role.INIT else method.result, this, None, title, no_this)
    bounds = {**class_bounds(owner), **{p.name: p.bound for p in method.type_parameters}}
    assert node.body is not None
    return make_body(world, namespace, owner, frame, mark(node.body, node.parameters), bounds)


def initialiser_body(
    world: World, namespace: Namespace, owner: ClassEntry, value: nodes.Expression, this: Variable | None
) -> Body:
    """The context of a field's initialiser."""
    frame = Frame(Role.INITIALISER, VOID, this, None, "this initialiser", "the field is static")
    return make_body(world, namespace, owner, frame, mark(value), class_bounds(owner))


def top_level_body(world: World, namespace: Namespace, owner: ClassEntry, one: nodes.Let | None = None) -> Body:
    """The context of a module's statements, or of ``one`` of them whose type is wanted ahead of its turn."""
    unit = namespace.unit
    role = Role.MAIN if unit.entry else Role.STATIC
    frame = Frame(role, VOID, None, None, "the program", "the top level of a file has none")
    if one is not None:
        return make_body(world, namespace, owner, frame, mark((one,)), {})
    return make_body(world, namespace, owner, frame, mark(unit.program.statements), {}, shared_names(unit.program))


def shared_names(program: nodes.Program) -> frozenset[str]:
    """The names that functions, methods and function literals assign: such a top-level variable may change at any
    call, so that a test of it teaches nothing."""
    roots: list[nodes.Node] = [*program.functions, *program.classes]
    stack: list[nodes.Node] = list(program.statements)
    while stack:
        node = stack.pop()
        if isinstance(node, nodes.Lambda):
            roots.append(node)
        else:
            stack.extend(children(node))
    return frozenset(assigned_names(roots))


# ── types that were not written ──────────────────────────────────────────────────────────────────────────────


def install_inference(world: World, batch: Batch) -> None:
    """Tell every field and top-level variable without a type how to find it when it is first asked for."""
    inference = _Pending(world)
    for declared in batch.classes:
        for field in declared.node.fields:
            if is_inferred(field.type, field.value) and field.name in declared.entry.fields:
                declared.entry.pending[field.name] = partial(inference.field, declared, field)
    for module in batch.modules.values():
        for namespace in module.parts:
            for statement in namespace.unit.program.statements:
                if isinstance(statement, nodes.Let) and is_inferred(statement.type, statement.value):
                    module.entry.pending[statement.name] = partial(inference.variable, module, namespace, statement)


class _Pending:
    """Infers the types of fields and variables; ``open`` are those being inferred."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open: set[tuple[str, str]] = set()

    def field(self, declared: DeclaredClass, node: nodes.FieldDeclaration) -> Type:
        entry, value = declared.entry, node.value
        assert value is not None

        def make() -> Body:
            this = None if "static" in node.modifiers else Variable("this", entry.self_type)
            return initialiser_body(self.world, declared.namespace, entry, value, this)

        return self.infer((entry.name, node.name), declared.namespace, node.name_span, value, make)

    def variable(self, module: DeclaredModule, namespace: Namespace, node: nodes.Let) -> Type:
        value = node.value
        assert value is not None

        def make() -> Body:
            return top_level_body(self.world, namespace, module.entry, node)

        return self.infer((module.entry.name, node.name), namespace, node.name_span, value, make)

    def infer(
        self, key: tuple[str, str], namespace: Namespace, span: Span, value: nodes.Expression, make: Callable[[], Body]
    ) -> Type:
        """Check the value for its type only; it is checked again, with diagnostics, in its turn."""
        if key in self.open or self.world.depth + _COST > self.world.limit:
            message = f"the type of `{key[1]}` depends on itself"
            if key not in self.open:
                message = f"finding the type of `{key[1]}` takes too many steps"
            hint = f"write its type: `{key[1]}: int`, for example"
            source = namespace.unit.source
            self.world.report.error(source, span, codes.INFERENCE_CYCLE, message, "", hint, always=True)
            return WRONG
        self.open.add(key)
        self.world.depth += _COST
        try:
            with self.world.report.silent():
                found = make().value(value).type
        finally:
            self.open.discard(key)
            self.world.depth -= _COST
        return WRONG if found.kind in (Kind.NULL, Kind.NEVER) else found
