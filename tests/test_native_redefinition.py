"""Machine code whose classes change: frames, assumptions, and what is first used or redefined by a loop that is hot."""

from __future__ import annotations

import pytest

from corpus import Script, expectation, scripts
from minivm.native.modes import Mode
from minivm.native.presence import available
from modes import admitted
from running import compile_text, run
from test_native import machine_for, output_of

WAITERS = ("join_of_a_fiber_by_many", "many_workers_share_a_channel", "selects_share_the_work")
SCRIPTS = [script for script in scripts("language") if script.path.stem in WAITERS]
HOT = scripts("language/hot")
LIVELY = ("auto", "native, redefining")  # of what else ``test_differential`` takes


@pytest.mark.skipif(not available(), reason="llvmlite is not installed")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.path.stem)
def test_frames_left_by_new_versions_are_whole(script: Script) -> None:
    program = compile_text(script.path.stem, script.text, script.path.parent)
    outcome = run(program, "native, redefining", script.heap_bytes)
    assert (outcome.lines, outcome.errors) == (list(expectation(script.text).output), "")


def test_the_scripts_are_there() -> None:
    assert len(SCRIPTS) == len(WAITERS)


@pytest.mark.skipif(not available(), reason="llvmlite is not installed")
@pytest.mark.parametrize("script", HOT, ids=lambda script: script.path.stem)
def test_what_happens_late_in_a_hot_loop_happens_as_ever(script: Script) -> None:
    program = compile_text(script.path.stem, script.text, script.path.parent)
    for mode in [mode for mode in admitted(script.kinds) if mode.name in LIVELY]:
        outcome = run(program, mode, script.heap_bytes)
        assert (outcome.error, outcome.lines) == ("", list(expectation(script.text).output)), mode.name


FIRST_USED_IN_VAIN = r"""
class Work {
    static fun help(fail: bool): int {
        var sum = 0
        for i in 0..200 { sum += i; if fail && i == 150 { throw StateError("here") } }
        return sum
    }
}
class A { var n: int = 1 }
let a = A()
fun other(): int { return 1 }
let record = VM.redefine("class A \{ var n: int = 1; var m: int = 1 / (Work.help(false) - 19900) \}")
print(record.isApplied())
print(other())
try { Work.help(true) } catch e { print(e.trace().lines()[0]) }
"""


@pytest.mark.skipif(not available(), reason="llvmlite is not installed")
def test_a_loop_first_run_in_a_redefinition_taken_back_is_compiled_anew() -> None:
    from minivm.native.tier import make_tier

    machine, told = machine_for(FIRST_USED_IN_VAIN, Mode.AUTO)
    machine.vm.hot = 20  # the loop gets hot, its method does not
    machine.vm.make_tier = lambda vm: make_tier(vm, Mode.NATIVE)
    assert output_of(machine) == ["false", "1", "at Work.help (main.mini:5)"]
    assert any(line.startswith("[jit] discarded Work.help from instruction") for line in told), told
