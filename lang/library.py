"""The standard library as class files: compiled once, then kept in the user's cache under a hash of its sources.

    cache file     MAGIC | u32 count | count x (u32 length | class file)

A cache that is missing, foreign, damaged or not writable only costs the time to compile again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import tempfile
from functools import lru_cache
from pathlib import Path

from minivm.classfile import ClassFile
from minivm.codec import decode, encode
from minivm.errors import FormatError
from minivm.loader import MemoryFinder

_MAGIC = b"MINILIB1"
_HERE = Path(__file__).parent
_COUNT = struct.Struct(">I")


@lru_cache(maxsize=1)
def standard_library() -> dict[str, ClassFile]:
    """The class files of the standard library, by name."""
    path = cache_folder() / f"std-{_key()}.bin"
    files = _read(path)
    if files is None:
        files = _compile()
        _write(path, files)
    return files


def library_finder() -> MemoryFinder:
    """Where the boot loader of a machine for Mini programs looks."""
    return MemoryFinder(dict(standard_library()), "the library")


def cache_folder() -> Path:
    """Where compiled things are kept between runs: ``MINIVM_CACHE``, or the user's cache folder."""
    chosen = os.environ.get("MINIVM_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "minivm"


def _sources() -> list[Path]:
    return sorted((_HERE / "std").glob("*.mini"))


def _key() -> str:
    """A hash of everything the compiled library depends on: its sources, the compiler's and the class-file format's."""
    hasher = hashlib.blake2b(digest_size=12)
    code = [*_HERE.rglob("*.py"), *_HERE.rglob("*.lark"), *(_HERE.parent / "minivm").glob("*.py")]
    code += (_HERE.parent / "minivm" / "codec").glob("*.py")
    for path in (*_sources(), *sorted(code)):
        hasher.update(path.name.encode())
        hasher.update(path.read_bytes())
    return hasher.hexdigest()


def _compile() -> dict[str, ClassFile]:
    from lang.compiler import compile_library, read_source

    return compile_library([read_source(path, f"std/{path.name}") for path in _sources()])


def _read(path: Path) -> dict[str, ClassFile] | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if not data.startswith(_MAGIC):
        return None
    try:
        return _unpack(data)
    except (FormatError, struct.error):
        return None


def _unpack(data: bytes) -> dict[str, ClassFile]:
    files = {}
    (count,) = _COUNT.unpack_from(data, len(_MAGIC))
    at = len(_MAGIC) + 4
    for _ in range(count):
        (length,) = _COUNT.unpack_from(data, at)
        file = decode(data[at + 4 : at + 4 + length])
        files[file.name] = file
        at += 4 + length
    return files


def _write(path: Path, files: dict[str, ClassFile]) -> None:
    parts = [_MAGIC, _COUNT.pack(len(files))]
    for file in files.values():
        data = encode(file)
        parts += (_COUNT.pack(len(data)), data)
    with contextlib.suppress(OSError):  # a cache that cannot be written is no reason to fail
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as out:
            out.write(b"".join(parts))
        os.replace(name, path)  # whole or not at all, whoever else writes
