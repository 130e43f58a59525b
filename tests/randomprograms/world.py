"""What a random program declares: signatures first, so that every body can use what comes later in the text.

Termination is by construction. Every function has a rank and a price, the most that one call costs; a body calls only
functions of lower rank, and the prices of all that it does, loops multiplied, stay within its own price.
"""

from __future__ import annotations

from attrs import define, field

from .kinds import Kind


@define(eq=False)
class Function:
    """A top-level function, a static method, or a family of virtual methods that override each other."""

    name: str
    parameters: tuple[Kind, ...]
    result: Kind
    rank: int
    price: int

    def signature(self, names: list[str]) -> str:
        """As it is declared."""
        listed = ", ".join(f"{name}: {kind}" for name, kind in zip(names, self.parameters, strict=True))
        return f"fun {self.name}({listed}): {self.result}"


@define(eq=False)
class Variable:
    """A field, static or local variable."""

    name: str
    kind: Kind
    assignable: bool = True


@define(eq=False)
class Class:
    """A class, or an interface if it has no ``index`` of its own to be made by."""

    name: str
    superclass: Class | None = None
    interfaces: list[Class] = field(factory=list)
    is_interface: bool = False
    is_abstract: bool = False
    fields: list[Variable] = field(factory=list)
    given: list[Variable] = field(factory=list)  # fields that init is given
    statics: list[Variable] = field(factory=list)
    overrides: set[str] = field(factory=set)  # the methods of Object that it replaces
    methods: list[Function] = field(factory=list)  # new here
    static_methods: list[Function] = field(factory=list)
    subclasses: list[Class] = field(factory=list)
    text: str = ""

    @property
    def kind(self) -> Kind:
        """Its type."""
        return Kind("class", self.name)

    def line(self) -> list[Class]:
        """This class and its superclasses, upwards."""
        return [self, *(self.superclass.line() if self.superclass else [])]

    def all_fields(self) -> list[Variable]:
        """Its fields, inherited ones too."""
        return [f for cls in self.line() for f in (*cls.fields, *cls.given)]

    def all_given(self) -> list[Variable]:
        """What its init takes."""
        return [*(self.superclass.all_given() if self.superclass else []), *self.given]

    def all_methods(self) -> list[Function]:
        """What can be called on it."""
        found = [m for cls in self.line() for m in cls.methods]
        return found + [m for cls in self.line() for i in cls.interfaces for m in i.methods]

    def to_implement(self) -> list[Function]:
        """The methods that this class brings: its own, and those of its interfaces."""
        return [*self.methods, *(m for i in self.interfaces for m in i.methods)]

    def replaces(self, name: str) -> bool:
        """Whether its objects have another such method than Object's."""
        return any(name in cls.overrides for cls in self.line())

    def concrete(self) -> list[Class]:
        """The classes whose objects it can stand for."""
        own = [] if self.is_abstract or self.is_interface else [self]
        return own + [below for cls in self.subclasses for below in cls.concrete()]

    def is_below(self, other: Class) -> bool:
        """Whether an object of this class can be one of the other."""
        return any(cls is other or other in cls.interfaces for cls in self.line())


@define(eq=False)
class Enumeration:
    """An enum without members."""

    name: str
    cases: list[str]

    @property
    def kind(self) -> Kind:
        """Its type."""
        return Kind("enum", self.name)


@define(eq=False)
class World:
    """All that is declared."""

    classes: list[Class] = field(factory=list)
    interfaces: list[Class] = field(factory=list)
    enums: list[Enumeration] = field(factory=list)
    functions: list[Function] = field(factory=list)
    globals: list[Variable] = field(factory=list)
    errors: list[str] = field(factory=lambda: ["Error", "ArithmeticError", "IndexError", "CastError", "StateError"])
    numbers: dict[str, int] = field(factory=dict)

    def fresh(self, prefix: str) -> str:
        """A name that nothing else has."""
        self.numbers[prefix] = self.numbers.get(prefix, 0) + 1
        return f"{prefix}{self.numbers[prefix]}"

    def named(self, name: str) -> Class | None:
        """The class or interface of that name."""
        return next((cls for cls in (*self.classes, *self.interfaces) if cls.name == name), None)

    def enumeration(self, name: str) -> Enumeration:
        """The enum of that name."""
        return next(enum for enum in self.enums if enum.name == name)

    def callable(self, rank: int, price: int) -> list[tuple[Class | None, Function]]:
        """The top-level functions and static methods that a body of that rank can afford, with their class."""
        found: list[tuple[Class | None, Function]] = [(None, f) for f in self.functions]
        found += [(cls, m) for cls in self.classes for m in cls.static_methods]
        return [(cls, f) for cls, f in found if f.rank < rank and f.price < price]
