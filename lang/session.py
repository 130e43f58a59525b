"""A REPL session without a terminal: text in, replies out. Prompts, colours and keys are ``lang.repl``'s.

An entry is a small program of its own: module ``repl$N``, which sees the earlier ones. Fibers it spawns live on; they
run while an entry runs, get one turn after it, and as many as there is time for while a prompt waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from attrs import define, frozen

from lang.diagnostics import CompileError, Diagnostic, nearest, render
from lang.echo import Echo
from lang.nodes import ClassDeclaration
from lang.nodes import Program as Tree
from lang.parser import is_incomplete, parse
from lang.program import know_versions
from lang.session_commands import COMMANDS, help_text
from lang.source import Source
from lang.traces import with_lines
from lang.views import preview, version_of
from lang.workspace import NAME, Workspace, make_workspace
from minivm.background import cancel_main, interruptible, next_turn, ready_count, run_ready
from minivm.classfile import MAIN, ClassFile, Flags
from minivm.errors import Deadlock, GuestError, LinkError, MiniError
from minivm.interpreter import Interrupted
from minivm.machine import Exit, Machine
from minivm.memory import Root
from minivm.options import MachineOptions
from minivm.redefine import Reason, Record, redefine, refused
from minivm.types import class_type

_ALREADY = "E024"  # the checker's code: declared twice


@frozen
class Reply:
    """What a session has to say to one text. ``status``: the session has ended with it."""

    text: str = ""
    failed: bool = False
    status: int | None = None
    record: Record | None = None


class _Failed(Exception):
    """An entry ended early; the text says why."""


@define
class Session:
    """One session. ``color`` is for diagnostics."""

    workspace: Workspace
    echo: Echo
    color: bool = False

    @property
    def machine(self) -> Machine:
        """The machine that runs it all."""
        return self.workspace.machine

    @staticmethod
    def needs_more(text: str) -> bool:
        """Whether the text is the beginning of something longer."""
        if text.lstrip().startswith(":"):
            command, _, rest = text.lstrip().partition(" ")
            return command == ":redefine" and is_incomplete(rest)
        return is_incomplete(text)

    def feed(self, text: str) -> Reply:
        """Carry out one entry or command. Whatever fails or is refused leaves the session as it was."""
        if not text.strip():
            return Reply()
        try:
            with interruptible(self.machine, insist=False):
                self.machine.vm.interrupted = False
                reply = self._command(text.strip()) if text.lstrip().startswith(":") else self.enter(text)
                self._breathe()
        except Exit as request:
            return Reply(status=request.status)
        except Interrupted:
            return Reply("interrupted", failed=True)
        return reply

    def _breathe(self) -> None:
        """Give every fiber that is ready one turn, so that what was just spawned is on its way."""
        self.run_others(ready_count(self.machine))

    def run_others(self, turns: int = 1) -> None:
        """Run ready fibers for some turns; for a prompt that waits.

        Raises:
            Exit: the program asked for the end; Interrupted.
        """
        if turns:
            run_ready(self.machine, turns)
        self.machine.output.flush()

    def pause(self) -> float | None:
        """Seconds until a fiber may have something to do; None: not before the next entry."""
        return next_turn(self.machine)

    # ── commands ─────────────────────────────────────────────────────────────────────────────────────────

    def _command(self, text: str) -> Reply:
        word, _, rest = text[1:].partition(" ")
        found = COMMANDS.get(word)
        if found is None:
            close = nearest(word, COMMANDS)
            hint = f"did you mean `:{close}`?" if close else "`:help` lists them"
            return Reply(f"error: no command `:{word}`; {hint}", failed=True)
        try:
            if found.act is None:
                return getattr(self, "_" + word)(rest.strip())  # type: ignore[no-any-return]
            return Reply(found.act(self.workspace, rest.strip()))
        except CompileError as error:
            return self._diagnostics(error)
        except MiniError as error:
            if isinstance(error, Interrupted):
                raise
            return Reply(f"error: {error}", failed=True)

    def _help(self, rest: str) -> Reply:
        return Reply(help_text())

    def _quit(self, rest: str) -> Reply:
        return Reply(status=0)

    def _load(self, rest: str) -> Reply:
        source = _read(self.workspace, rest)
        return self._enter(source)

    def _redefine(self, rest: str) -> Reply:
        paths = _paths(rest, self.workspace.finder.folder)
        if not rest:
            return Reply("error: `:redefine` takes class declarations, or .mini files", failed=True)
        if paths:
            sources = [_read(self.workspace, path) for path in paths]
        else:
            sources = [self.workspace.revision_source(rest)]
        try:
            set_, declared = self._revise(sources, whole_file=bool(paths))
        except CompileError as error:
            places = tuple(str(error).splitlines())
            return _recorded(refused(Reason("R501", "the source does not compile", places)))
        problem = self._unknown(declared)
        if problem:
            return Reply(problem, failed=True)
        record = redefine(self.machine, list(set_.values()))
        if record.applied:
            self.workspace.finder.files.update(set_)
        return _recorded(record)

    def _revise(self, sources: list[Source], *, whole_file: bool) -> tuple[dict[str, ClassFile], list[str]]:
        set_: dict[str, ClassFile] = {}
        declared: list[str] = []
        for source in sources:
            revision = self.workspace.compile_revision(source, whole_file=whole_file)
            know_versions(self.machine, revision)
            set_ |= {**revision.support, **revision.classes}
            declared += revision.declared
        return set_, declared

    def _unknown(self, declared: list[str]) -> str:
        """What to say if none of the classes exists yet; new ones beside old ones are welcome."""
        known = self.workspace.files()
        if any(name in known for name in declared):
            return ""
        if not declared:
            return "error: there is no class in that text; `:redefine` takes class declarations"
        close = nearest(declared[0], (name for name in known if "$" not in name))
        hint = f"did you mean `{close}`?" if close else "to define it, leave `:redefine` away"
        return f"error: there is no class {declared[0]} to redefine; {hint}"

    # ── entries ──────────────────────────────────────────────────────────────────────────────────────────

    def enter(self, text: str) -> Reply:
        """Carry out definitions, statements or an expression."""
        return self._enter(self.workspace.source(text.rstrip("\n")))

    def _enter(self, source: Source) -> Reply:
        module = self.workspace.next_module()
        try:
            program = parse(source)
            self._check_new(source, program)
            files = self.workspace.compile_entry(source, program, module)
        except CompileError as error:
            return self._diagnostics(error)
        except MiniError as error:  # an imported file that cannot be read
            return Reply(f"error: {error}", failed=True)
        shown = list(self._define(files, module, program))
        try:
            if program.statements:
                shown += self._run(module)
        except _Failed as failure:
            if not program.functions:
                self.workspace.hide(module)
            return Reply("\n".join((*shown, str(failure))), failed=True)
        return Reply("\n".join(shown))

    def _check_new(self, source: Source, program: Tree) -> None:
        """Raise CompileError if a class of the entry is there already."""
        files = self.workspace.finder.files
        found = [node for node in program.classes if node.name in files]
        if found:
            raise CompileError([self._already(source, node) for node in found])

    def _already(self, source: Source, node: ClassDeclaration) -> Diagnostic:
        message = f"there is a class `{node.name}` already (v{version_of(self.machine, node.name)})"
        hint = "`:redefine` and the same text gives it a new version"
        text = source.text[node.span.start : node.span.end]
        try:
            revision = self.workspace.compile_revision(Source(source.name, text))
            old = self.workspace.files()[node.name]
            hint += preview(old, revision.classes[node.name])
        except CompileError:
            pass  # what it would change is known only once it compiles
        return Diagnostic(_ALREADY, message, source, node.name_span, "a second definition", hint)

    def _define(self, files: dict[str, ClassFile], module: str, program: Tree) -> Iterator[str]:
        """Make the definitions part of the session; what to say about each."""
        self.workspace.add(files, module, [node.name for node in program.imports])
        for node in program.classes:
            if not files[node.name].is_template:
                self.machine.load(class_type(node.name))
            yield f"{node.kind} {node.name} v1"
        for function in program.functions:
            method = files[module].method(function.name)
            if method is not None:
                generic = f"<{', '.join(p.name for p in method.type_parameters)}>" if method.type_parameters else ""
                parameters = zip(method.parameter_names, method.parameters, strict=False)
                shown = ", ".join(f"{name}: {type_}" for name, type_ in parameters)
                yield f"fun {function.name}{generic}({shown}): {method.result}"

    # ── running ──────────────────────────────────────────────────────────────────────────────────────────

    def _run(self, module: str) -> list[str]:
        """Run an entry's statements; its value as text, if it has one.

        Raises:
            _Failed: it did not come to its end, and why.
        """
        machine = self.machine
        try:
            main = machine.load(class_type(module)).methods[MAIN]
            word = machine.run_fiber(self._start(module))
            text = self.echo.text(main.result, word)
        except GuestError as error:
            raise _Failed("uncaught " + with_lines(error, self.workspace.line)) from None
        except Interrupted:
            raise _Failed(self._stop("interrupted")) from None
        except Deadlock as error:
            raise _Failed(self._stop(str(error))) from None
        except LinkError as error:
            raise _Failed(f"error: {error}") from None
        return [text] if text else []

    def _start(self, module: str) -> int:
        """Start the entry's fiber. It is always fiber 1, as a program's main fiber is, unless an old one clings to it."""
        machine, scheduler = self.machine, self.machine.scheduler
        main = machine.load(class_type(module)).methods[MAIN]
        following = max(scheduler.next_id, 2)
        if all(scheduler.get(fiber, "id") != 1 for fiber in scheduler.live()):
            scheduler.next_id = 1
            number = machine.start(main)
            scheduler.next_id = following
            return number
        return machine.start(main)

    def _stop(self, why: str) -> str:
        """End the entry's fiber, which runs its finally blocks; what to say."""
        scheduler = self.machine.scheduler
        fiber = self.machine.memory.root(Root.MAIN)
        lines = [why]
        if fiber in list(scheduler.live()):
            if not isinstance(why, Deadlock) and why == "interrupted":
                lines.append(f"    {scheduler.where(fiber)}")
            if not cancel_main(self.machine):
                lines.append("  it does not end; it stays as a fiber: see `:fibers`")
        return "\n".join(lines)

    def _diagnostics(self, error: CompileError) -> Reply:
        return Reply("\n\n".join(render(found, self.color) for found in error.diagnostics), failed=True)


def _recorded(record: Record) -> Reply:
    return Reply(record.text(), failed=record.status == "refused", record=record)
