"""Natives of File: whole files, read and written at once."""

from __future__ import annotations

from pathlib import Path

from minivm.errors import Throw
from minivm.interpreter import Interpreter
from minivm.natives.registry import native, text_argument


def failed(what: str, path: str, error: Exception) -> Throw:
    """The IOError of a file operation."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Throw("IOError", f"cannot {what} {path}: {reason}")


def read_bytes(path: str) -> bytes:
    """A file's bytes; IOError if it cannot be read."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise failed("read", path, error) from None


@native("File", "exists")
def exists(vm: Interpreter, at: int) -> int:
    """Whether there is a file of that name."""
    try:
        return Path(text_argument(vm, at)).exists()
    except (OSError, ValueError):
        return 0


@native("File", "read")
def read(vm: Interpreter, at: int) -> int:
    """The text of a UTF-8 file."""
    path = text_argument(vm, at)
    try:
        return vm.heap.new_string(read_bytes(path).decode())
    except UnicodeDecodeError as error:
        raise Throw("IOError", f"cannot read {path}: byte {error.start} is not UTF-8 text") from None


@native("File", "readBytes")
def read_raw(vm: Interpreter, at: int) -> int:
    """The bytes of a file as a string of code points 0 to 255."""
    return vm.heap.new_string(read_bytes(text_argument(vm, at)).decode("latin-1"))


@native("File", "write")
def write(vm: Interpreter, at: int) -> int:
    """Make a file of that text."""
    return _put(text_argument(vm, at), text_argument(vm, at, 1), "w")


@native("File", "append")
def append(vm: Interpreter, at: int) -> int:
    """Add text to the end of a file."""
    return _put(text_argument(vm, at), text_argument(vm, at, 1), "a")


def _put(path: str, text: str, mode: str) -> int:
    try:
        with open(path, mode, encoding="utf-8", newline="") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        raise failed("write", path, error) from None
    return 0


@native("File", "remove")
def remove(vm: Interpreter, at: int) -> int:
    """Delete a file."""
    path = text_argument(vm, at)
    try:
        Path(path).unlink()
    except (OSError, ValueError) as error:
        raise failed("remove", path, error) from None
    return 0
