"""Kernels that stand for natives: what the Python native does, to the word, or SLOW."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterator

import pytest

from minivm.errors import Throw
from minivm.handlers.values import TEXTS
from minivm.heap import float_text, float_word, word_float
from minivm.kernels.allocation import SLOW
from minivm.kernels.language import FUNCTIONS, Kernel
from minivm.kernels.native import compiled
from minivm.kernels.natives import (
    BOOL_TEXT,
    CONCAT,
    FLOAT_TEXT,
    INT_TEXT,
    KERNELS,
    OTHERS,
    NativeKernel,
)
from minivm.kernels.texts import SCRATCH, SCRATCH_WORDS, is_space
from minivm.machine import Machine
from minivm.memory import MAX_INT, MIN_INT, Register, wrap
from minivm.native.engine import available
from minivm.natives.registry import NATIVES
from minivm.types import INT, PRIMITIVES, STRING, array_of
from running import compile_text, new_machine

ALL = tuple(sorted({kernel.name for kernel in (*KERNELS.values(), *OTHERS)}))
FORMS = ["python", pytest.param("native", marks=pytest.mark.skipif(not available(), reason="no llvmlite"))]
ALPHABETS = ("ab", "aAzZ \t09", "aäß\xa0ÿ", "aλж日\u3000\u2028", "a\U0001f600ж")
NUMBERS = (
    "0", "-0", "+7", "007", " 42\n", "-", "", "+-1", "12a", "1_0", "9223372036854775807", "123456789012345678", "3.25",
    ".5", "1.", "-.5e3", "1e22", "1E-18", "0.1", "-0.0", "1.2.3", "1e", "e5", "123456789012345.6", "nan", "inf",
    "\xa05\x85", "²", "1e9999",
)  # fmt: skip
RARE = {"upper", "lower", "isLetters", "replace", "toInt", "toFloat", "fixed"}  # may be SLOW for more than errors


FIBERS = {"WaitQueue", "FiberBase"}  # whose natives test_switching is about
PLAIN = [key for key in KERNELS if key[0] not in FIBERS]


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    made = new_machine(compile_text("empty", ""), "normal")
    made.memory.limit = made.memory.base + made.memory.cap // 2
    yield made
    made.close()


def form(which: str) -> Callable[[str], Kernel]:
    if which == "python":
        return lambda name: FUNCTIONS[name]  # type: ignore[return-value]
    functions = compiled(ALL)
    assert functions is not None
    return functions.__getitem__


class Trial:
    """Objects for one comparison, and the memory as it was before."""

    def __init__(self, machine: Machine, chance: random.Random) -> None:
        self.machine = machine
        self.chance = chance
        memory = machine.memory
        memory.top = memory.base + memory.cap // 4  # what was made for the last one is of no interest
        self.strings = [machine.heap.new_string(self.text()) for _ in range(6)]
        self.strings += [machine.heap.new_string(self.part()) for _ in range(6)]
        self.texts = machine.heap.new_array(machine.load(array_of(STRING)), 5)
        self.numbers = machine.heap.new_array(machine.load(array_of(INT)), 9)
        for at in range(self.texts + 2, self.texts + 7):
            memory.words[at] = chance.choice([0, *self.strings] if chance.random() < 0.2 else self.strings)
        for at in range(self.numbers + 2, self.numbers + 11):
            memory.words[at] = chance.getrandbits(60)
        self.end = memory.top
        self.first = memory.base + memory.cap // 4

    def text(self) -> str:
        alphabet = self.chance.choice(ALPHABETS)
        return "".join(self.chance.choices(alphabet, k=self.chance.choice([0, 1, 2, 7, 8, 9, 30, 32, 33, 70])))

    def part(self) -> str:
        """A part of a string there is, so that searches find something."""
        whole = self.machine.heap.string(self.chance.choice(self.strings))
        start = self.chance.randrange(len(whole) + 1)
        return whole[start : self.chance.randrange(start, len(whole) + 1)]

    def argument(self, kind: str) -> int:
        if kind == "string":
            return self.chance.choice(self.strings)
        if kind == "object":
            return self.chance.choice([0, self.numbers, *self.strings])
        if kind == "number":
            text = self.chance.choice([*NUMBERS, *(str(self.number()) for _ in NUMBERS)])
            return self.machine.heap.new_string(text)
        if kind == "float":
            return float_word(some_float(self.chance))
        if kind == "index":
            return self.chance.choice([-1, 0, 1, 2, 3, 5, 8, 9, 31, MAX_INT, MIN_INT, *range(10)])
        return {"texts": self.texts, "numbers": self.numbers, "code": self.chance.randrange(-1, 0x110010)}[kind]

    def number(self) -> float:
        """An int or a float, of few digits or many."""
        digits = self.chance.getrandbits(self.chance.choice([4, 20, 50, 64]))
        return self.chance.choice([digits, -digits, digits / 1000, -digits / 10**9, digits * 1.0])

    def outcome(self, act: Callable[[], int | None]) -> tuple[int | str, int, list[int]]:
        """The result or error, the new top and every word of the trial's objects; then all is as before."""
        memory = self.machine.memory
        before = memory.words[self.first : self.end].tolist()
        hashes = memory.root(15)
        try:
            result: int | str = int(act() or 0)
        except Throw as problem:
            result = problem.kind
        top = memory.top
        after = memory.words[self.first : top].tolist()
        memory.words[self.first : self.end] = array("q", before)
        memory.words[self.end : top] = array("q", [-1] * (top - self.end))
        memory.top = self.end
        memory.set_root(15, hashes)
        return result, top, after


ARGUMENTS = {
    "length": ["string"], "charAt": ["string", "index"], "codeAt": ["string", "index"],
    "substring": ["string", "index", "index"], "indexOf": ["string", "string"],
    "indexFrom": ["string", "string", "index"], "lastIndexOf": ["string", "string"], "contains": ["string", "string"],
    "startsWith": ["string", "string"], "endsWith": ["string", "string"], "trim": ["string"], "upper": ["string"],
    "lower": ["string"], "compare": ["string", "string"], "repeat": ["string", "index"], "hash": ["string"],
    "equals": ["string", "object"], "fromCode": ["code"], "join": ["texts", "index", "string"],
    "copyTo": ["numbers", "index", "numbers", "index", "index"], "clear": ["numbers", "index"],
    "clearRange": ["numbers", "index", "index"], "trimStart": ["string"], "trimEnd": ["string"],
    "isDigits": ["number"], "isLetters": ["string"], "isSpace": ["string"], "replace": ["string", "string", "string"],
    "count": ["string", "string"], "cut": ["string", "string", "index", "texts", "index"],
    "reversed": ["string"], "fixed": ["float", "index"], "toInt": ["number"], "toFloat": ["number"],
}  # fmt: skip


def compare(
    trial: Trial, function: Kernel, arguments: list[int], expected: tuple[int | str, int, list[int]], rare: bool
) -> None:
    found = trial.outcome(lambda: function(trial.machine.memory.words, *arguments))
    if found[0] == SLOW:
        assert isinstance(expected[0], str) or rare, arguments
        assert found[1] == trial.end, "SLOW, but something was allocated"
    else:
        assert found == expected, arguments


def class_made(machine: Machine, name: str) -> int:
    """The id of the class of what a kernel makes."""
    return machine.load(STRING if name == "String" else PRIMITIVES[name]).id


@pytest.mark.parametrize("which", FORMS)
@pytest.mark.parametrize("key", PLAIN, ids=".".join)
def test_a_kernel_does_what_its_native_does(machine: Machine, key: tuple[str, str], which: str) -> None:
    stands: NativeKernel = KERNELS[key]
    function = form(which)(stands.name)
    chance = random.Random(".".join(key))
    vm, words = machine.vm, machine.memory.words
    extra = [class_made(machine, stands.made)] if stands.made else []
    for _ in range(150):
        trial = Trial(machine, chance)
        arguments = [trial.argument(kind) for kind in ARGUMENTS[key[1]]]
        trial.end = machine.memory.top
        before, vm.fp = vm.fp, SCRATCH
        words[SCRATCH : SCRATCH + len(arguments)] = array("q", arguments)
        expected = trial.outcome(lambda: NATIVES[key](vm, 0))
        vm.fp = before
        compare(trial, function, arguments + extra, expected, key[1] in RARE)


@pytest.mark.parametrize("which", FORMS)
def test_strings_are_joined(machine: Machine, which: str) -> None:
    function = form(which)(CONCAT.name)
    chance = random.Random(1)
    heap = machine.heap
    for count in [*range(1, SCRATCH_WORDS + 1), *[3] * 50]:
        trial = Trial(machine, chance)
        parts = [trial.argument("string") for _ in range(count)]
        expected = trial.outcome(lambda parts=parts: heap.new_string("".join(map(heap.string, parts))))  # type: ignore[misc]
        machine.memory.words[SCRATCH : SCRATCH + count] = array("q", parts)
        compare(trial, function, [SCRATCH, count], expected, rare=False)


@pytest.mark.parametrize("which", FORMS)
@pytest.mark.parametrize("type_name", ["int", "bool"])
def test_numbers_and_truth_values_become_text(machine: Machine, type_name: str, which: str) -> None:
    function = form(which)((INT_TEXT if type_name == "int" else BOOL_TEXT).name)
    chance = random.Random(2)
    values = [0, 1]
    if type_name == "int":
        values += [s * (10**n + d) for n in range(19) for d in (-1, 0, 1) for s in (1, -1)]
        values += [MAX_INT, MIN_INT, MIN_INT + 1, *(chance.getrandbits(64) - (1 << 63) for _ in range(100))]
    for value in values:
        trial = Trial(machine, chance)
        text = TEXTS[type_name](value)
        expected = trial.outcome(lambda text=text: machine.heap.new_string(text))  # type: ignore[misc]
        compare(trial, function, [value, machine.heap.string_class], expected, rare=value == MIN_INT)


def some_float(chance: random.Random) -> float:
    """A float of any kind."""
    digits = round(chance.uniform(-10, 10) * 10 ** chance.randrange(-3, 15), chance.randrange(12))
    near = word_float(wrap(float_word(digits) + chance.randrange(-2, 3)))
    tie = chance.randrange(1 << 20) / (1 << chance.randrange(20))
    bits = word_float(chance.getrandbits(64) - (1 << 63))
    return chance.choice([digits, near, tie, bits, chance.uniform(0, 1), 2.0 ** chance.randrange(-12, 55), 1 / 3])


def floats(chance: random.Random) -> Iterator[float]:
    yield from (0.0, -0.0, 0.1, -2.5, 1e15, 1e16, 1e-4, 9.999e-5, 0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308)
    yield from (float("inf"), float("-inf"), float("nan"), 123456789012345.6, 999999999999999.0, 0.3, 100.0, 1e14 + 0.5)
    yield from (2.0**-9, 2.0**-9 + 2.0**-61, 0.0019, 9007199254740991.0, 9007199254740993.0, 0.99999999999999989)
    for _ in range(6000):
        yield some_float(chance)


@pytest.mark.parametrize("which", FORMS)
def test_floats_become_text(machine: Machine, which: str) -> None:
    function = form(which)(FLOAT_TEXT.name)
    chance = random.Random(4)
    fast = 0
    for value in floats(chance):
        machine.memory.top = machine.memory.base + machine.memory.cap // 4
        made = function(machine.memory.words, float_word(value), machine.heap.string_class)
        digits = repr(value).strip("-0").replace(".", "").strip("0")
        if made == SLOW:
            assert abs(value) < 2.0**-6 or len(digits) > 15 or abs(value) >= 1e15 or value != value, value
        else:
            assert machine.heap.string(made) == float_text(value)
            fast += 1
    assert fast > 4500


@pytest.mark.parametrize("which", FORMS)
def test_floats_are_rounded_to_places(machine: Machine, which: str) -> None:
    function = form(which)("fixed_text")
    chance = random.Random(5)
    fast = 0
    for value in floats(chance):
        machine.memory.top = machine.memory.base + machine.memory.cap // 4
        places = chance.choice([1, 2, 2, 3, 6, 9, 15, 17, 18])
        made = function(machine.memory.words, float_word(value), places, machine.heap.string_class)
        if made == SLOW:
            assert places > 8 or not 2.0**-9 <= abs(value) <= 1e8, (value, places)
        else:
            assert machine.heap.string(made) == f"{value:.{places}f}", (value, places)
            fast += 1
    assert fast > 3000


@pytest.mark.parametrize("which", FORMS)
def test_a_full_heap_is_left_to_the_interpreter(machine: Machine, which: str) -> None:
    functions = form(which)
    trial = Trial(machine, random.Random(3))
    words = machine.memory.words
    limit = words[Register.LIMIT]
    words[Register.LIMIT] = trial.end  # as little as under stress
    words[SCRATCH] = trial.strings[0]
    try:
        for name, *arguments in (
            ("substring", trial.strings[0], 0, 0), ("concat", SCRATCH, 1), ("int_text", 5, 1), ("bool_text", 1, 1),
            ("from_code", 65, 1), ("repeat", trial.strings[0], 1), ("trim", trial.strings[0]),
            ("cut", trial.strings[0], trial.strings[1], 0, trial.texts, 0),
        ):  # fmt: skip
            assert functions(name)(words, *arguments) == SLOW, name
            assert words[Register.TOP] == trial.end
    finally:
        words[Register.LIMIT] = limit


def test_white_space_is_pythons() -> None:
    assert [c for c in range(0x11000) if bool(is_space(c)) != chr(c).isspace()] == []


def test_a_search_that_goes_on_too_long_is_left_to_python(machine: Machine) -> None:
    machine.memory.top = machine.memory.base + machine.memory.cap // 4
    text, part = machine.heap.new_string("a" * 3000), machine.heap.new_string("a" * 1000 + "b")
    for name in ("index_of", "last_index_of", "contains"):
        assert FUNCTIONS[name](machine.memory.words, text, part) == SLOW


@pytest.mark.parametrize("which", FORMS)
def test_most_numbers_and_letters_need_no_python(machine: Machine, which: str) -> None:
    functions = form(which)
    words, heap = machine.memory.words, machine.heap
    machine.memory.top = machine.memory.base + machine.memory.cap // 4
    for name, text in (("to_int", "-12"), ("to_float", "3.25e-2"), ("to_float", "123456789012345")):
        kind = "float" if name == "to_float" else "int"
        assert functions(name)(words, heap.new_string(text), class_made(machine, kind)) != SLOW, text
    for name, arguments in (("is_letters", ["aä"]), ("replace", ["axbxc", "x", "yy"])):
        assert functions(name)(words, *map(heap.new_string, arguments)) != SLOW, name
