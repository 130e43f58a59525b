"""What a compiled class depends on besides its text: a hash of the compiler, the library's sources and the class-file
format, so that nothing an older compiler has made is ever taken for this one's."""

from __future__ import annotations

import os
from functools import cache
from hashlib import blake2b

HERE = os.path.dirname(os.path.abspath(__file__))
_MACHINE = os.path.join(os.path.dirname(HERE), "minivm")
_FOLDERS = (*(os.path.join(HERE, name) for name in ("checker", "codegen", "syntax", "std")), f"{_MACHINE}/codec")
_FILES = (
    *(os.path.join(HERE, f"{name}.py") for name in ("archive", "compiler", "compiled", "nodes", "parser", "source")),
    *(os.path.join(HERE, f"{name}.py") for name in ("library", "typed")),
    *(os.path.join(_MACHINE, f"{name}.py") for name in ("classfile", "instructions", "types")),
    os.path.join(_MACHINE, "verification", "wellformed.py"),
)
_SUFFIXES = (".py", ".lark", ".mini")


@cache
def compiler() -> str:
    """The hash of this compiler and library."""
    hasher = blake2b(digest_size=16)
    for path in parts():
        with open(path, "rb") as file:
            text = file.read()
        hasher.update(f"{os.path.basename(path)} {len(text)}\n".encode())
        hasher.update(text)
    return hasher.hexdigest()


def parts() -> list[str]:
    """The files that decide what a text is compiled to."""
    found = [entry.path for folder in _FOLDERS for entry in os.scandir(folder) if entry.name.endswith(_SUFFIXES)]
    return sorted((*found, *_FILES))


def key(*texts: str) -> str:
    """A cache key for what this compiler makes of some texts."""
    hasher = blake2b(compiler().encode(), digest_size=16)
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        hasher.update(f"{len(encoded)}\n".encode())
        hasher.update(encoded)
    return hasher.hexdigest()
