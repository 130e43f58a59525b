"""The patterns of ``match``: what each tests, and whether all of them together cover every value."""

from __future__ import annotations

from attrs import define, field

from lang import nodes, typed
from lang.checker.body import Body, Condition
from lang.checker.flow import Flow, join
from lang.checker.names import lookup, read_static
from lang.checker.narrowing import assume_non_null, assume_type, is_test
from lang.checker.operators import equality
from lang.checker.table import ClassEntry, is_wrong
from lang.typed import TypedExpression, TypedStatement
from minivm.classfile import Flags
from minivm.types import BOOL, NULL, Kind, Type


@define(eq=False)
class Subject:
    """What is matched: evaluated once, into a temporary. ``covered`` collects what the patterns so far take."""

    node: nodes.Expression
    value: TypedExpression
    declaration: tuple[TypedStatement, ...]
    covered: set[object] = field(factory=set)

    @property
    def type(self) -> Type:
        """The subject's type."""
        return self.value.type


_EVERYTHING, _NULL = object(), object()


def open_subject(body: Body, node: nodes.Match) -> Subject:
    """Evaluate the subject."""
    value = body.value(node.subject)
    if isinstance(value, typed.GetLocal) and not value.variable.in_cell:
        return Subject(node.subject, value, ())
    temp = body.temporary(value.type)
    declaration = typed.Declare(temp, value, body.line(node.subject))
    return Subject(node.subject, typed.GetLocal(temp, temp.type), (declaration,))


def pattern_test(body: Body, subject: Subject, arm: nodes.Arm) -> Condition:
    """Whether one of the arm's patterns takes the subject; a single ``is`` or ``null`` narrows it."""
    value: TypedExpression | None = None
    matched: list[Flow] = []
    for pattern in arm.patterns:
        test = _one(body, subject, pattern)
        matched.append(test.when_true)
        body.flow = test.when_false
        value = typed.Or(value, test.value, BOOL) if value is not None else test.value
    assert value is not None
    return Condition(value, join(matched), body.flow)


def _one(body: Body, subject: Subject, pattern: nodes.Expression | nodes.IsPattern) -> Condition:
    flow = body.flow
    if isinstance(pattern, nodes.IsPattern):
        return _is_pattern(body, subject, pattern)
    if isinstance(pattern, nodes.Null) and (subject.type.nullable or is_wrong(subject.type)):
        assume_non_null(body, subject.node)
        not_null, body.flow = body.flow, flow
        subject.covered.add(_NULL)
        return Condition(typed.IsNull(subject.value, BOOL), flow, not_null)
    value = _pattern_value(body, subject, pattern)
    _cover(subject, value)
    if _is_case(body, value) and body.types.is_subtype(value.type, subject.type):
        return Condition(typed.Op("same", (subject.value, value), BOOL, body.line(pattern)), flow, flow)
    return Condition(equality(body, subject.value, value, pattern), flow, flow)


def _is_pattern(body: Body, subject: Subject, pattern: nodes.IsPattern) -> Condition:
    flow = body.flow
    type_ = body.type(pattern.type)
    value = is_test(body, subject.value, type_, pattern)
    if is_wrong(value.type):
        subject.covered.add(_EVERYTHING)
        return Condition(value, flow, flow)
    if body.types.is_subtype(subject.type.non_null(), type_):
        subject.covered.add(_EVERYTHING if not subject.type.nullable else NULL)
    return Condition(value, assume_type(body, subject.node, flow, type_), flow)


def _pattern_value(body: Body, subject: Subject, pattern: nodes.Expression) -> TypedExpression:
    """A pattern's value; a bare case name of the subject's enum will do."""
    entry = _enum(body, subject.type)
    is_bare = isinstance(pattern, nodes.Name) and entry is not None and pattern.name in cases(entry)
    if is_bare and isinstance(pattern, nodes.Name) and lookup(body, pattern.name) is None:
        assert entry is not None
        field = entry.fields[pattern.name]
        return read_static(entry.self_type, field, field.type, body.line(pattern))
    return body.value(pattern, subject.type)


def _enum(body: Body, type_: Type) -> ClassEntry | None:
    entry = body.world.table.find(type_.name) if type_.kind is Kind.CLASS else None
    return entry if entry is not None and entry.has(Flags.ENUM) else None


def cases(entry: ClassEntry) -> list[str]:
    """The names of an enum's cases: its static fields of its own type."""
    return [f.name for f in entry.fields.values() if f.is_static and f.type == entry.self_type]


def _is_case(body: Body, value: TypedExpression) -> bool:
    return isinstance(value, typed.GetStatic) and _enum(body, value.type) is not None


def _cover(subject: Subject, value: TypedExpression) -> None:
    if isinstance(value, typed.GetStatic):
        subject.covered.add(value.ref.name)
    elif isinstance(value, typed.BoolValue):
        subject.covered.add(value.value)
    elif is_wrong(value.type):
        subject.covered.add(_EVERYTHING)


def exhaustive(body: Body, subject: Subject) -> list[str]:
    """The values that no pattern takes, by name; empty if everything is covered."""
    type_, covered = subject.type, subject.covered
    if is_wrong(type_) or _EVERYTHING in covered:
        return []
    entry = _enum(body, type_)
    missing: list[str] = []
    if NULL in covered:
        pass
    elif entry is not None:
        missing = [f"`{entry.name}.{name}`" for name in cases(entry) if name not in covered]
    elif type_.non_null() == BOOL:
        missing = [f"`{value}`".lower() for value in (True, False) if value not in covered]
    else:
        missing = ["every other value"]
    if type_.nullable and _NULL not in covered:
        missing.append("`null`")
    return missing
