"""The native tier: what is compiled, what it does, when it goes."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

import hostile
from lang.program import program_machine
from minivm.instructions import ROWS
from minivm.machine import Machine
from minivm.native.compiling import Request, Turn
from minivm.native.modes import Mode
from minivm.native.presence import available
from minivm.options import MachineOptions
from minivm.trace import Tracer
from running import compile_text
from test_hostile_class_files import redefine_with_mutants, run_mutants

pytestmark = pytest.mark.skipif(not available(), reason="llvmlite is not installed")

LOOP = re.compile(r"main.main from instruction \d+, gone round for the first time: ")


def machine_for(text: str, mode: Mode = Mode.NATIVE, topics: tuple[str, ...] = ("jit",)) -> tuple[Machine, list[str]]:
    """A machine for a program, and the lines of its trace to come."""
    told: list[str] = []
    program = compile_text("main", text)
    options = MachineOptions(64 << 20, False, Tracer(set(topics), told.append), mode=mode)
    machine = program_machine(program, Path("."), options)
    machine.output, machine.errors = io.StringIO(), io.StringIO()
    return machine, told


def output_of(machine: Machine) -> list[str]:
    """What a program printed, once it has run to its end."""
    with closing(machine):
        machine.run_main("main")
        assert isinstance(machine.output, io.StringIO)
        return machine.output.getvalue().splitlines()


def test_every_row_is_lowered() -> None:
    from minivm.native import rows
    from minivm.native.unit import missing_lowerings

    assert rows
    assert missing_lowerings([row.name for row in ROWS]) == []


def test_a_hot_method_and_a_hot_loop_are_compiled() -> None:
    machine, told = machine_for("fun one(): int { return 1 }\nvar n = 0\nfor i in 0..10 { n += one() }\nprint(n)\n")
    assert output_of(machine) == ["10"]
    assert any("main.one, called for the first time: " in line for line in told), told
    assert any(LOOP.search(line) for line in told), told


def test_nothing_is_compiled_by_the_interpreter() -> None:
    machine, told = machine_for("fun one(): int { return 1 }\nfor i in 0..2000 { one() }\n", Mode.INTERPRETER)
    assert output_of(machine) == []
    assert told == []


def test_what_has_been_compiled_on_the_second_thread_runs() -> None:
    text = """
fun busy(n: int): int {
    var sum = 0
    for i in 0..n { sum += i % 7 }
    return sum
}
let end = Clock.millis() + 20000
var rounds = 0
var fastest = 1000000000
while fastest > 1000000 && Clock.millis() < end {
    let before = Clock.nanos()
    busy(50000)
    fastest = Math.min(fastest, Clock.nanos() - before)
}
print(fastest < 1000000)
"""
    machine, told = machine_for(text, Mode.AUTO)
    assert output_of(machine) == ["true"]  # 50,000 iterations in a millisecond: no interpreter does that
    assert any("main.busy" in line for line in told), told


def test_a_new_subclass_discards_what_took_there_to_be_none() -> None:
    text = """
class Shape { fun sides(): int { return 0 } }
class Square extends Shape { override fun sides(): int { return 4 } }
fun count(shape: Shape, times: int): int {
    var sum = 0
    for i in 0..times { sum += shape.sides() }
    return sum
}
print(count(Shape(), 100))
print(count(Square(), 100))
print(count(Shape(), 100))
"""
    machine, told = machine_for(text)
    assert output_of(machine) == ["0", "400", "0"]
    assert any("discarded main.count" in line and "Square was linked" in line for line in told), told


REDEFINED = """
class Counter {
    var n: int = 0
    fun bump(): int { n += 1; return n }
}
fun many(c: Counter): int {
    var last = 0
    for i in 0..1000 { last = c.bump() }
    return last
}
let c = Counter()
print(many(c))
VM.redefine(r"class Counter { var pad: int = 5; var n: int = 0; fun bump(): int { n += pad; return n } }")
print(many(c))
print(c.pad)
"""


def compile_in_turn(monkeypatch: pytest.MonkeyPatch, wanted: Callable[[str, Turn], bool]) -> None:
    """Have what is to be compiled in the background compiled at once, if it is wanted."""
    from minivm.native import tier
    from minivm.native.engine import Engine
    from minivm.native.requests import UnitRequest

    def at_once(engine: Engine, turn: Turn, request: Request) -> None:
        unit = request.unit() if isinstance(request, UnitRequest) else None
        if wanted(str(unit.method) if unit is not None else "", turn):
            request.deliver(request.compile(engine))

    monkeypatch.setattr(tier, "in_background", at_once)
    monkeypatch.setattr(Engine, "cached", lambda *asked: None)


def test_baseline_code_is_replaced_by_optimised_code(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_in_turn(monkeypatch, lambda name, turn: True)
    text = "fun one(): int { return 1 }\nvar n = 0\nfor i in 0..3000 { n += one() }\nprint(n)\n"
    machine, told = machine_for(text, Mode.AUTO)
    assert output_of(machine) == ["3000"]
    found = [line for line in told if "main.one" in line]
    assert re.search(r"main.one, called 400 times: compiled in \d+\.\d ms, baseline", found[0]), told
    assert found[1] == "[jit] discarded main.one: it is optimised now", told
    assert re.search(r"main.one, called 400 times: compiled in \d+\.\d ms, \d+ instr", found[2]), told


def test_the_first_process_begins_with_baseline_code_of_the_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    from minivm.native import runtime
    from minivm.native.engine import Level

    monkeypatch.setattr(runtime, "_made", {})
    text = 'var s = "abc"\nfor i in 0..3000 { s = ("{i}" + s).substring(0, 3) }\nprint(s)\n'
    turns: list[Turn] = []
    compile_in_turn(monkeypatch, lambda name, turn: turns.append(turn) is None)
    machine, _ = machine_for(text, Mode.AUTO)
    assert output_of(machine) == ["299"]
    assert Turn.RUNTIME in turns
    assert machine.vm.tier is not None
    assert machine.vm.tier.linkage.runtime.level is Level.OPTIMISED


@pytest.mark.skipif(sys.platform == "win32", reason="has no ulimit")
def test_frames_of_baseline_code_leave_room_on_the_stack_of_the_host(tmp_path: Path) -> None:
    """Every sum takes registers that baseline code spills, and the frame in the program's own stack none."""
    sums = "".join(f"    x = small(x, {n * 7}) + small(x + {n}, x)\n" for n in range(60))
    file = tmp_path / "large.mini"
    file.write_text(
        "fun small(a: int, b: int): int { if a > b { return a * b - 1 }; return a ^ b }\n"
        f"fun deep(n: int): int {{\n    var x = n\n{sums}    return x ^ (if n > 0 {{ deep(n - 1) }} else {{ 0 }})\n}}\n"
        "print(deep(5000))\n"
    )
    outputs = set()
    for tier in Mode.INTERPRETER, Mode.BASELINE, Mode.NATIVE:
        line = f"ulimit -s 1024; exec '{sys.executable}' -m lang.cli run --tier {tier.value} '{file}'"
        run = subprocess.run(["sh", "-c", line], capture_output=True, text=True, cwd=Path(__file__).parents[1])
        assert run.returncode == 0, run.stderr
        outputs.add(run.stdout)
    assert len(outputs) == 1


def test_old_code_runs_until_the_better_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def once(name: str, turn: Turn) -> bool:
        asked.append(name)
        return turn is Turn.OPTIMISED and asked.count(name) <= 2  # what is asked for again never comes

    compile_in_turn(monkeypatch, once)
    text = """
class Rare { let n: int; init(n: int) { this.n = n } }
class Worker {
    static fun work(n: int): int {
        var sum = 0
        var i = 0
        while sum < n { if i >= 100 { sum += Rare(i).n } else { sum += 1 }; i += 1 }
        return sum
    }
}
var total = 0
for i in 0..1000 { total += Worker.work(90) }
for i in 0..10 { total += Worker.work(150) }
print(total)
"""
    machine, told = machine_for(text, Mode.AUTO)
    assert output_of(machine) == [str(1000 * 90 + 10 * 200)]
    assert asked.count("Worker.work") > 2, told
    assert not any("discarded Worker.work" in line for line in told), told


def test_a_redefined_class_takes_its_compiled_code_with_it() -> None:
    machine, told = machine_for(REDEFINED.replace("print(c.pad)\n", ""))
    assert output_of(machine) == ["1000", "6000"]
    assert any(line.startswith("[jit] discarded Counter.bump: Counter was redefined") for line in told), told
    assert any(line.startswith("[jit] discarded main.many") for line in told), told


def test_units_that_do_not_depend_on_a_class_survive_its_redefinition() -> None:
    text = REDEFINED.replace("print(c.pad)\n", "").replace("let c =", "fun other(): int { return 3 }\nother()\nlet c =")
    machine, told = machine_for(text)
    output_of(machine)
    assert not any("discarded main.other" in line for line in told), told


def test_a_refused_redefinition_leaves_compiled_code_alone() -> None:
    text = REDEFINED.replace("var n: int = 0; fun bump", "fun bump").replace("n += pad; return n", "return pad")
    text = text.replace("VM.redefine(", "try { VM.redefine(").replace(
        'return pad } }")', 'return pad } }") } catch e: Error { }'
    )
    machine, told = machine_for(text.replace("print(c.pad)\n", ""))
    assert output_of(machine) == ["1000", "2000"]
    assert not any("a class was redefined" in line for line in told), told


def test_a_hot_loop_can_be_interrupted() -> None:
    machine, told = machine_for("var n = 0\nwhile n >= 0 { n = (n + 1) % 1000 }\n")
    polls = 0

    def stop() -> None:
        nonlocal polls
        polls += 1
        if polls == 3:
            raise StopIteration

    machine.vm.at_safepoint = stop
    with closing(machine), pytest.raises(StopIteration):
        machine.run_main("main")
    assert any(LOOP.search(line) for line in told), told


def test_without_llvmlite_everything_is_interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    import minivm.native.modes as modes

    monkeypatch.setattr(modes, "available", lambda: False)
    machine, told = machine_for("fun one(): int { return 1 }\nvar n = 0\nfor i in 0..2000 { n += one() }\nprint(n)\n")
    assert output_of(machine) == ["2000"]
    assert told == []


def test_mutated_class_files_never_crash_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "Machine", partial(Machine, mode=Mode.NATIVE))
    assert run_mutants(5000, 40).ends
    assert redefine_with_mutants(5000, 20).ends


def resident() -> int:
    """Bytes of this process in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_discarded_code_gives_its_memory_back() -> None:
    text = """
class Hot { fun f(x: int): int { return x + 0 } }
fun run(h: Hot): int { var s = 0; for i in 0..20 { s += h.f(i) } return s }
let h = Hot()
for round in 0..ROUNDS {
    VM.redefine("class Hot \\{ fun f(x: int): int \\{ return x + {round % 2 + 1} } }")
    run(h)
}
"""

    def growth(rounds: int) -> int:
        machine, _ = machine_for(text.replace("ROUNDS", str(rounds)), topics=())
        before = resident()
        output_of(machine)
        return resident() - before

    growth(20)
    few, many = growth(20), growth(220)
    assert (many - few) / 200 < 40_000, (few, many)  # the compiler's own memory, of 200 texts, is part of it


class Broken(io.StringIO):
    """An output that breaks after some lines."""

    def write(self, text: str) -> int:
        if self.tell() > 100:
            raise BrokenPipeError("nobody reads any more")
        return super().write(text)


def test_a_failure_of_the_host_in_a_native_that_machine_code_calls_ends_the_run() -> None:
    machine, _ = machine_for('for i in 0..1000 { write("line\\n") }\n')
    machine.output = Broken()
    with closing(machine), pytest.raises(BrokenPipeError, match="nobody reads"):
        machine.run_main("main")


def test_natives_in_python_are_called_without_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    from minivm.native.tier import Tier

    stops: list[int] = []
    stopped = Tier.stopped
    monkeypatch.setattr(Tier, "stopped", lambda tier: (stops.append(1), stopped(tier))[1])
    machine, _ = machine_for("""
fun work(n: int): int {
    var sum = 0
    for i in 0..n {
        write("{i.toFloat() / 7.0} {"{i}".toIntBase(16)!!}")
        sum += Math.fixed(Math.sin(i.toFloat()), 3).length() + "a{i}λ".lower().codes().length
    }
    return sum
}
work(20)
print(work(1000) > 0)
""")
    assert output_of(machine)[-1].endswith("true")
    assert len(stops) < 100
