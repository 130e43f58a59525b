"""What a class file says, as values. ``codec`` turns these into bytes and back; nothing here is resolved.

Names every author of class files must know:

    init          the constructor; takes the receiver, returns it
    =fields       runs the instance initialisers of this class, in order, on the receiver
    =x            computes the initial value of field x (static or not); run by =fields, =static and updates
    =static       the class initialiser
    call          the one method of a function type's classes
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Flag, auto, unique

from attrs import field, frozen

from minivm.instructions import BY_NAME, Operand, Row
from minivm.types import Type

INIT = "init"
FIELD_INITIALISERS = "=fields"
CLASS_INITIALISER = "=static"
MAIN = "main"  # the entry point of a program's module class: static, no parameters


def initialiser_name(field_name: str) -> str:
    """The name of the method that computes the initial value of a field."""
    return "=" + field_name


@unique
class Flags(Flag):
    """Access and kind flags of classes, fields and methods."""

    NONE = 0
    STATIC = auto()
    FINAL = auto()  # field: set once; class: not extended; method: not overridden
    PRIVATE = auto()
    ABSTRACT = auto()
    INTERFACE = auto()
    NATIVE = auto()  # a method the machine supplies
    ENUM = auto()
    MODULE = auto()  # the class of a file's top level: functions, variables, statements
    CLOSURE = auto()  # the class of a function literal; its host is the class it stands in
    SYNTHETIC = auto()  # written by the compiler, not by the programmer


@frozen
class FieldRef:
    """A field by name; ``owner`` is the static type it was found through."""

    owner: Type
    name: str
    type: Type

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}: {self.type}"


@frozen
class MethodRef:
    """A method by name with its signature after substitution; ``type_args`` only for a generic method."""

    owner: Type
    name: str
    parameters: tuple[Type, ...]
    result: Type
    type_args: tuple[Type, ...] = ()

    def __str__(self) -> str:
        generic = "<" + ", ".join(map(str, self.type_args)) + ">" if self.type_args else ""
        return f"{self.owner}.{self.name}{generic}({', '.join(map(str, self.parameters))}): {self.result}"


Constant = float | str | Type | FieldRef | MethodRef


@frozen
class Instruction:
    """One instruction: its row and operands (constants as pool indices, targets as instruction indices)."""

    row: Row
    operands: tuple[int, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.row.name, *map(str, self.operands)))


@frozen
class Handler:
    """One row of an exception table: instructions start..end-1 are covered; first match wins."""

    start: int
    end: int
    target: int
    catch: Type


@frozen
class LocalName:
    """That a slot holds a source variable in instructions start..end-1 (for people, not for the verifier)."""

    slot: int
    name: str
    start: int
    end: int


@frozen
class Code:
    """A method's body. ``lines`` are (first instruction, source line), ascending."""

    locals: int
    instructions: tuple[Instruction, ...]
    handlers: tuple[Handler, ...] = ()
    lines: tuple[tuple[int, int], ...] = ()
    names: tuple[LocalName, ...] = ()

    def line_at(self, pc: int) -> int:
        """The source line of instruction ``pc`` (0 if the class file does not say)."""
        found = 0
        for start, line in self.lines:
            if start > pc:
                break
            found = line
        return found


@frozen
class TypeParameter:
    """A template's parameter; every argument must be below ``bound``."""

    name: str
    bound: Type | None = None


@frozen
class Field:
    """A declared field. ``constant`` is its initial word where that is known when the class is compiled
    (an int, float, bool or null initialiser), else 0."""

    name: str
    type: Type
    flags: Flags = Flags.NONE
    constant: int | float = 0
    line: int = 0

    @property
    def is_static(self) -> bool:
        """Whether the class, not each instance, has it."""
        return Flags.STATIC in self.flags


@frozen
class Method:
    """A declared method. Code is absent for abstract and native ones."""

    name: str
    parameters: tuple[Type, ...]
    result: Type
    flags: Flags = Flags.NONE
    code: Code | None = None
    type_parameters: tuple[TypeParameter, ...] = ()
    line: int = 0
    parameter_names: tuple[str, ...] = ()

    @property
    def is_static(self) -> bool:
        """Whether it takes no receiver."""
        return Flags.STATIC in self.flags


@frozen
class ClassFile:
    """One class, or one template where ``type_parameters`` is not empty.

    ``superclass`` is None for Object only (an interface has Object). ``source`` names the source file and
    ``text`` is the class's own source, for tools. ``host`` is the class a closure's literal stands in.
    """

    name: str
    superclass: Type | None
    interfaces: tuple[Type, ...] = ()
    flags: Flags = Flags.NONE
    type_parameters: tuple[TypeParameter, ...] = ()
    constants: tuple[Constant, ...] = ()
    fields: tuple[Field, ...] = ()
    methods: tuple[Method, ...] = ()
    source: str = ""
    host: str = ""
    line: int = 0
    text: str = field(default="", eq=False)

    @property
    def is_template(self) -> bool:
        """Whether it has to be instantiated before anything can run."""
        return bool(self.type_parameters)

    @property
    def is_interface(self) -> bool:
        """Whether it declares an interface."""
        return Flags.INTERFACE in self.flags

    def field(self, name: str) -> Field | None:
        """The declared field of that name."""
        return next((f for f in self.fields if f.name == name), None)

    def method(self, name: str) -> Method | None:
        """The declared method of that name (names are not overloaded)."""
        return next((m for m in self.methods if m.name == name), None)


def substitute_constant(constant: Constant, binding: Mapping[str, Type]) -> Constant:
    """The constant with type variables replaced; numbers and strings as they are."""
    if isinstance(constant, Type):
        return constant.substitute(binding)
    if isinstance(constant, FieldRef):
        return FieldRef(constant.owner.substitute(binding), constant.name, constant.type.substitute(binding))
    if isinstance(constant, MethodRef):
        return MethodRef(
            constant.owner.substitute(binding),
            constant.name,
            tuple(p.substitute(binding) for p in constant.parameters),
            constant.result.substitute(binding),
            tuple(a.substitute(binding) for a in constant.type_args),
        )
    return constant


def instruction(name: str, *operands: int) -> Instruction:
    """The instruction called ``name``; a wrong name or number of operands is a bug of the caller."""
    row = BY_NAME[name]
    assert len(operands) == len(row.operands), name
    return Instruction(row, operands)


POOL_OPERANDS = frozenset({Operand.CONSTANT, Operand.TYPE, Operand.FIELD, Operand.METHOD})
