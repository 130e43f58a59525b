"""Jumps, returns and throws."""

from __future__ import annotations

from attrs import define

from minivm.classes import RuntimeMethod, Stage
from minivm.decoder import Decoding, decodes, handles
from minivm.errors import Throw
from minivm.frames import LINK, LINK_MASK, LINK_SHIFT, METHOD, PC, Link
from minivm.interpreter import RELOAD, Cell, Interpreter

Words = memoryview

HOT_CALLS = 4  # of a method with a hot loop that make compiling the whole of it worth its while


@decodes("jump")
def _jump(d: Decoding) -> Cell:
    return jump, d.at, d.operand


def jump(vm: Interpreter, words: Words[int], fp: int, at: int, target: int) -> int | None:
    """Go to the target."""
    return target


@decodes("loop")
def _loop(d: Decoding) -> Cell:
    return loop, d.at, LoopSite(d.method, d.operand)


@define(eq=False)
class LoopSite:
    """One loop: where it begins, how often it has gone round here, and its machine code."""

    method: RuntimeMethod
    target: int
    heat: int = 0


def loop(vm: Interpreter, words: Words[int], fp: int, at: int, site: LoopSite) -> int | None:
    """Go back to the target, counting fuel."""
    vm.fuel -= 1
    if vm.fuel < 0:
        words[fp + PC] = vm.pc = site.target
        vm.poll()
        return RELOAD
    site.heat += 1
    if site.heat < vm.hot:
        return site.target
    return _enter_loop(vm, words, fp, site)


def _enter_loop(vm: Interpreter, words: Words[int], fp: int, site: LoopSite) -> int:
    """Have the loop compiled, or the whole method if its calls have made the loop hot rather than one long call has."""
    method = site.method
    if method.heat > HOT_CALLS and method.entry is None:
        site.heat = 0
        vm.compile(method)
        return site.target
    entry = vm.compile(method, site.target)
    method.heat = max(method.heat, vm.hot - HOT_CALLS)
    if entry is None:
        site.heat = vm.hot - 50 if vm.hot > 50 else 0  # it is being compiled: ask again soon
        return site.target
    words[fp + PC] = site.target
    return RELOAD if vm.run_native(entry, fp) else site.target


@decodes("jumpif", "jumpnonnull")
def _jump_if(d: Decoding) -> Cell:
    return jump_if, d.at, d.operand


def jump_if(vm: Interpreter, words: Words[int], fp: int, at: int, target: int) -> int | None:
    """Go to the target if the word is not zero: true, or a reference that is not null."""
    return target if words[fp + at] else None


@decodes("jumpunless", "jumpnull")
def _jump_unless(d: Decoding) -> Cell:
    return jump_unless, d.at, d.operand


def jump_unless(vm: Interpreter, words: Words[int], fp: int, at: int, target: int) -> int | None:
    """Go to the target if the word is zero: false, or null."""
    return None if words[fp + at] else target


@handles("ret")
def ret(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Return the top word to the caller's call instruction."""
    value = words[fp + at]
    if vm.call_trace:
        vm.calls.returned(value)
    link = words[fp + LINK]
    if link & LINK_MASK:
        return return_specially(vm, link & LINK_MASK, value)
    caller = vm.stack + (link >> LINK_SHIFT)
    vm.fp = caller
    method = vm.methods[words[caller + METHOD]]
    code = method.code  # type: ignore[union-attr]
    if code is None:
        vm.resume()
        code = vm.code
    pc = words[caller + PC]
    words[caller + code[pc][1]] = value
    vm.code = code
    vm.pc = pc + 1
    return RELOAD


def return_specially(vm: Interpreter, kind: int, value: int) -> int:
    """Return from a frame that no call instruction waits for."""
    if kind == Link.RESTART:
        owner = vm.method_at(vm.fp).owner
        owner.stage = Stage.INITIALISED
        vm.tracer.event("load", f"{owner.type} is initialised")
        vm.pop()
        return RELOAD
    vm.result = value
    vm.scheduler.ended(0)
    return RELOAD


@handles("throw")
def throw(vm: Interpreter, words: Words[int], fp: int, at: int, pc: int) -> int | None:
    """Start a Mini exception."""
    raise Throw("", "", words[fp + at])
