"""Running a program from a command line to its exit status (see ``minivm.guard``)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from minivm.background import cancel_main, interruptible
from minivm.errors import Deadlock, GuestError, LinkError, MiniError, Throw
from minivm.guard import FAILED, INTERRUPTED
from minivm.interpreter import Interrupted
from minivm.loader import Finder
from minivm.machine import Exit, Machine
from minivm.options import MachineOptions


def make_machine(
    boot: Finder,
    program: Finder,
    options: MachineOptions,
    output: TextIO | None = None,
    errors: TextIO | None = None,
) -> Machine:
    """The machine that a command's options ask for; errors as for ``Machine``."""
    machine = Machine(
        boot,
        program,
        heap_bytes=options.heap_bytes,
        gc_stress=options.gc_stress,
        tracer=options.tracer,
        output=output,
        errors=errors,
        arguments=options.arguments,
        seed=options.seed,
        mode=options.mode,
    )
    machine.draw = lambda path: _draw(machine, path)
    return machine


def _draw(machine: Machine, path: str) -> str:
    from minivm.drawing import draw_heap  # few programs draw

    return draw_heap(machine, Path(path))


def run_program(machine: Machine, main: str, render: Callable[[GuestError], str] = str) -> int:
    """Run the program whose module class is ``main``; what goes wrong is told on the machine's error stream.

    ``render`` makes the text of an uncaught error.
    """
    try:
        with interruptible(machine, insist=True):
            status = _outcome(machine, main, render)
    except KeyboardInterrupt:
        status = INTERRUPTED
    machine.output.flush()
    return status


def _outcome(machine: Machine, main: str, render: Callable[[GuestError], str]) -> int:
    try:
        machine.run_main(main)
    except GuestError as error:
        return tell(machine, "uncaught " + render(error))
    except Deadlock as error:
        return tell(machine, str(error))
    except Exit as request:
        return request.status
    except Interrupted:
        return _interrupted(machine)
    except LinkError as error:
        return tell(machine, f"minivm: {error}")
    except Throw as problem:  # before the program's first instruction: no room to start
        return tell(machine, f"minivm: {problem.kind}: {problem.message}")
    return FAILED if machine.failed else 0


def _interrupted(machine: Machine) -> int:
    places = [f"    {machine.scheduler.where(fiber)}" for fiber in machine.scheduler.live()]
    tell(machine, "\n".join(("interrupted", *places)))
    try:
        cancel_main(machine)
    except (Exit, MiniError):
        return INTERRUPTED  # whatever the finally blocks did, the user wanted the end
    return INTERRUPTED


def tell(machine: Machine, text: str) -> int:
    """Write an error after what the program has printed; returns the status of a failed run."""
    machine.output.flush()
    machine.errors.write(text + "\n")
    machine.errors.flush()
    return FAILED
