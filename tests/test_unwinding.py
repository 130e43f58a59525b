"""The kernels that lead an error to its handler: what plain Python finds, to the word, in either form."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterator
from itertools import chain

import pytest
from attrs import define, field

from minivm.frames import FIRST, LINK, LINK_SHIFT, METHOD, PC, Link
from minivm.kernels.language import Kernel
from minivm.kernels.native import compiled
from minivm.kernels.resuming import go_on
from minivm.kernels.unwinding import TRACE_LIMIT
from minivm.memory import Register
from minivm.native.engine import available

FORMS = ["python", pytest.param("native", marks=pytest.mark.skipif(not available(), reason="no llvmlite"))]
STACK = 100  # where the fiber's stack object is
FRAME_WORDS = 12
ERROR = 5000  # where the error is
TRACE_AT = 3  # offset in it of its trace
TOP = 6000
TRACE_CLASS = 77
VALUE = -12345
FAMILIES = {1: (1,), 2: (2, 1), 3: (3, 2, 1), 4: (4, 1)}  # Error, and classes below it, with all that is above them
CLASSES = 6  # that the table knows
NOT_AN_ERROR, UNKNOWN = 5, 6


def form(which: str) -> Kernel:
    if which == "python":
        return go_on
    functions = compiled((go_on.__name__,))
    assert functions is not None
    return functions[go_on.__name__]


@define
class Method:
    """What the table says of a method: handlers are (start, end, class, target, entry), sites (pc, result, entry)."""

    locals: int
    handlers: list[tuple[int, int, int, int, int]]
    sites: list[tuple[int, int, int]]


@define
class World:
    """A stack of frames, and methods that can catch; frames are (method id, pc), newest first."""

    frames: list[tuple[int, int]]
    last: int  # index of the frame beyond which nothing is the kernels' business: no call waits for it
    methods: dict[int, Method] = field(factory=dict)
    error_class: int = 3
    traced: bool = False
    room: int = 1000

    def at(self, index: int) -> int:
        """Where a frame is."""
        return STACK + 3 + (len(self.frames) - 1 - index) * FRAME_WORDS

    def memory(self) -> array[int]:
        words = array("q", [0] * 8000)
        words[Register.STACK] = STACK
        words[Register.FRAME] = self.at(0)
        words[Register.VALUE] = VALUE
        words[Register.TOP], words[Register.LIMIT] = TOP, TOP + self.room
        words[ERROR] = 9 << 32 | self.error_class
        words[ERROR + TRACE_AT] = 4321 if self.traced else 0
        for index, (method, pc) in enumerate(self.frames):
            at = self.at(index)
            words[at + METHOD], words[at + PC] = method, pc
            is_first = index == len(self.frames) - 1
            why = Link.RESTART if index == self.last else Link.CALL
            words[at + LINK] = Link.BASE if is_first else (self.at(index + 1) - STACK) << LINK_SHIFT | why
        return words

    def table(self) -> array[int]:
        count = max(self.methods, default=0) + 1
        table = array("q", [count, CLASSES, TRACE_AT, TRACE_CLASS] + [0] * (count + CLASSES))
        for number, method in self.methods.items():
            table[4 + number] = len(table)
            table.extend((method.locals, len(method.handlers), len(method.sites)))
            table.extend(chain(*method.handlers, *((*site, 0) for site in method.sites)))
        for number, family in FAMILIES.items():
            table[4 + count + number] = len(table)
            table.extend((len(family), *family))
        return table

    def thrown(self, function: Kernel) -> tuple[int, array[int]]:
        """What happens to a throw."""
        words = self.memory()
        words[Register.THROWN] = ERROR
        return function(words, self.table(), -1), words

    def returned(self, function: Kernel) -> tuple[int, array[int]]:
        """What happens to the newest frame's return."""
        words = self.memory()
        return function(words, self.table(), 17), words

    # ── the same, said plainly ───────────────────────────────────────────────────────────────────────────

    def landing(self) -> tuple[int, Method, tuple[int, int, int, int, int]] | None:
        """Where the error goes: a frame's index, its method and the handler."""
        family = FAMILIES.get(self.error_class)
        for index, (number, pc) in enumerate(self.frames[: self.last + 1]):
            method = self.methods.get(number)
            for handler in method.handlers if method is not None and family is not None else ():
                if handler[0] <= pc < handler[1] and (handler[2] == 0 or handler[2] in (family or ())):
                    assert method is not None
                    return index, method, handler
        return None

    def expected(self) -> tuple[int, array[int]]:
        """What a throw has to come to."""
        words = self.memory()
        words[Register.THROWN] = ERROR
        found = self.landing()
        pairs = list(chain(*self.frames[:TRACE_LIMIT]))
        if found is None or not found[2][4] or (not self.traced and 2 + len(pairs) > self.room):
            return 0, words
        index, method, handler = found
        if not self.traced:
            words[TOP : TOP + 2 + len(pairs)] = array("q", [TRACE_CLASS, len(pairs), *pairs])
            words[Register.TOP] = TOP + 2 + len(pairs)
            words[ERROR + TRACE_AT] = TOP
        words[self.at(index) + FIRST + method.locals] = ERROR
        words[self.at(index) + PC] = handler[3]
        words[Register.FRAME] = self.at(index)
        return handler[4], words


def worlds() -> Iterator[World]:
    chance = random.Random(1)
    for _ in range(1000):
        depth = chance.choice([1, 2, 3, 5, 9, 63, 64, 65, 90])
        frames = [(chance.randrange(1, 8), chance.randrange(20)) for _ in range(depth)]
        methods = {number: _method(chance) for number in range(1, 7) if chance.random() < 0.5}
        room = chance.choice([0, 3, 4, 11, 12, 129, 130, 131, 1000])
        error_class = chance.choice([1, 2, 3, 3, 4, NOT_AN_ERROR, UNKNOWN])
        yield World(frames, chance.randrange(depth), methods, error_class, chance.random() < 0.2, room)


def _method(chance: random.Random) -> Method:
    handlers = []
    for _ in range(chance.randrange(4)):
        start = chance.randrange(18)
        entry = chance.choice([0, 1 << 40, 2 << 40])
        handlers.append((start, start + chance.randrange(1, 15), chance.choice([0, 1, 2, 3, 4]), 30, entry))
    sites = [(pc, FIRST + chance.randrange(5), 1 << 40 | pc) for pc in chance.sample(range(20), chance.randrange(8))]
    return Method(chance.randrange(5), handlers, sites)


@pytest.mark.parametrize("which", FORMS)
def test_an_error_goes_where_it_has_to(which: str) -> None:
    function = form(which)
    caught = 0
    for world in worlds():
        assert world.thrown(function) == world.expected(), world
        caught += world.expected()[0] != 0
    assert caught > 50


@pytest.mark.parametrize("which", FORMS)
def test_a_frame_returns_to_where_machine_code_goes_on(which: str) -> None:
    function = form(which)
    gone_on = 0
    for world in worlds():
        words = world.memory()
        number, pc = world.frames[min(1, len(world.frames) - 1)]
        sites = {site[0]: site for site in world.methods[number].sites} if number in world.methods else {}
        site = sites.get(pc) if world.last else None
        if site is not None:
            words[world.at(1) + site[1]] = VALUE
            words[world.at(1) + PC] = pc + 1
            words[Register.FRAME] = world.at(1)
            gone_on += 1
        assert world.returned(function) == (site[2] if site else 0, words), world
    assert gone_on > 20


Change = Callable[[World], object]


@pytest.mark.parametrize("which", FORMS)
@pytest.mark.parametrize(
    "change",
    [
        lambda world: setattr(world, "room", 7),  # the trace takes 8 words
        lambda world: setattr(world, "error_class", NOT_AN_ERROR),
        lambda world: setattr(world, "error_class", UNKNOWN),
        lambda world: setattr(world, "last", 1),  # the handler is below an initialiser
        lambda world: setattr(world, "frames", [(9, 1), (1, 99), (2, 99)]),  # no handler is in force
        lambda world: world.methods.clear(),
    ],
)
def test_what_is_left_to_the_interpreter_is_as_it_was(change: Change, which: str) -> None:
    world = World([(9, 1), (1, 5), (2, 6)], 2, {2: Method(2, [(0, 10, 2, 30, 1 << 40)], [])})
    assert world.thrown(form(which))[0] == 1 << 40
    change(world)
    before = world.memory()
    before[Register.THROWN] = ERROR
    assert world.thrown(form(which)) == (0, before)


@pytest.mark.parametrize("which", FORMS)
def test_a_stop_that_throws_nothing_is_the_interpreters(which: str) -> None:
    world = World([(2, 6)], 0, {2: Method(2, [(0, 10, 0, 30, 1 << 40)], [])})
    assert form(which)(world.memory(), world.table(), -1) == 0
