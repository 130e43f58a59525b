"""Where things are in an object: the facts the collector, the digest and the interpreter share.

instance   header | field words, the superclass's first
statics    header | static field words | one word per String constant, 0 until first used
array      header | length | elements
string     header | length << 2 | width code | hash, 0 until asked | code points, 1, 2 or 4 bytes each (PEP 393)
stack      header | capacity in words | newest frame's offset, 0 if there is none | frames (see ``frames``)
"""

from __future__ import annotations

from attrs import frozen

from minivm.classes import RuntimeClass, Shape
from minivm.memory import STATICS_BIT

STACK_CLASS = 0  # class id 0 is no class: it marks a fiber's stack
ARRAY_LENGTH = 1
ARRAY_FIRST = 2
STRING_LENGTH = 1
STRING_HASH = 2
STRING_FIRST = 3
STACK_CAPACITY = 1
STACK_TOP = 2  # offset of the newest frame, 0 without one; kept up to date at safepoints only
STACK_FIRST = 3


@frozen
class Layout:
    """What the collector must know of a kind of object: its kind, its words and which of them are references."""

    kind: str  # "fields", "array of words", "array of references", "string", "stack"
    size: int  # words with the header, for kind "fields"
    references: tuple[int, ...]  # offsets from the header, for kind "fields"


STACK_LAYOUT = Layout("stack", 0, ())


def instance_layout(cls: RuntimeClass) -> Layout:
    """The layout of a linked class's instances."""
    if cls.shape is Shape.STRING:
        return Layout("string", 0, ())
    if cls.shape is Shape.ARRAY:
        element = cls.type.args[0]
        return Layout("array of references" if element.is_reference else "array of words", 0, ())
    references = tuple(f.offset for f in cls.layout if f.type.is_reference)
    return Layout("fields", 1 + len(cls.layout), references)


def statics_layout(cls: RuntimeClass) -> Layout:
    """The layout of a linked class's statics object."""
    references = [f.offset for f in cls.statics if f.type.is_reference]
    references.extend(cls.literals.values())
    return Layout("fields", 1 + len(cls.statics) + len(cls.literals), tuple(references))


def layouts_of(cls: RuntimeClass) -> dict[int, Layout]:
    """Both layouts, by the low 32 bits of a header."""
    return {cls.id: instance_layout(cls), cls.id | STATICS_BIT: statics_layout(cls)}
