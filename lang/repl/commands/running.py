"""Commands that run something, or look at what would run: ``:run``, ``:time``, ``:type``, ``:step``, ``:trace``."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import evolve

from lang.compiler import compile_file, read_source
from lang.parser import parse
from lang.program import program_machine
from lang.repl.command import CODE, FILE, TOPIC, command, required
from lang.repl.commands.lookup import path_of
from lang.repl.entries import enter
from lang.repl.reply import Reply
from lang.repl.stepping import begin
from lang.repl.workspace import NAME, Workspace
from lang.source import Source
from lang.traces import with_lines
from minivm.classfile import MAIN
from minivm.errors import GuestError, UsageError
from minivm.machine import Machine
from minivm.runner import run_program
from minivm.trace import TOPICS, Tracer
from minivm.types import VOID


@command(
    "run",
    "FILE [ARGUMENT…]",
    summary="run a program in a machine of its own",
    examples=(":run shop.mini 3",),
    completes=FILE,
)
def run(workspace: Workspace, rest: str) -> Reply:
    """Run a program from its first statement to its end, as `minivm run` does. It has a machine of its own, so nothing
    of the session changes. Ctrl-C stops it.

    To have a file's definitions in the session, `:load` it.
    """
    words = _words(required("run", rest))
    path = path_of(workspace, words[0])
    with workspace.interrupts.breakable():
        program = compile_file(path, workspace.finder.library)
    options = evolve(workspace.options, arguments=tuple(words[1:]), tracer=Tracer(set(), workspace.machine.tracer.sink))
    machine = program_machine(program, path.parent, options)
    machine.output, machine.errors = workspace.machine.output, workspace.machine.errors
    lines = dict(enumerate(read_source(path).text.split("\n"), 1))

    def render(error: GuestError) -> str:
        return with_lines(error, lambda name, line: lines.get(line) if name == path.name else None)

    try:
        status = run_program(machine, program.main, render)
    finally:
        machine.close()
    return Reply(f"{path.name} ended with status {status}", failed=True) if status else Reply()


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


@command(
    "time",
    "ENTRY",
    summary="enter something, and say how long it took",
    examples=(":time sort(items)",),
    completes=CODE,
)
def time_(workspace: Workspace, rest: str) -> Reply:
    """Compile and run an entry, and tell how long each took, and how often garbage was collected meanwhile."""
    source = workspace.source(required("time", rest))
    with _collections(workspace.machine) as collections:
        started = time.perf_counter()
        reply = enter(workspace, source)
        took = time.perf_counter() - started
    if not workspace.compiled_in:
        return reply
    collected = len(collections)
    parts = [f"ran in {_duration(took - workspace.compiled_in)}", f"compiled in {_duration(workspace.compiled_in)}"]
    if collected:
        parts.append(f"{collected} collection{'' if collected == 1 else 's'} of garbage")
    return evolve(reply, text="\n".join(part for part in (reply.text, "  " + ", ".join(parts)) if part))


@contextmanager
def _collections(machine: Machine) -> Iterator[list[None]]:
    """A list that grows by one with every collection inside the ``with``."""
    memory, collect = machine.memory, machine.memory.collect
    found: list[None] = []

    def counted() -> None:
        found.append(None)
        machine.collect()

    memory.collect = counted
    try:
        yield found
    finally:
        memory.collect = collect


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


@command(
    "type",
    "EXPRESSION",
    summary="the type of an expression, which is not evaluated",
    examples=(":type basket.first()",),
    completes=CODE,
)
def type_(workspace: Workspace, rest: str) -> Reply:
    """The static type of an expression: what the checker knows of it. Nothing runs."""
    source = Source(NAME, required("type", rest), workspace.lines_fed + 1)
    module = "repl$type"
    with workspace.interrupts.breakable():
        main = workspace.compile_entry(source, parse(source), module)[module].method(MAIN)
    return Reply(str(main.result if main else VOID))


@command(
    "step",
    "ENTRY",
    summary="run something bytecode by bytecode, or line by line",
    examples=(":step c.bump()",),
    completes=CODE,
)
def step(workspace: Workspace, rest: str) -> Reply:
    """Compile an entry and stop before its first instruction. Then

    Enter or `s` executes one bytecode, `l` the rest of the line (over the calls in it), `i` the same but into the first
    call, `o` until the method returns, `c` to the end; `q` gives up and stops the entry. Commands such as `:frames`
    work meanwhile.

    Each step shows the instruction, the operand stack before and after it, and the variables with what changed. Through
    a pipe, where nobody can be asked, everything is stepped through to the end.
    """
    return begin(workspace, workspace.source(required("step", rest)))


@command(
    "trace",
    "[TOPIC on|off]",
    summary=f"report what the machine does: {', '.join(TOPICS)}",
    examples=(":trace load on", ":trace"),
    completes=TOPIC,
)
def trace(workspace: Workspace, rest: str) -> Reply:
    """Switch the reports of a topic on or off; without a topic, tell which are on.

    `load`: classes found, verified, laid out and initialised, under what caused it. `call`: every call.
    `redefine`: what redefinitions did. `gc`: every collection. `jit`: what becomes machine code.
    """
    tracer = workspace.machine.tracer
    topic, _, state = " ".join(rest.split()).partition(" ")
    if not rest:
        return Reply("\n".join(f"{name:<8}   {'on' if name in tracer.topics else 'off'}" for name in TOPICS))
    if topic not in TOPICS or state not in ("on", "off"):
        raise UsageError(f"`:trace` takes a topic, {', '.join(TOPICS)}, and on or off")
    (tracer.topics.add if state == "on" else tracer.topics.discard)(topic)
    workspace.machine.vm.call_trace = "call" in tracer.topics
    return Reply(f"trace {topic} {state}")
