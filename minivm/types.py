"""Mini's types as the class file writes them: one immutable value, one text form.

A descriptor is the type as a programmer would write it (``int``, ``Item?``, ``Map<String, int>``,
``fun(int): bool``), except that a type variable of a template carries a dollar sign (``List<$T>``), so that
a descriptor can be read without knowing which names are variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, unique
from functools import lru_cache

from attrs import evolve, frozen

from minivm.errors import FormatError

MAX_DEPTH = 64  # nested type arguments; a class file that nests deeper is hostile, not expressive


@unique
class Kind(Enum):
    """What a type is, before nullability."""

    PRIMITIVE = "primitive"  # int, float, bool, void: the word is the value
    CLASS = "class"  # a class or interface, possibly with type arguments
    FUNCTION = "function"  # fun(A, B): R; args are the parameters, then the result
    VARIABLE = "variable"  # a template's type parameter
    NULL = "null"  # the type of `null`: below every nullable type
    NEVER = "never"  # the type of an expression that does not come back: below every type


@frozen(order=True)
class Type:
    """A type: its kind, simple or qualified name, arguments, and whether null is one of its values."""

    kind: Kind
    name: str
    args: tuple[Type, ...] = ()
    nullable: bool = False

    @property
    def is_primitive(self) -> bool:
        """Whether a value of this type is a raw word, not a reference."""
        return self.kind is Kind.PRIMITIVE and not self.nullable

    @property
    def is_reference(self) -> bool:
        """Whether a value of this type is a word index into the heap, or 0 for null."""
        return not self.is_primitive

    @property
    def parameters(self) -> tuple[Type, ...]:
        """The parameter types of a function type."""
        return self.args[:-1]

    @property
    def result(self) -> Type:
        """The result type of a function type."""
        return self.args[-1]

    @property
    def is_concrete(self) -> bool:
        """Whether no type variable occurs in this type."""
        return self.kind is not Kind.VARIABLE and all(arg.is_concrete for arg in self.args)

    def or_null(self) -> Type:
        """This type with null among its values (the same type where null already is)."""
        return self if self.nullable else evolve(self, nullable=True)

    def non_null(self) -> Type:
        """This type without null."""
        return evolve(self, nullable=False) if self.nullable and self.kind is not Kind.NULL else self

    def substitute(self, binding: Mapping[str, Type]) -> Type:
        """This type with each type variable that ``binding`` names replaced; ``T?`` stays nullable."""
        if self.kind is Kind.VARIABLE:
            bound = binding.get(self.name, self.non_null())
            return bound.or_null() if self.nullable else bound
        if not self.args:
            return self
        return evolve(self, args=tuple(arg.substitute(binding) for arg in self.args))

    @property
    def descriptor(self) -> str:
        """The text that ``parse_type`` reads back; type variables carry ``$``."""
        return _render(self, "$")

    def __str__(self) -> str:
        return _render(self, "")


def _render(type_: Type, mark: str) -> str:
    if type_.kind is Kind.FUNCTION:
        inside = ", ".join(_render(p, mark) for p in type_.parameters)
        text = f"fun({inside}): {_render(type_.result, mark)}"
        return f"({text})?" if type_.nullable else text
    text = (mark if type_.kind is Kind.VARIABLE else "") + type_.name
    if type_.args:
        text += "<" + ", ".join(_render(arg, mark) for arg in type_.args) + ">"
    return text + "?" if type_.nullable and type_.kind is not Kind.NULL else text


INT = Type(Kind.PRIMITIVE, "int")
FLOAT = Type(Kind.PRIMITIVE, "float")
BOOL = Type(Kind.PRIMITIVE, "bool")
VOID = Type(Kind.PRIMITIVE, "void")  # one value, the word 0; every call returns one word
NULL = Type(Kind.NULL, "null", (), True)
NEVER = Type(Kind.NEVER, "never")
OBJECT = Type(Kind.CLASS, "Object")
STRING = Type(Kind.CLASS, "String")
ERROR = Type(Kind.CLASS, "Error")
PRIMITIVES = {t.name: t for t in (INT, FLOAT, BOOL, VOID)}
_NAMED = {**PRIMITIVES, "null": NULL, "never": NEVER}


def class_type(name: str, *args: Type) -> Type:
    """The non-null type of class ``name`` with type arguments ``args``."""
    return Type(Kind.CLASS, name, args)


def array_of(element: Type) -> Type:
    """``Array<element>``."""
    return Type(Kind.CLASS, "Array", (element,))


def function_type(parameters: tuple[Type, ...], result: Type) -> Type:
    """``fun(parameters): result``."""
    return Type(Kind.FUNCTION, "fun", (*parameters, result))


def variable(name: str) -> Type:
    """The type variable ``name``."""
    return Type(Kind.VARIABLE, name)


@lru_cache(maxsize=8192)
def parse_type(text: str) -> Type:
    """Read a descriptor.

    Raises:
        FormatError: the text is not a descriptor; the message quotes it.
    """
    reader = _Reader(text)
    found = reader.type(0)
    if reader.at != len(text):
        raise reader.error()
    return found


class _Reader:
    """Recursive descent over a descriptor, its depth bounded by MAX_DEPTH."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self) -> FormatError:
        return FormatError(f"{self.text[:80]!r} is not a type (at character {self.at})")

    def accept(self, mark: str) -> bool:
        found = self.text.startswith(mark, self.at)
        if found:
            self.at += len(mark)
        return found

    def expect(self, mark: str) -> None:
        if not self.accept(mark):
            raise self.error()

    def type(self, depth: int) -> Type:
        if depth > MAX_DEPTH:
            raise self.error()
        if self.accept("("):
            inner = self.type(depth + 1)
            self.expect(")?")
            return inner.or_null()
        if self.accept("fun("):
            parameters = self.types(")", depth)
            self.expect(": ")
            return function_type(parameters, self.type(depth + 1))
        return self.named(depth)

    def types(self, close: str, depth: int) -> tuple[Type, ...]:
        found: list[Type] = []
        while not self.accept(close):
            if found:
                self.expect(", ")
            found.append(self.type(depth + 1))
        return tuple(found)

    def named(self, depth: int) -> Type:
        is_variable = self.accept("$")
        name = self.name()
        args = self.types(">", depth) if self.accept("<") else ()
        nullable = self.accept("?")
        if is_variable:
            return Type(Kind.VARIABLE, name, (), nullable)
        if name in _NAMED and not args:
            return _NAMED[name].or_null() if nullable else _NAMED[name]
        return Type(Kind.CLASS, name, args, nullable)

    def name(self) -> str:
        start = self.at
        while self.at < len(self.text) and (self.text[self.at].isalnum() or self.text[self.at] in "_.#$"):
            self.at += 1
        if start == self.at:
            raise self.error()
        return self.text[start : self.at]
