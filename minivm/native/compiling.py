"""The thread that compiles beside the running programs (LLVM releases Python's lock)."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from threading import Event, Lock, Thread

from minivm.native.engine import Engine, InvalidCode, ObjectCode

Deliver = Callable[[ObjectCode | InvalidCode], None]
Job = tuple[Engine, str, Deliver]

PATIENCE = 10.0  # seconds a process that ends waits for LLVM at most; it seldom works for one
_working = Lock()  # held while LLVM is at work
_ending = Event()

HAND_OVER = 0.0005  # seconds a busy program keeps Python's lock from the compiler, at each of its many calls of LLVM


@cache
def _jobs() -> SimpleQueue[Job]:
    jobs: SimpleQueue[Job] = SimpleQueue()
    sys.setswitchinterval(min(sys.getswitchinterval(), HAND_OVER))
    atexit.register(_end)
    Thread(target=_work, args=(jobs,), name="minivm compiler", daemon=True).start()
    return jobs


def in_background(engine: Engine, ir: str, deliver: Deliver) -> None:
    """Have a module compiled; ``deliver`` is called with the object code or LLVM's refusal, on the other thread."""
    _jobs().put((engine, ir, deliver))


def _end() -> None:
    """Let LLVM finish what it is at, and begin no more: its own data goes when the process ends."""
    _ending.set()
    _working.acquire(timeout=PATIENCE)


def _work(jobs: SimpleQueue[Job]) -> None:
    while True:
        engine, ir, deliver = jobs.get()
        try:
            with _working:
                if _ending.is_set():
                    return
                code = engine.object_code(ir)
            deliver(code)
        except InvalidCode as refusal:
            deliver(refusal)
        del deliver
