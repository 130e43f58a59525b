"""What a method looks like as LLVM IR or machine code, for people."""

from __future__ import annotations

from minivm.classes import RuntimeMethod
from minivm.errors import UsageError
from minivm.interpreter import NEVER, Interpreter
from minivm.native import rows
from minivm.native.engine import Level, shared_engine
from minivm.native.unit import Unit

assert rows  # imported for what it registers


def native_listing(vm: Interpreter, method: RuntimeMethod, assembly: bool = False) -> str:
    """The optimised IR, or the assembly, of the unit that a method would be compiled to as things stand.

    Raises:
        UsageError: there is no LLVM, or nothing to compile: no code, or none that has run and so was verified.
    """
    engine = shared_engine()
    if engine is None:
        raise UsageError("there is no native tier: llvmlite is not installed")
    if method.native is not None or method.declared.code is None:
        what = "a native of the machine" if method.native is not None else "abstract"
        raise UsageError(f"{method} is {what}: it has no bytecode to compile")
    if method.verified is None or not method.id:
        raise UsageError(f"{method} has not run yet, so it is not verified; call it once")
    ir = Unit(vm, method, None).source.ir(Level.OPTIMISED)
    text = engine.assembly(ir) if assembly else engine.optimised_ir(ir)
    return f"; {method}: {_state(vm, method)}\n{text}"


def _state(vm: Interpreter, method: RuntimeMethod) -> str:
    compiled = vm.tier.units.get((method, None)) if vm.tier is not None else None
    if compiled is not None:
        baseline = compiled.level is Level.BASELINE
        return "runs as baseline code; this is what it is optimised to" if baseline else "runs as machine code"
    if vm.hot == NEVER:
        return "interpreted, and so is everything here; this is what it would be"
    return f"interpreted so far, {method.heat} of the {vm.hot} calls that make it hot"
