"""Ctrl-C in a session. While the program runs it stops at its next safepoint; while the session itself works on
something that changes nothing (compiling, looking), that is simply broken off. Anything else comes to its end first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from attrs import define

from minivm.machine import Machine


@define
class Interrupts:
    """What a Ctrl-C does now."""

    machine: Machine
    _breakable: bool = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Ctrl-C inside the ``with`` is for the session, not for Python."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = signal.signal(signal.SIGINT, self._asked)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, previous)

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """Nothing changes inside the ``with``: Ctrl-C is a KeyboardInterrupt at once."""
        before = self._breakable
        self._breakable = True
        try:
            if self.machine.vm.interrupted:
                raise KeyboardInterrupt
            yield
        finally:
            self._breakable = before

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self.machine.vm.interrupt()
        if self._breakable:
            raise KeyboardInterrupt
