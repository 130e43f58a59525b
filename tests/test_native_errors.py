"""Errors thrown and caught in machine code: without stops, and with nothing else to tell it by."""

from __future__ import annotations

from contextlib import closing

import pytest

from minivm.kernels.unwinding import FIRST_ROW, HANDLERS, METHODS, SITES
from minivm.machine import Machine
from minivm.memory import Register
from minivm.native.modes import Mode
from minivm.native.presence import available
from minivm.redefine import redefine
from running import loaded_files
from test_native import machine_for, output_of

pytestmark = pytest.mark.skipif(not available(), reason="llvmlite is not installed")

CLASSES = """
class Odd extends Error { init(message: String) { super(message) } }
class Very extends Odd { init(message: String) { super(message) } }
class Result { let value: int; init(i: int) { value = outer(i) } }
fun inner(i: int): int {
    if i % 3 == 0 { throw Very("very") }
    if i % 3 == 1 { throw Odd("odd") }
    return i
}
fun outer(i: int): int { return inner(i) + 1 }
fun attempt(i: int): int { try { return outer(i) } catch e: Very { return 1 } catch e: Odd { return 2 } }
fun middle(i: int): float { return 0.5 + attempt(i).toFloat() }
fun finally_(i: int): int { var n = 0; try { n = outer(i) } finally { n += 1 } return n }
fun rethrown(i: int): int { try { return outer(i) } catch e: Very { throw e } catch e { throw Odd(e.message) } }
fun made(i: int): int { try { return Result(i).value } catch e: Odd { return 4 } }
"""

BODIES = {
    "in the same frame": 'try { if i % 2 == 0 { throw Odd("here") } sum += 1 } catch e: Odd { sum += 2 }',
    "through two callees": "try { sum += outer(i) } catch e: Very { sum += 2 } catch e { sum += 3 }",
    "in a callee that returns": "sum += attempt(i)",
    "in a callee's callee": "sum += middle(i).toInt()",
    "past a finally": "try { sum += finally_(i) } catch e { sum += 2 }",
    "and thrown again": "try { sum += rethrown(i) } catch e: Very { sum += 2 } catch e { sum += 3 }",
    "in an init": "sum += made(i)",
    "through a closure": "try { sum += act(i) } catch e: Odd { sum += 2 }",
    "after a look at the trace": "try { outer(i) } catch e { let again = e; try { throw again } catch f { sum += 1 } }",
}


def program(body: str, rounds: int) -> str:
    loop = f"fun run(act: fun(int): int): int {{ var sum = 0; for i in 0..{rounds} {{ {body} }} return sum }}"
    return f"{CLASSES}\n{loop}\nprint(run(fun(i: int) => outer(i)))\n"


def entries(machine: Machine) -> list[int]:
    """Fills up with a row for each time the interpreter enters machine code, as the program runs."""
    rows: list[int] = []
    run_native = machine.vm.run_native

    def counted(entry: int, fp: int, landed: bool = False) -> bool:
        rows.append(entry)
        return run_native(entry, fp, landed)

    machine.vm.run_native = counted  # type: ignore[method-assign]
    return rows


@pytest.mark.parametrize("where", BODIES)
def test_errors_caught_over_and_over_do_not_stop(where: str) -> None:
    found = []
    for rounds in (300, 9000):
        machine, _ = machine_for(program(BODIES[where], rounds), topics=())
        rows = entries(machine)
        output = output_of(machine)
        found.append(len(rows))
        interpreted, _ = machine_for(program(BODIES[where], rounds), Mode.INTERPRETER, ())
        assert output == output_of(interpreted)
    assert found[0] == found[1] < 150, found


def test_a_full_heap_is_the_interpreters() -> None:
    machine, _ = machine_for(program(BODIES["through two callees"], 300), topics=())
    machine.memory.stress = True  # there is never room for a trace
    rows = entries(machine)
    assert output_of(machine) == ["15650"]
    assert len(rows) > 200


def table_of(machine: Machine) -> list[int]:
    """The table as machine code finds it."""
    assert machine.vm.tier is not None
    landings = machine.vm.tier.landings
    assert machine.memory.words[Register.LANDINGS] == landings.words.buffer_info()[0]
    return landings.words.tolist()


def landing_methods(machine: Machine) -> dict[str, tuple[int, int]]:
    """How many handlers and sites there are, by method."""
    table = table_of(machine)
    rows = {number: table[FIRST_ROW + number] for number in range(table[METHODS])}
    return {
        str(machine.vm.methods[number]): (table[row + HANDLERS], table[row + SITES])
        for number, row in rows.items()
        if row
    }


def test_the_table_goes_with_what_it_was_made_from() -> None:
    text = program(BODIES["in a callee that returns"], 300).replace("print(run", "print(0)\nprint(run")
    machine, _ = machine_for(text, topics=())
    with closing(machine):
        machine.run_main("main")
        assert landing_methods(machine) == {"main.attempt": (2, 0), "main.run": (0, 1), "main.main": (0, 1)}
        record = redefine(machine, [file for file in loaded_files(machine) if file.name == "Very"], force=True)
        assert record.applied
        assert landing_methods(machine) == {}
        tier = machine.vm.tier
        assert tier is not None
        assert ("main.attempt", 0) not in {(str(method), start) for method, start in tier.units}
