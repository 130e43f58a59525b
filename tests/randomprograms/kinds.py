"""The types that random programs use, and how they are written."""

from __future__ import annotations

from attrs import frozen


@frozen
class Kind:
    """A type: what it is, its name in Mini, its arguments."""

    form: str  # "plain", "class", "enum", "nullable", "array", "list", "map", "holder", "function"
    name: str = ""
    args: tuple[Kind, ...] = ()

    def __str__(self) -> str:
        match self.form:
            case "nullable":
                inner = self.args[0]
                return f"({inner})?" if inner.form == "function" else f"{inner}?"
            case "function":
                *parameters, result = self.args
                return f"fun({', '.join(map(str, parameters))}): {result}"
        if self.args:
            return f"{self.name}<{', '.join(map(str, self.args))}>"
        return self.name

    @property
    def inner(self) -> Kind:
        """What a nullable or a container is of."""
        return self.args[0]

    @property
    def is_number(self) -> bool:
        """Whether it is int or float."""
        return self in (INT, FLOAT)


INT = Kind("plain", "int")
FLOAT = Kind("plain", "float")
BOOL = Kind("plain", "bool")
STRING = Kind("plain", "String")
VOID = Kind("plain", "void")
ERROR = Kind("class", "Error")
PLAIN = (INT, FLOAT, BOOL, STRING)


def nullable(kind: Kind) -> Kind:
    """The type with null."""
    return kind if kind.form == "nullable" else Kind("nullable", "", (kind,))


def array(kind: Kind) -> Kind:
    """An array."""
    return Kind("array", "Array", (kind,))


def list_of(kind: Kind) -> Kind:
    """A list."""
    return Kind("list", "List", (kind,))


def map_of(key: Kind, value: Kind) -> Kind:
    """A map."""
    return Kind("map", "Map", (key, value))


def holder(kind: Kind) -> Kind:
    """An object of the generic class in every program."""
    return Kind("holder", "Holder", (kind,))


def function(*kinds: Kind) -> Kind:
    """A function type: the parameters, then the result."""
    return Kind("function", "", kinds)
