"""The declaration pass, second half: the signatures of fields, methods and top-level functions."""

from __future__ import annotations

from attrs import evolve

from lang import codes, nodes
from lang.checker.declare import Batch, DeclaredClass, DeclaredModule, flags_of, type_parameters
from lang.checker.namespace import Namespace
from lang.checker.resolve import Resolver
from lang.checker.table import WRONG, ClassEntry
from lang.diagnostics import Label
from lang.source import Span
from minivm.classfile import INIT, MAIN, Field, Flags, Method
from minivm.types import BOOL, FLOAT, INT, STRING, VOID, Type

_LITERALS: dict[type, Type] = {nodes.Int: INT, nodes.Float: FLOAT, nodes.Bool: BOOL, nodes.String: STRING}


def declare_members(batch: Batch) -> None:
    """Give every class and module its members, and their class files the same."""
    for declared in batch.classes:
        _Members(batch, declared).declare()
    for module in batch.modules.values():
        _declare_module(batch, module)


def _start(node: nodes.Node) -> int:
    return node.span.start


class _Members:
    """One class's members as they are entered."""

    def __init__(self, batch: Batch, declared: DeclaredClass) -> None:
        self.batch = batch
        self.declared = declared
        self.entry = declared.entry
        self.node = declared.node
        self.places: dict[str, Span] = {}

    def declare(self) -> None:
        node = self.node
        members: list[nodes.Node] = [*node.cases, *node.fields, *node.methods]
        for member in sorted(members, key=_start):
            if isinstance(member, nodes.EnumCase):
                self.case(member)
            elif isinstance(member, nodes.FieldDeclaration):
                self.field(member)
            elif isinstance(member, nodes.FunctionDeclaration):
                self.method(member)
        self.implied()

    def case(self, node: nodes.EnumCase) -> None:
        flags = Flags.STATIC | Flags.FINAL
        place = Span(node.span.start, node.span.start + len(node.name))
        self.add_field(Field(node.name, self.entry.self_type, flags, 0, self.declared.line(node.span)), place)

    def is_free(self, name: str, span: Span) -> bool:
        """Whether no member has the name yet; reports it otherwise."""
        first = self.places.get(name)
        if first is None:
            self.places[name] = span
            return True
        source = self.declared.namespace.unit.source
        hint = "a class has one `init`" if name == INIT else "one name, one member: there is no overloading"
        message = f"`{name}` is declared twice in `{self.entry.name}`"
        labels = (Label(first, "first here"),)
        self.batch.report.error(source, span, codes.DECLARED_TWICE, message, "again", hint, labels)
        return False

    def add_field(self, field: Field, span: Span) -> bool:
        if not self.is_free(field.name, span):
            return False
        self.entry.fields[field.name] = field
        return True

    def field(self, node: nodes.FieldDeclaration) -> None:
        if self.node.kind == "interface":
            self.declared.error(node.span, codes.BAD_INTERFACE, "an interface has no fields", "", "declare a method")
            return
        flags = flags_of(node.modifiers) | (Flags.NONE if node.mutable else Flags.FINAL)
        type_ = written_type(self.declared.resolver, node.type, node.value)
        self.add_field(Field(node.name, type_, flags, 0, self.declared.line(node.name_span)), node.name_span)

    def method(self, node: nodes.FunctionDeclaration) -> None:
        if not self.is_free(node.name, node.name_span):
            return
        outer = self.declared.types.bounds
        parameters, resolver = type_parameters(self.batch, self.declared.namespace, node.type_parameters, outer)
        flags = flags_of(node.modifiers)
        if self.node.kind == "interface":
            flags |= Flags.ABSTRACT
        self._check(node)
        method = signature(resolver, node, flags)
        method = evolve(method, type_parameters=parameters)
        if node.name == INIT:
            method = evolve(method, result=self.entry.self_type)
            method = _enum_init(method) if self.node.kind == "enum" else method
        self.entry.methods[node.name] = method

    def _check(self, node: nodes.FunctionDeclaration) -> None:
        """Modifiers, body and kind of class have to agree."""
        for code, message, hint in _contradictions(self.node, node):
            self.declared.error(node.name_span, code, message, "", hint)
        if "native" in node.modifiers and not self.batch.table.environment.allow_native:
            message = "only the standard library has `native` methods"
            self.declared.error(node.name_span, codes.NATIVE_OUTSIDE_STD, message, "", "give it a body")

    def implied(self) -> None:
        """What every class has without saying so: an init; an enum also ``values``."""
        line = self.declared.line(self.node.name_span)
        if self.node.kind != "interface" and INIT not in self.entry.methods:
            method = Method(INIT, (), self.entry.self_type, Flags.SYNTHETIC, line=line)
            self.entry.methods[INIT] = _enum_init(method) if self.node.kind == "enum" else method
        if self.node.kind == "enum" and self.is_free("values", self.node.name_span):
            array = Type(self.entry.self_type.kind, "Array", (self.entry.self_type,))
            flags = Flags.STATIC | Flags.SYNTHETIC
            self.entry.methods["values"] = Method("values", (), array, flags, line=line)


def _contradictions(class_: nodes.ClassDeclaration, node: nodes.FunctionDeclaration) -> list[tuple[str, str, str]]:
    """What is wrong with a method's modifiers and body: code, message, hint."""
    name, words = node.name, node.modifiers
    is_generic = bool(node.type_parameters)
    found: list[tuple[str, str, str]] = []
    if class_.kind == "interface":
        if name == INIT:
            return [(codes.BAD_INTERFACE, "an interface has no `init`", "the classes that implement it have one")]
        if node.body is not None:
            hint = "leave the body to the classes that implement it"
            found.append((codes.BAD_INTERFACE, f"`{name}` has a body, but an interface has signatures only", hint))
        if words - {"abstract"}:
            bad = ", ".join(f"`{word}`" for word in sorted(words - {"abstract"}))
            found.append((codes.BAD_INTERFACE, f"a method of an interface cannot be {bad}", ""))
        if is_generic:
            found.append(_generic_virtual(name))
        return found
    if "abstract" in words:
        found += _abstract_contradictions(class_, node)
        return [*found, _generic_virtual(name)] if is_generic else found
    if "native" in words and node.body is not None:
        found.append((codes.BAD_MODIFIER, f"`{name}` is native and has a body", "remove one of the two"))
    if node.body is None and "native" not in words:
        hint = "add `{ ... }`, or make the method and its class `abstract`" if name != INIT else "add `{ ... }`"
        found.append((codes.BAD_MODIFIER, f"`{name}` has no body", hint))
    if "static" in words and words & {"override", "final"}:
        bad = "override" if "override" in words else "final"
        found.append(
            (codes.BAD_MODIFIER, f"`{name}` is static, and a static method is never overridden", f"remove `{bad}`")
        )
    if is_generic and "override" in words:
        found.append(_generic_virtual(name))
    return found


def _generic_virtual(name: str) -> tuple[str, str, str]:
    message = f"`{name}` has type parameters, so it can be neither abstract nor overridden"
    return codes.GENERIC_VIRTUAL, message, "move the type parameters to the class"


def _abstract_contradictions(
    class_: nodes.ClassDeclaration, node: nodes.FunctionDeclaration
) -> list[tuple[str, str, str]]:
    name = node.name
    found = []
    if node.body is not None:
        found.append((codes.BAD_MODIFIER, f"`{name}` is abstract and has a body", "remove one of the two"))
    clash = sorted(node.modifiers & {"static", "private", "final", "native"})
    if clash:
        message = f"`{name}` cannot be both abstract and {clash[0]}"
        found.append((codes.BAD_MODIFIER, message, "only what subclasses see and override can be abstract"))
    if "abstract" not in class_.modifiers:
        message = f"`{name}` is abstract, but the class `{class_.name}` is not"
        hint = f"write `abstract class {class_.name}`" if class_.kind == "class" else "give it a body"
        found.append((codes.BAD_MODIFIER, message, hint))
    return found


def _enum_init(method: Method) -> Method:
    """An enum's init takes the case's name and number before what is written."""
    parameters, names = (STRING, INT, *method.parameters), ("$name", "$ordinal", *method.parameter_names)
    return evolve(method, parameters=parameters, parameter_names=names)


def written_type(resolver: Resolver, node: nodes.TypeNode | None, value: nodes.Expression | None) -> Type:
    """A declaration's type: as written, or a plain literal's; the error type where it is still to be inferred."""
    if node is not None:
        return resolver.resolve(node)
    if isinstance(value, nodes.Unary) and value.op == "-":
        value = value.operand
    return _LITERALS.get(type(value), WRONG)


def is_inferred(node: nodes.TypeNode | None, value: nodes.Expression | None) -> bool:
    """Whether ``written_type`` could not say."""
    if isinstance(value, nodes.Unary) and value.op == "-":
        value = value.operand
    return node is None and value is not None and type(value) not in _LITERALS


def signature(resolver: Resolver, node: nodes.FunctionDeclaration, flags: Flags) -> Method:
    """A method's class-file row, but for its type parameters."""
    seen: set[str] = set()
    for parameter in node.parameters:
        if parameter.name in seen:
            message = f"two parameters are called `{parameter.name}`"
            resolver.error(parameter.span, codes.DECLARED_TWICE, message, "again")
        seen.add(parameter.name)
    types = tuple(resolver.resolve(p.type) if p.type is not None else WRONG for p in node.parameters)
    result = resolver.resolve(node.result) if node.result is not None else VOID
    line = resolver.namespace.unit.source.line(node.name_span.start)
    names = tuple(p.name for p in node.parameters)
    return Method(node.name, types, result, flags, None, (), line, names)


# ── modules ──────────────────────────────────────────────────────────────────────────────────────────────────


def _declare_module(batch: Batch, module: DeclaredModule) -> None:
    entry = module.entry
    for namespace in module.parts:
        unit = namespace.unit
        taken: dict[str, Span] = {node.name: node.name_span for node in unit.program.classes}
        variables = (node for node in unit.program.statements if isinstance(node, nodes.Let))
        members: list[nodes.Let | nodes.FunctionDeclaration] = [*variables, *unit.program.functions]
        for node in sorted(members, key=_start):
            if not _is_free(batch, namespace, taken, node.name, node.name_span):
                continue
            if isinstance(node, nodes.Let):
                _variable(batch, namespace, entry, node)
            else:
                _function(batch, namespace, module, node)


def _is_free(batch: Batch, namespace: Namespace, taken: dict[str, Span], name: str, span: Span) -> bool:
    first = taken.get(name)
    entry = namespace.module
    if first is None and name not in entry.fields and name not in entry.methods:
        taken[name] = span
        return True
    labels = (Label(first, "first here"),) if first is not None else ()
    message = f"`{name}` is declared twice at the top level"
    batch.report.error(namespace.unit.source, span, codes.DECLARED_TWICE, message, "again", "", labels)
    return False


def _variable(batch: Batch, namespace: Namespace, entry: ClassEntry, node: nodes.Let) -> None:
    type_ = written_type(batch.resolver(namespace, {}), node.type, node.value)
    flags = Flags.STATIC if node.mutable else Flags.STATIC | Flags.FINAL
    line = namespace.unit.source.line(node.name_span.start)
    entry.fields[node.name] = Field(node.name, type_, flags, 0, line)


def _function(batch: Batch, namespace: Namespace, module: DeclaredModule, node: nodes.FunctionDeclaration) -> None:
    parameters, resolver = type_parameters(batch, namespace, node.type_parameters, {})
    for code, message, hint in _function_contradictions(batch, namespace, node):
        resolver.error(node.name_span, code, message, "", hint)
    flags = flags_of(node.modifiers & {"native"}) | Flags.STATIC
    method = evolve(signature(resolver, node, flags), type_parameters=parameters)
    module.entry.methods[node.name] = method
    module.functions.append((namespace, node, method))


def _function_contradictions(
    batch: Batch, namespace: Namespace, node: nodes.FunctionDeclaration
) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    odd = sorted(node.modifiers - {"native"})
    if odd:
        found.append((codes.BAD_MODIFIER, f"a top-level function cannot be `{odd[0]}`", f"remove `{odd[0]}`"))
    if "native" in node.modifiers:
        if not batch.table.environment.allow_native:
            message = "only the standard library has `native` functions"
            found.append((codes.NATIVE_OUTSIDE_STD, message, "give it a body"))
        elif node.body is not None:
            found.append((codes.BAD_MODIFIER, f"`{node.name}` is native and has a body", "remove one of the two"))
    elif node.body is None:
        found.append((codes.BAD_MODIFIER, f"`{node.name}` has no body", "add `{ ... }`"))
    if node.name == MAIN and namespace.unit.entry:
        statements = namespace.unit.program.statements
        if statements or node.parameters or node.result or node.type_parameters:
            message = "`main` is the name of the program's own statements"
            hint = "take another name, or put all statements into a `fun main()` without parameters"
            found.append((codes.DECLARED_TWICE, message, hint))
    return found
