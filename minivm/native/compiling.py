"""The thread that compiles beside the running programs (LLVM releases Python's lock).

What brings a program forward most has its turn first: baseline code, then optimised code, then the optimised runtime.
"""

from __future__ import annotations

import atexit
import sys
from enum import IntEnum, unique
from functools import cache
from itertools import count
from queue import PriorityQueue
from threading import Event, Lock, Thread
from typing import Protocol

from attrs import define, field

from minivm.native.engine import Engine, InvalidCode, ObjectCode

PATIENCE = 10.0  # seconds a process that ends waits for LLVM at most; it seldom works for one
_working = Lock()  # held while LLVM is at work
_ending = Event()
_numbers = count()

HAND_OVER = 0.0005  # seconds a busy program keeps Python's lock from the compiler, at each of its many calls of LLVM


@unique
class Turn(IntEnum):
    """What is compiled before what."""

    BASELINE = 0
    OPTIMISED = 1
    RUNTIME = 2


class Request(Protocol):
    """What is to be compiled, and who gets it. All is called on the other thread."""

    def is_wanted(self) -> bool:
        """Whether there is somebody still who wants it."""

    def compile(self, engine: Engine) -> ObjectCode:
        """Have it compiled. InvalidCode if LLVM refuses it."""

    def deliver(self, code: ObjectCode | InvalidCode) -> None:
        """Take the object code, or the refusal."""


@define(order=True)
class _Job:
    turn: Turn
    number: int = field(factory=lambda: next(_numbers), init=False)
    engine: Engine = field(order=False)
    request: Request = field(order=False)


@cache
def _jobs() -> PriorityQueue[_Job]:
    jobs: PriorityQueue[_Job] = PriorityQueue()
    sys.setswitchinterval(min(sys.getswitchinterval(), HAND_OVER))
    atexit.register(_end)
    Thread(target=_work, args=(jobs,), name="minivm compiler", daemon=True).start()
    return jobs


def in_background(engine: Engine, turn: Turn, request: Request) -> None:
    """Have a module compiled when it is its turn."""
    _jobs().put(_Job(turn, engine, request))


def _end() -> None:
    """Let LLVM finish what it is at, and begin no more: its own data goes when the process ends."""
    _ending.set()
    _working.acquire(timeout=PATIENCE)


def _work(jobs: PriorityQueue[_Job]) -> None:
    while True:
        job = jobs.get()
        if not job.request.is_wanted():
            continue
        try:
            with _working:
                if _ending.is_set():
                    return
                code = job.request.compile(job.engine)
            job.request.deliver(code)
        except InvalidCode as refusal:
            job.request.deliver(refusal)
        del job
