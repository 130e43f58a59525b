"""The variables of a frame: which have a name and a value at the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from minivm.frames import FIRST, Frame
from minivm.types import Type


@frozen
class Variable:
    """A named local: ``at`` is its word's index in the memory."""

    name: str
    type: Type
    at: int


def variables(frame: Frame) -> Iterator[Variable]:
    """The receiver, the parameters, then the local variables in scope."""
    method, code = frame.method, frame.method.declared.code
    state = method.verified.states[frame.pc] if method.verified else None
    assert code is not None and state is not None, "a frame at an instruction that cannot be reached"
    names = _argument_names(frame) | {n.slot: n.name for n in code.names if n.start <= frame.pc < n.end}
    for slot, type_ in enumerate(state.locals):
        if type_ is not None and slot in names:
            yield Variable(names[slot], type_, frame.at + FIRST + slot)


def _argument_names(frame: Frame) -> dict[int, str]:
    method = frame.method
    receiver = [] if method.is_static else ["this"]
    return dict(enumerate([*receiver, *method.declared.parameter_names]))
