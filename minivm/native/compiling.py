"""The thread that compiles beside the running programs (LLVM releases Python's lock)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from threading import Thread

from minivm.native.engine import Engine, InvalidCode, ObjectCode

Deliver = Callable[[ObjectCode | InvalidCode], None]
Job = tuple[Engine, str, Deliver]


HAND_OVER = 0.0005  # seconds a busy program keeps Python's lock from the compiler, at each of its many calls of LLVM


@cache
def _jobs() -> SimpleQueue[Job]:
    jobs: SimpleQueue[Job] = SimpleQueue()
    sys.setswitchinterval(min(sys.getswitchinterval(), HAND_OVER))
    Thread(target=_work, args=(jobs,), name="minivm compiler", daemon=True).start()
    return jobs


def in_background(engine: Engine, ir: str, deliver: Deliver) -> None:
    """Have a module compiled; ``deliver`` is called with the object code or LLVM's refusal, on the other thread."""
    _jobs().put((engine, ir, deliver))


def _work(jobs: SimpleQueue[Job]) -> None:
    while True:
        engine, ir, deliver = jobs.get()
        try:
            deliver(engine.object_code(ir))
        except InvalidCode as refusal:
            deliver(refusal)
        del deliver
