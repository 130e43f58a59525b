"""Starting is fast: what a warm start imports, and that what was compiled before is not compiled again."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from lang.cli import main
from minivm.cachedir import CacheFolder
from minivm.native.presence import available

ROOT = Path(__file__).parent.parent

# what no warm start needs; a name stands for everything below it too
COMPILING = {"lark", "lang.nodes", "lang.typed", "lang.syntax", "lang.checker.passes", "lang.codegen.classes"}
PARSING = COMPILING - {"lang.syntax"} | {"lang.syntax.automaton", "lang.syntax.parsing"}  # a prompt may use the lexer
SELDOM = {"minivm.redefine", "minivm.disassembler", "minivm.manual", "lang.repl", "lang.traces", "json", "difflib"}
HEAVY = {"prompt_toolkit", "pygments", "asyncio", "llvmlite", "tempfile", "subprocess", "logging", "pickle", "decimal"}
PROMPT = {"prompt_toolkit", "asyncio", "logging", "subprocess", "tempfile", "decimal"}  # what a prompt brings along

# imported by the compiler, but nothing it makes depends on them
NOT_PARTS = {
    *(f"lang/{name}.py" for name in ("__init__", "codes", "diagnostics", "fingerprint")),
    *(f"minivm/{name}.py" for name in ("__init__", "cachedir", "classes", "errors", "loader", "trace")),
    "minivm/verification/__init__.py",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hello.mini").write_text('import shapes\nprint("hello {area()}")\n')
    (tmp_path / "shapes.mini").write_text("fun area(): int { return 6 }\n")
    (tmp_path / "host.mini").write_text('let c = VM.load("plugin.Good").create()\nprint(c.toString())\n')
    (tmp_path / "plugin.mini").write_text('class Good { override fun toString(): String { return "good" } }\n')
    return tmp_path


_WATCHED = """\
import sys
from lang.cli import main
status = main(sys.argv[2:])
loaded = sorted(sys.modules)
with open(sys.argv[1], "w") as out:
    out.write(" ".join(loaded))
sys.exit(status)
"""


def start(folder: Path, *argv: str, cache: str = "cache") -> tuple[str, set[str]]:
    """Run a command in a fresh process: what it printed, and what it imported."""
    environment = {**os.environ, "MINIVM_CACHE": str(folder / cache)}
    command = [sys.executable, "-c", _WATCHED, str(folder / "imported"), *argv]
    done = subprocess.run(command, cwd=ROOT, env=environment, input="", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, set((folder / "imported").read_text().split())


def among(imported: set[str], unwanted: set[str]) -> set[str]:
    return {name for name in imported for root in unwanted if f"{name}.".startswith(f"{root}.")}


def test_the_version_costs_next_to_nothing(folder: Path) -> None:
    out, imported = start(folder, "--version")
    assert out.startswith("minivm ")
    assert among(imported, {"argparse", "attr", "minivm.errors", *COMPILING, *SELDOM, *HEAVY}) == set()


def test_a_warm_run_neither_parses_nor_checks(folder: Path) -> None:
    cold, imported = start(folder, "run", str(folder / "hello.mini"))
    assert among(imported, {"lark", "lang.checker.passes"}) != set()
    warm, imported = start(folder, "run", str(folder / "hello.mini"))
    assert warm == cold == "hello 6\n"
    assert among(imported, COMPILING | SELDOM | HEAVY) == set()


def test_modules_loaded_at_run_time_are_kept_too(folder: Path) -> None:
    cold, _ = start(folder, "run", str(folder / "host.mini"))
    warm, imported = start(folder, "run", str(folder / "host.mini"))
    assert warm == cold == "good\n"
    assert among(imported, COMPILING | SELDOM | HEAVY) == set()


def test_checking_and_listing_what_was_compiled_compile_nothing(folder: Path) -> None:
    start(folder, "run", str(folder / "hello.mini"))
    for command in ("check", "dis"):
        assert among(start(folder, command, str(folder / "hello.mini"))[1], COMPILING | HEAVY) == set()


def test_a_session_that_has_read_nothing_has_parsed_nothing(folder: Path) -> None:
    start(folder, "run", str(folder / "hello.mini"))
    _, imported = start(folder, "repl")
    assert among(imported, PARSING | HEAVY) == set()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_neither_has_one_that_shows_a_prompt(folder: Path) -> None:
    start(folder, "run", str(folder / "hello.mini"))
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", _WATCHED, str(folder / "imported"), "repl"]
    environment = {**os.environ, "MINIVM_CACHE": str(folder / "cache"), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    environment |= {"XDG_STATE_HOME": str(folder), "HOME": str(folder)}  # no history but its own
    process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    seen = b""
    while b"mini>" not in seen:
        assert select.select([ours], [], [], 60)[0], seen
        seen += os.read(ours, 65536)
    os.write(ours, b"\x04")
    while process.poll() is None:
        if select.select([ours], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):  # the other end is closed
                os.read(ours, 65536)
    os.close(ours)
    imported = set((folder / "imported").read_text().split())
    assert "prompt_toolkit" in imported
    assert among(imported, PARSING | (HEAVY - PROMPT)) == set()


@pytest.mark.parametrize("file", ["hello", "shapes"])
def test_a_changed_text_is_compiled_anew(folder: Path, file: str) -> None:
    program = str(folder / "hello.mini")
    start(folder, "run", program)
    path = folder / f"{file}.mini"
    path.write_text(path.read_text().replace("hello", "goodbye").replace("6", "7"))
    out, _ = start(folder, "run", program)
    assert out == {"hello": "goodbye 6\n", "shapes": "hello 7\n"}[file]
    assert start(folder, "run", program)[0] == out


def test_a_changed_plugin_is_compiled_anew(folder: Path) -> None:
    start(folder, "run", str(folder / "host.mini"))
    (folder / "plugin.mini").write_text('class Good { override fun toString(): String { return "better" } }\n')
    assert start(folder, "run", str(folder / "host.mini"))[0] == "better\n"


def test_a_module_that_goes_missing_is_missed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINIVM_CACHE", str(folder / "cache"))
    start(folder, "run", str(folder / "hello.mini"))
    (folder / "shapes.mini").unlink()
    assert main(["run", str(folder / "hello.mini")]) == 65
    assert "module `shapes` not found" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "foreign"])
def test_a_damaged_cache_only_costs_time(folder: Path, damage: str) -> None:
    start(folder, "run", str(folder / "hello.mini"))
    entries = [path for path in (folder / "cache").rglob("*") if path.is_file()]
    assert len(entries) >= 3  # the library, the program, the parser's table
    for path in entries:
        data = path.read_bytes()
        half = len(data) // 2
        flipped = data[:half] + bytes([data[half] ^ 0x10]) + data[half + 1 :]
        path.write_bytes({"cut": data[:half], "flipped": flipped, "emptied": b"", "foreign": b"MINI" * 999}[damage])
    assert start(folder, "run", str(folder / "hello.mini"))[0] == "hello 6\n"


def test_entries_that_another_program_wrote_are_not_believed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checksum that fits says who wrote an entry, not that it is what is wanted."""
    monkeypatch.setenv("MINIVM_CACHE", str(folder / "cache"))
    start(folder, "run", str(folder / "hello.mini"))
    for name in ("classes", "grammar"):
        kept = CacheFolder(name)
        for path in (folder / "cache" / name).iterdir():
            kept.write(path.name, b"well kept nonsense")
    assert start(folder, "run", str(folder / "hello.mini"))[0] == "hello 6\n"


@pytest.mark.parametrize("cache", ["off", "/dev/null/cache", "hello.mini"])
def test_without_a_cache_everything_works(folder: Path, cache: str) -> None:
    assert start(folder, "run", str(folder / "hello.mini"), cache=cache)[0] == "hello 6\n"


def test_the_compilers_fingerprint_covers_all_that_compiling_imports() -> None:
    code = (
        "import sys; import lang.compiled, lang.checker.passes, lang.codegen.classes, lang.syntax.parsing\n"
        "from lang.fingerprint import parts\n"
        "mine = [module for name, module in sys.modules.items() if name.split('.')[0] in ('lang', 'minivm')]\n"
        "files = {getattr(module, '__file__', None) for module in mine}\n"
        "print('\\n'.join(files - {None} - set(parts())))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    beside = {Path(line).relative_to(ROOT).as_posix() for line in done.stdout.split()}
    assert beside == NOT_PARTS


HOT = """
class Counter { var n: int = 0; fun add(k: int): int { n += k; return n } }
let c = Counter()
for i in 0..2000 { c.add(i) }
print("{c.n}")
"""


@pytest.mark.skipif(not available(), reason="needs llvmlite")
@pytest.mark.parametrize("tier", ["native", "baseline"])
def test_a_second_run_compiles_no_machine_code(folder: Path, tier: str) -> None:
    (folder / "hot.mini").write_text(HOT)
    command = [sys.executable, "-m", "lang.cli", "run", "--tier", tier, "--trace", "jit", str(folder / "hot.mini")]
    environment = {**os.environ, "MINIVM_CACHE": str(folder / "cache")}
    cold, warm = (
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True) for _ in "12"
    )
    assert cold.stdout == warm.stdout == "1999000\n"
    assert "Counter.add, " in cold.stderr
    assert "compiled in" in cold.stderr
    assert cold.stderr.count("compiled in") == warm.stderr.count("from the cache")
    assert "compiled in" not in warm.stderr
