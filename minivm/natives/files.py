"""Natives of File: whole files, read and written at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from minivm.errors import Throw
from minivm.interpreter import Interpreter
from minivm.memory import WORD
from minivm.natives.console import new_string_array
from minivm.natives.registry import native, text_argument


def failed(what: str, path: str, error: Exception) -> Throw:
    """The IOError of a file operation."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    kind = "FileNotFoundError" if isinstance(error, FileNotFoundError) else "IOError"
    return Throw(kind, f"cannot {what} {path or 'a file without a name'}: {reason}")


def read_bytes(vm: Interpreter, path: str) -> bytes:
    """A file's bytes; IOError if it cannot be read, OutOfMemoryError if it is larger than the heap."""
    most = vm.memory.cap * WORD
    try:
        with open(path, "rb") as file:
            found = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise failed("read", path, error) from None
    if len(found) > most:
        raise Throw("OutOfMemoryError", f"{path} is larger than the heap")
    return found


def _tested(name: str, test: Callable[[Path], bool]) -> None:
    def run(vm: Interpreter, at: int) -> int:
        try:
            return test(Path(text_argument(vm, at)))
        except (OSError, ValueError):
            return 0

    native("File", name)(run)


def _done(name: str, what: str, act: Callable[[Path], None]) -> None:
    def run(vm: Interpreter, at: int) -> int:
        path = text_argument(vm, at)
        try:
            act(Path(path))
        except (OSError, ValueError) as error:
            raise failed(what, path, error) from None
        return 0

    native("File", name)(run)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


_tested("exists", Path.exists)
_tested("isFolder", Path.is_dir)
_done("remove", "remove", _remove)
_done("makeFolder", "make folder", lambda path: path.mkdir(parents=True, exist_ok=True))


@native("File", "size")
def size(vm: Interpreter, at: int) -> int:
    """Bytes."""
    path = text_argument(vm, at)
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError) as error:
        raise failed("measure", path, error) from None


@native("File", "names")
def names(vm: Interpreter, at: int) -> int:
    """The names in a folder, sorted."""
    path = text_argument(vm, at)
    try:
        found = sorted(os.listdir(path))
    except (OSError, ValueError) as error:
        raise failed("list", path, error) from None
    return new_string_array(vm, [name.encode("utf-8", "replace").decode() for name in found])


@native("File", "readText")
def read_text(vm: Interpreter, at: int) -> int:
    """The text of a UTF-8 file."""
    path = text_argument(vm, at)
    try:
        return vm.heap.new_string(read_bytes(vm, path).decode())
    except UnicodeDecodeError as error:
        raise Throw("IOError", f"cannot read {path}: byte {error.start} is not UTF-8 text") from None


@native("File", "readBytes")
def read_raw(vm: Interpreter, at: int) -> int:
    """The bytes of a file as a string of code points 0 to 255."""
    return vm.heap.new_string(read_bytes(vm, text_argument(vm, at)).decode("latin-1"))


@native("File", "writeText")
def write_text(vm: Interpreter, at: int) -> int:
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
