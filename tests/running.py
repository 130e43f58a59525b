"""Running scripts in this process, in each mode."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import define, field

from lang.compiler import Program, compile_program
from lang.library import standard_library
from lang.program import program_machine
from lang.source import Source
from minivm.classfile import ClassFile
from minivm.errors import Deadlock, GuestError, MiniError
from minivm.machine import Exit, Machine
from minivm.native.modes import Mode
from minivm.options import MachineOptions
from minivm.redefine import redefine
from minivm.trace import Tracer

BURST = 4  # redefinitions at one frequency; then half as often


@define
class Outcome:
    """What a program did."""

    lines: list[str] = field(factory=list)
    error: str = ""
    trace: list[str] = field(factory=list)
    deadlock: str = ""
    status: str = ""
    errors: str = ""


@contextmanager
def limited(seconds: int = 120) -> Iterator[None]:
    """Fail with TimeoutError what does not come to an end: a script that hangs is a finding, not a wait."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def compile_text(name: str, text: str, folder: Path = Path()) -> Program:
    """Compile a program text whose imports are in ``folder``; CompileError if it is not one."""
    return compile_program(Source(f"{name}.mini", text), folder, name, standard_library())


def new_machine(program: Program, mode: str, heap_bytes: int = 64 << 20) -> Machine:
    """A machine for the program, its output in ``machine.output``."""
    tier = Mode.NATIVE if mode.startswith("native") else Mode.INTERPRETER
    options = MachineOptions(heap_bytes, mode.endswith(("collecting", "both")), Tracer(), mode=tier)
    machine = program_machine(program, Path("."), options)
    machine.output, machine.errors = io.StringIO(), io.StringIO()
    if mode.endswith(("redefining", "both")):
        redefine_often(machine)
    return machine


def run(program: Program, mode: str, heap_bytes: int = 64 << 20, arguments: Sequence[str] = ()) -> Outcome:
    """Run a program to its end."""
    machine = new_machine(program, mode, heap_bytes)
    machine.arguments = list(arguments)
    outcome = Outcome()
    with closing(machine), limited():
        try:
            machine.run_main(program.main)
        except GuestError as error:
            outcome.error = str(error).partition("\n")[0]
            outcome.trace = list(error.trace)
        except Deadlock as error:
            outcome.deadlock = str(error)
        except Exit as request:
            outcome.status = str(request.status)
        outcome.lines = text_of(machine.output).splitlines()
        outcome.errors = text_of(machine.errors)
    return outcome


def text_of(stream: object) -> str:
    """What was written to one of a machine's streams."""
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def redefine_often(machine: Machine) -> None:
    """Redefine every class of the program to itself at safepoints: each of the first few, then ever fewer."""
    done = 0

    def again() -> None:
        nonlocal done
        record = redefine(machine, loaded_files(machine), force=True)
        if not record.applied and record.code != "R502":
            raise MiniError(record.text())
        done += 1
        if done % BURST == 0:
            machine.vm.stress_every *= 2

    machine.vm.stress_every = 1
    machine.vm.at_safepoint = again
    machine.vm.refill()


def loaded_files(machine: Machine) -> list[ClassFile]:
    """The current class files of all loaded classes that are not the library's."""
    return [file for file, home in machine.app.templates.values() if home is not machine.boot]
