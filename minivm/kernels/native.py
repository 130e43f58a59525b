"""Kernels as machine code: compiled once, kept between runs, called with the same arguments as in Python."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from minivm.kernels.language import FUNCTIONS, Kernel, signature
from minivm.native.engine import Engine, Library, shared_engine


def address_of(words: Any) -> int:
    """Where a writable buffer starts. It must not be released or resized while the address is used."""
    return ctypes.addressof(ctypes.c_char.from_buffer(words))


def compiled(names: tuple[str, ...]) -> dict[str, Kernel] | None:
    """Some kernels as machine code by name, or None where there is no LLVM."""
    engine = shared_engine()
    return None if engine is None else _compiled(engine, names)


@cache
def _compiled(engine: Engine, names: tuple[str, ...]) -> dict[str, Kernel]:
    code = engine.object_code(lambda: module_ir(names), sources() + repr(names).encode())
    library = engine.link(code)
    return {name: _callable(library, FUNCTIONS[name]) for name in names}


def module_ir(names: tuple[str, ...]) -> str:
    """A whole module that exports some kernels under their names."""
    from minivm.kernels.translator import ir_of  # not needed where the cache has the code

    return ir_of(names) + "\n".join(_export(name) for name in names)


def _export(name: str) -> str:
    kinds = ["ptr" if is_words else "i64" for _, is_words in signature(FUNCTIONS[name])]
    parameters = ", ".join(f"{kind} %{index}" for index, kind in enumerate(kinds))
    return (
        f"define i64 @{name}({parameters}) nounwind {{\n"
        f"  %result = call i64 @k_{name}({parameters})\n  ret i64 %result\n}}\n"
    )


def sources() -> bytes:
    """What the machine code of the kernels depends on: their text, the translator's and their constants'."""
    here = Path(__file__).parent
    files = [*sorted(here.glob("*.py")), *(here.parent / name for name in ("layouts.py", "memory.py", "frames.py"))]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).digest()


def _callable(library: Library, function: Callable[..., Any]) -> Kernel:
    words = [is_words for _, is_words in signature(function)]
    kinds = [ctypes.c_void_p if is_words else ctypes.c_int64 for is_words in words]
    code = ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(library.address(function.__name__))

    def call(*arguments: Any) -> int:
        assert not library.dropped
        return int(code(*(address_of(a) if is_words else a for a, is_words in zip(arguments, words, strict=True))))

    return call
