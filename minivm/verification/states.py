"""What the verifier knows before each instruction."""

from __future__ import annotations

from attrs import frozen

from minivm.types import Type


@frozen
class FrameState:
    """Types of the locals (None: unset, or of no single type) and of the operands, top of stack last."""

    locals: tuple[Type | None, ...]
    stack: tuple[Type, ...]


@frozen
class Verified:
    """A method that may run: the state before each instruction, None where it cannot be reached."""

    states: tuple[FrameState | None, ...]
    steps: int = 0  # how many instructions were looked at: some again and again, until nothing was news


@frozen
class RawThis(Type):
    """``this`` in an ``init`` before the superclass's init was called: nobody else may see it yet."""


@frozen
class OwnThis(Type):
    """``this`` in an ``init`` or ``=fields`` once it is initialised: a word known to be the receiver itself."""


def as_own(type_: Type) -> Type:
    """The receiver's type, marked as the receiver itself."""
    return OwnThis(type_.kind, type_.name, type_.args)


def as_raw(type_: Type) -> Type:
    """The receiver's type, marked as not yet initialised."""
    return RawThis(type_.kind, type_.name, type_.args)
