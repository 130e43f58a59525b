"""What the machine costs: ``python tests/benchmarks/run.py [--json FILE]``.

Every answer is checked before its time counts. Programs run alternately with their CPython twins in this one process,
and the figure is the ratio of the medians; redefinitions are timed at two heap sizes, also alternated.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from lang.compiler import compile_program
from lang.library import standard_library
from lang.program import program_machine
from lang.source import Source
from minivm.classfile import ClassFile
from minivm.machine import Machine
from minivm.options import MachineOptions
from minivm.redefine import Record, redefine
from minivm.trace import Tracer

ROUNDS = 5
LOOP = 300_000  # turns of the integer loop

PROGRAMS = {
    "integer loop": (
        f"fun work(): int {{ var sum = 0; var i = 0; while i < {LOOP} {{ sum += i; i += 1 }}; return sum }}\n",
        lambda: _loop(LOOP),
    ),
    "calls: fib(18)": (
        "fun fib(n: int): int { return if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\n"
        "fun work(): int { return fib(18) }\n",
        lambda: _fib(18),
    ),
    "objects: a list of 20,000": (
        "class Node { var next: Node? = null; var value: int = 0 }\n"
        "fun work(): int {\n"
        "    var first: Node? = null\n"
        "    for i in 0..20000 { let node = Node(); node.value = i; node.next = first; first = node }\n"
        "    var sum = 0\n"
        "    var at = first\n"
        "    while at != null { sum += at.value; at = at.next }\n"
        "    return sum\n"
        "}\n",
        lambda: _chain(20_000),
    ),
}


class _Node:
    def __init__(self) -> None:
        self.next: _Node | None = None
        self.value = 0


def _loop(turns: int) -> int:
    total = i = 0
    while i < turns:
        total += i
        i += 1
    return total


def _fib(n: int) -> int:
    return n if n < 2 else _fib(n - 1) + _fib(n - 2)


def _chain(count: int) -> int:
    first: _Node | None = None
    for i in range(count):
        node = _Node()
        node.value = i
        node.next = first
        first = node
    total = 0
    at = first
    while at is not None:
        total += at.value
        at = at.next
    return total


def machine_for(text: str, heap: int = 256 << 20) -> tuple[Machine, dict[str, ClassFile]]:
    """A machine with a program whose top level has run."""
    program = compile_program(Source("bench.mini", text), Path(), "bench", standard_library())
    machine = program_machine(program, Path(), MachineOptions(heap, False, Tracer()))
    machine.output = io.StringIO()
    machine.run_main(program.main)
    return machine, program.files


def timed(action: Callable[[], object]) -> tuple[float, object]:
    """Seconds and answer."""
    started = time.perf_counter()
    answer = action()
    return time.perf_counter() - started, answer


def run_programs() -> list[dict[str, object]]:
    """Each program against its twin."""
    rows = []
    for name, (text, twin) in PROGRAMS.items():
        machine, files = machine_for(text)
        work = machine.app.load(next(k for k in machine.app.classes if k.name == "bench")).methods["work"]
        expected = twin()
        mini, python = [], []
        for _ in range(ROUNDS):
            seconds, answer = timed(lambda m=machine, w=work: m.call(w, list))  # type: ignore[misc]
            assert answer == expected, (name, answer, expected)
            mini.append(seconds)
            python.append(timed(twin)[0])
        row: dict[str, object] = {
            "name": name,
            "mini_ms": round(statistics.median(mini) * 1000, 2),
            "python_ms": round(statistics.median(python) * 1000, 2),
            "ratio": round(statistics.median(mini) / statistics.median(python), 1),
        }
        if name == "integer loop":
            row["instructions_per_second"] = round(LOOP * turn_length(files) / statistics.median(mini))
        rows.append(row)
        machine.close()
    return rows


def turn_length(files: dict[str, ClassFile]) -> int:
    """Instructions of one turn of the integer loop: from the target of its ``loop`` to the ``loop``."""
    method = files["bench"].method("work")
    assert method is not None and method.code is not None
    end, loop = next((pc, i) for pc, i in enumerate(method.code.instructions) if i.row.name == "loop")
    return end - loop.operands[0] + 1  # all of them straight on: only the last turn leaves early


HOLDER = """
class Point {{ var x: int = 1; var y: int = 2; var z: int = 3; fun sum(): int {{ return x + y + z }} }}
let points = Array<Point>({count}, Point())
for i in 0..{count} {{ points[i] = Point() }}
"""
BODY = "class Point {{ var x: int = 1; var y: int = 2; var z: int = 3; fun sum(): int {{ return x + y + z + {n} }} }}"
WIDER = "class Point {{ var x: int = 1; var y: int = 2; var z: int = 3; {more} fun sum(): int {{ return x + y + z }} }}"


def apply(machine: Machine, text: str) -> Record:
    """Redefine from source, as a program would."""
    assert machine.compile is not None
    files = machine.compile(text)
    started = time.perf_counter()
    record = redefine(machine, files)
    assert record.applied, record.text()
    assert record.milliseconds <= (time.perf_counter() - started) * 1000
    return record


def run_redefinitions() -> list[dict[str, object]]:
    """Method bodies with few and many live instances, alternated; then a layout change of many."""
    few, _ = machine_for(HOLDER.format(count=10))
    many, _ = machine_for(HOLDER.format(count=1_000_000), 1 << 30)
    times: dict[int, list[float]] = {10: [], 1_000_000: []}
    for n in range(1, 2 * ROUNDS):
        for count, machine in ((10, few), (1_000_000, many)):
            times[count].append(apply(machine, BODY.format(n=n)).milliseconds)
    bodies = {count: statistics.median(found) for count, found in times.items()}
    layouts = []
    for n in range(1, 4):
        record = apply(many, WIDER.format(more=" ".join(f"var a{i}: int = {i};" for i in range(n))))
        assert record.classes[0].migrated >= 1_000_000
        layouts.append(record.milliseconds / record.classes[0].migrated * 1000)
    few.close()
    many.close()
    return [
        {
            "name": "redefinition of a method body",
            "ms_with_10_instances": round(bodies[10], 2),
            "ms_with_1000000_instances": round(bodies[1_000_000], 2),
            "ratio": round(bodies[1_000_000] / bodies[10], 2),
        },
        {"name": "layout change", "us_per_live_object": round(statistics.median(layouts), 2)},
    ]


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description="measure the machine; every answer is checked")
    parser.add_argument("--json", type=Path, help="also write the figures to a file")
    options = parser.parse_args()
    rows = run_programs() + run_redefinitions()
    for row in rows:
        figures = "   ".join(f"{key} {value:,}" for key, value in row.items() if key != "name")
        print(f"{row['name']:<32} {figures}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
