"""Type nodes to types."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define

from lang import codes, nodes
from lang.checker.namespace import Ambiguous, Namespace
from lang.checker.subtyping import Types
from lang.checker.table import MAX_TYPE_DEPTH, WRONG, ClassEntry, is_wrong, too_big
from lang.checker.wording import an, count
from lang.diagnostics import nearest
from lang.source import Span
from minivm.classfile import TypeParameter
from minivm.types import PRIMITIVES, VOID, Type, class_type, function_type, variable

_FOREIGN = {
    "string": "String", "str": "String", "boolean": "bool", "Boolean": "bool", "integer": "int", "Int": "int",
    "Integer": "int", "long": "int", "Long": "int", "double": "float", "Double": "float", "Float": "float",
    "number": "float", "Bool": "bool", "Void": "void", "Unit": "void", "None": "void", "Any": "Object",
    "object": "Object", "Exception": "Error", "Throwable": "Error", "ArrayList": "List", "HashMap": "Map",
    "Dict": "Map", "dict": "Map", "list": "List", "HashSet": "Set",
}  # fmt: skip


@define(eq=False)
class Resolver:
    """Resolves types where the variables in ``types.bounds`` are in scope. While classes are being declared,
    ``later`` collects the bounds that cannot be checked yet."""

    namespace: Namespace
    types: Types
    later: list[tuple[Resolver, TypeParameter, Type, Mapping[str, Type], Span]] | None = None
    _depth: int = 0

    def resolve(self, node: nodes.TypeNode) -> Type:
        """The type that was written; the error type after a diagnostic."""
        if self._depth >= MAX_TYPE_DEPTH:
            self.error(
                node.span, codes.TOO_DEEP, "this type is nested too deeply", "", f"at most {MAX_TYPE_DEPTH} deep"
            )
            return WRONG
        self._depth += 1
        try:
            found = self._function(node) if isinstance(node, nodes.FunctionType) else self._named(node)
        finally:
            self._depth -= 1
        if too_big(found):
            self.error(node.span, codes.TYPE_TOO_BIG, "this type has too many parts")
            return WRONG
        return found

    def error(self, span: Span, code: str, message: str, label: str = "", hint: str = "") -> None:
        """Report a problem with a type."""
        self.namespace.report.error(self.namespace.unit.source, span, code, message, label, hint)

    def _function(self, node: nodes.FunctionType) -> Type:
        parameters = tuple(self.resolve(p) for p in node.parameters)
        found = function_type(parameters, self.resolve(node.result) if node.result else VOID)
        return found.or_null() if node.nullable else found

    def _named(self, node: nodes.NamedType) -> Type:
        found = self._simple(node)
        if found is None:
            entry = self.find_class(node.name, node.span)
            if entry is None:
                for arg in node.args:
                    self.resolve(arg)
                return WRONG
            found = self.instance(entry, node.args, node.span)
        if found == VOID and node.nullable:
            self.error(node.span, codes.VOID_VALUE, "`void` has no null", "", "write `void` without `?`")
        return found.or_null() if node.nullable and not is_wrong(found) else found

    def _simple(self, node: nodes.NamedType) -> Type | None:
        """A primitive or type variable, which take no arguments."""
        found = PRIMITIVES.get(node.name)
        if node.name in self.types.bounds:
            found = variable(node.name)
        if found is not None and node.args:
            self.error(node.span, codes.TYPE_ARGUMENT_COUNT, f"`{node.name}` takes no type arguments")
        return found

    def find_class(self, name: str, span: Span) -> ClassEntry | None:
        """The class a type names; reports it if there is none."""
        found = self.namespace.find_class(name)
        if isinstance(found, Ambiguous):
            choice = " or ".join(f"`{owner}`" for owner in found.owners)
            self.error(
                span, codes.AMBIGUOUS_NAME, f"`{name}` could be {choice}", "", "write the module's name before it"
            )
            return None
        if found is None:
            self._unknown(name, span)
        return found

    def _unknown(self, name: str, span: Span) -> None:
        module, dot, _ = name.rpartition(".")
        if dot and module not in self.namespace.visible_modules:
            hint = f"write `import {module}` at the top"
            self.error(span, codes.UNKNOWN_TYPE, f"there is no type `{name}`: `{module}` is not imported", "", hint)
            return
        names = [*self.types.bounds, *PRIMITIVES, *self.namespace.class_names()]
        close = _FOREIGN.get(name) or nearest(name, names)
        hint = f"did you mean `{close}`?" if close else ""
        self.error(span, codes.UNKNOWN_TYPE, f"there is no type `{name}`", "not found", hint)

    def instance(self, entry: ClassEntry, args: tuple[nodes.TypeNode, ...], span: Span) -> Type:
        """The class with the type arguments that were written."""
        found = tuple(self.resolve(arg) for arg in args)
        wanted = entry.file.type_parameters
        if len(found) != len(wanted):
            self.count_error(entry.name, wanted, len(found), span)
            return WRONG
        self.check_bounds(wanted, found, span)
        return class_type(entry.name, *found)

    def count_error(self, name: str, wanted: tuple[TypeParameter, ...], given: int, span: Span) -> None:
        """Report a wrong number of type arguments."""
        example = f"{name}<{', '.join(p.name for p in wanted)}>" if wanted else name
        message = f"`{name}` takes {count(len(wanted), 'type argument')}, not {given}"
        self.error(span, codes.TYPE_ARGUMENT_COUNT, message, "", f"write `{example}`")

    def check_bounds(self, parameters: tuple[TypeParameter, ...], args: tuple[Type, ...], span: Span) -> None:
        """Report every argument that is not below its parameter's bound."""
        binding = {p.name: arg for p, arg in zip(parameters, args, strict=True)}
        for parameter, arg in zip(parameters, args, strict=True):
            if self.later is not None:
                self.later.append((self, parameter, arg, binding, span))
            else:
                self.check_bound(parameter, arg, binding, span)

    def check_bound(self, parameter: TypeParameter, arg: Type, binding: Mapping[str, Type], span: Span) -> None:
        """Report the argument if it is not below the parameter's bound."""
        if parameter.bound is None or is_wrong(arg):
            return
        bound = parameter.bound.substitute(binding)
        if self.types.is_reference(arg) and self.types.is_subtype(arg, bound):
            return
        message = f"`{arg}` cannot be `{parameter.name}`, which must be {an(bound)}"
        hint = "numbers and bools are not objects and implement nothing" if arg.is_primitive else ""
        if arg.nullable:
            hint = f"a nullable type is not below `{bound}`: use `{arg.non_null()}`"
        self.error(span, codes.BOUND_VIOLATED, message, "", hint)
