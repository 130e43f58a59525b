"""Fibers that wake and switch without the interpreter: the kernels against a plain model, then whole programs."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator
from itertools import pairwise

import pytest
from attrs import define, field

from minivm.frames import FIRST, LINK, METHOD, PC, Link
from minivm.kernels.allocation import SLOW
from minivm.kernels.fibers import PAUSED, FiberFlag, State, end_fiber, start_fiber, switch, wake_all, wake_one
from minivm.kernels.language import Kernel
from minivm.kernels.native import compiled
from minivm.kernels.unwinding import BEGINNING
from minivm.layouts import STACK_CAPACITY, STACK_FIRST, STACK_TOP
from minivm.memory import FIRST_HALF, Register, Root
from minivm.native.engine import available
from minivm.native.modes import Mode
from test_native import machine_for, output_of
from test_native_errors import entries

FORMS = ["python", pytest.param("native", marks=pytest.mark.skipif(not available(), reason="no llvmlite"))]
KERNELS = {function.__name__: function for function in (switch, end_fiber, start_fiber, wake_one, wake_all)}
STATE, STACK, NEXT, FLAGS, WAITING_ON, NUMBER, NEXT_LIVE, PREVIOUS_LIVE, ERROR, JOINERS = range(1, 11)  # in a fiber
FIRST_, LAST = 1, 2  # in a wait queue
FIBERS, FIBER_WORDS, QUEUE, STACKS, TOP = 400, 20, 380, 600, 1200  # where they are
STACK_WORDS, NATIVE_WORDS = 50, 20
ENTRY = 1 << 40
SITES = {(1, 4): True, (1, 7): False, (2, 5): True, (3, BEGINNING): False}  # by method and pc: whether that waits
STALE = 99  # a word that nobody should take for a reference


def form(name: str, which: str) -> Kernel:
    if which == "python":
        return KERNELS[name]  # type: ignore[return-value]
    functions = compiled(tuple(sorted(KERNELS)))
    assert functions is not None
    return functions[name]


@define
class World:
    """Fibers by number: who runs, who is ready, who waits on the one queue; each stands at (method, pc)."""

    ready: list[int]
    waiting: list[int]
    at: dict[int, tuple[int, int]]
    flags: dict[int, int]
    running: int = 0
    alone: bool = False
    sleeper: bool = False
    awaited: int = 0  # a fiber's number in the machine: here 100 more
    ended: list[int] = field(factory=list)

    def memory(self) -> array[int]:
        """The world as words."""
        words = array("q", [0] * 2000)
        for register, word in (
            (Register.BASE, FIRST_HALF), (Register.ALONE, self.alone), (Register.NATIVE_WORDS, NATIVE_WORDS),
            (Register.FIBER_STATE, STATE), (Register.FIBER_STACK, STACK), (Register.FIBER_NEXT, NEXT),
            (Register.FIBER_FLAGS, FLAGS), (Register.FIBER_WAITING_ON, WAITING_ON), (Register.FIBER_ID, NUMBER),
            (Register.FIBER_NEXT_LIVE, NEXT_LIVE), (Register.FIBER_PREVIOUS_LIVE, PREVIOUS_LIVE),
            (Register.FIBER_ERROR, ERROR), (Register.FIBER_JOINERS, JOINERS), (Register.QUEUE_FIRST, FIRST_),
            (Register.AWAITED, self.awaited), (Register.NEXT_FIBER, 200), (Register.TOP, TOP), (Register.LIMIT, 1300),
            (Register.QUEUE_LAST, LAST), (Register.STACK, _stack(self.running)),
            (Register.STACK_END, _stack(self.running) + STACK_WORDS),
            (Register.FRAME, _frame(self.running)), (Register.FRAME_END, STALE),
        ):  # fmt: skip
            words[register] = word
        for fiber, (method, pc) in self.at.items():
            words[_fiber(fiber) + STACK], words[_fiber(fiber) + FLAGS] = _stack(fiber), self.flags[fiber]
            words[_fiber(fiber) + NUMBER], words[_fiber(fiber) + JOINERS] = 100 + fiber, QUEUE
            words[_frame(fiber) + LINK] = Link.BASE
            words[_stack(fiber) + STACK_CAPACITY] = STACK_WORDS
            words[_stack(fiber) + STACK_TOP] = 0 if fiber == self.running else _frame(fiber) - _stack(fiber)
            words[_frame(fiber) + METHOD], words[_frame(fiber) + PC] = method, pc
            words[_frame(fiber) + FIRST + 1] = STALE
        words[_fiber(self.running) + STATE] = State.RUNNING
        words[FIRST_HALF + Root.CURRENT] = _fiber(self.running)
        words[FIRST_HALF + Root.SLEEP_FIRST] = STALE if self.sleeper else 0
        live = [fiber for fiber in sorted(self.at) if fiber not in self.ended]
        words[FIRST_HALF + Root.LIVE_FIRST] = _fiber(live[0])
        for newer, older in pairwise(live):
            words[_fiber(newer) + NEXT_LIVE], words[_fiber(older) + PREVIOUS_LIVE] = _fiber(older), _fiber(newer)
        for queue, state, first, last in (
            (self.ready, State.READY, FIRST_HALF + Root.READY_FIRST, FIRST_HALF + Root.READY_LAST),
            (self.waiting, State.PARKED, QUEUE + FIRST_, QUEUE + LAST),
        ):
            words[first], words[last] = (_fiber(queue[0]), _fiber(queue[-1])) if queue else (0, 0)
            for place, fiber in enumerate(queue):
                words[_fiber(fiber) + STATE] = state
                words[_fiber(fiber) + NEXT] = _fiber(queue[place + 1]) if place + 1 < len(queue) else 0
                words[_fiber(fiber) + WAITING_ON] = QUEUE if state is State.PARKED else 0
        return words

    def wake(self) -> None:
        """Wake the first that waits, if any."""
        if self.waiting:
            self.flags[self.waiting[0]] |= FiberFlag.WOKEN
            self.ready.append(self.waiting.pop(0))

    def switch(self, queue: int) -> tuple[int, array[int]]:
        """What a switch has to come to: the result and the words."""
        before = self.memory()
        me = self.running
        may_wait = not self.alone and not self.flags[me] & FiberFlag.WOKEN and not (queue == PAUSED and self.sleeper)
        if not self.ready or not may_wait or not self.can_go_on(self.ready[0], self.flags[self.ready[0]]):
            return 0, before
        if queue == PAUSED:
            self.flags[me] |= FiberFlag.WOKEN
        (self.ready if queue == PAUSED else self.waiting).append(me)
        return self.run_next()

    def end(self) -> tuple[int, array[int]]:
        """What the end of the running fiber has to come to; all that wait wait for it."""
        before = self.memory()
        me = self.running
        following = [(fiber, self.flags[fiber]) for fiber in self.ready]
        following += [(fiber, self.flags[fiber] | FiberFlag.WOKEN) for fiber in self.waiting]
        if self.alone or self.awaited == 100 + me or not following or not self.can_go_on(*following[0]):
            return 0, before
        while self.waiting:
            self.wake()
        self.ended.append(me)
        result, after = self.run_next()
        after[_fiber(me) + STATE], after[_fiber(me) + STACK] = State.DONE, 0
        return result, after

    def can_go_on(self, fiber: int, flags: int) -> bool:
        """Whether machine code can go on with a fiber that has such flags."""
        if flags & FiberFlag.CANCELLED:
            return False
        return SITES.get(self.at[fiber], False) if flags & FiberFlag.WOKEN else self.at[fiber] == (3, 0)

    def run_next(self) -> tuple[int, array[int]]:
        """Let the first that is ready run."""
        fiber = self.running = self.ready.pop(0)
        woken = self.flags[fiber] & FiberFlag.WOKEN
        self.flags[fiber] &= ~FiberFlag.WOKEN
        method, pc = self.at[fiber]
        if woken:
            self.at[fiber] = method, pc + 1
        after = self.memory()
        after[_stack(fiber) + STACK_TOP] = _frame(fiber) - _stack(fiber)  # as it was
        if woken:
            after[_frame(fiber) + FIRST + 1] = 0
        after[Register.FRAME_END] = min(_stack(fiber) + STACK_WORDS, _frame(fiber) + NATIVE_WORDS)
        return ENTRY + (pc if woken else BEGINNING), after


def _fiber(number: int) -> int:
    return FIBERS + FIBER_WORDS * number


def _stack(number: int) -> int:
    return STACKS + STACK_WORDS * number


def _frame(number: int) -> int:
    return _stack(number) + STACK_FIRST + 7 * (number % 5)


def table() -> array[int]:
    """As ``minivm.kernels.unwinding`` describes it: methods 1 to 3, without handlers."""
    words = array("q", [4, 0, 0, 0] + [0] * 4)
    for method in (1, 2, 3):
        sites = [(pc, FIRST + 1, ENTRY + pc, waits) for (owner, pc), waits in SITES.items() if owner == method]
        words[4 + method] = len(words)
        words.extend((0, 0, len(sites)))
        for site in sites:
            words.extend(site)
    return words


def worlds() -> Iterator[World]:
    chance = random.Random(1)
    for _ in range(1500):
        others = list(range(1, chance.randrange(1, 8)))
        chance.shuffle(others)
        middle = chance.randrange(len(others) + 1)
        at = {n: chance.choice([(1, 4), (1, 4), (2, 5), (1, 7), (1, 3), (3, 4), (3, 0), (9, 9)]) for n in (0, *others)}
        flags = {n: chance.choice([0, 1, 1, 1, 2, 3, 4, 5]) for n in at}
        flags[0] = chance.choice([0, 0, 0, 4, 1])
        rare = (chance.random() < 0.1, chance.random() < 0.3)
        yield World(others[:middle], others[middle:], at, flags, 0, *rare, chance.choice([0, 100, 101, 101]))


@pytest.mark.parametrize("which", FORMS)
def test_the_next_fiber_goes_on_where_it_has_waited(which: str) -> None:
    function = form("switch", which)
    switched = 0
    for n, world in enumerate(worlds()):
        words = world.memory()
        queue = PAUSED if n % 3 == 0 else QUEUE
        description = repr(world)
        result = function(words, table(), queue)
        assert (result, words) == world.switch(queue), description
        switched += result != 0
    assert switched > 100


@pytest.mark.parametrize("which", FORMS)
def test_the_end_of_a_fiber_wakes_who_waits_for_it(which: str) -> None:
    function = form("end_fiber", which)
    switched = 0
    for world in worlds():
        words = world.memory()
        words[_stack(0) + STACK_TOP] = _frame(0) - _stack(0)
        description = repr(world)
        result = function(words, table())
        words[_stack(0) + STACK_TOP] = 0 if result == 0 else _frame(0) - _stack(0)
        assert (result, words) == world.end(), description
        switched += result != 0
    assert switched > 100


@pytest.mark.parametrize("which", FORMS)
@pytest.mark.parametrize("room", [True, False])
def test_a_fiber_that_starts_is_the_last_to_run(which: str, room: bool) -> None:
    world = World([1], [2], {0: (1, 4), 1: (1, 4), 2: (2, 5)}, {0: 0, 1: 1, 2: 0})
    words = world.memory()
    fiber = _fiber(3)
    assert form("start_fiber", which)(words, _fiber(1), 7, 40) == SLOW  # it has been started
    assert words == world.memory()
    if not room:
        words[Register.LIMIT] = TOP + 39
        assert form("start_fiber", which)(words, fiber, 7, 40) == SLOW
        return
    assert form("start_fiber", which)(words, fiber, 7, 40) == 0
    assert words[Register.TOP] == TOP + 40
    assert words[TOP : TOP + 7].tolist() == [0, 40, STACK_FIRST, 7, 0, Link.BASE, fiber]
    assert (words[fiber + STACK], words[fiber + NUMBER], words[Register.NEXT_FIBER]) == (TOP, 200, 201)
    assert words[_fiber(1) + NEXT] == words[FIRST_HALF + Root.READY_LAST] == fiber
    assert words[FIRST_HALF + Root.LIVE_FIRST] == fiber
    assert (words[fiber + NEXT_LIVE], words[_fiber(0) + PREVIOUS_LIVE]) == (_fiber(0), fiber)
    assert words[fiber + STATE] == State.READY


@pytest.mark.parametrize("which", FORMS)
def test_who_has_waited_longest_is_woken_first(which: str) -> None:
    for n, world in enumerate(worlds()):
        words = world.memory()
        form("wake_all" if n % 2 else "wake_one", which)(words, QUEUE)
        world.wake()
        while n % 2 and world.waiting:
            world.wake()
        assert words == world.memory(), world


PIPELINE = """
fun produce(out: Channel<int>, n: int) {{ for i in 0..n {{ out.send(i) }} out.close() }}
fun twice(input: Channel<int>, out: Channel<int>) {{ for x in input {{ out.send(x * 2) }} out.close() }}
fun add(n: int, capacity: int): int {{
    let a = Channel<int>(capacity)
    let b = Channel<int>(capacity)
    spawn produce(a, n)
    spawn twice(a, b)
    var sum = 0
    for x in b {{ sum += x }}
    return sum
}}
print(add({rounds}, {capacity}))
"""
PAUSES = """
var log = 0
fun count(n: int, name: int) {{ for i in 0..n {{ log = (log * 31 + name) % 1000003; pause() }} }}
let fibers = List<Fiber<void>>()
for i in 0..3 {{ fibers.add(spawn count({rounds}, i)) }}
for f in fibers {{ f.join() }}
print(log)
"""
STARTS = """
fun twice(n: int): int {{ if n % 1000 == 7 {{ pause() }}; return n * 2 }}
fun one(n: int): int {{ var sum = 0; for i in 0..n {{ let f = spawn twice(i); sum += f.join() }} return sum }}
fun many(n: int): int {{
    let fibers = List<Fiber<int>>()
    for i in 0..n {{ fibers.add(spawn twice(i)) }}
    var sum = 0
    for f in fibers {{ sum += f.join() }}
    return sum
}}
print(one({rounds}) + many({rounds}))
"""


@pytest.mark.skipif(not available(), reason="llvmlite is not installed")
@pytest.mark.parametrize(
    "text", [PIPELINE.replace("{capacity}", "1"), PIPELINE.replace("{capacity}", "0"), PAUSES, STARTS],
    ids=["a channel", "a rendezvous", "pauses", "starts and ends"],
)  # fmt: skip
def test_fibers_that_wait_for_each_other_stay_in_machine_code(text: str) -> None:
    found = []
    for rounds in (500, 5000):
        machine, _ = machine_for(text.format(rounds=rounds), topics=())
        rows = entries(machine)
        output = output_of(machine)
        found.append(len(rows))
        interpreted, _ = machine_for(text.format(rounds=rounds), Mode.INTERPRETER, ())
        assert output == output_of(interpreted)
    assert found[1] < found[0] + 60, found  # some when a turn is over


DEEP = """
fun deep(n: int): int { return if n == 0 { 0 } else { 1 + deep(n - 1) } }
let fibers = List<Fiber<int>>()
for i in 0..2000 { fibers.add(spawn deep(i)) }
var sum = 0
for f in fibers { sum += f.join() }
print(sum)
"""


@pytest.mark.skipif(not available(), reason="llvmlite is not installed")
def test_turns_end_at_every_depth_of_a_recursion() -> None:
    machine, _ = machine_for(DEEP, topics=())
    assert output_of(machine) == ["1999000"]
