"""Trying out an explanation's example, in a folder of its own: what the compiler or the session says to it."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

from attrs import frozen

from lang.commands.compile import write_program
from lang.compiled import compiled_file
from lang.diagnostics import CompileError, render
from lang.explanations import Block, Explanation
from lang.repl.session import Session
from minivm.options import MachineOptions
from minivm.trace import Tracer

PROGRAM = "example.mini"
_HEAP = 4 << 20  # small, so that R402 is soon met


@frozen
class Trial:
    """What came of an example: as text for people, and the codes that were met, in order."""

    text: str
    codes: tuple[str, ...]


def trials(explanation: Explanation, color: bool = False) -> Iterator[tuple[Block, Trial]]:
    """Try the wrong example, then the right one if there is one."""
    blocks = [block for role in ("wrong", "right") if (block := explanation.block(role)) is not None]
    with tempfile.TemporaryDirectory(prefix="minivm-") as folder, chdir(folder):
        for name, text in {**explanation.files("file"), **explanation.files("compiled")}.items():
            Path(name).write_text(text, encoding="utf-8")
        for name in explanation.files("compiled"):
            write_program(compiled_file(Path(name)), Path())
        output = io.StringIO()
        session = Session(MachineOptions(_HEAP, False, Tracer()), Path(), output=output, errors=output)
        for block in blocks:
            if block.language == "mini":
                yield block, _compiled(block.text, color)
            else:
                yield block, _played(session, output, block.text)


def _compiled(text: str, color: bool) -> Trial:
    path = Path(PROGRAM)
    path.write_text(text, encoding="utf-8")
    try:
        compiled_file(path)
    except CompileError as error:
        shown = "\n\n".join(render(diagnostic, color) for diagnostic in error.diagnostics)
        return Trial(shown, tuple(diagnostic.code for diagnostic in error.diagnostics))
    return Trial("no errors", ())


def _played(session: Session, output: io.StringIO, text: str) -> Trial:
    lines: list[str] = []
    codes: list[str] = []
    for entry in text.splitlines():
        output.seek(0)
        output.truncate()
        reply = session.feed(entry)
        said = output.getvalue().rstrip("\n")
        lines += [f"mini> {entry}", *filter(None, (said, reply.text))]
        codes += [reply.record.code] if reply.record else [said, reply.text.strip('"')]
    return Trial("\n".join(lines), tuple(codes))
