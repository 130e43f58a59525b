"""Class files from an enemy: whatever they are, the outcome is an error or a sound run, never a crash or a hang."""

from __future__ import annotations

import random
from collections import Counter
from functools import lru_cache

import pytest
from attrs import define, field

from hostile import (
    check_heap,
    limit_polls,
    mutants,
    new_machine,
    run_bounded,
    sound,
    telling,
)
from minivm.classfile import ClassFile
from minivm.codec import decode, encode
from minivm.errors import FormatError
from minivm.redefine import redefine
from running import compile_text, limited, text_of

SECONDS = 10  # for one hostile program; a sound one takes hundredths

SOURCES = {
    "shapes": r"""
interface Shape { fun area(): int }
class Square implements Shape {
    let side: int
    static var made: int = 0
    var label: String = "square"
    init(side: int) { this.side = side; Square.made += 1 }
    fun area(): int { return side * side }
}
final class Named extends Square {
    private var tag: String
    var ratio: float = 0.5
    init(side: int, tag: String) { super(side); this.tag = tag }
    override fun area(): int { return super.area() + tag.length() }
    override fun toString(): String { return "{tag}/{label}/{ratio}" }
}
enum Color { red, green, blue }
let shapes = List<Shape>()
for i in 0..4 { shapes.add(if i % 2 == 0 { Square(i) } else { Named(i, "n{i}") }) }
var total = 0
for shape in shapes {
    total += shape.area()
    if shape is Named { print(shape) }
}
print("{total} {Square.made} {Color.values().length} {Color.green.name}")
let o: Object? = shapes.get(1)
print((o as Square).side + (if o == null { 1 } else { 2 }))
""",
    "generic": r"""
class Pair<T> {
    private var left: T
    var right: T?
    init(left: T) { this.left = left; this.right = null }
    fun swap(with: T): T { let old = left; left = with; right = old; return old }
}
class Best<T: Comparable<T>> {
    var best: T? = null
    fun see(item: T) { let b = best; if b == null { best = item } else { if item.compareTo(b) > 0 { best = item } } }
}
class Num implements Comparable<Num> {
    let n: int
    init(n: int) { this.n = n }
    fun compareTo(other: Num): int { return n - other.n }
}
fun pick<T>(items: List<T>, test: fun(T): bool): T? {
    for item in items { if test(item) { return item } }
    return null
}
let limit = 2
let numbers = List<int>()
for i in 0..5 { numbers.add(i * i) }
print(pick<int>(numbers, fun(n: int): bool { return n > limit }) ?? -1)
let pair = Pair<int>(3)
let texts = Pair<String>("a")
print("{pair.swap(4)} {pair.right} {texts.swap("b") + "c"}")
let best = Best<Num>()
best.see(Num(3)); best.see(Num(7)); best.see(Num(5))
print(best.best!!.n)
let ages = Map<String, float>()
ages["x"] = 1.5
print(ages["x"] ?? 0.0)
var count = 0
let bump = fun(): int { count += 1; return count }
bump()
print(bump() + count)
""",
    "errors": r"""
class Custom extends Error {
    let code: int
    init(code: int) { super("custom {code}"); this.code = code }
}
class Late { static let value: int = compute(); static fun compute(): int { throw Custom(9) } }
fun risky(n: int): int {
    try { return 100 / n } catch e: ArithmeticError { return -1 } finally { print("risked {n}") }
}
fun deep(n: int): int { return if n == 0 { throw Custom(n) } else { deep(n - 1) + 1 } }
fun forever(n: int): int { return forever(n + 1) + 1 }
print("{risky(0)} {risky(7)}")
try { deep(5) } catch e: Custom { print("{e.message} {e.code}") }
try { forever(0) } catch e: StackOverflowError { print("deep") }
try { print(Late.value) } catch e: InitialiserError { print(e.cause!!.message) }
try { let a = Array<int>(2); print(a[2]) } catch e { print(e.trace().length() > 0) }
let x: Object = 3
try { print((x as String).length()) } catch e: CastError { print(e.message) }
""",
    "fibers": r"""
class Worker {
    let out: Channel<String>
    var done: int = 0
    init(out: Channel<String>) { this.out = out }
    fun work(name: String) { for i in 0..3 { out.send("{name}{i}"); done += 1 } }
}
let channel = Channel<String>(1)
let worker = Worker(channel)
let a = spawn worker.work("a")
let b = spawn worker.work("b")
for i in 0..6 { print(channel.receive()) }
a.join()
b.join()
fun slow(n: int): int { pause(); if n > 2 { throw StateError("slow") } return n * 2 }
let c = spawn slow(2)
let d = spawn slow(3)
print(c.join())
try { d.join() } catch e: StateError { print(e.message) }
""",
    "arrays": r"""
let grid = Array<float>(3)
grid[1] = 0.5
print(grid[1] + grid[2])
let words = Array<String>(2, "héllo")
try { print(words[2]) } catch e: IndexError { print("outside") }
print(words[0].substring(1, 3).upper() + words[0].charAt(0) + "{words[0].hash() == "héllo".hash()}")
var bits = 0
var i = 1
while i < 200 { bits = (bits ^ i) << 1 >> 1; i = i * 3 }
print("{bits & 0xff | 1} {~bits % 7} {-i} {1.0 / 3.0 < 0.34} {2.5 * 2.0 - 1.0}")
let rows = Array<Array<int>?>(2)
rows[0] = Array<int>(4)
rows[0]!![3] = 7
print(rows[0]?.length ?? 0)
let copy = StringBuilder()
for c in "abc" { copy.append(c) }
print(copy.toString() + "{9223372036854775807 + 1}")
""",
}
PROGRAMS = {name: compile_text(name, text) for name, text in SOURCES.items()}


@define
class Tally:
    """What came of a campaign: attempts, how many could be read, and how the runs ended."""

    attempts: int = 0
    ends: Counter[str] = field(factory=Counter)

    @property
    def runs(self) -> int:
        """How many mutants could be read."""
        return sum(self.ends.values())


def run_mutants(seed: int, attempts: int) -> Tally:
    """Run programs with one hostile class each."""
    rng = random.Random(seed)
    tally = Tally(attempts)
    for name, program in PROGRAMS.items():
        for number, (victim, mutant) in enumerate(mutants(rng, program.files, attempts // len(PROGRAMS))):
            with telling(f"seed {seed}, mutant {number} of {name}, class {victim}"), limited(SECONDS):
                tally.ends[run_hostile({**program.files, victim: mutant}, program.main)] += 1
    return tally


def run_hostile(files: dict[str, ClassFile], main: str) -> str:
    """Run a program for a bounded while, looking at the heap now and then; tells how it ended."""
    machine = new_machine(files)

    def look(number: int) -> None:
        if number % 128 == 0:
            machine.vm.sync()
            machine.collect()
            check_heap(machine)

    limit_polls(machine, at_poll=look)
    end = run_bounded(machine, main)
    sound(machine)
    machine.close()
    return end


def redefine_with_mutants(seed: int, attempts: int) -> Tally:
    """Run programs, and give one hostile version of a class to each of their machines while they run."""
    rng = random.Random(seed)
    tally = Tally(attempts)
    for name, program in PROGRAMS.items():
        polls = polls_of(name)
        for number, (victim, mutant) in enumerate(mutants(rng, program.files, attempts // len(PROGRAMS))):
            with telling(f"seed {seed}, new version {number} of {name}, class {victim}"), limited(SECONDS):
                tally.ends[redefine_hostile(program.files, program.main, mutant, rng.randint(1, polls))] += 1
    return tally


def redefine_hostile(files: dict[str, ClassFile], main: str, mutant: ClassFile, when: int) -> str:
    """Redefine a class at poll ``when``, then go on; tells what the record says."""
    machine = new_machine(dict(files))
    told = ["never"]

    def at_poll(number: int) -> None:
        if number != when:
            return
        before = machine.digest()
        told[0] = "initialising without end"
        record = redefine(machine, [mutant])
        told[0] = record.status
        if record.status != "applied":
            assert machine.digest() == before, record.text()
        machine.collect()
        check_heap(machine)

    limit_polls(machine, at_poll=at_poll)
    run_bounded(machine, main)
    sound(machine)
    machine.close()
    return told[0]


@lru_cache
def polls_of(name: str) -> int:
    """How many polls a program makes when nobody has changed it."""
    machine = new_machine(dict(PROGRAMS[name].files))
    polls = 0

    def count(number: int) -> None:
        nonlocal polls
        polls = number

    limit_polls(machine, at_poll=count)
    run_bounded(machine, PROGRAMS[name].main)
    machine.close()
    return polls


# ── campaigns ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", SOURCES)
def test_the_victims_themselves_run(name: str) -> None:
    machine = new_machine(dict(PROGRAMS[name].files))
    machine.run_main(PROGRAMS[name].main)
    assert text_of(machine.output)
    assert run_hostile(dict(PROGRAMS[name].files), PROGRAMS[name].main) in ("end", "Enough")


@pytest.mark.parametrize("seed", range(4))
def test_mutated_class_files_never_crash_the_machine(seed: int) -> None:
    tally = run_mutants(seed, 300)
    assert tally.runs > 100
    assert len(tally.ends) > 2, tally


@pytest.mark.parametrize("seed", range(2))
def test_mutated_new_versions_are_applied_or_refused(seed: int) -> None:
    tally = redefine_with_mutants(seed, 150)
    assert {"applied", "refused"} <= tally.ends.keys(), tally


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 180))
def test_eighty_thousand_mutants(seed: int) -> None:
    run_mutants(seed, 1000)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_twenty_thousand_new_versions(seed: int) -> None:
    redefine_with_mutants(seed, 1000)


# ── what campaigns have found, and what they cannot find ─────────────────────────────────────────────────


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_truncated_class_file_is_a_format_error(cut: int) -> None:
    data = encode(PROGRAMS["shapes"].files["Square"])
    with pytest.raises(FormatError):
        decode(data[: len(data) * cut // 60])


def test_a_class_file_of_another_class_is_refused() -> None:
    program = PROGRAMS["shapes"]
    machine = new_machine({**program.files, "Square": program.files["Shape"]})
    assert run_bounded(machine, program.main) in ("GuestError", "VerifyError")
    assert text_of(machine.output) == ""
