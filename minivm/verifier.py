"""The verifier: nothing runs before it has been through here.

``verify`` proves of one concrete method that, whatever path it takes, every instruction finds words of the types it
expects; its states at safepoints are the collector's stack maps. ``check_class`` looks at a class as a whole.
"""

from __future__ import annotations

from minivm.classes import RuntimeMethod
from minivm.errors import Fault, VerifyError
from minivm.subtypes import World, assignable
from minivm.verification.class_rules import check_class
from minivm.verification.flow import TooComplex, explore, frame_states
from minivm.verification.operands import Faults, operand_faults
from minivm.verification.states import FrameState, Verified

__all__ = ["FrameState", "Verified", "World", "assignable", "check_class", "verify"]


def verify(method: RuntimeMethod, world: World) -> Verified:
    """The types before each instruction of a method with code; no states for an abstract or native one.

    Raises:
        VerifyError: with every fault found.
    """
    code = method.declared.code
    if code is None:
        return Verified(())
    faults = operand_faults(method, code)
    if faults:
        raise _refusal(method, faults)
    try:
        flow = explore(method, code, world)
    except TooComplex:
        raise _refusal(method, {-1: ["too complex to verify"]}) from None
    faults = flow.machine.faults
    for pc, reason in flow.clashes.items():
        faults.setdefault(pc, []).append(reason)
    if faults:
        raise _refusal(method, faults)
    return Verified(frame_states(flow), flow.steps)


def _refusal(method: RuntimeMethod, faults: Faults) -> VerifyError:
    owner = method.owner.name
    return VerifyError(tuple(Fault(owner, method.name, pc, reason) for pc in sorted(faults) for reason in faults[pc]))
