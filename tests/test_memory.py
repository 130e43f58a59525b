"""Memory, collection and digest: the same words, wherever they lie."""

from __future__ import annotations

import pytest

from minivm.collector import Copier
from minivm.errors import GuestError, Throw, UsageError
from minivm.heap import float_text, float_word, word_float
from minivm.kernels.choice import Kernels
from minivm.layouts import ARRAY_FIRST
from minivm.machine import Machine
from minivm.memory import MAX_INT, MIN_INT, Memory, Root, wrap
from minivm.native.presence import available
from minivm.redefine.survey import Survey
from minivm.types import INT, STRING, array_of, class_type
from modes import PLAIN
from running import compile_text, new_machine

GRAPH = """
class Node { var next: Node? = null; var word: String = "w"; var weight: int = 0 }
let ring = Node()
ring.next = Node()
ring.next!!.next = ring
let names = List<String>()
names.add("ä")
names.add("日本")
names.add("\\u{1F600}")
let numbers = Array<float>(3)
numbers[1] = 0.1
"""


def live_machine() -> Machine:
    program = compile_text("graph", GRAPH)
    machine = new_machine(program, PLAIN)
    machine.run_main(program.main)
    return machine


def test_a_collection_changes_no_value() -> None:
    machine = live_machine()
    before = machine.digest()
    for _ in range(3):
        machine.collect()
        assert machine.digest() == before


def test_a_collection_frees_what_nothing_reaches() -> None:
    machine = live_machine()
    machine.collect()
    used = machine.memory.used
    machine.heap.new_array(machine.load(array_of(INT)), 1000)
    assert machine.memory.used > used + 1000
    machine.collect()
    assert machine.memory.used == used


def test_the_digest_sees_a_changed_word() -> None:
    machine = live_machine()
    before = machine.digest()
    node = next(c for c in machine.registry.loaded() if c.name == "Node")
    weight = node.find_field("weight")
    assert weight is not None
    words = machine.memory.words
    statics = machine.memory.root(Root.STATICS + machine.load(class_type("graph")).id)
    ring = words[statics + machine.load(class_type("graph")).fields["ring"].offset]
    words[ring + weight.offset] = 5
    assert machine.digest() != before


def test_the_digest_takes_every_nan_for_one() -> None:
    program = compile_text("nans", "class Cup { var held: float = 0.0 }\nlet cup = Cup()\nlet list = Array<float>(2)\n")
    machine = new_machine(program, PLAIN)
    machine.run_main(program.main)
    nans = machine.load(class_type("nans"))
    statics = machine.memory.root(Root.STATICS + nans.id)
    cup, array = (machine.memory.words[statics + nans.fields[name].offset] for name in ("cup", "list"))
    seen = set()
    for bits in (0x7FF8 << 48, -0x8 << 48, 0x7FF0_0000_0000_0001):  # quiet, as x86 makes them, signalling
        machine.memory.words[cup + 1] = machine.memory.words[array + ARRAY_FIRST + 1] = bits
        seen.add(machine.digest())
    assert len(seen) == 1
    machine.memory.words[cup + 1] = 0
    assert machine.digest() not in seen


def test_an_undone_copy_leaves_every_word_as_it_was() -> None:
    machine = live_machine()
    memory = machine.memory
    machine.vm.sync()
    before = memory.words[memory.base : memory.top].tolist()
    table = machine.linker.layouts.table()
    copier = Copier(memory, machine.registry.methods, table, table, machine.kernels, undoable=True)
    copier.run()
    assert memory.words[memory.base : memory.top].tolist() != before
    copier.undo()
    assert memory.words[memory.base : memory.top].tolist() == before


def test_the_identity_hash_survives_a_move() -> None:
    machine = live_machine()
    memory = machine.memory
    memory.set_root(Root.HOST, machine.heap.new_string("x"))
    given = memory.identity_hash(memory.root(Root.HOST))
    at = memory.root(Root.HOST)
    machine.collect()
    assert memory.root(Root.HOST) != at
    assert memory.identity_hash(memory.root(Root.HOST)) == given


@pytest.mark.parametrize("text", ["", "a", "ä" * 9, "日本語", "\U0001f600x", "a" * 1000])
def test_a_string_reads_back(text: str) -> None:
    machine = live_machine()
    assert machine.heap.string(machine.heap.new_string(text)) == text


def test_a_full_heap_is_an_error_that_leaves_room_to_report_it() -> None:
    machine = live_machine()
    cls = machine.load(array_of(STRING))
    memory = machine.memory
    with pytest.raises(Throw) as caught:
        machine.heap.new_array(cls, memory.cap)
    assert caught.value.kind == "OutOfMemoryError"
    assert machine.vm.unwinder.make_error("OutOfMemoryError", "full") != 0


def test_a_new_array_is_all_zeros_even_on_used_words() -> None:
    machine = live_machine()
    cls = machine.load(array_of(INT))
    for _ in range(3):
        ref = machine.heap.new_array(cls, 100)
        assert machine.heap.elements(ref) == [0] * 100
        machine.memory.words[ref + ARRAY_FIRST : ref + ARRAY_FIRST + 100] = memoryview(bytes(b"\x07" * 800)).cast("q")
        machine.collect()
        machine.collect()


def test_a_heap_that_cannot_be_reserved_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot reserve a heap"):
        Memory(1 << 60)


@pytest.mark.parametrize(
    ("value", "word"),
    [(MAX_INT + 1, MIN_INT), (MIN_INT - 1, MAX_INT), (1 << 64, 0), (-1, -1), (MAX_INT, MAX_INT)],
)
def test_words_wrap(value: int, word: int) -> None:
    assert wrap(value) == word


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (1e300, "1e+300"), (float("inf"), "Infinity"), (-float("inf"), "-Infinity"), (-0.0, "-0.0")],
)
def test_floats_print_shortest_and_keep_their_bits(value: float, text: str) -> None:
    assert float_text(value) == text
    assert word_float(float_word(value)) == value


def test_memory_errors_happen_as_often_as_they_are_caused() -> None:
    program = compile_text(
        "often",
        """
fun down(n: int): int { return down(n + 1) + 1 }
var full = 0
var deep = 0
for i in 0..1000 {
    try {
        let hold = List<Array<int>>()
        while true { hold.add(Array<int>(2000)) }
    } catch e: OutOfMemoryError { full += 1 }
    try { down(0) } catch e: StackOverflowError { deep += 1 }
}
print("{full} {deep}")
""",
    )
    machine = new_machine(program, PLAIN, 1 << 20)
    machine.vm.stack_limit = 2000
    machine.run_main(program.main)
    assert machine.output.getvalue() == "1000 1000\n"  # type: ignore[attr-defined]


def test_an_uncaught_error_carries_its_trace_to_the_host() -> None:
    program = compile_text("boom", 'fun f() { throw StateError("no") }\n\nf()\n')
    machine = new_machine(program, PLAIN)
    with pytest.raises(GuestError) as caught:
        machine.run_main(program.main)
    assert str(caught.value) == "StateError: no\n    at boom.f (boom.mini:1)\n    at boom.main (boom.mini:3)"


@pytest.mark.skipif(not available(), reason="llvmlite is not installed")
def test_counting_by_copying_finds_what_a_walk_finds() -> None:
    machine = live_machine()
    walked = Survey(machine.vm).count()
    before = machine.memory.words[machine.memory.base : machine.memory.top].tolist()
    machine.kernels = Kernels(work=1 << 40)
    assert machine.kernels.are_native_for(0)
    assert Survey(machine.vm).count() == walked
    assert machine.memory.words[machine.memory.base : machine.memory.top].tolist() == before
