"""The benchmarks: each program and its twin give the right answer, and a wrong one never counts."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks import figures, legs, report
from benchmarks.__main__ import main
from benchmarks.catalogue import PROGRAMS, PROGRAMS_FOLDER, Program, find
from benchmarks.chart import chart
from benchmarks.processes import BenchmarkError, checked, run_program
from benchmarks.statistic import geometric_mean, steady
from benchmarks.steady import Row, Speed
from lang.compiler import compile_file
from lang.library import standard_library
from lang.program import program_machine
from minivm.options import MachineOptions
from minivm.trace import Tracer
from running import limited

EACH = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
SEVERAL = 2  # iterations of a twin: a program must not change its answer


def mini_lines(program: Program, size: int) -> list[str]:
    """What the Mini program prints, run in this process."""
    compiled = compile_file(program.mini, standard_library())
    options = MachineOptions(256 << 20, False, Tracer(), (str(size), "1"))
    with closing(program_machine(compiled, PROGRAMS_FOLDER, options)) as machine, limited():
        machine.output = io.StringIO()
        machine.run_main(compiled.main)
        return machine.output.getvalue().splitlines()


@EACH
def test_mini_gives_the_right_answer(program: Program) -> None:
    size = program.small_size
    assert len(checked(mini_lines(program, size), program, size, 1, "Mini")) == 1


@EACH
def test_the_twin_gives_the_right_answer(program: Program, tmp_path: Path) -> None:
    for size in {program.small_size, program.slow_size}:
        assert len(run_program(legs.CPYTHON, program, size, SEVERAL, tmp_path).iterations) == SEVERAL


@pytest.mark.long
@EACH
@pytest.mark.parametrize("tier", ["none", "auto", "native"])
def test_the_full_size_gives_the_right_answer(program: Program, tier: str, tmp_path: Path) -> None:
    try:
        leg = legs.CPYTHON if tier == "none" else legs.native(tier)
    except LookupError as error:
        pytest.skip(str(error))
    assert len(run_program(leg, program, program.size, SEVERAL, tmp_path).iterations) == SEVERAL


def test_the_default_sizes_of_both_are_the_full_ones() -> None:
    for program in PROGRAMS:
        for path in (program.mini, program.twin):
            usual = re.search(r"measure\(\w+\(\), (\d+)\)", path.read_text(encoding="utf-8"))
            assert usual is not None and int(usual.group(1)) == program.size, path


def test_every_program_has_its_twin_and_stands_in_the_catalogue() -> None:
    known = {program.stem for program in PROGRAMS} | {"timing", "lcg"}
    for suffix in (".mini", ".py"):
        assert {path.stem for path in PROGRAMS_FOLDER.glob(f"*{suffix}")} == known


@pytest.mark.parametrize("size", [500, 10_000, 200_000])
def test_word_frequencies_counted_by_other_means(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PROGRAMS_FOLDER)
    from words import write

    found = Counter(re.findall("[a-z]+", write(size).lower()))
    first = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:3]
    answer = f"{found.total()} {len(found)} " + " ".join(f"{word}={times}" for word, times in first)
    assert answer == find(["words"])[0].expected(size)


def test_the_document_counted_by_other_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PROGRAMS_FOLDER)
    from jsonparser import document

    def values(value: object) -> list[object]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [value, *(found for item in inner for found in values(item))]

    root = json.loads(document(156))
    found = values(root)
    characters = sum(len(value) for value in found if isinstance(value, str))
    assert f"{len(root['operations'])} {len(found)} {characters}" == find(["json"])[0].expected(30)


# ── a wrong answer never counts ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "lines",
    [["12\t667", "12\t669"], ["12\t669"], ["12\t669"] * 3, ["12 669"] * 2, ["\t669"] * 2, ["-3\t669"] * 2, []],
)
def test_wrong_or_missing_answers_are_refused(lines: list[str]) -> None:
    with pytest.raises(BenchmarkError):
        checked(lines, find(["sieve"])[0], 1, 2, "somebody")


def test_no_iteration_begins_after_the_time_that_is_given(tmp_path: Path) -> None:
    found = run_program(legs.CPYTHON, find(["sieve"])[0], 500, 1000, tmp_path, seconds=1)
    assert 6 <= len(found.iterations) < 1000


def test_a_program_that_answers_wrongly_ends_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Program("Sieve", "sieve", 1, 1, 1, "670")
    monkeypatch.setattr("benchmarks.__main__.find", lambda names: [wrong])
    assert main(["--only", "steady", "--quick"]) == 1
    assert "instead of the answer '670'" in capsys.readouterr().err


def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="exit status 2"):
        run_program(legs.CPYTHON, Program("None", "nowhere", 1, 1, 1, "1"), 1, 1, tmp_path)


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_measures_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, picture = tmp_path / "figures.json", tmp_path / "chart.svg"
    assert main(["sieve", "--quick", "--only", "steady", "--json", str(data), "--chart", str(picture)]) == 0
    assert re.search(r"\nSieve +1 +[\d.]+", capsys.readouterr().out)
    row = json.loads(data.read_text(encoding="utf-8"))["steady"][0]
    assert row["program"] == "Sieve" and row["interpreter"]["seconds"] > row["interpreter"]["cpython"] > 0
    assert "Sieve" in picture.read_text(encoding="utf-8")


def test_an_unknown_program_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["siev"]) == 2
    assert "no program siev; there are richards" in capsys.readouterr().err


@pytest.mark.parametrize("figure", figures.figures(figures.SMALL), ids=lambda figure: f"{figure.stem}-{figure.title}")
def test_the_figures_are_measured(figure: figures.Figure, tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = tmp_path_factory.getbasetemp() / "benchmark-cache"
    found = figures.measure(figure, legs.interpreter(), 1, cache)
    assert found.value is None or found.value >= 0
    assert (found.cpython is not None) == figure.has_twin


@pytest.mark.long
def test_a_method_body_costs_the_same_whatever_lives_and_a_layout_little(tmp_path: Path) -> None:
    everything = {figure.title: figure for figure in figures.figures(figures.Scale())}
    few, many, layout = (
        figures.measure(figure, legs.interpreter(), 1, tmp_path).value
        for title, figure in everything.items()
        if figure.stem == "bodychange" or "in order" in title
    )
    assert few is not None and many is not None and layout is not None
    assert many <= 3 * few + 2
    assert layout <= 3000  # 3 µs an instance


# ── figures and pictures ─────────────────────────────────────────────────────────────────────────────────────


def test_the_mean_of_ratios_is_geometric() -> None:
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4.0)


def test_the_steady_state_leaves_out_the_first_half() -> None:
    assert steady([90.0, 80.0, 2.0, 3.0, 4.0]) == 3.0
    assert steady([5.0]) == 5.0


def rows() -> list[Row]:
    """Two programs, all legs."""

    def speed(leg: str, seconds: float, cpython: float) -> Speed:
        return Speed(leg, 1, seconds, cpython, seconds / 2, cpython / 2)

    return [
        Row("Sieve", speed("n", 0.01, 0.4), speed("b", 0.008, 0.4), speed("i", 0.9, 0.01)),
        Row("Towers", speed("n", 0.1, 1.0), speed("b", 0.1, 1.0), speed("i", 1.6, 0.01)),
    ]


def test_the_summary_says_what_is_reached() -> None:
    text = "\n".join(report.steady_summary(rows()))
    assert "20.0 times as fast as CPython, geometric mean of 2 programs (must 25, aim 50: NOT reached)" in text
    assert "slowest: Towers, 10.0 times (must 8: must reached)" in text
    assert "Being redefinable costs 11.8 %, by the fastest iterations (must 15, aim 3: must reached)" in text
    assert "120 times as slow as CPython" in text


def test_the_chart_shows_every_program_and_the_mean() -> None:
    picture = ElementTree.fromstring(chart(rows(), "a processor & a half"))
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Sieve", "Towers", "geometric mean", "CPython", "40", "10", "20", "90", "160", "120", "100 times"} <= set(
        texts
    )


def test_longer_bars_are_faster_programs() -> None:
    picture = ElementTree.fromstring(chart(rows(), ""))
    bars = [rect for rect in picture.iter("{http://www.w3.org/2000/svg}rect") if rect.get("fill") == "#1f6feb"]
    sieve, towers, mean = (float(rect.get("width", "0")) for rect in bars[1:])  # the first is the legend's
    assert sieve > mean > towers > 0
