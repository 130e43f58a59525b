"""Running a program from a command line to its exit status: 0 fine, 1 uncaught error, 130 interrupted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from minivm.background import cancel_main, interruptible
from minivm.errors import Deadlock, GuestError, LinkError, MiniError, Throw
from minivm.interpreter import Interrupted
from minivm.loader import Finder
from minivm.machine import Exit, Machine
from minivm.options import MachineOptions

FAILED = 1
USAGE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141  # what a shell reports of a program that SIGPIPE ended


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


def guarded(command: Callable[[], int], name: str = "minivm") -> int:
    """Run a command of a command line, so that nothing but a message ever reaches the user.

    MiniErrors become messages (a LinkError status 1, any other 2), Ctrl-C status 130; a closed pipe ends in silence.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to fail
    try:
        status = command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence()
        return BROKEN_PIPE
    except MiniError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return FAILED if isinstance(error, LinkError) else USAGE
    return status


def _silence() -> None:
    """Nobody reads our output any more: let Python's own flush at exit go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):  # a stream that is no file
            continue
