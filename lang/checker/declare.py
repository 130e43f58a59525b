"""The declaration pass, first half: which classes and modules there are, and what extends what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, evolve, field

from lang import codes, nodes
from lang.checker.environment import Environment, Unit
from lang.checker.namespace import Namespace
from lang.checker.report import Report
from lang.checker.resolve import Resolver
from lang.checker.subtyping import Types
from lang.checker.table import WELL_KNOWN, ClassEntry, Table, is_wrong
from lang.diagnostics import Label, nearest
from lang.source import Span
from minivm.classfile import ClassFile, Flags, Method, TypeParameter
from minivm.types import OBJECT, PRIMITIVES, Kind, Type, class_type

ENUM = class_type("Enum")
LIBRARY = "std/"  # how the names of the library's sources begin
MAX_CHAIN = 100  # superclasses of superclasses; every class knows all of its own, and the machine loads them in turn
_KINDS = {"interface": Flags.INTERFACE, "enum": Flags.ENUM | Flags.FINAL, "class": Flags.NONE}
_MODIFIERS = {
    "abstract": Flags.ABSTRACT,
    "final": Flags.FINAL,
    "private": Flags.PRIVATE,
    "static": Flags.STATIC,
    "native": Flags.NATIVE,
}


def flags_of(modifiers: frozenset[str]) -> Flags:
    """The flags that modifiers are; ``override`` is none."""
    found = Flags.NONE
    for word in modifiers:
        found |= _MODIFIERS.get(word, Flags.NONE)
    return found


@define(eq=False)
class DeclaredClass:
    """A class of the batch."""

    entry: ClassEntry
    node: nodes.ClassDeclaration
    namespace: Namespace
    resolver: Resolver

    @property
    def types(self) -> Types:
        """The relations between types inside the class."""
        return self.resolver.types

    def error(self, span: Span, code: str, message: str, label: str = "", hint: str = "") -> None:
        """Report a problem with the declaration."""
        self.resolver.error(span, code, message, label, hint)

    def line(self, span: Span) -> int:
        """The line a span starts on."""
        return self.namespace.unit.source.line(span.start)


@define(eq=False)
class DeclaredModule:
    """A module of the batch: one unit, or several that share its name (the standard library)."""

    entry: ClassEntry
    parts: list[Namespace] = field(factory=list)
    functions: list[tuple[Namespace, nodes.FunctionDeclaration, Method]] = field(factory=list)


Later = list[tuple[Resolver, TypeParameter, Type, Mapping[str, Type], Span]]


@define(eq=False)
class Batch:
    """Everything declared in the units that are checked together."""

    units: Sequence[Unit]
    table: Table
    report: Report
    classes: list[DeclaredClass] = field(factory=list)
    modules: dict[str, DeclaredModule] = field(factory=dict)
    later: Later = field(factory=list)

    def resolver(self, namespace: Namespace, bounds: Mapping[str, Type | None]) -> Resolver:
        """Resolves types where these variables are in scope; bounds are checked once all classes are known."""
        return Resolver(namespace, Types(self.table, bounds), self.later)


def declare_names(units: Sequence[Unit], environment: Environment, report: Report) -> Batch:
    """Enter every class and module by name."""
    batch = Batch(units, Table(environment), report)
    taken = {unit.prefix + node.name for unit in units for node in unit.program.classes}
    for unit in units:
        name = unit.module + "Main" if unit.module in taken else unit.module
        if name not in batch.modules:
            entry = ClassEntry(_module_file(unit, name), unit)
            batch.modules[name] = DeclaredModule(entry)
            batch.table.batch[name] = entry
        module = batch.modules[name]
        namespace = Namespace(unit, module.entry, batch.table, report)
        module.parts.append(namespace)
        for node in unit.program.classes:
            _declare_class(batch, namespace, node)
    for module in batch.modules.values():
        for namespace in module.parts:
            _check_imports(batch, namespace)
    return batch


def _module_file(unit: Unit, name: str) -> ClassFile:
    flags = Flags.MODULE | Flags.FINAL
    source = unit.source
    return ClassFile(name, OBJECT, (), flags, source=source.name, line=source.first_line, text=source.text)


def _declare_class(batch: Batch, namespace: Namespace, node: nodes.ClassDeclaration) -> None:
    unit = namespace.unit
    name = unit.prefix + node.name
    known = batch.table.batch.get(name)
    if name in PRIMITIVES or _is_librarys(batch.table.environment, name):
        message = f"`{name}` is {'a built-in type' if name in PRIMITIVES else 'a class of the library'}"
        batch.report.error(unit.source, node.name_span, codes.DECLARED_TWICE, message, "", "take another name")
        return
    if known is not None:
        labels: tuple[Label, ...] = ()
        if known.node is not None and known.unit is unit:
            labels = (Label(known.node.name_span, "declared here first"),)
        message = f"the class `{name}` is declared twice"
        batch.report.error(unit.source, node.name_span, codes.DECLARED_TWICE, message, "again", "", labels)
        return
    text = unit.source.text[node.span.start : node.span.end]
    line = unit.source.line(node.name_span.start)
    flags = _KINDS[node.kind] | flags_of(node.modifiers)
    file = ClassFile(name, OBJECT, (), flags, source=unit.source.name, line=line, text=text)
    entry = ClassEntry(file, unit, node)
    batch.table.batch[name] = entry
    batch.classes.append(DeclaredClass(entry, node, namespace, batch.resolver(namespace, {})))


def _is_librarys(environment: Environment, name: str) -> bool:
    """Whether a class is the library's already. The boot loader, which is asked first, would give that one."""
    found = None if environment.allow_native else environment.find(name)
    return found is not None and (name in WELL_KNOWN or found.source.startswith(LIBRARY))


def _check_imports(batch: Batch, namespace: Namespace) -> None:
    for node in namespace.unit.program.imports:
        found = batch.table.find(node.name)
        if found is None or not found.has(Flags.MODULE):
            close = nearest(node.name, batch.modules)
            hint = f"did you mean `{close}`?" if close else ""
            if found is not None:
                hint = f"`{node.name}` is a class, so no module can have this name"
            message = f"module `{node.name}` not found"
            batch.report.error(namespace.unit.source, node.span, codes.UNKNOWN_MODULE, message, "", hint)


# ── headers ──────────────────────────────────────────────────────────────────────────────────────────────────


def declare_headers(batch: Batch) -> None:
    """Give every class its type parameters and supertypes; a class that is its own supertype loses them."""
    for declared in batch.classes:
        names = tuple(TypeParameter(p.name) for p in declared.node.type_parameters)
        declared.entry.file = evolve(declared.entry.file, type_parameters=names)
    for declared in batch.classes:
        parameters, declared.resolver = type_parameters(batch, declared.namespace, declared.node.type_parameters, {})
        declared.entry.file = evolve(
            declared.entry.file,
            type_parameters=parameters,
            superclass=_superclass(batch, declared),
            interfaces=_interfaces(batch, declared),
        )
    _break_cycles(batch)
    _limit_chains(batch)


def type_parameters(
    batch: Batch,
    namespace: Namespace,
    written: tuple[nodes.TypeParameterNode, ...],
    outer: Mapping[str, Type | None],
) -> tuple[tuple[TypeParameter, ...], Resolver]:
    """Type parameters with their bounds, and what resolves types where they are in scope."""
    bounds: dict[str, Type | None] = dict(outer)
    resolver = batch.resolver(namespace, bounds)
    for node in written:
        if node.name in bounds or node.name in PRIMITIVES:
            resolver.error(node.span, codes.DECLARED_TWICE, f"there is already a type `{node.name}` here", "again")
        bounds[node.name] = None
    found = []
    for node in written:
        bound = resolver.resolve(node.bound) if node.bound is not None else None
        if bound is not None and (bound.kind is not Kind.CLASS or bound.nullable) and not is_wrong(bound):
            assert node.bound is not None
            message = f"a bound is a class or interface, not `{bound}`"
            resolver.error(node.bound.span, codes.BOUND_VIOLATED, message)
            bound = None
        bounds[node.name] = bound
        found.append(TypeParameter(node.name, bound))
    return tuple(found), resolver


def _superclass(batch: Batch, declared: DeclaredClass) -> Type | None:
    node = declared.node
    if node.kind == "enum":
        return ENUM if declared.entry.name != "Enum" else OBJECT
    if declared.entry.name == "Object":
        return None
    if node.superclass is None or node.kind == "interface":
        return OBJECT
    found = declared.resolver.resolve(node.superclass)
    return found if _is_extensible(batch, declared, found, node.superclass.span) else OBJECT


def _is_extensible(batch: Batch, declared: DeclaredClass, found: Type, span: Span) -> bool:
    if is_wrong(found):
        return False
    entry = batch.table.find(found.name) if found.kind is Kind.CLASS and not found.nullable else None
    message, hint = "", ""
    if entry is None:
        message = f"`{found}` is not a class that can be extended"
    elif entry.file.is_interface:
        message, hint = f"`{found}` is an interface", f"write `implements {found}`"
    elif entry.has(Flags.ENUM):
        message = f"`{found}` is an enum and cannot be extended"
    elif entry.has(Flags.FINAL):
        message, hint = f"`{found}` is final and cannot be extended", "hold one in a field instead"
    if message:
        declared.error(span, codes.CANNOT_EXTEND, message, "", hint)
    return not message


def _interfaces(batch: Batch, declared: DeclaredClass) -> tuple[Type, ...]:
    node = declared.node
    written = node.interfaces
    if node.kind == "interface" and node.superclass is not None:
        written = (node.superclass, *written)
    found: list[Type] = []
    for item in written:
        type_ = declared.resolver.resolve(item)
        if is_wrong(type_):
            continue
        entry = batch.table.find(type_.name) if type_.kind is Kind.CLASS and not type_.nullable else None
        if entry is None or not entry.file.is_interface:
            hint = f"write `extends {type_}`" if entry is not None and node.kind == "class" else ""
            declared.error(item.span, codes.CANNOT_EXTEND, f"`{type_}` is not an interface", "", hint)
        elif any(type_.name == other.name for other in found):
            declared.error(item.span, codes.DECLARED_TWICE, f"`{type_.name}` is named twice", "again")
        else:
            found.append(type_)
    return tuple(found)


def _break_cycles(batch: Batch) -> None:
    """Depth-first, without recursion: a supertype that is still open when it is met again closes a cycle."""
    by_name = {declared.entry.name: declared for declared in batch.classes}
    state: dict[str, bool] = {}  # open: False; done: True
    for declared in batch.classes:
        stack = [declared.entry.name]
        while stack:
            name = stack[-1]
            if name in state:
                state[name] = True
                stack.pop()
                continue
            state[name] = False
            for above in _supertype_names(by_name[name].entry):
                if state.get(above) is False:
                    _report_cycle(by_name[name], above)
                elif above in by_name and above not in state:
                    stack.append(above)


def _limit_chains(batch: Batch) -> None:
    """Cut a chain of superclasses where it gets longer than anybody means it to be."""
    by_name = {declared.entry.name: declared for declared in batch.classes}
    lengths: dict[str, int] = {}
    for declared in batch.classes:
        chain: list[DeclaredClass] = []
        at: DeclaredClass | None = declared
        while at is not None and at.entry.name not in lengths:
            chain.append(at)
            at = by_name.get(at.entry.file.superclass.name) if at.entry.file.superclass else None
        length = lengths[at.entry.name] if at is not None else 0
        for below in reversed(chain):
            length += 1
            if length > MAX_CHAIN:
                message = f"`{below.entry.name}` has more than {MAX_CHAIN} superclasses"
                below.error(below.node.name_span, codes.TOO_DEEP, message)
                below.entry.file = evolve(below.entry.file, superclass=OBJECT)
                length = 1
            lengths[below.entry.name] = length


def _supertype_names(entry: ClassEntry) -> list[str]:
    above = [entry.file.superclass] if entry.file.superclass else []
    return [type_.name for type_ in (*above, *entry.file.interfaces)]


def _report_cycle(declared: DeclaredClass, above: str) -> None:
    name = declared.entry.name
    message = f"`{name}` is its own supertype" + (f" (through `{above}`)" if above != name else "")
    declared.error(declared.node.name_span, codes.HIERARCHY_CYCLE, message)
    declared.entry.file = evolve(declared.entry.file, superclass=OBJECT, interfaces=())


def check_later(batch: Batch) -> None:
    """Check the bounds that were put off while classes were declared; from now on they are checked at once."""
    for resolver, parameter, arg, binding, span in batch.later:
        resolver.check_bound(parameter, arg, binding, span)
    batch.later.clear()
