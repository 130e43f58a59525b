"""No quadratic surprises: eight times the work takes about eight times as long, whatever the pattern.

Each pattern is a function of `n`. Quadratic time would be 64 times as long; what is allowed is 24, so that a noisy
machine does not matter.
"""

from __future__ import annotations

import io
import time
from contextlib import closing
from pathlib import Path

import pytest

from lang.program import program_machine
from minivm.machine import Machine
from minivm.native.modes import Mode
from minivm.options import MachineOptions
from minivm.trace import Tracer
from running import compile_text

SMALL, TIMES, ALLOWED = 150, 8, 24

PATTERNS = {
    "list: add, read, remove at the end": """
        let list = List<int>()
        for i in 0..n { list.add(i) }
        while !list.isEmpty() { sum += list.last() + list[list.size() / 2]; list.removeLast() }""",
    "list: sort what is sorted, reversed, and all the same": """
        let list = List<int>()
        for i in 0..n / 4 { list.add(i) }
        list.sort(Math.compare)
        list.reversed().sort(Math.compare)
        List<int>.filled(n / 4, 1).sort(Math.compare)""",
    "map: oldest out, newest in": """
        let map = Map<int, int>()
        for i in 0..n {
            map[i] = i
            if map.size() > 20 { map.remove(map.firstKey()) }
        }""",
    "map: emptied from the front": """
        let map = Map<int, int>()
        for i in 0..n { map[i] = i }
        while !map.isEmpty() { map.remove(map.firstKey()) }""",
    "map: newest out and in again": """
        let map = Map<int, int>()
        for i in 0..33 { map[i] = i }
        for i in 0..n { map.remove(map.lastKey()); map[1000 + i] = i }""",
    "map: gone over after most was removed": """
        let map = Map<int, int>()
        for i in 0..n { map[i] = i }
        for i in 0..n { if i % 100 != 50 { map.drop(i) } }
        for i in 0..n / 4 { for entry in map { sum += entry.value; if sum > 0 { break } } }
        for i in 0..20 { for entry in map { sum += entry.value } }""",
    "map: the same key in and out": """
        let map = Map<int, int>()
        for i in 0..15 { map[-i - 1] = i }
        for i in 0..n { map[7] = i; map.drop(7) }""",
    "map: keys that are multiples of a large power of two": """
        let map = Map<int, int>()
        for i in 0..n { map[i << 40] = i }
        for i in 0..n { sum += map.getOr(i << 40, 0) }""",
    "set: the first of many": """
        let set = Set<int>()
        for i in 0..n { set.add(i) }
        while !set.isEmpty() { set.remove(set.first()) }""",
    "deque: a queue": """
        let deque = Deque<int>()
        for i in 0..n { deque.addLast(i); if i % 3 == 0 { sum += deque.removeFirst() } }""",
    "priority queue": """
        let queue = PriorityQueue<int>(Math.compare)
        for i in 0..n / 2 { queue.add(i * 7919 % 1000) }
        while !queue.isEmpty() { sum += queue.removeFirst() }""",
    "string builder: its length after each piece": """
        let builder = StringBuilder()
        for i in 0..n * 4 { builder.append("some text"); sum += builder.length() }
        sum += builder.toString().length()""",
    "string: each character of a long one": """
        let text = "ab日".repeat(n)
        for i in 0..text.length() { sum += text.codeAt(i) }""",
    "string: split into many": """
        sum += "word,".repeat(n * 4).split(",").size() + "line\\n".repeat(n).lines().size()""",
}


QUADRATIC = """
    let list = List<int>()
    for i in 0..n { list.add(i); sum += list.indexOf(-1) }"""
PROGRAM = """
fun work(n: int): int {{
    var sum = 0
    {body}
    return sum
}}
fun small(): int {{ return work({small}) }}
fun large(): int {{ return work({large}) }}
"""


def machine_for(body: str) -> Machine:
    program = compile_text("growth", PROGRAM.format(body=body, small=SMALL, large=SMALL * TIMES))
    machine = program_machine(program, Path(), MachineOptions(64 << 20, False, Tracer(), mode=Mode.INTERPRETER))
    machine.output = io.StringIO()
    machine.run_main(program.main)
    return machine


def seconds(machine: Machine, name: str) -> float:
    module = next(cls for type_, cls in machine.app.classes.items() if type_.name == "growth")
    best = 1e9
    for _ in range(3):
        started = time.process_time()
        machine.call(module.methods[name], list)
        best = min(best, time.process_time() - started)
    return best


def growth(body: str) -> float:
    with closing(machine_for(body)) as machine:
        small = seconds(machine, "small")
        return seconds(machine, "large") / small


@pytest.mark.parametrize("body", PATTERNS.values(), ids=PATTERNS.keys())
def test_time_grows_with_the_work(body: str) -> None:
    assert growth(body) < ALLOWED


def test_what_is_quadratic_is_found() -> None:
    assert growth(QUADRATIC) > ALLOWED
