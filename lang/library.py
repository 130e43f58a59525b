"""The standard library as class files: compiled once, then kept in the user's cache. A class is decoded when it is
first needed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from lang.archive import Archive, pack, unpack
from lang.fingerprint import key
from minivm.cachedir import CacheFolder
from minivm.errors import FormatError
from minivm.loader import MemoryFinder

CLASSES = CacheFolder("classes")  # compiled classes: the library's, and those of programs
_SOURCES = Path(__file__).with_name("std")


@lru_cache(maxsize=1)
def standard_library() -> Archive:
    """The class files of the standard library, by name; not to be changed."""
    name = key("the standard library")
    kept = CLASSES.read(name)
    try:
        if kept is not None:
            return unpack(kept)
    except FormatError:  # somebody else's entry
        pass
    return _compile(name)


def _compile(name: str) -> Archive:
    from lang.compiler import compile_library, read_source

    files = compile_library([read_source(path, f"std/{path.name}") for path in sorted(_SOURCES.glob("*.mini"))])
    CLASSES.write(name, pack(files))
    return Archive(files)


def library_finder() -> MemoryFinder:
    """Where the boot loader of a machine for Mini programs looks."""
    return MemoryFinder(standard_library(), "the library")
