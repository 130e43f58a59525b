"""The benchmarks run, their answers are right, and the figures keep their limits."""

from __future__ import annotations

import pytest

from benchmarks.run import run_programs, run_redefinitions


def test_the_interpreter_is_fast_enough_to_use() -> None:
    rows = {row["name"]: row for row in run_programs()}
    assert int(str(rows["integer loop"]["instructions_per_second"])) >= 2_000_000


@pytest.mark.long
def test_a_body_costs_the_same_whatever_lives_and_a_layout_little() -> None:
    body, layout = run_redefinitions()
    assert float(str(body["ms_with_1000000_instances"])) <= 3 * float(str(body["ms_with_10_instances"])) + 2
    assert float(str(layout["us_per_live_object"])) <= 3
