"""Class files from an enemy: whatever the bytes, the outcome is an error or a run, never a crash or a hang."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import zlib
from pathlib import Path

import pytest

from lang.library import standard_library
from minivm.classfile import ClassFile
from minivm.codec import decode, encode
from minivm.errors import FormatError, MiniError
from minivm.interpreter import Interrupted
from minivm.loader import MemoryFinder
from minivm.machine import Exit, Machine
from running import compile_text

HEADER = struct.Struct("<4sHII")
POLLS = 300  # method entries and loop turns a run may take
PROGRAM = compile_text(
    "victim",
    r"""
interface Shape { fun area(): int }
class Square implements Shape {
    let side: int
    static var made: int = 0
    var label: String = "square"
    init(side: int) { this.side = side; Square.made += 1 }
    fun area(): int { return side * side }
}
class Pair<T> {
    private var left: T
    var right: T?
    init(left: T) { this.left = left; this.right = null }
    fun swap(with: T): T { let old = left; left = with; right = old; return old }
}
fun pick<T>(items: List<T>, test: fun(T): bool): T? {
    for item in items { if test(item) { return item } }
    return null
}
fun risky(n: int): int {
    try { return 100 / n } catch e: ArithmeticError { return -1 } finally { print("risked {n}") }
}
let shapes = List<Shape>()
for i in 0..4 { shapes.add(Square(i)) }
var total = 0
for shape in shapes { total += shape.area() }
let limit = total / 2
print(pick<Shape>(shapes, fun(s: Shape): bool { return s.area() > limit })?.area() ?? 0)
let pair = Pair<int>(3)
print("{pair.swap(4)} {pair.right} {Square.made} {risky(0)} {risky(7)}")
let channel = Channel<String>(1)
let sender = spawn channel.send("sent")
print(channel.receive())
sender.join()
let grid = Array<float>(3)
grid[1] = 0.5
print(grid[1] + grid[2])
""",
)


def run_hostile(files: dict[str, ClassFile]) -> Machine:
    """Load and run a program for a bounded while. Only what a user may meet comes out of it."""
    boot, program = MemoryFinder(dict(standard_library())), MemoryFinder(files)
    machine = Machine(boot, program, heap_bytes=4 << 20, output=io.StringIO(), errors=io.StringIO())
    machine.vm.frame_limit = 200
    left = POLLS

    def enough() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Interrupted("enough")

    machine.vm.stress_every, machine.vm.at_safepoint = 1, enough
    machine.vm.refill()
    with contextlib.suppress(MiniError, Exit):
        machine.run_main(PROGRAM.main)
    machine.collect()
    assert machine.digest()
    return machine


def sealed(payload: bytes, version: int) -> bytes:
    """A class file of this payload whose header is right."""
    return HEADER.pack(b"MINI", version, len(payload), zlib.crc32(payload)) + payload


def mutated(rng: random.Random, data: bytes) -> bytes:
    """A class file with a few bytes of its payload changed, inserted or left out."""
    version = HEADER.unpack_from(data)[1]
    payload = bytearray(data[HEADER.size :])
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(payload))
        kind = rng.random()
        if kind < 0.7:
            payload[at] = rng.choice(
                (rng.randrange(256), payload[at] ^ 1, payload[at] + 1 & 255, payload[at] - 1 & 255)
            )
        elif kind < 0.85:
            payload.insert(at, rng.randrange(256))
        else:
            del payload[at]
    return sealed(bytes(payload), version)


def campaign(seed: int, count: int) -> tuple[int, int]:
    """Mutate, load and run; how many were read, and how many of those were run to some end."""
    rng = random.Random(seed)
    encoded = {name: encode(file) for name, file in PROGRAM.files.items()}
    read = ran = 0
    for number in range(count):
        name = rng.choice(sorted(encoded))
        data = mutated(rng, encoded[name])
        try:
            file = decode(data)
        except FormatError:
            continue
        read += 1
        if file == PROGRAM.files[name]:
            continue
        try:
            run_hostile({**PROGRAM.files, name: file}).close()
        except Exception as error:
            raise AssertionError(f"seed {seed}, mutation {number} of {name}: {error!r}") from error
        ran += 1
    return read, ran


def test_the_victim_itself_runs() -> None:
    machine = run_hostile(dict(PROGRAM.files))
    assert machine.output.getvalue().startswith("9\n")  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(4))
def test_mutated_class_files_never_crash_the_machine(seed: int) -> None:
    read, ran = campaign(seed, 400)
    assert read > 20
    assert ran > 10


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 150))
def test_a_hundred_thousand_mutations(seed: int) -> None:
    campaign(seed, 2000)


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_truncated_class_file_is_a_format_error(cut: int) -> None:
    data = encode(PROGRAM.files[PROGRAM.main])
    with pytest.raises(FormatError):
        decode(data[: len(data) * cut // 60])


def test_a_class_file_of_another_class_is_refused(tmp_path: Path) -> None:
    files = dict(PROGRAM.files)
    files["Square"] = files["Shape"]
    machine = run_hostile(files)
    assert machine.output.getvalue() == ""  # type: ignore[attr-defined]
