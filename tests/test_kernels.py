"""Kernels: the same words in memory whether they run as Python or as machine code."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable

import pytest

from minivm.collector import Copier, object_words
from minivm.errors import Throw
from minivm.kernels import language
from minivm.kernels.choice import HOST_KERNELS, Kernels
from minivm.kernels.language import (
    FUNCTIONS,
    Words,
    copy_bytes,
    get_byte,
    get_int,
    get_short,
    kernel,
    put_byte,
    put_int,
    put_short,
    wrap,
)
from minivm.kernels.native import compiled, module_ir
from minivm.kernels.tables import Layouts, Relayout, layout_table
from minivm.kernels.translator import NotInTheLanguage, ir_of
from minivm.layouts import STACK_LAYOUT, Layout
from minivm.memory import HASH_SHIFT, ROOTS, SHAPE_MASK, STATICS_BIT, Memory, Root
from minivm.native.engine import available

needs_llvm = pytest.mark.skipif(not available(), reason="llvmlite is not installed")
BIG = 7


# ── the language ─────────────────────────────────────────────────────────────────────────────────────────


@kernel
def trial_arithmetic(words: Words[int], a: int, b: int) -> int:
    """Every operator."""
    words[0] = wrap(a + b)
    words[1] = wrap(a - b)
    words[2] = wrap(a * b)
    words[3] = a // b if b else -1
    words[4] = a % b if b else -1
    words[5] = wrap(a << (b & 15))
    words[6] = a >> (b & 63)
    words[7] = a & b
    words[8] = a | b
    words[9] = a ^ ~b
    words[10] = wrap(-a)
    words[11] = (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a != b) + 16 * (a >= b) + 32 * (a > b)
    words[12] = 0 <= a < b or (not a and b > 3)
    words[13] = BIG + Root.STATICS + (1 if a and b else 2)
    return 5


@kernel
def trial_control(words: Words[int], a: int, b: int) -> int:
    """Every statement."""
    total = 0
    for i in range(a & 15):
        if i == 3:
            continue
        if i > 9:
            break
        total += trial_inner(i, b)
    while total > 100:
        total -= 7
        if total == 50:
            return -1
    else_taken = 0
    if a > b:
        else_taken = 1
    elif a == b:
        else_taken = 2
    else:
        else_taken = 3
    words[0:4] = words[4:8]
    return total * 10 + else_taken


@kernel
def trial_inner(i: int, b: int) -> int:
    """A callee without words."""
    return i if b & 1 else 2 * i


@kernel
def trial_bytes(words: Words[int], at: int, value: int) -> int:
    """Narrow loads and stores, and moves that overlap."""
    put_byte(words, at, value & 0xFF)
    put_short(words, at & ~1, value & 0xFFFF)
    put_int(words, (at & ~3) + 8, value & 0xFFFFFFFF)
    copy_bytes(words, at, at + 3, value & 31)
    copy_bytes(words, at + 5, at, value & 31)
    return get_byte(words, at) + get_short(words, at & ~1) + get_int(words, at & ~3)


TRIALS = ("trial_arithmetic", "trial_control", "trial_bytes")
EDGES = (0, 1, -1, 2, -7, 10, 63, 64, 1 << 31, (1 << 31) - 1, -(1 << 31), (1 << 62) + 5, (1 << 63) - 1, -(1 << 63) + 1)


@needs_llvm
@pytest.mark.parametrize("name", TRIALS)
def test_a_kernel_means_the_same_in_both_forms(name: str) -> None:
    native = compiled(TRIALS)
    assert native is not None
    chance = random.Random(name)
    pairs = [(a, b) for a in EDGES for b in EDGES] + [
        (chance.getrandbits(64) - (1 << 63), chance.getrandbits(chance.randrange(1, 64))) for _ in range(300)
    ]
    for a, b in pairs:
        if name == "trial_bytes":
            a, b = a % 64, b & 0xFFFFFFFF
        left = array("q", (chance.getrandbits(63) for _ in range(24)))
        right = array("q", left)
        expected = FUNCTIONS[name](memoryview(left), a, b)
        assert (native[name](memoryview(right), a, b), right) == (expected, left), (a, b)


@needs_llvm
@pytest.mark.parametrize("count", range(20))
def test_blocks_of_every_size_are_copied(count: int) -> None:
    @kernel
    def trial_block(words: Words[int], other: Words[int], to: int, source: int, count: int) -> None:
        words[to : to + count] = other[source : source + count]

    try:
        native = compiled(("trial_block",))
    finally:
        del FUNCTIONS["trial_block"]
    assert native is not None
    words, other = array("q", range(100, 140)), array("q", range(40))
    expected = array("q", words)
    expected[3 : 3 + count] = other[5 : 5 + count]
    native["trial_block"](words, other, 3, 5, count)
    assert words == expected


def refused() -> list[Callable[..., object]]:
    def trial_attribute(words: Words[int]) -> int:
        return words.nbytes

    def trial_text(a: int) -> int:
        return len("text")

    def trial_true_division(a: int) -> float:
        return a / 2

    def trial_try(a: int) -> int:
        try:
            return a
        finally:
            pass

    return [trial_attribute, trial_text, trial_true_division, trial_try]


@pytest.mark.parametrize("function", refused(), ids=lambda function: function.__name__)
def test_what_is_not_in_the_language_is_refused_with_its_place(function: Callable[..., object]) -> None:
    kernel(function)
    try:
        with pytest.raises(NotInTheLanguage, match=r"test_kernels.py:\d+: "):
            ir_of([function.__name__])
    finally:
        del FUNCTIONS[function.__name__]


def test_the_same_kernels_give_the_same_text() -> None:
    assert ir_of(["scan", "forward"]) == ir_of(["forward", "scan"])
    assert module_ir(HOST_KERNELS) == module_ir(HOST_KERNELS)
    assert "internal i64 @k_size_of" in ir_of(["scan"])  # what is called comes along


def test_every_primitive_has_both_meanings() -> None:
    from minivm.kernels.primitives import PRIMITIVES

    hidden = {"copy_words", "floor_div", "floor_mod"}  # what slices, // and % are
    assert {name for name in PRIMITIVES if hasattr(language, name)} == set(PRIMITIVES) - hidden


# ── the copy ─────────────────────────────────────────────────────────────────────────────────────────────

PAIR, LEAF, ARRAY, NUMBERS, TEXT, WIDE = range(1, 7)
LAYOUTS = Layouts()
LAYOUTS.update(
    {
        0: STACK_LAYOUT,
        PAIR: Layout("fields", 4, (1, 3)),
        LEAF: Layout("fields", 1, ()),
        ARRAY: Layout("array of references", 0, ()),
        NUMBERS: Layout("array of words", 0, ()),
        TEXT: Layout("string", 0, ()),
        WIDE: Layout("fields", 12, (2, 5, 11)),
        PAIR | STATICS_BIT: Layout("fields", 3, (2,)),
        WIDE | STATICS_BIT: Layout("fields", 1, ()),
    }
)
GROWN: dict[int, Relayout] = {
    PAIR: (6, ((1, 5), (2, 2), (3, 1)), memoryview(array("q", [PAIR, 0, 0, 0, 99, 0]))),
    PAIR | STATICS_BIT: (4, ((2, 3),), memoryview(array("q", [PAIR | STATICS_BIT, 7, 7, 0]))),
}
GROWN_LAYOUTS = {PAIR: Layout("fields", 6, (1, 5)), PAIR | STATICS_BIT: Layout("fields", 4, (3,))}


def random_heap(seed: int, count: int = 400) -> Memory:
    """A memory with a random graph: every kind of object, shared and unreachable ones, cycles, hashes given out."""
    chance = random.Random(seed)
    memory = Memory(1 << 20)
    kinds = [chance.choice([PAIR, PAIR, LEAF, ARRAY, NUMBERS, TEXT, WIDE, PAIR | STATICS_BIT]) for _ in range(count)]
    refs = []
    words = memory.words
    for low in kinds:
        length = chance.randrange(9)
        size = {ARRAY: 2 + length, NUMBERS: 2 + length}.get(low) or LAYOUTS[low].size
        if low == TEXT:
            code = chance.randrange(3)
            size = 3 + ((length << code) + 7 >> 3)
        ref = memory.allocate_now(size)
        words[ref : ref + size] = array("q", (chance.getrandbits(62) for _ in range(size)))
        words[ref] = low | chance.choice([0, chance.getrandbits(31)]) << HASH_SHIFT
        if low in (ARRAY, NUMBERS):
            words[ref + 1] = length
        elif low == TEXT:
            words[ref + 1] = length << 2 | code
        refs.append(ref)
    for ref, low in zip(refs, kinds, strict=True):
        places = range(2, 2 + words[ref + 1]) if low == ARRAY else LAYOUTS[low].references
        for place in places:
            words[ref + place] = chance.choice([0, *chance.choices(refs, k=4)])
    for slot in chance.sample(range(20), 8):
        memory.set_root(slot, chance.choice(refs))
    memory.set_root(Root.HASHES, 12345)
    return memory


def native_kernels() -> Kernels:
    kernels = Kernels(work=1 << 40)
    assert kernels.for_work(0) is not Kernels(native=False).for_work(0)
    return kernels


def copied(memory: Memory, kernels: Kernels, relayouts: dict[int, Relayout], undoable: bool) -> Copier:
    new = layout_table({**LAYOUTS, **(GROWN_LAYOUTS if relayouts else {})})
    copier = Copier(memory, [], layout_table(LAYOUTS, relayouts), new, kernels, undoable)
    copier.run()
    return copier


@needs_llvm
@pytest.mark.parametrize("relayouts", [{}, GROWN], ids=["collection", "migration"])
@pytest.mark.parametrize("undoable", [False, True], ids=["final", "undoable"])
@pytest.mark.parametrize("seed", range(8))
def test_both_forms_leave_the_same_memory(seed: int, undoable: bool, relayouts: dict[int, Relayout]) -> None:
    first, second = random_heap(seed), random_heap(seed)
    assert first.words == second.words
    one = copied(first, Kernels(native=False), relayouts, undoable)
    two = copied(second, native_kernels(), relayouts, undoable)
    assert (one.objects, one.top, one.old) == (two.objects, two.top, two.old)
    assert one.state == two.state
    assert first.words == second.words
    assert all(one.copies_of(low) == two.copies_of(low) for low in relayouts)


@pytest.mark.parametrize("make", [lambda: Kernels(native=False), pytest.param(native_kernels, marks=needs_llvm)])
@pytest.mark.parametrize("seed", range(4))
def test_undoing_gives_every_word_back(seed: int, make: Callable[[], Kernels]) -> None:
    memory, untouched = random_heap(seed), random_heap(seed)
    copier = copied(memory, make(), GROWN, undoable=True)
    half = slice(memory.base, memory.top)
    assert memory.words[half] != untouched.words[half]
    copier.undo()
    copier.undo()  # twice is once
    assert memory.words[half] == untouched.words[half]


@pytest.mark.parametrize("make", [lambda: Kernels(native=False), pytest.param(native_kernels, marks=needs_llvm)])
@pytest.mark.parametrize("room", [0, 1, 150, 199])
def test_a_copy_without_room_leaves_the_old_half_as_it_was(room: int, make: Callable[[], Kernels]) -> None:
    memory = Memory(1 << 20)
    array_at = memory.allocate_now(102)
    memory.words[array_at : array_at + 2] = array("q", [ARRAY, 100])
    for place in range(2, 102):
        ref = memory.words[array_at + place] = memory.allocate_now(4)
        memory.words[ref : ref + 4] = array("q", [PAIR, array_at, place, 0])
    memory.set_root(3, array_at)
    memory.cap = memory.top - memory.base + room  # each of the 100 pairs would take two words more
    before = memory.words[memory.base : memory.top].tolist()
    with pytest.raises(Throw, match="no room for the copies"):
        copied(memory, make(), GROWN, undoable=True)
    assert memory.words[memory.base : memory.top].tolist() == before


@pytest.mark.parametrize("make", [lambda: Kernels(native=False), pytest.param(native_kernels, marks=needs_llvm)])
def test_copies_are_counted(make: Callable[[], Kernels]) -> None:
    copier = copied(random_heap(5), make(), {}, undoable=True)
    words, at = copier.memory.words, copier.base + ROOTS
    found: dict[int, int] = {}
    while at < copier.top:
        low = words[at] & SHAPE_MASK
        if not low & STATICS_BIT:
            found[low] = found.get(low, 0) + 1
        at += object_words(words, at, LAYOUTS[low])
    assert copier.counts() == found


def test_kernels_stay_in_python_until_machine_code_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minivm.kernels.choice.ENGINE", "not loaded")
    kernels = Kernels()
    assert kernels.for_work(10)["scan"] is FUNCTIONS["scan"]
    kernels.work = 1 << 40
    assert (kernels.for_work(10)["scan"] is FUNCTIONS["scan"]) is not available()
