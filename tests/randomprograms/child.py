"""A judge in a process of its own, so that a crash or a hang of it is an answer too."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from .oracle import Finding

TESTS = Path(__file__).parent.parent
WALL_SECONDS = 900  # without an answer, however busy the processor is


class Child:
    """A worker process; started when it is first asked, and again after it has died."""

    def __init__(self, seconds: int = WALL_SECONDS) -> None:
        self.seconds = seconds
        self.process: subprocess.Popen[str] | None = None
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed at the end of the ``with`` block that a Child is

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()
        self.errors.close()

    def ask(self, request: dict[str, Any]) -> Finding | None:
        """What is wrong with a program, if anything."""
        process = self.process = self.process or self._start()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            return self._died("before it was asked")
        ready, _, _ = select.select([process.stdout], [], [], self.seconds)
        if not ready:
            self.end()
            return Finding("hangs", "", f"no answer in {self.seconds} s")
        line = process.stdout.readline()
        if not line:
            return self._died("while it was judging")
        reply = json.loads(line)
        return Finding(reply["kind"], reply["mode"], reply["text"]) if reply else None

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "randomprograms.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent)))},
        )

    def _died(self, when: str) -> Finding:
        status = self.process.wait() if self.process is not None else 0
        self.end()
        self.errors.seek(0)
        told = self.errors.read()[-3000:]
        self.errors.seek(0)
        self.errors.truncate()
        return Finding("crash", "", f"the process ended with {status} {when}\n{told}")

    def end(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.communicate()
