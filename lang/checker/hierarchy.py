"""What a class owes its supertypes: overrides that fit, no abstract method left over, no names that clash."""

from __future__ import annotations

from collections.abc import Iterator

from lang import codes, nodes
from lang.checker.calls import in_terms
from lang.checker.declare import Batch, DeclaredClass
from lang.checker.table import ClassEntry, binding_of
from lang.diagnostics import nearest
from lang.source import Span
from minivm.classfile import INIT, Flags, Method
from minivm.types import Type


def check_hierarchy(batch: Batch) -> None:
    """Check every class against its supertypes."""
    for declared in batch.classes:
        inherited = list(_supers(batch, declared.entry))
        for node in declared.node.methods:
            if node.name != INIT and node.name in declared.entry.methods and _is_first(declared, node):
                _check_method(declared, node, inherited)
        _check_fields(declared, inherited)
        if not declared.entry.file.flags & (Flags.ABSTRACT | Flags.INTERFACE):
            _check_complete(declared, inherited)


def _supers(batch: Batch, entry: ClassEntry) -> Iterator[tuple[ClassEntry, Type]]:
    for type_ in batch.table.supers(entry).values():
        found = batch.table.find(type_.name)
        if found is not None:
            yield found, type_


def _is_first(declared: DeclaredClass, node: nodes.FunctionDeclaration) -> bool:
    """Whether a method declaration is the one that counts (a second one of the name was reported)."""
    return next(n for n in declared.node.methods if n.name == node.name) is node


Inherited = list[tuple[ClassEntry, Type]]


def _check_method(declared: DeclaredClass, node: nodes.FunctionDeclaration, inherited: Inherited) -> None:
    method = declared.entry.methods[node.name]
    above = [(entry, type_) for entry, type_ in inherited if _visible(entry.methods.get(node.name))]
    for entry, _ in inherited:
        field = entry.fields.get(node.name)
        if field is not None and Flags.PRIVATE not in field.flags:
            _conflict(declared, node.name_span, f"`{node.name}` is a field of `{entry.name}` and a method here")
    if not above:
        if "override" in node.modifiers and not method.is_static:
            _overrides_nothing(declared, node, inherited)
        return
    overridden = (e for e, _ in above if not e.file.is_interface and not e.methods[node.name].is_static)
    owner = next(overridden, None)
    if owner is not None and "override" not in node.modifiers and not method.is_static:
        message = f"`{node.name}` overrides the method of `{owner.name}`, but does not say so"
        hint = f"write `override fun {node.name}`, or take another name"
        declared.error(node.name_span, codes.OVERRIDE_MISSING, message, "", hint)
    for entry, type_ in above:
        if not _check_override(declared, node.name_span, method, entry, type_):
            break


def _visible(method: Method | None) -> bool:
    return method is not None and Flags.PRIVATE not in method.flags


def _overrides_nothing(declared: DeclaredClass, node: nodes.FunctionDeclaration, inherited: Inherited) -> None:
    close = nearest(node.name, [name for entry, _ in inherited for name in entry.methods if name != INIT])
    hint = f"did you mean `{close}`?" if close else "remove `override`"
    message = f"no supertype of `{declared.entry.name}` has a method `{node.name}`"
    declared.error(node.name_span, codes.OVERRIDES_NOTHING, message, "overrides nothing", hint)


def _check_override(declared: DeclaredClass, span: Span, method: Method, entry: ClassEntry, type_: Type) -> bool:
    """Whether a method fits what it overrides; reports it if not."""
    old = in_terms(entry.methods[method.name], binding_of(entry, type_))
    name = method.name
    if method.is_static or old.is_static:
        if method.is_static and old.is_static:
            return True
        kinds = ("static", "an instance method") if method.is_static else ("an instance method", "static")
        _conflict(declared, span, f"`{name}` is {kinds[0]} here and {kinds[1]} in `{entry.name}`")
    elif old.type_parameters or method.type_parameters:
        message = f"`{name}` has type parameters, so it cannot be overridden"
        declared.error(span, codes.GENERIC_VIRTUAL, message, "", "take another name")
    elif Flags.FINAL in old.flags:
        message = f"`{name}` is final in `{entry.name}` and cannot be overridden"
        declared.error(span, codes.OVERRIDES_FINAL, message, "", "take another name")
    elif Flags.PRIVATE in method.flags:
        message = f"`{name}` is private, but what it overrides in `{entry.name}` is not"
        declared.error(span, codes.OVERRIDE_SIGNATURE, message, "", "remove `private`")
    elif method.parameters != old.parameters or not declared.types.is_subtype(method.result, old.result):
        message = f"`{header(method)}` does not fit `{header(old)}` of `{entry.name}`"
        hint = "an override has the same parameter types, and the same result or a subtype of it"
        declared.error(span, codes.OVERRIDE_SIGNATURE, message, "", hint)
    else:
        return True
    return False


def _conflict(declared: DeclaredClass, span: Span, message: str) -> None:
    declared.error(span, codes.MEMBER_CONFLICT, message, "", "take another name")


def _check_fields(declared: DeclaredClass, inherited: Inherited) -> None:
    for node in declared.node.fields:
        for entry, _ in inherited:
            field, method = entry.fields.get(node.name), entry.methods.get(node.name)
            if field is not None and Flags.PRIVATE not in field.flags:
                message = f"`{node.name}` is already a field of `{entry.name}`"
                _conflict(declared, node.name_span, message)
                break
            if _visible(method):
                message = f"`{node.name}` is a method of `{entry.name}` and a field here"
                _conflict(declared, node.name_span, message)
                break


def _check_complete(declared: DeclaredClass, inherited: Inherited) -> None:
    """Every abstract method has a body, in the class or above it."""
    missing: dict[str, tuple[Method, ClassEntry]] = {}
    for entry, type_ in inherited:
        for name, method in entry.methods.items():
            if Flags.ABSTRACT not in method.flags or name in declared.entry.methods:
                continue
            body = _implementation(name, inherited)
            if body is None:
                missing.setdefault(name, (in_terms(method, binding_of(entry, type_)), entry))
            elif entry.file.is_interface and not _check_inherited(declared, name, body, (entry, type_)):
                return
    if missing:
        listed = ", ".join(f"`{header(method)}` of `{entry.name}`" for method, entry in list(missing.values())[:4])
        more = f" and {len(missing) - 4} more" if len(missing) > 4 else ""
        message = f"`{declared.entry.name}` does not implement {listed}{more}"
        hint = "add the method" + ("s" if len(missing) > 1 else "")
        if declared.node.kind == "class":
            hint += ", or make the class `abstract`"
        declared.error(declared.node.name_span, codes.NOT_IMPLEMENTED, message, "", hint)


def _implementation(name: str, inherited: Inherited) -> tuple[ClassEntry, Type] | None:
    """The superclass whose method of that name would be called; None if that is abstract or there is none."""
    for entry, type_ in inherited:
        method = entry.methods.get(name)
        if not entry.file.is_interface and method is not None and _visible(method):
            return None if Flags.ABSTRACT in method.flags else (entry, type_)
    return None


def _check_inherited(
    declared: DeclaredClass, name: str, body: tuple[ClassEntry, Type], wanted: tuple[ClassEntry, Type]
) -> bool:
    """Whether an inherited method fits the interface that it is to implement."""
    entry, type_ = body
    method = in_terms(entry.methods[name], binding_of(entry, type_))
    if wanted[0].name in declared.types.table.supers(entry):
        return True
    old = in_terms(wanted[0].methods[name], binding_of(*wanted))
    fits = method.parameters == old.parameters and declared.types.is_subtype(method.result, old.result)
    if fits and not method.is_static and not method.type_parameters:
        return True
    message = f"`{header(method)}`, inherited from `{entry.name}`, does not fit `{header(old)}` of `{wanted[0].name}`"
    declared.error(declared.node.name_span, codes.OVERRIDE_SIGNATURE, message)
    return False


def header(method: Method) -> str:
    """A method as it would be declared."""
    names = method.parameter_names
    known = len(names) == len(method.parameters)
    inside = ", ".join(f"{names[i]}: {p}" if known else str(p) for i, p in enumerate(method.parameters))
    return f"{method.name}({inside}): {method.result}"
