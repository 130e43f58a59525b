"""Diff: what is different between two versions of a class file. Pure; nothing is looked up."""

from __future__ import annotations

from enum import Enum, unique

from attrs import frozen

from minivm.classfile import ClassFile, Field, Flags, Method, initialiser_name
from minivm.instructions import Operand
from minivm.types import Type

_KIND = Flags.INTERFACE | Flags.ENUM | Flags.MODULE | Flags.CLOSURE


@unique
class Change(Enum):
    """What happened to a member."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


@frozen
class MethodChange:
    """A method that is added, removed, or has another body or signature."""

    change: Change
    name: str
    signature_changed: bool = False
    synthetic: bool = False

    @property
    def breaks_callers(self) -> bool:
        """Whether code that calls the old one may no longer fit."""
        return self.change is Change.REMOVED or self.signature_changed


@frozen
class FieldChange:
    """A field that is added, removed, or has another type, initialiser, or is final now."""

    change: Change
    old: Field | None
    new: Field | None
    initialiser_changed: bool = False

    @property
    def name(self) -> str:
        """The field's name."""
        field = self.new or self.old
        assert field is not None
        return field.name

    @property
    def is_static(self) -> bool:
        """Whether it belongs to the class."""
        field = self.new or self.old
        assert field is not None
        return field.is_static


@frozen
class ClassDiff:
    """All differences of one class; ``old`` None: the class is new."""

    old: ClassFile | None
    new: ClassFile
    fields: tuple[FieldChange, ...] = ()
    methods: tuple[MethodChange, ...] = ()
    kind_changed: bool = False
    parameters_changed: bool = False
    supertypes_changed: bool = False
    details_changed: bool = False  # lines, the order of the fields, final or abstract

    @property
    def name(self) -> str:
        """The class's name."""
        return self.new.name

    @property
    def is_empty(self) -> bool:
        """Whether the two versions are the same in all that can be observed."""
        return self.old is not None and not (
            self.fields or self.methods or self.kind_changed or self.parameters_changed
            or self.supertypes_changed or self.details_changed
        )  # fmt: skip

    @property
    def breaks_callers(self) -> bool:
        """Whether code outside the class may no longer fit the new version."""
        return (
            any(m.breaks_callers for m in self.methods)
            or any(f.change is not Change.ADDED for f in self.fields)
            or self.supertypes_changed
            or self.kind_changed
            or self.parameters_changed
            or (self.old is not None and self.old.flags != self.new.flags)
        )


def diff(old: ClassFile | None, new: ClassFile) -> ClassDiff:
    """The differences from ``old`` to ``new``."""
    if old is None:
        return ClassDiff(None, new)
    return ClassDiff(
        old,
        new,
        tuple(_field_changes(old, new)),
        tuple(_method_changes(old, new)),
        kind_changed=(old.flags & _KIND) != (new.flags & _KIND),
        parameters_changed=old.type_parameters != new.type_parameters,
        supertypes_changed=(old.superclass, set(old.interfaces)) != (new.superclass, set(new.interfaces)),
        details_changed=_moved(old, new) or _access(old) != _access(new) or _order(old) != _order(new),
    )


def _moved(old: ClassFile, new: ClassFile) -> bool:
    """Whether lines in traces would differ. The same text entered elsewhere is still the same text."""
    if old.source == new.source:
        return _positions(old, 0) != _positions(new, 0)
    return _positions(old, old.line) != _positions(new, new.line)


def _positions(file: ClassFile, first_line: int) -> list[object]:
    return [
        (m.name, [(start, line - first_line) for start, line in m.code.lines], m.code.names)
        for m in file.methods
        if m.code is not None
    ]


def _access(file: ClassFile) -> Flags:
    return file.flags & (Flags.FINAL | Flags.ABSTRACT)


def _order(file: ClassFile) -> list[str]:
    return [field.name for field in file.fields]


def _field_changes(old: ClassFile, new: ClassFile) -> list[FieldChange]:
    changes = []
    for before in old.fields:
        after = new.field(before.name)
        if after is None or after.is_static != before.is_static:
            changes.append(FieldChange(Change.REMOVED, before, None))
        elif (after.type, after.flags) != (before.type, before.flags):
            changes.append(FieldChange(Change.CHANGED, before, after, _initialiser_differs(old, new, before.name)))
        elif _initialiser_differs(old, new, before.name):
            changes.append(FieldChange(Change.CHANGED, before, after, True))
    for after in new.fields:
        before_field = old.field(after.name)
        if before_field is None or before_field.is_static != after.is_static:
            changes.append(FieldChange(Change.ADDED, None, after))
    return changes


def _initialiser_differs(old: ClassFile, new: ClassFile, name: str) -> bool:
    before, after = old.field(name), new.field(name)
    assert before is not None and after is not None
    if before.constant != after.constant:
        return True
    code_name = initialiser_name(name)
    return normal_code(old, old.method(code_name)) != normal_code(new, new.method(code_name))


def _method_changes(old: ClassFile, new: ClassFile) -> list[MethodChange]:
    changes = []
    for before in old.methods:
        after = new.method(before.name)
        synthetic = Flags.SYNTHETIC in before.flags
        if after is None:
            changes.append(MethodChange(Change.REMOVED, before.name, synthetic=synthetic))
        elif signature(before) != signature(after):
            changes.append(MethodChange(Change.CHANGED, before.name, True, synthetic))
        elif normal_code(old, before) != normal_code(new, after):
            changes.append(MethodChange(Change.CHANGED, before.name, False, synthetic))
    for after in new.methods:
        if old.method(after.name) is None:
            changes.append(MethodChange(Change.ADDED, after.name, synthetic=Flags.SYNTHETIC in after.flags))
    return changes


def signature(method: Method) -> tuple[object, ...]:
    """What callers depend on."""
    return method.parameters, method.result, method.flags & ~Flags.SYNTHETIC, method.type_parameters


def normal_code(file: ClassFile, method: Method | None) -> tuple[object, ...] | None:
    """A method's code with its constants in place of their indices, so that two class files can be compared.

    Line numbers and variable names are left out: a method that only moved is the same method.
    """
    if method is None or method.code is None:
        return None
    code = method.code
    pool = {Operand.CONSTANT, Operand.TYPE, Operand.FIELD, Operand.METHOD}
    instructions = tuple(
        (i.row.name, *(_constant(file, v) if k in pool else v for k, v in zip(i.row.operands, i.operands, strict=True)))
        for i in code.instructions
    )
    return code.locals, instructions, code.handlers


def _constant(file: ClassFile, index: int) -> object:
    found = file.constants[index]
    return ("float", found.hex()) if isinstance(found, float) else (type(found).__name__, found)


def field_text(file: ClassFile, field: Field) -> str:
    """``name: Type = constant`` for messages; the initial value only where the class file knows it."""
    text = f"{field.name}: {field.type}"
    return f"{text} = {constant_text(field.type, field.constant)}" if has_constant(file, field) else text


def has_constant(file: ClassFile, field: Field) -> bool:
    """Whether zero or the constant is a meaningful initial value: of a primitive that nothing computes."""
    return field.type.is_primitive and file.method(initialiser_name(field.name)) is None


def constant_text(type_: Type, constant: float) -> str:
    """An initial value as Mini writes it."""
    if type_.name == "bool":
        return "true" if constant else "false"
    return repr(float(constant)) if type_.name == "float" else str(constant)
