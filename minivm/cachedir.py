"""The user's cache folder: entries that are whole or absent, whoever writes, however full the disk.

An entry is one file, ``FOLDER/NAME/KEY``:

         ┌──────────┬──────────────────────┬────────┐
         │ MINICAC1 │ BLAKE2b of key, data │ data … │
         └──────────┴──────────────────────┴────────┘
            8 B           16 B               to the end

It is written beside its place and renamed into it, so a reader sees all of it or nothing. An entry that is missing,
damaged, of another key or unreadable is ``None``, and one that cannot be written is not kept: a cache costs time when
it fails, never a result. Each name has a cap; the entries used longest ago go first, when a process that has written
ends: looking at thousands of files beside a busy program takes seconds, as each of them waits for Python's lock.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import time
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from attrs import field, frozen

CHOICE = "MINIVM_CACHE"  # the environment variable that names the folder, or says "off"
OFF = "off"
DEFAULT_CAP = 64 << 20  # bytes of one name's entries: many times what a course or a working day leaves behind

_MAGIC = b"MINICAC1"
_SUM = 16  # bytes of the checksum
_HEAD = len(_MAGIC) + _SUM
_UNFINISHED = ".part"  # the suffix of a file that is being written
_TOUCH = 3600.0  # seconds: how exactly the time of the last use is kept
_KEEP = 0.75  # of the cap stays when it is passed, so that not every write has to look
_ABANDONED = 3600.0  # seconds after which an unfinished file is nobody's any more
_LOOK_EVERY = 1000  # writes of a process that goes on, between two looks at the size


def cache_root() -> str | None:
    """The folder of everything cached between runs; None if the user wants none.

    ``MINIVM_CACHE`` if it is set, or else where the system keeps a user's caches.
    """
    chosen = os.environ.get(CHOICE)
    if chosen:
        return None if chosen == OFF else os.path.abspath(chosen)
    return os.path.join(_user_caches(), "minivm")


def _user_caches() -> str:
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches")
    given = os.environ.get("XDG_CACHE_HOME", "")
    return given if os.path.isabs(given) else os.path.join(home, ".cache")


@frozen
class Usage:
    """What a cache folder holds: entries and their bytes."""

    entries: int
    bytes: int


@frozen
class CacheFolder:
    """The entries of one name below the cache folder. Keys are file names: letters, digits, ``-``, ``_`` and ``.``."""

    name: str
    cap: int = DEFAULT_CAP
    _writes: list[int] = field(factory=lambda: [0], repr=False, eq=False)

    @property
    def path(self) -> str | None:
        """Where the entries are; None if there is no cache."""
        root = cache_root()
        return None if root is None else os.path.join(root, self.name)

    def read(self, key: str) -> bytes | None:
        """The data kept under ``key``, or None."""
        path = self._place(key)
        if path is None:
            return None
        try:
            with open(path, "rb") as file:
                entry = file.read()
                used = os.fstat(file.fileno()).st_mtime
        except (OSError, MemoryError):
            return None
        data = entry[_HEAD:]
        if entry[:_HEAD] != _head(key, data):
            return None
        if abs(time.time() - used) > _TOUCH:
            with contextlib.suppress(OSError):
                os.utime(path)
        return data

    def write(self, key: str, data: bytes) -> None:
        """Keep ``data`` under ``key``, if that is possible."""
        path = self._place(key)
        if path is None or len(data) + _HEAD > self.cap:
            return
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            _write_whole(path, (_head(key, data), data))
            _written.add(self)
            self._writes[0] += 1
            if self._writes[0] % _LOOK_EVERY == 0:
                self.trim()

    def usage(self) -> Usage:
        """How much is kept."""
        sizes = [status.st_size for _, status in self._files()]
        return Usage(len(sizes), sum(sizes))

    def clear(self) -> Usage:
        """Remove every entry that can be removed; returns how much that was."""
        return _remove(self._files())

    def trim(self) -> None:
        """Remove what is beyond the cap, and what writers that are gone have left unfinished."""
        files = self._files()
        now = time.time()
        _remove(f for f in files if f[0].endswith(_UNFINISHED) and now - f[1].st_mtime > _ABANDONED)
        excess = sum(status.st_size for _, status in files) - self.cap
        if excess <= 0:
            return
        excess += int(self.cap * (1 - _KEEP))
        for file in files:
            if excess <= 0:
                return
            excess -= _remove([file]).bytes

    def _place(self, key: str) -> str | None:
        if not key.isascii() or not key.replace("-", "").replace("_", "").replace(".", "").isalnum() or key[0] == ".":
            raise ValueError(f"not a cache key: {key!r}")
        path = self.path
        return None if path is None else os.path.join(path, key)

    def _files(self) -> list[tuple[str, os.stat_result]]:
        """The files in the folder, the ones used longest ago first."""
        path = self.path
        found = list(_files_in(path)) if path else []
        return sorted(found, key=lambda file: file[1].st_mtime)


_written: set[CacheFolder] = set()


@atexit.register  # before a compiling thread's end is, so that it runs after it and has Python's lock for itself
def _trim_written() -> None:
    for folder in tuple(_written):
        folder.trim()


def _head(key: str, data: bytes) -> bytes:
    return _MAGIC + blake2b(key.encode() + b"\0" + data, digest_size=_SUM).digest()


def _write_whole(path: str, parts: Iterable[bytes]) -> None:
    """Write a file so that at no time a part of it stands at ``path``. OSError: nothing does."""
    unfinished = f"{path}.{os.getpid()}.{time.monotonic_ns()}{_UNFINISHED}"
    try:
        with open(
            os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb"
        ) as file:
            file.writelines(parts)
        os.replace(unfinished, path)
    except BaseException:  # Ctrl-C too must leave nothing behind
        with contextlib.suppress(OSError):
            os.remove(unfinished)
        raise


def _files_in(path: str) -> Iterator[tuple[str, os.stat_result]]:
    with contextlib.suppress(OSError), os.scandir(path) as found:
        for entry in found:
            with contextlib.suppress(OSError):  # gone since
                if entry.is_file(follow_symlinks=False):
                    yield entry.path, entry.stat(follow_symlinks=False)


def _remove(files: Iterable[tuple[str, os.stat_result]]) -> Usage:
    count = size = 0
    for path, status in files:
        with contextlib.suppress(OSError):
            os.remove(path)
            count, size = count + 1, size + status.st_size
    return Usage(count, size)
