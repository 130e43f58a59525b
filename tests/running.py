"""Running scripts in this process, in each mode."""

from __future__ import annotations

import io
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import define, field

from lang.compiler import Program, compile_program
from lang.library import standard_library
from lang.program import program_machine
from lang.source import Source
from minivm.classfile import ClassFile
from minivm.errors import Deadlock, GuestError, MiniError
from minivm.interpreter import NEVER, QUANTUM
from minivm.machine import Exit, Machine
from minivm.native.engine import Level
from minivm.options import MachineOptions
from minivm.redefine import redefine
from minivm.trace import Tracer
from modes import PLAIN, Mode, named
from outcome_digest import OutcomeDigest

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
    digest: str = ""


@contextmanager
def limited(seconds: int = 120) -> Iterator[None]:
    """Fail with TimeoutError what does not come to an end: a script that hangs is a finding, not a wait.

    The seconds are the processor's, since others may keep it busy; what waits for ever has ten times as long.
    """

    def stop(*_: object) -> None:
        raise TimeoutError(f"still running after {seconds} s")

    kinds = (signal.SIGPROF, signal.SIGALRM)
    before = [signal.signal(kind, stop) for kind in kinds]
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(10 * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def compile_text(name: str, text: str, folder: Path = Path()) -> Program:
    """Compile a program text whose imports are in ``folder``; CompileError if it is not one."""
    return compile_program(Source(f"{name}.mini", text), folder, name, standard_library())


def new_machine(
    program: Program, mode: Mode | str = PLAIN, heap_bytes: int = 64 << 20, folder: Path = Path()
) -> Machine:
    """A machine for the program, its output in ``machine.output``."""
    machine = program_machine(program, folder, mode_options(named(mode), heap_bytes))
    machine.output, machine.errors = io.StringIO(), io.StringIO()
    provoke(machine, named(mode))
    return machine


def mode_options(mode: Mode, heap_bytes: int) -> MachineOptions:
    """The options of a machine for a mode."""
    return MachineOptions(heap_bytes, mode.collecting, Tracer(), mode=mode.tier)


def provoke(machine: Machine, mode: Mode, patience: int = 0) -> None:
    """Make happen at a machine's safepoints what the mode asks for.

    With ``patience`` it does not collect at every allocation, but so often in a row, and again after a while; and it
    redefines less often.
    """
    machine.vm.stress_every = mode.stop_every
    acts: list[Callable[[], None]] = []
    if mode.redefining:
        acts.append(redefine_often(machine, 1 if patience else BURST))
    if mode.mixed:
        acts.append(change_tiers(machine, mode.seed))
    if mode.collecting and patience:
        acts.append(collect_in_bursts(machine, patience))
    if acts:
        machine.vm.at_safepoint = lambda: [act() for act in acts] and None
    machine.vm.refill()


def run(
    program: Program,
    mode: Mode | str = PLAIN,
    heap_bytes: int = 64 << 20,
    *,
    arguments: Sequence[str] = (),
    seconds: int = 120,
    patience: int = 0,
) -> Outcome:
    """Run a program to its end."""
    machine = new_machine(program, mode, heap_bytes)
    if patience:
        provoke(machine, named(mode), patience)
    machine.arguments = list(arguments)
    outcome = Outcome()
    with closing(machine), limited(seconds):
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
        outcome.digest = OutcomeDigest(machine).compute()
    return outcome


def text_of(stream: object) -> str:
    """What was written to one of a machine's streams."""
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def redefine_often(machine: Machine, burst: int) -> Callable[[], None]:
    """Redefine every class of the program to itself at safepoints: at each of the first few, then at ever fewer."""
    done = 0
    stops = 0

    def again() -> None:
        nonlocal done, stops
        stops += 1
        if stops * QUANTUM < machine.vm.stress_every:  # a turn has ended before it was time
            return
        record = redefine(machine, loaded_files(machine), force=True)
        if not record.applied and record.code != "R502":
            raise MiniError(record.text())
        done += 1
        stops = 0
        if done % burst == 0:
            machine.vm.stress_every *= 2

    machine.vm.stress_every = machine.vm.stress_every or 1
    return again


def change_tiers(machine: Machine, seed: int) -> Callable[[], None]:
    """Let chance decide at safepoints, ever fewer, what is compiled from then on, how, and what is no longer."""
    chance = random.Random(seed)
    vm = machine.vm
    hot = vm.hot

    def again() -> None:
        vm.hot = chance.choice((hot, hot, 3, 20, NEVER))
        if vm.tier is not None:
            vm.tier.at_once = chance.choice(tuple(Level))
            gone = [unit for unit in vm.tier.units.values() if chance.random() < 0.3]
            vm.tier.discard(gone, "by chance")
        vm.stress_every = chance.randrange(1, 2 + 2 * vm.stress_every)

    vm.stress_every = 1
    return again


def collect_in_bursts(machine: Machine, patience: int) -> Callable[[], None]:
    """Collect at ``patience`` allocations in a row, and again some stops later, each time half as many."""
    memory = machine.memory
    collect = memory.collect
    assert collect is not None
    left = patience

    def counted() -> None:
        nonlocal left
        collect()
        left -= 1
        if left <= 0:
            memory.stress = False

    def again() -> None:
        nonlocal left, patience
        if left <= 0:
            machine.vm.stress_every *= 2
            patience = max(patience // 2, 2)
            left = patience
            memory.stress = True

    memory.collect = counted
    machine.vm.stress_every = machine.vm.stress_every or 16
    return again


def loaded_files(machine: Machine) -> list[ClassFile]:
    """The current class files of all loaded classes that are not the library's."""
    return [file for file, home in machine.app.templates.values() if home is not machine.boot]
