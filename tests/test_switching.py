"""Fibers that wake and switch without the interpreter: the kernels against a plain model, then whole programs."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator

import pytest
from attrs import define

from minivm.frames import FIRST, METHOD, PC
from minivm.kernels.fibers import PAUSED, FiberFlag, State, switch, wake_all, wake_one
from minivm.kernels.language import Kernel
from minivm.kernels.native import compiled
from minivm.layouts import STACK_CAPACITY, STACK_FIRST, STACK_TOP
from minivm.memory import FIRST_HALF, Register, Root
from minivm.native.engine import available
from minivm.native.modes import Mode
from test_native import machine_for, output_of
from test_native_errors import entries

FORMS = ["python", pytest.param("native", marks=pytest.mark.skipif(not available(), reason="no llvmlite"))]
KERNELS = {function.__name__: function for function in (switch, wake_one, wake_all)}
STATE, STACK, NEXT, FLAGS, WAITING_ON = 1, 2, 3, 4, 5  # offsets in a fiber
FIRST_, LAST = 1, 2  # in a wait queue
FIBERS, QUEUE, STACKS = 500, 480, 600  # where they are; 10 and 50 words each
STACK_WORDS, NATIVE_WORDS = 50, 20
ENTRY = 1 << 40
SITES = {(1, 4): True, (1, 7): False, (2, 5): True}  # calls by method and pc: whether they wait
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

    def memory(self) -> array[int]:
        """The world as words."""
        words = array("q", [0] * 2000)
        for register, word in (
            (Register.BASE, FIRST_HALF), (Register.ALONE, self.alone), (Register.NATIVE_WORDS, NATIVE_WORDS),
            (Register.FIBER_STATE, STATE), (Register.FIBER_STACK, STACK), (Register.FIBER_NEXT, NEXT),
            (Register.FIBER_FLAGS, FLAGS), (Register.FIBER_WAITING_ON, WAITING_ON), (Register.QUEUE_FIRST, FIRST_),
            (Register.QUEUE_LAST, LAST), (Register.STACK, _stack(self.running)),
            (Register.STACK_END, _stack(self.running) + STACK_WORDS),
            (Register.FRAME, _frame(self.running)), (Register.FRAME_END, STALE),
        ):  # fmt: skip
            words[register] = word
        for fiber, (method, pc) in self.at.items():
            words[_fiber(fiber) + STACK], words[_fiber(fiber) + FLAGS] = _stack(fiber), self.flags[fiber]
            words[_stack(fiber) + STACK_CAPACITY] = STACK_WORDS
            words[_stack(fiber) + STACK_TOP] = 0 if fiber == self.running else _frame(fiber) - _stack(fiber)
            words[_frame(fiber) + METHOD], words[_frame(fiber) + PC] = method, pc
            words[_frame(fiber) + FIRST + 1] = STALE
        words[_fiber(self.running) + STATE] = State.RUNNING
        words[FIRST_HALF + Root.CURRENT] = _fiber(self.running)
        words[FIRST_HALF + Root.SLEEP_FIRST] = STALE if self.sleeper else 0
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
        fiber, me = self.ready[0] if self.ready else 0, self.running
        woken = self.flags[fiber] & (FiberFlag.WOKEN | FiberFlag.CANCELLED) == FiberFlag.WOKEN
        may_wait = not self.alone and not self.flags[me] & FiberFlag.WOKEN and not (queue == PAUSED and self.sleeper)
        if not self.ready or not woken or not may_wait or not SITES.get(self.at[fiber]):
            return 0, before
        self.ready.pop(0)
        if queue == PAUSED:
            self.flags[me] |= FiberFlag.WOKEN
        (self.ready if queue == PAUSED else self.waiting).append(me)
        self.flags[fiber] &= ~FiberFlag.WOKEN
        self.running = fiber
        method, pc = self.at[fiber]
        self.at[fiber] = method, pc + 1
        after = self.memory()
        after[_stack(fiber) + STACK_TOP] = _frame(fiber) - _stack(fiber)  # as it was
        after[_frame(fiber) + FIRST + 1] = 0
        after[Register.FRAME_END] = min(_stack(fiber) + STACK_WORDS, _frame(fiber) + NATIVE_WORDS)
        return ENTRY | pc, after


def _fiber(number: int) -> int:
    return FIBERS + 10 * number


def _stack(number: int) -> int:
    return STACKS + STACK_WORDS * number


def _frame(number: int) -> int:
    return _stack(number) + STACK_FIRST + 7 * (number % 5)


def table() -> array[int]:
    """As ``minivm.kernels.unwinding`` describes it: methods 1 and 2, without handlers."""
    words = array("q", [3, 0, 0, 0] + [0] * 3)
    for method in (1, 2):
        sites = [(pc, FIRST + 1, ENTRY | pc, waits) for (owner, pc), waits in SITES.items() if owner == method]
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
        at = {n: chance.choice([*SITES, (1, 4), (2, 5), (1, 3), (3, 4), (9, 9)]) for n in (0, *others)}
        flags = {n: chance.choice([0, 1, 1, 1, 2, 3, 4, 5]) for n in at}
        flags[0] = chance.choice([0, 0, 0, 4, 1])
        rare = (chance.random() < 0.1, chance.random() < 0.3)
        yield World(others[:middle], others[middle:], at, flags, 0, *rare)


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
    assert switched > 150


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


@pytest.mark.skipif(not available(), reason="llvmlite is not installed")
@pytest.mark.parametrize(
    "text", [PIPELINE.replace("{capacity}", "1"), PIPELINE.replace("{capacity}", "0"), PAUSES],
    ids=["a channel", "a rendezvous", "pauses"],
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
