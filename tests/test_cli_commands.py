"""Help, completion, colour, the cache, new projects and JSON: what surrounds the programs on the command line."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from lang.arguments import examples_of, parser_of
from lang.cli import help_text, main
from lang.color import wants_color
from lang.commands import COMMANDS, OTHERS, command
from lang.commands.cache import KINDS, size
from lang.commands.completion import SHELLS, known
from lang.explanations import titles
from minivm.trace import TOPICS

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parent.parent


def run(capsys: Capture, *argv: object) -> tuple[int, str, str]:
    status = main([str(word) for word in argv])
    return status, *capsys.readouterr()


# ── help ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_command_file_is_listed() -> None:
    files = {path.stem for path in (ROOT / "lang" / "commands").glob("*.py")} - {"__init__"}
    assert files == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_a_summary_and_examples_that_parse(name: str, capsys: Capture) -> None:
    status, out, err = run(capsys, name, "--help")
    assert (status, err) == (0, "")
    assert COMMANDS[name][1:] in " ".join(out.split()) and "examples:" in out
    assert run(capsys, "help", name)[1] == out
    examples = examples_of(command(name).EXAMPLES)
    assert len(examples) >= 1 and all(words for _, words in examples)
    for line, _ in examples:
        words = shlex.split(re.split(r" [<>] ", line)[0])
        words = [word for word in words if "=" not in word or word.startswith("-")] if "MINIVM_" in line else words
        if words[0] == "minivm":
            parser_of(words[1]).parse(words[2:])


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_help_fits_the_terminal(columns: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for name in COMMANDS:
        out = run(capsys, name, "--help")[1]
        whole = {line for line, _ in examples_of(command(name).EXAMPLES)}  # as they are to be copied
        long = [line.strip() for line in out.splitlines() if len(line) > columns]
        assert [line for line in long if line not in whole and "{" not in line and "[--" not in line] == []


def test_the_help_tells_every_command_and_status(capsys: Capture) -> None:
    status, out, err = run(capsys, "--help")
    assert (status, err) == (0, "") and out == help_text()
    assert all(f"\n  {name} " in out for name in {**COMMANDS, **OTHERS})
    assert re.findall(r"^  (\d+) ", out, re.MULTILINE) == ["0", "1", "2", "65", "70", "74", "130", "141"]
    status, out, err = run(capsys)
    assert (status, out, err) == (2, "", help_text())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rnu x.mini", "no command `rnu`; did you mean `run`?"),
        ("shop.mini", "write `minivm run shop.mini`"),
        ("xyzzy", "there are run, repl,"),
        ("--hlep", "no option `--hlep` here; did you mean `--help`?"),
        ("--heap 4M run x.mini", "options go behind the command"),
        ("help rnu", "no command `rnu`; did you mean `run`?"),
        ("run --heep 4M x.mini", "no option `--heep`; did you mean `--heap`?"),
        ("run --heap", "--heap: a value is missing"),
        ("run", "FILE is missing"),
        ("compile x.mini --outptu d", "no option `--outptu`; did you mean `--output`?"),
        ("check", "FILE is missing"),
        ("cache shwo", "cannot be `shwo`; did you mean show?"),
        ("completion tcsh", "cannot be `tcsh`"),
        ("demo now", "one argument too many: `now`"),
        ("learn first", "N is a number, not `first`"),
        ("run --color sometimes x.mini", "cannot be `sometimes`; it can be auto, always, never"),
    ],
)
def test_a_wrong_line_says_what_is_wrong_and_what_is_near(line: str, words: str, capsys: Capture) -> None:
    status, out, err = run(capsys, *line.split())
    assert (status, out) == (2, "")
    assert words in err.partition("\n")[0]


# ── colour ───────────────────────────────────────────────────────────────────────────────────────────────────


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("when", "variables", "at_terminal", "in_pipe"),
    [
        ("auto", {}, True, False),
        ("always", {"NO_COLOR": "1"}, True, True),
        ("never", {"FORCE_COLOR": "1"}, False, False),
        ("auto", {"NO_COLOR": "1"}, False, False),
        ("auto", {"NO_COLOR": ""}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, True, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ("auto", {"TERM": "dumb"}, False, False),
    ],
)
def test_colour_is_for_terminals_unless_somebody_says_otherwise(
    when: str, variables: dict[str, str], at_terminal: bool, in_pipe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wants_color(Terminal(), when) is at_terminal
    assert wants_color(io.StringIO(), when) is in_pipe


def test_colours_reach_diagnostics_and_explanations(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "wrong.mini").write_text("let x: int = true\n")
    assert "\x1b[" in run(capsys, "run", "--color", "always", tmp_path / "wrong.mini")[2]
    assert "\x1b[" not in run(capsys, "run", "--no-color", tmp_path / "wrong.mini")[2]
    assert "\x1b[" in run(capsys, "explain", "--color=always", "E050")[1]


# ── completion ───────────────────────────────────────────────────────────────────────────────────────────────


def test_completion_knows_what_the_parsers_know() -> None:
    assert {"--heap", "--trace", "--gc-stress", "--color"} <= set(known("run").options)
    assert known("run").values["--trace"] == TOPICS
    assert known("explain").words == tuple(titles())
    assert set(known("completion").words) == set(SHELLS)
    assert known("check").words == ()


def completed(script: str, *words: str) -> list[str]:
    """What bash offers for the last of some words."""
    line = " ".join(map(shlex.quote, words))
    code = f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _minivm; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_the_bash_script_completes(capsys: Capture) -> None:
    script = run(capsys, "completion", "bash")[1]
    assert completed(script, "minivm", "co") == ["compile", "completion"]
    assert completed(script, "minivm", "run", "--tr") == ["--trace"]
    assert completed(script, "minivm", "run", "--trace", "re") == [topic for topic in TOPICS if topic.startswith("re")]
    assert completed(script, "minivm", "explain", "R30") == ["R301", "R302", "R303"]
    assert completed(script, "minivm", "cache", "") == ["show", "where", "clear"]
    assert completed(script, "minivm", "help", "ru") == ["run"]
    assert completed(script, "minivm", "run", "pyproj") == ["pyproject.toml"]
    assert completed(script, "minivm", "run", "--color", "a") == ["auto", "always"]


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_are_well_formed_and_name_everything(shell: str, capsys: Capture) -> None:
    status, script, _ = run(capsys, "completion", shell)
    assert status == 0
    assert all(name in script for name in (*COMMANDS, "R201", "gc-stress", *TOPICS))
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


# ── the cache ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MINIVM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_cache_can_be_looked_at_and_cleared(cache: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "hello.mini").write_text('print("hello")\n')
    assert run(capsys, "cache", "where") == (0, f"{cache}\n", "")
    run(capsys, "run", tmp_path / "hello.mini")
    record = json.loads(run(capsys, "cache", "--json")[1])
    assert record["folder"] == str(cache) and set(KINDS) <= set(record["kinds"])
    entries = record["kinds"]["classes"]["entries"]
    assert entries >= 1 and record["kinds"]["classes"]["bytes"] > 100
    out = run(capsys, "cache")[1]
    assert out.startswith(f"{cache}\n") and re.search(rf"  classes .* {entries} entr", out)
    status, out, _ = run(capsys, "cache", "clear")
    assert status == 0 and out.startswith("removed ") and out.endswith(f" from {cache}\n")
    assert not [path for path in cache.rglob("*") if path.is_file()]
    assert json.loads(run(capsys, "cache", "clear", "--json")[1])["entries"] == 0
    assert run(capsys, "run", tmp_path / "hello.mini") == (0, "hello\n", "")


def test_clearing_leaves_what_is_not_the_caches(cache: Path, capsys: Capture) -> None:
    cache.mkdir()
    (cache / "letter.txt").write_text("mine")
    run(capsys, "cache", "clear")
    assert (cache / "letter.txt").read_text() == "mine"


def test_no_cache_is_said_so(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("MINIVM_CACHE", "off")
    assert run(capsys, "cache") == (2, "", "minivm: nothing is kept: MINIVM_CACHE is `off`\n")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (3 << 20, "3.0 MiB")]
)
def test_sizes_are_for_people(count: int, text: str) -> None:
    assert size(count) == text


# ── new projects ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_project_runs_as_its_page_says(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, _ = run(capsys, "new", "shop")
    assert status == 0 and "next: cd shop && minivm run main.mini" in out
    monkeypatch.chdir(tmp_path / "shop")
    page = (tmp_path / "shop" / "README.md").read_text()
    assert page.startswith("# shop\n") and "NAME" not in page
    shown, typed = re.findall(r"^```text\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    status, out, err = run(capsys, "run", "main.mini")
    assert (status, err) == (0, "")
    assert re.sub(r"[\d.]+ ms", "T", out) == re.sub(r"[\d.]+ ms", "T", shown)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    status, out, err = run(capsys, "repl")
    assert (status, err) == (0, "") and out.count("applied  Counter") == 2 and "refused[R101]" in out
    for name in ("main.mini", "counter.mini"):
        assert run(capsys, "check", name)[0] == 0


def test_a_new_project_never_overwrites(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "main.mini").write_text("mine")
    status, _, err = run(capsys, "new", tmp_path / "shop")
    assert status == 2 and "is there already" in err
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["main.mini"]
    assert run(capsys, "new", tmp_path / "shop" / "main.mini")[0] == 2
    assert run(capsys, "new", "a\nb")[0] == 2
    record = json.loads(run(capsys, "new", "--json", tmp_path / "other")[1])
    assert [Path(name).name for name in record["files"]] == ["main.mini", "counter.mini", "README.md"]


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_check_answers_in_json(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "fine.mini").write_text("print(1)\n")
    (tmp_path / "wrong.mini").write_text('let a = 1\nlet x: int = "é"\n', encoding="utf-8")
    status, out, err = run(capsys, "check", "--json", tmp_path / "fine.mini", tmp_path / "wrong.mini")
    fine, wrong = json.loads(out)
    assert (status, err) == (65, "")
    assert fine == {"file": str(tmp_path / "fine.mini"), "ok": True, "errors": []}
    (error,) = wrong["errors"]
    place = {key: error[key] for key in ("file", "line", "column", "endLine", "endColumn")}
    assert place == {"file": "wrong.mini", "line": 2, "column": 14, "endLine": 2, "endColumn": 17}
    assert (error["code"], wrong["ok"]) == ("E050", False)


def test_compile_answers_in_json(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "fine.mini").write_text("class A {}\nprint(A() != null)\n")
    record = json.loads(run(capsys, "compile", "--json", tmp_path / "fine.mini", "-o", tmp_path / "out")[1])
    assert record["main"] == str(tmp_path / "out" / "fine.mclass")
    assert sorted(Path(name).name for name in record["classes"]) == ["A.mclass", "fine.mclass"]
    assert all(Path(name).is_file() for name in (*record["classes"], *record["library"]))
