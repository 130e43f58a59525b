"""LLVM, and the only file that talks to it: LLVM IR text in, machine code at an address out.

    IR text → parsed, verified → optimised → object code ⇄ the user's cache → linked → addresses

There are two levels: baseline code takes LLVM a tenth of the time that optimised code takes, and runs two to four times
as long.

Nothing of LLVM is loaded before an ``Engine`` is made, and no target or pass is set up before something has to be
compiled: object code that the cache has already is only linked, which takes well under a millisecond.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import Enum, unique
from functools import cache
from importlib import import_module
from sys import is_finalizing
from threading import Lock
from typing import Any

from attrs import define, field, frozen

from minivm.cachedir import CacheFolder
from minivm.native.presence import available

__all__ = ["Engine", "InvalidCode", "Level", "Library", "ObjectCode", "Unavailable", "available", "shared_engine"]

CACHE_NAME = "native"
OPTIONS = "2 pic small"  # part of every key: raise the number when the same IR is to be compiled differently
OLDEST_LLVM = 20  # the first whose pointers are opaque in llvmlite
_EXPORT = re.compile(r'^(?:define (?!internal |private )[^@\n]*@"?([\w.$]+)"?\(|@([\w.$]+) = global )', re.MULTILINE)
GROUP = 16  # libraries linked into one JIT, see ``_Group``


@unique
class Level(Enum):
    """How much LLVM does for code. The value is its own name for how much when it chooses instructions."""

    BASELINE = 0
    OPTIMISED = 2


class Unavailable(Exception):
    """There is no LLVM to work with; the message says why."""


class InvalidCode(Exception):
    """LLVM refuses the IR: a bug of whoever wrote it."""


@frozen
class ObjectCode:
    """One module compiled for this processor: an object file and the names it defines."""

    data: bytes
    exports: tuple[str, ...]
    cached: bool  # nothing had to be compiled
    seconds: float  # that it took, from IR text to object code
    level: Level

    def entry(self) -> bytes:
        """The form in the cache: the names, a zero byte, the object file."""
        return "\n".join(self.exports).encode() + b"\0" + self.data


def _exports(ir: str) -> tuple[str, ...]:
    """The names a module defines for others. Asking LLVM for them would mean asking a busy program for Python's lock,
    some hundred times."""
    return tuple(found[1] or found[2] for found in _EXPORT.finditer(ir))


def _from_entry(entry: bytes, started: float, level: Level) -> ObjectCode | None:
    names, zero, data = entry.partition(b"\0")
    if not zero:
        return None
    return ObjectCode(data, tuple(names.decode().split("\n")), True, time.perf_counter() - started, level)


class Engine:
    """A compiler and linker for this machine. Safe to use from several threads.

    Raises:
        Unavailable: llvmlite is missing, too old, cannot be loaded, or the system forbids code made at run time.
    """

    def __init__(self) -> None:
        self._llvm = _load()
        self._cache = CacheFolder(CACHE_NAME)
        self._lock = Lock()
        self._group: _Group | None = None
        self._abandoned: deque[Library] = deque()  # what the garbage collector has found
        self._targets: dict[Level, Any] = {}
        llvm = self._llvm
        self._cpu: str = llvm.get_host_cpu_name()
        self._features: str = llvm.get_host_cpu_features().flatten()
        version = ".".join(map(str, llvm.llvm_version_info))
        self._salt = "\0".join((OPTIONS, version, llvm.get_process_triple(), self._cpu, self._features, "")).encode()

    def object_code(
        self, ir: str | Callable[[], str], origin: bytes | None = None, level: Level = Level.OPTIMISED
    ) -> ObjectCode:
        """The object code of a module of LLVM IR, from the cache if it was compiled before.

        ``origin`` is all that the IR is made from, where that is known sooner than the IR, which ``ir`` then makes.

        Raises:
            InvalidCode: the text is not a valid module.
        """
        started = time.perf_counter()
        if origin is None:
            ir = ir if isinstance(ir, str) else ir()
            origin = ir.encode()
        found = self.cached(origin, level)
        if found is None:
            found = self._compile(ir if isinstance(ir, str) else ir(), started, level)
            self._cache.write(self._key(origin, level), found.entry())
        return found

    def cached(self, origin: bytes, level: Level = Level.OPTIMISED) -> ObjectCode | None:
        """The object code that was made from ``origin`` before, or None. An IR text is its own origin, encoded."""
        started = time.perf_counter()
        entry = self._cache.read(self._key(origin, level))
        return _from_entry(entry, started, level) if entry is not None else None

    def _key(self, origin: bytes, level: Level) -> str:
        return hashlib.sha256(self._salt + level.name.encode() + origin).hexdigest()

    def link(self, code: ObjectCode, symbols: Mapping[str, int] | None = None) -> Library:
        """Put object code where it can run; ``symbols`` are the addresses of the names it uses but does not define.

        Raises:
            InvalidCode: a name is not defined.
        """
        builder = self._llvm.JITLibraryBuilder().add_object_img(code.data)
        builder.add_current_process()  # memcpy and what else LLVM takes from the C library
        for name, address in (symbols or {}).items():
            builder.import_symbol(name, address)
        for name in code.exports:
            builder.export_symbol(name)
        while self._abandoned:
            self._abandoned.popleft().drop()
        with self._lock:
            group = self._group
            if group is None or group.full:
                group = self._group = _Group(self._llvm.create_lljit_compiler(use_jit_link=True))
            return Library(self, group, group.link(builder))

    def unlink(self, library: Library) -> None:
        """Give a library's memory back."""
        with self._lock:
            library.group.unlink(library.tracker)

    def abandon(self, library: Library) -> None:
        """Drop a library at the next link: now LLVM may be at work on the same thread."""
        self._abandoned.append(library)

    def optimised_ir(self, ir: str) -> str:
        """The module after LLVM's passes, as text."""
        with self._after_passes(ir) as module:
            return str(module)

    def assembly(self, ir: str) -> str:
        """The machine code of a module, as assembly text."""
        with self._after_passes(ir) as module:
            return str(self._target_machine(Level.OPTIMISED).emit_assembly(module))

    def _compile(self, ir: str, started: float, level: Level) -> ObjectCode:
        with self._after_passes(ir, level) as module:
            data = self._target_machine(level).emit_object(module)
        return ObjectCode(data, _exports(ir), False, time.perf_counter() - started, level)

    @contextmanager
    def _after_passes(self, ir: str, level: Level = Level.OPTIMISED) -> Iterator[Any]:
        """The module after the passes of a level. Afterwards all the memory that compiling took is given back."""
        llvm, target = self._llvm, self._target_machine(level)
        with ExitStack() as stack:
            context = stack.enter_context(llvm.create_context())  # of its own: the global one keeps every constant
            try:
                module = stack.enter_context(llvm.parse_assembly(ir, context))
                module.triple, module.data_layout = target.triple, str(target.target_data)
                module.verify()
            except RuntimeError as error:
                raise InvalidCode(str(error)) from error
            tuning = stack.enter_context(llvm.create_pipeline_tuning_options(speed_level=level.value))
            tuning.loop_vectorization = tuning.slp_vectorization = True
            builder = stack.enter_context(llvm.create_pass_builder(target, tuning))
            if level is Level.OPTIMISED:
                passes = stack.enter_context(builder.getModulePassManager())
            else:
                passes = stack.enter_context(llvm.create_new_module_pass_manager())
                passes.add_always_inliner_pass()
                passes.add_sroa_pass()
                passes.add_simplify_cfg_pass()
            passes.run(module, builder)
            yield module

    def _target_machine(self, level: Level) -> Any:
        with self._lock:
            if level not in self._targets:
                llvm = self._llvm
                # position independent and small: a unit's parts lie next to each other, wherever that is
                self._targets[level] = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
                    cpu=self._cpu, features=self._features, opt=level.value, reloc="pic", codemodel="small"
                )
            return self._targets[level]


@cache
def shared_engine() -> Engine | None:
    """The one engine of this process, made when first asked for; None where there is no LLVM."""
    try:
        return Engine()
    except Unavailable:
        return None


def _load() -> Any:
    if not available():
        raise Unavailable("llvmlite is not installed: pip install 'minivm[native]'")
    try:
        llvm: Any = import_module("llvmlite.binding")
        if llvm.llvm_version_info[0] < OLDEST_LLVM:
            raise Unavailable("llvmlite is too old: pip install -U 'minivm[native]'")
        llvm.check_jit_execution()
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    except (ImportError, OSError, RuntimeError) as error:
        raise Unavailable(f"llvmlite does not work here: {error}") from error
    return llvm


@define(eq=False)
class _Group:
    """The libraries of one LLJIT.

    LLVM gives back a dropped library's code, but keeps some 10 KB of tables for its name as long as the LLJIT
    exists, and an LLJIT costs half a millisecond. So each serves a few libraries and is closed with the last of them.
    """

    jit: Any
    made: int = 0
    alive: int = 0

    @property
    def full(self) -> bool:
        return self.made >= GROUP

    def link(self, builder: Any) -> Any:
        self.made += 1
        try:
            tracker = builder.link(self.jit, f"library{self.made}")
        except RuntimeError as error:
            raise InvalidCode(str(error)) from error
        self.alive += 1
        return tracker

    def unlink(self, tracker: Any) -> None:
        tracker.close()
        self.alive -= 1
        if self.full and not self.alive:
            self.jit.close()


@define(eq=False)
class Library:
    """Linked code. It can be called until it is dropped; whoever calls it sees to that."""

    _engine: Engine = field(repr=False)
    group: _Group = field(repr=False)
    tracker: Any = field(repr=False)
    dropped: bool = False

    def address(self, name: str) -> int:
        """Where an exported function starts."""
        return int(self.tracker[name])

    def drop(self) -> None:
        """Give the memory back. Nothing of it may be running, or be called again."""
        if not self.dropped:
            self.dropped = True
            self._engine.unlink(self)

    def __del__(self) -> None:
        if not self.dropped and not is_finalizing():  # when the process ends, so does its memory
            self._engine.abandon(self)  # garbage is found at any moment, while LLVM links, too
