"""Entries of a session: definitions, statements, expressions. Each is compiled, made known, and run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import define, field

from lang.diagnostics import CompileError, Diagnostic
from lang.parser import parse
from lang.repl.reply import Reply, diagnostics_reply, error_reply
from lang.repl.versions import changes, version_of
from lang.repl.workspace import Workspace, plain
from lang.source import Source
from lang.traces import with_lines
from minivm.background import cancel_main, ready_count, run_ready
from minivm.classes import RuntimeMethod
from minivm.classfile import MAIN, ClassFile
from minivm.errors import Deadlock, GuestError, LinkError, UsageError
from minivm.interpreter import Interrupted
from minivm.machine import Machine
from minivm.memory import Root
from minivm.types import Type, class_type

if TYPE_CHECKING:
    from lang.nodes import ClassDeclaration
    from lang.nodes import Program as Tree

_ALREADY = "E024"  # the checker's code: declared twice


class Stopped(Exception):
    """An entry's statements did not come to their end; the text says why."""


@define
class Prepared:
    """An entry whose definitions are made, and whose statements are to be run; ``shown`` is what to say of it."""

    source: Source
    program: Tree
    module: str
    shown: list[str] = field(factory=list)

    def finish(self, workspace: Workspace) -> Reply:
        """The reply to an entry that came to its end."""
        workspace.journal.add(self.source, self.program, ran=True)
        return Reply("\n".join(self.shown))

    def abandon(self, workspace: Workspace, why: str) -> Reply:
        """The reply to an entry that did not: its variables are gone, its classes and functions are there."""
        if not self.program.functions:
            workspace.hide(self.module)
        workspace.journal.add(self.source, self.program, ran=False)
        return Reply("\n".join((*self.shown, why)), failed=True)

    def result(self, machine: Machine) -> Type:
        """The type of the entry's value."""
        return main_of(machine, self.module).result


def enter(workspace: Workspace, source: Source) -> Reply:
    """Carry out one entry. If it fails, the session is as before, but for what the program itself did and the classes
    and functions it defined.

    Raises:
        Exit: the program asked for the end; Interrupted: while fibers other than the entry's ran.
    """
    prepared = prepare(workspace, source)
    if isinstance(prepared, Reply):
        return prepared
    try:
        if prepared.program.statements:
            prepared.shown += _run(workspace, prepared.module)
            run_ready(workspace.machine, ready_count(workspace.machine))  # what was spawned gets on its way
    except Stopped as why:
        return prepared.abandon(workspace, str(why))
    return prepared.finish(workspace)


def prepare(workspace: Workspace, source: Source) -> Prepared | Reply:
    """Compile an entry and make its definitions; or the reply, if that cannot be done."""
    module = workspace.next_module()
    workspace.compiled_in = 0.0
    started = time.perf_counter()
    try:
        with workspace.interrupts.breakable():
            program = parse(source)
            _check_new(workspace, source, program)
            files = workspace.compile_entry(source, program, module)
    except CompileError as error:
        return diagnostics_reply(error, workspace.settings.color)
    except UsageError as error:  # an imported file that cannot be read
        return error_reply(error)
    workspace.compiled_in = time.perf_counter() - started
    prepared = Prepared(source, program, module)
    try:
        prepared.shown += _define(workspace, files, module, program)
    except Stopped as why:
        return prepared.abandon(workspace, str(why))
    return prepared


# ── definitions ──────────────────────────────────────────────────────────────────────────────────────────────


def _check_new(workspace: Workspace, source: Source, program: Tree) -> None:
    """Raise CompileError if a class of the entry is there already."""
    found = [node for node in program.classes if node.name in workspace.finder.files]
    if found:
        raise CompileError([_already(workspace, source, node) for node in found])


def _already(workspace: Workspace, source: Source, node: ClassDeclaration) -> Diagnostic:
    message = f"there is a class `{node.name}` already, in v{version_of(workspace.machine, node.name)}"
    text = source.text[node.span.start : node.span.end]
    hint = "write `:redefine` before it to give the class a new version"
    try:
        revision = workspace.compile_revision(Source(source.name, text))
    except CompileError:
        pass  # what it would change is known only once it compiles
    else:
        found = list(changes(workspace.files()[node.name], revision.classes[node.name]))
        hint += f"; it would change: {', '.join(found)}" if found else "; it would change nothing"
        if any(change.startswith(("- field", "- static field")) for change in found):
            hint += ". Fields that go would be a reason to refuse: keep them"
    return Diagnostic(_ALREADY, message, source, node.name_span, "defined a second time", hint)


def _define(workspace: Workspace, files: dict[str, ClassFile], module: str, program: Tree) -> Iterator[str]:
    """Make the definitions part of the session; what to say about each."""
    workspace.add(files, module, [node.name for node in program.imports])
    try:
        for node in program.classes:
            if not files[node.name].is_template:
                workspace.machine.load(class_type(node.name))
            yield f"{node.kind} {node.name} v1"
        if program.functions:  # so that a redefinition that they would not survive is refused
            workspace.machine.load(class_type(module))
    except LinkError as error:
        raise Stopped(f"error: {error}") from None
    for function in program.functions:
        yield _function(files[module], function.name)


def _function(module: ClassFile, name: str) -> str:
    method = module.method(name)
    assert method is not None
    generic = f"<{', '.join(p.name for p in method.type_parameters)}>" if method.type_parameters else ""
    parameters = zip(method.parameter_names, method.parameters, strict=False)
    shown = ", ".join(f"{parameter}: {type_}" for parameter, type_ in parameters)
    return f"fun {name}{generic}({shown}): {method.result}"


# ── running ──────────────────────────────────────────────────────────────────────────────────────────────────


def _run(workspace: Workspace, module: str) -> list[str]:
    """Run an entry's statements; its value as text, if it has one.

    Raises:
        Stopped: they did not come to their end.
    """
    machine = workspace.machine
    number = start(machine, module)
    try:
        word = machine.run_fiber(number)
        text = workspace.echo.text(main_of(machine, module).result, word, workspace.width)
    except GuestError as error:
        raise Stopped(failure(workspace, error)) from None
    except Interrupted:
        raise Stopped(stop(machine, "interrupted", show_place=True)) from None
    except Deadlock as error:
        raise Stopped(stop(machine, str(error))) from None
    except LinkError as error:
        raise Stopped(f"error: {error}") from None
    return [text] if text else []


def failure(workspace: Workspace, error: GuestError) -> str:
    """What to say of an error that nobody caught."""
    return "uncaught " + with_lines(error, workspace.line)


def main_of(machine: Machine, module: str) -> RuntimeMethod:
    """The method that an entry's statements are."""
    return machine.load(class_type(module)).methods[MAIN]


def start(machine: Machine, module: str) -> int:
    """Start the entry's fiber: number 1, as any program's main fiber, unless an old one clings to the number.

    Raises:
        Stopped: it cannot be started.
    """
    try:
        return _start(machine, main_of(machine, module))
    except (LinkError, GuestError) as error:
        raise Stopped(f"error: {error}") from None


def _start(machine: Machine, main: RuntimeMethod) -> int:
    scheduler = machine.scheduler
    following = max(scheduler.next_id, 2)
    if any(scheduler.get(fiber, "id") == 1 for fiber in scheduler.live()):
        return machine.start(main)
    scheduler.next_id = 1
    try:
        return machine.start(main)
    finally:
        scheduler.next_id = following


def stop(machine: Machine, why: str, *, show_place: bool = False) -> str:
    """End the entry's fiber, which runs its finally blocks; what to say."""
    scheduler = machine.scheduler
    lines = [why]
    fiber = machine.memory.root(Root.MAIN)
    if fiber in list(scheduler.live()):
        if show_place:
            lines.append(f"    {plain(scheduler.where(fiber))}")
        if not cancel_main(machine):
            lines.append("  it does not end and stays as a fiber: see `:fibers`")
    return "\n".join(lines)
