"""The engine: IR in, code that runs out; kept between runs, given back when dropped, and absent without harm."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from attrs import evolve

from minivm.native import engine as module
from minivm.native.engine import CACHE_NAME, Engine, InvalidCode, Level, Library, ObjectCode, Unavailable, available

ADD = """
define i64 @add(i64 %a, i64 %b) nounwind {
  %sum = add i64 %a, %b
  ret i64 %sum
}
define internal i64 @hidden(i64 %a) nounwind {
  ret i64 %a
}
"""
CALL_OUT = """
declare i64 @outside(i64)
define i64 @twice(i64 %a) nounwind {
  %x = call i64 @outside(i64 %a)
  %y = call i64 @outside(i64 %x)
  ret i64 %y
}
"""
COPY = """
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
define i64 @copy(i64 %to, i64 %from, i64 %bytes) nounwind {
  %t = inttoptr i64 %to to ptr
  %f = inttoptr i64 %from to ptr
  call void @llvm.memmove.p0.p0.i64(ptr %t, ptr %f, i64 %bytes, i1 false)
  ret i64 0
}
"""
TRIPLE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(lambda value: 3 * value)

needs_llvm = pytest.mark.skipif(not available(), reason="llvmlite is not installed")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("MINIVM_CACHE", str(tmp_path))
    return Engine()


def call(library: Library, name: str, *arguments: int) -> int:
    kind = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * len(arguments))
    return int(kind(library.address(name))(*arguments))


def address_of(function: object) -> int:
    found = ctypes.cast(function, ctypes.c_void_p).value  # type: ignore[arg-type]
    assert found is not None
    return found


@needs_llvm
def test_compiled_code_runs(engine: Engine) -> None:
    code = engine.object_code(ADD)
    assert code.exports == ("add",)
    assert call(engine.link(code), "add", 40, 2) == 42


@needs_llvm
def test_code_calls_the_symbols_it_is_given(engine: Engine) -> None:
    library = engine.link(engine.object_code(CALL_OUT), {"outside": address_of(TRIPLE)})
    assert call(library, "twice", 5) == 45


@needs_llvm
def test_code_reaches_the_c_library(engine: Engine) -> None:
    source, target = ctypes.create_string_buffer(b"words"), ctypes.create_string_buffer(6)
    call(engine.link(engine.object_code(COPY)), "copy", ctypes.addressof(target), ctypes.addressof(source), 6)
    assert target.value == b"words"


@needs_llvm
def test_a_symbol_nobody_defines_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidCode, match="twice"):
        engine.link(engine.object_code(CALL_OUT))


@needs_llvm
@pytest.mark.parametrize("ir", ["no module", "define i64 @f() {\n ret i64 %x\n}", "define i64 @f() {\n ret i32 0\n}"])
def test_invalid_ir_is_refused(engine: Engine, ir: str) -> None:
    with pytest.raises(InvalidCode):
        engine.object_code(ir)


@needs_llvm
def test_what_was_compiled_is_not_compiled_again(engine: Engine) -> None:
    assert not engine.object_code(ADD).cached
    again = Engine().object_code(ADD)
    assert again.cached
    assert call(engine.link(again), "add", 1, 2) == 3
    assert not engine.object_code(ADD + "; another text\n").cached


@needs_llvm
@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_entry_is_compiled_anew(engine: Engine, tmp_path: Path, damage: bytes | None) -> None:
    engine.object_code(ADD)
    (entry,) = (tmp_path / CACHE_NAME).iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(whole[:-9] + b"x" + whole[-8:] if damage is None else damage)
    code = engine.object_code(ADD)
    assert not code.cached
    assert call(engine.link(code), "add", 1, 2) == 3
    assert engine.object_code(ADD).cached


@needs_llvm
def test_without_a_cache_everything_is_compiled(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIVM_CACHE", "off")
    assert not engine.object_code(ADD).cached
    assert not engine.object_code(ADD).cached


@needs_llvm
def test_baseline_code_is_made_quickly_and_kept_beside_the_other(engine: Engine) -> None:
    quick, good = (engine.object_code(ADD, level=level) for level in (Level.BASELINE, Level.OPTIMISED))
    assert quick.level is Level.BASELINE
    assert not good.cached
    assert [call(engine.link(code), "add", 40, 2) for code in (quick, good)] == [42, 42]
    for level in Level:
        again = Engine().object_code(ADD, level=level)
        assert again.cached
        assert again.level is level


def test_what_brings_a_program_forward_most_is_compiled_first() -> None:
    code = """
import threading
from minivm.native.compiling import Turn, in_background
begun, first, last = threading.Event(), threading.Event(), threading.Event()
class Job:
    def __init__(self, name): self.name = name
    def is_wanted(self): return True
    def compile(self, engine):
        begun.set()
        first.wait()
        return self.name
    def deliver(self, code):
        print(code, flush=True)
        if code == "four": last.set()
for name, turn in ("one", 1), ("four", 2), ("three", 1), ("two", 0):
    in_background(None, Turn(turn), Job(name))
    begun.wait()
first.set()
last.wait()
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.split() == ["one", "two", "three", "four"]


@needs_llvm
def test_other_processors_have_other_entries(engine: Engine) -> None:
    engine.object_code(ADD)
    other = Engine()
    other._salt += b"another processor"
    assert not other.object_code(ADD).cached


@needs_llvm
def test_ir_and_assembly_can_be_read(engine: Engine) -> None:
    assert "hidden" not in engine.optimised_ir(ADD)  # nothing uses it
    assert "define i64 @add" in engine.optimised_ir(ADD)
    assert "add:" in engine.assembly(ADD)


@needs_llvm
def test_several_threads_compile_at_once(engine: Engine) -> None:
    codes: dict[int, ObjectCode] = {}

    def compile_one(number: int) -> None:
        codes[number] = engine.object_code(f"define i64 @f() {{\n ret i64 {number}\n}}")

    threads = [threading.Thread(target=compile_one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [call(engine.link(codes[number]), "f") for number in range(8)] == list(range(8))


@needs_llvm
def test_a_library_outlives_the_others_of_its_group(engine: Engine) -> None:
    code = engine.object_code(ADD)
    libraries = [engine.link(code) for _ in range(3 * module.GROUP)]
    for library in libraries[1::2]:
        library.drop()
        library.drop()  # twice is once
    assert [call(library, "add", 20, 3) for library in libraries[::2]] == [23] * len(libraries[::2])


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@needs_llvm
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the resident size is read from /proc")
def test_dropped_code_gives_its_memory_back(engine: Engine) -> None:
    code = engine.object_code(ADD)

    def cycles(count: int) -> int:
        before = resident_bytes()
        for _ in range(count):
            engine.link(code).drop()
        return resident_bytes() - before

    cycles(500)  # what is taken once and for all
    assert cycles(2000) < 2000 * 1024


@needs_llvm
def test_llvm_is_not_loaded_before_it_is_needed() -> None:
    text = "import sys, minivm.native.engine as e; e.available(); print('llvmlite' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", text], capture_output=True, text=True).stdout == "False\n"


def test_a_missing_llvm_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    assert not available()
    with pytest.raises(Unavailable, match="pip install"):
        Engine()


def test_a_process_ends_when_llvm_has_done_its_work() -> None:
    code = """
import threading, time
from minivm.native.compiling import Turn, in_background
begun = threading.Event()
class Slow:
    def __init__(self, name): self.name = name
    def is_wanted(self): return self.name != "none"
    def compile(self, engine):
        begun.set()
        time.sleep(0.3)
        print("compiled", self.name, flush=True)
    def deliver(self, code): pass
for name in "none", "one", "two":
    in_background(None, Turn.BASELINE, Slow(name))
begun.wait()
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "compiled one\n"


class _CollectingName(str):
    """The name of an export; garbage is collected when llvmlite encodes it, in the midst of linking."""

    def __str__(self) -> str:
        return self

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        gc.collect()
        return super().encode(encoding, errors)


@needs_llvm
def test_linking_while_the_last_library_of_the_same_jit_is_collected(engine: Engine) -> None:
    code = engine.object_code(ADD)
    circle: list[object] = []
    circle += [circle, engine.link(code)]  # only a collection finds it
    for _ in range(module.GROUP - 2):
        engine.link(code).drop()
    gc.disable()
    try:
        del circle
        last = engine.link(evolve(code, exports=(_CollectingName("add"),)))
    finally:
        gc.enable()
    assert call(last, "add", 40, 2) == 42
    assert call(engine.link(code), "add", 1, 2) == 3
