"""Members in text: ``Owner.name: type`` and ``Owner.name<args>(parameters): result`` read back into references."""

from __future__ import annotations

from minivm.classfile import FieldRef, MethodRef
from minivm.errors import FormatError
from minivm.types import Type, parse_type

_DEPTH = {"<": 1, "(": 1, ">": -1, ")": -1}


def outside(text: str, mark: str, start: int = 0) -> int:
    """Where ``mark`` first stands outside of all brackets, at ``start`` or later; -1 if nowhere."""
    depth = 0
    for at, char in enumerate(text):
        if depth == 0 and at >= start and text.startswith(mark, at):
            return at
        depth += _DEPTH.get(char, 0)
    return -1


def split(text: str, mark: str = ",") -> list[str]:
    """The parts of ``text`` between the marks outside of brackets, without blanks around them."""
    parts: list[str] = []
    while text.strip():
        at = outside(text, mark)
        parts.append((text if at < 0 else text[:at]).strip())
        text = "" if at < 0 else text[at + len(mark) :]
    return parts


def brackets(text: str, at: int) -> tuple[str, str]:
    """What stands between the bracket at ``at`` and the one that closes it, and what follows; FormatError if none."""
    depth = 0
    for end in range(at, len(text)):
        depth += _DEPTH.get(text[end], 0)
        if depth == 0:
            return text[at + 1 : end], text[end + 1 :]
    raise FormatError(f"a bracket of {text!r} is not closed")


def result_type(text: str) -> Type:
    """The type behind ``: ``."""
    if not text.startswith(":"):
        raise FormatError(f"expected ': ' and a type, found {text!r}")
    return parse_type(text[1:].strip())


def types(text: str) -> tuple[Type, ...]:
    """Types between commas."""
    return tuple(parse_type(part) for part in split(text))


def read_field(text: str) -> FieldRef:
    """``Owner.name: type``; FormatError if it is not of that form."""
    at = outside(text, ": ")
    if at < 0:
        raise FormatError(f"expected Owner.name: type, found {text!r}")
    owner, name = _owner_and_name(text[:at])
    return FieldRef(owner, name, result_type(text[at:]))


def read_method(text: str) -> MethodRef:
    """``Owner.name<type arguments>(parameters): result``; FormatError if it is not of that form."""
    at = outside(text, "(", start=1)
    if at < 0:
        raise FormatError(f"expected Owner.name(parameters): result, found {text!r}")
    parameters, rest = brackets(text, at)
    owner, name = _owner_and_name(text[:at])
    type_args: tuple[Type, ...] = ()
    if "<" in name:
        inside, _ = brackets(name, name.index("<"))
        name, type_args = name[: name.index("<")], types(inside)
    return MethodRef(owner, name, types(parameters), result_type(rest), type_args)


def _owner_and_name(text: str) -> tuple[Type, str]:
    at = last = outside(text, ".")
    while at >= 0:
        last, at = at, outside(text, ".", at + 1)
    if last < 0:
        raise FormatError(f"expected Owner.name, found {text!r} (a function type as owner goes into parentheses)")
    owner = text[:last]
    if owner.startswith("(") and owner.endswith(")"):
        owner = owner[1:-1]
    return parse_type(owner), text[last + 1 :]
