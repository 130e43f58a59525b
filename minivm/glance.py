"""Words as short texts for people, without running any of the program's code.

What an object shows is its representation: its fields, one level deep, cut where it gets long. A language that wants
to show it as the program would (its ``toString``) has to run that itself.
"""

from __future__ import annotations

from minivm.classes import RuntimeClass, RuntimeMethod
from minivm.classfile import Flags
from minivm.handlers.values import TEXTS
from minivm.interpreter import Interpreter
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.memory import CLASS_MASK
from minivm.types import Type

MAX_TEXT = 40  # characters shown of a string
MAX_ITEMS = 6  # fields or elements shown of an object

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def glance(vm: Interpreter, type_: Type, word: int, depth: int = 1) -> str:
    """The text of a word of a static type: ``42``, ``"tea"``, ``Account(owner: "ann", cents: 450)``.

    Objects deeper than ``depth`` are only named.
    """
    if type_.is_primitive:
        return TEXTS[type_.name](word)
    if not word:
        return "null"
    cls = vm.classes[vm.words[word] & CLASS_MASK]
    if cls is None:
        return "a fiber's stack"
    if cls.id == vm.heap.string_class:
        return quoted(vm.heap.string(word))
    return _object(vm, cls, word, depth)


def quoted(text: str, limit: int = MAX_TEXT) -> str:
    """A string as a literal, cut after ``limit`` characters; what cannot be printed is escaped."""
    cut = text if len(text) <= limit else text[:limit]
    return '"' + "".join(map(_character, cut)) + ("" if cut is text else "…") + '"'


def _character(char: str) -> str:
    return _ESCAPES.get(char) or (char if char.isprintable() else f"\\u{{{ord(char):x}}}")


def class_text(cls: RuntimeClass) -> str:
    """A class's name; a function literal's class, which has none, is where it stands."""
    return f"<fun at {cls.file.source}:{cls.file.line}>" if Flags.CLOSURE in cls.file.flags else cls.name


def method_text(method: RuntimeMethod) -> str:
    """A method's name with its class's; without it where the class is one that nobody has written."""
    file = method.owner.file
    if Flags.CLOSURE in file.flags:
        return class_text(method.owner)
    return method.name if Flags.MODULE in file.flags and "$" in file.name else str(method)


def _object(vm: Interpreter, cls: RuntimeClass, ref: int, depth: int) -> str:
    if cls.type.name == "Array":
        return _array(vm, cls.type.args[0], ref, depth)
    if cls.type.name == "Box":
        return glance(vm, cls.layout[0].type, vm.words[ref + cls.layout[0].offset])
    if Flags.CLOSURE in cls.file.flags:
        return class_text(cls)
    if Flags.ENUM in cls.file.flags:
        return f"{cls.name}.{_enum_case(vm, cls, ref)}"
    if depth <= 0:
        return f"{cls.name}(…)" if cls.layout else f"{cls.name}()"
    shown = [f"{f.name}: {field_text(vm, f.type, ref + f.offset, depth - 1)}" for f in cls.layout[:MAX_ITEMS]]
    return f"{cls.name}({', '.join(shown)}{', …' if len(cls.layout) > MAX_ITEMS else ''})"


def field_text(vm: Interpreter, type_: Type, at: int, depth: int) -> str:
    """The text of the field or element at a word; one that must not be null and has no value yet is ``unset``."""
    word = vm.words[at]
    if not word and type_.is_reference and not type_.nullable:
        return "unset"
    return glance(vm, type_, word, depth)


def _enum_case(vm: Interpreter, cls: RuntimeClass, ref: int) -> str:
    name = next(f for f in cls.layout if f.name == "name")  # the verifier sees to it that an enum extends Enum
    word = vm.words[ref + name.offset]
    return vm.heap.string(word) if word else "?"


def _array(vm: Interpreter, element: Type, ref: int, depth: int) -> str:
    length = vm.words[ref + ARRAY_LENGTH]
    if depth <= 0 and length:
        return f"Array<{element}>({length})"
    first = ref + ARRAY_FIRST
    shown = [field_text(vm, element, first + index, depth - 1) for index in range(min(length, MAX_ITEMS))]
    if length > MAX_ITEMS:
        shown.append(f"… {length} in all")
    return f"[{', '.join(shown)}]"
