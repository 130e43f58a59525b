"""Entries of a session: definitions, statements, expressions. Each is compiled, made known, and run."""

from __future__ import annotations

from collections.abc import Iterator

from lang.diagnostics import CompileError, Diagnostic
from lang.nodes import ClassDeclaration
from lang.nodes import Program as Tree
from lang.parser import parse
from lang.repl.reply import Reply, diagnostics_reply, error_reply
from lang.repl.views import preview, version_of
from lang.repl.workspace import Workspace
from lang.source import Source
from lang.traces import with_lines
from minivm.background import cancel_main, ready_count, run_ready
from minivm.classfile import MAIN, ClassFile
from minivm.errors import Deadlock, GuestError, LinkError, UsageError
from minivm.interpreter import Interrupted
from minivm.machine import Machine
from minivm.memory import Root
from minivm.types import class_type

_ALREADY = "E024"  # the checker's code: declared twice


class Stopped(Exception):
    """An entry's statements did not come to their end; the text says why."""


def enter(workspace: Workspace, source: Source) -> Reply:
    """Carry out one entry. If it fails, the session is as before, but for what the program itself did and the classes
    and functions it defined.

    Raises:
        Exit: the program asked for the end; Interrupted: while fibers other than the entry's ran.
    """
    module = workspace.next_module()
    try:
        program = parse(source)
        _check_new(workspace, source, program)
        files = workspace.compile_entry(source, program, module)
    except CompileError as error:
        return diagnostics_reply(error, workspace.color)
    except UsageError as error:  # an imported file that cannot be read
        return error_reply(error)
    shown: list[str] = []
    try:
        shown += _define(workspace, files, module, program)
        if program.statements:
            shown += _run(workspace, module)
            run_ready(workspace.machine, ready_count(workspace.machine))  # what was spawned gets on its way
    except Stopped as why:
        if not program.functions:
            workspace.hide(module)
        return Reply("\n".join((*shown, str(why))), failed=True)
    return Reply("\n".join(shown))


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
        hint += preview(workspace.files()[node.name], revision.classes[node.name])
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
    try:
        main = machine.load(class_type(module)).methods[MAIN]
        word = machine.run_fiber(_start(machine, module))
        text = workspace.echo.text(main.result, word)
    except GuestError as error:
        raise Stopped("uncaught " + with_lines(error, workspace.line)) from None
    except Interrupted:
        raise Stopped(_stop(machine, "interrupted", show_place=True)) from None
    except Deadlock as error:
        raise Stopped(_stop(machine, str(error))) from None
    except LinkError as error:
        raise Stopped(f"error: {error}") from None
    return [text] if text else []


def _start(machine: Machine, module: str) -> int:
    """Start the entry's fiber: number 1, as any program's main fiber, unless an old one clings to the number."""
    scheduler = machine.scheduler
    main = machine.load(class_type(module)).methods[MAIN]
    following = max(scheduler.next_id, 2)
    if any(scheduler.get(fiber, "id") == 1 for fiber in scheduler.live()):
        return machine.start(main)
    scheduler.next_id = 1
    try:
        return machine.start(main)
    finally:
        scheduler.next_id = following


def _stop(machine: Machine, why: str, *, show_place: bool = False) -> str:
    """End the entry's fiber, which runs its finally blocks; what to say."""
    scheduler = machine.scheduler
    lines = [why]
    fiber = machine.memory.root(Root.MAIN)
    if fiber in list(scheduler.live()):
        if show_place:
            lines.append(f"    {scheduler.where(fiber)}")
        if not cancel_main(machine):
            lines.append("  it does not end and stays as a fiber: see `:fibers`")
    return "\n".join(lines)
