"""The real command line, given what it should not be given: a clear message, the right status, never a traceback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MINIVM = [sys.executable, "-m", "lang.cli"]


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which the library and the parser's table are, so that not every test has to make them."""
    place = tmp_path_factory.mktemp("warm")
    (place / "any.mini").write_text("print(1)\n")
    assert run(place, "run", "any.mini", MINIVM_CACHE=str(place / "cache"))[0] == 0
    return place / "cache"


@pytest.fixture
def folder(tmp_path: Path, warm: Path) -> Path:
    shutil.copytree(warm, tmp_path / "cache")
    (tmp_path / "hello.mini").write_text('print("hello")\n')
    (tmp_path / "many.mini").write_text('for i in 0..200000 { print("line {i}") }\n')
    (tmp_path / "wrong.mini").write_text("let x: int = true\n")
    return tmp_path


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "MINIVM_CACHE": str(folder / "cache"), **more}


def run(
    folder: Path, *argv: str, stdin: bytes = b"", command: Sequence[str] = MINIVM, **more: str
) -> tuple[int, str, str]:
    done = subprocess.run(
        [*command, *argv], cwd=folder, env=environment(folder, **more), input=stdin, capture_output=True, check=False
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in out + err
    assert done.returncode != 70, err
    return done.returncode, out, err


def shell(folder: Path, text: str, **more: str) -> tuple[int, str, str]:
    """A line for bash in which ``minivm`` is this one."""
    line = f'set -o pipefail; minivm() {{ {sys.executable} -m lang.cli "$@"; }}; {text}'
    return run(folder, "-c", line, command=["bash"], **more)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", ["run", "check", "dis", "compile -o out"])
@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("nowhere.mini", None, "cannot read nowhere.mini: No such file or directory"),
        ("helo.mini", None, "did you mean hello.mini?"),
        ("hello", None, "did you mean hello.mini?"),
        ("x" * 300 + ".mini", None, "File name too long"),
        ("folder.mini", "folder", "cannot read folder.mini: Is a directory"),
        (
            "binary.mini",
            b"\x7fELF\x02\x01\x01\x00\xff\xfe",
            "binary.mini is not a Mini source: byte 8 is",
        ),
        ("latin.mini", 'print("é")'.encode("latin-1"), "byte 7 is not UTF-8 text"),
        ("class.mini", b"MINI\x01\x00\x00\x00" * 9, "a class file, whose name ends in .mclass"),
        ("huge.mini", b"x\n" * (3 << 20), "it has more than 4 MiB"),
    ],
)
def test_what_is_no_source(folder: Path, command: str, name: str, data: bytes | str | None, words: str) -> None:
    if isinstance(data, bytes):
        (folder / name).write_bytes(data)
    elif data:
        (folder / name).mkdir()
    status, out, err = run(folder, *command.split(), name)
    assert (status, out) == (2, "")
    assert words in err


@pytest.mark.parametrize("command", ["run", "dis"])
@pytest.mark.parametrize(
    ("name", "data", "status", "words"),
    [
        ("nowhere.mclass", None, 2, "cannot read nowhere.mclass: No such file"),
        ("empty.mclass", b"", 1, "not a class file"),
        ("text.mclass", b"print(1)\n", 1, "not a class file"),
        ("cut.mclass", b"MINI\x01\x00\xff\xff\x00\x00", 1, "not a class file"),
        ("huge.mclass", b"MINI" + bytes(5 << 20), 1, "not a class file"),
        ("bytes.masm", b"\xff\xff", 1, "UTF-8"),
    ],
)
def test_what_is_no_class_file(
    folder: Path, command: str, name: str, data: bytes | None, status: int, words: str
) -> None:
    if data is not None:
        (folder / name).write_bytes(data)
    found, out, err = run(folder, command, name)
    assert (found, out) == (status, "")
    assert words in err


def test_devices_that_never_end(folder: Path) -> None:
    status, _, err = run(folder, "run", "/dev/zero")
    assert status == 2 and "more than 4 MiB" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_nobody_may_read(folder: Path) -> None:
    (folder / "hello.mini").chmod(0)
    assert run(folder, "run", "hello.mini")[0] == 2


@pytest.mark.parametrize("name", ["my file", "1", "a-b", "ü", "class", "String", "prelude", "List"])
def test_a_program_may_have_any_name(folder: Path, name: str) -> None:
    (folder / f"{name}.mini").write_text('print("hello")\n')
    assert run(folder, "run", f"{name}.mini") == (0, "hello\n", "")
    assert run(folder, "run", f"{name}.mini") == (0, "hello\n", "")


def test_line_ends_and_marks_of_other_systems(folder: Path) -> None:
    (folder / "windows.mini").write_bytes(b'\xef\xbb\xbflet a = 1\r\nprint("a\r\n")\r\nprint(b)\r\n')
    status, _, err = run(folder, "run", "windows.mini")
    assert status == 65 and "windows.mini:2:" in err and "\r" not in err


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pipe_that_is_closed(folder: Path) -> None:
    for command in ("run many.mini", "explain", "--help", "dis many.mini List", "help run"):
        status, out, err = shell(folder, f"minivm {command} | head -n 1")
        assert (status, out.count("\n"), err) in ((141, 1, ""), (0, 1, "")), command
    assert shell(folder, "minivm run many.mini | head -n 1")[0] == 141
    assert shell(folder, "minivm run wrong.mini 2>&1 | true")[0] in (65, 141)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize(
    "command", ["--version", "--help", "run many.mini", "explain E050", "check hello.mini", "cache"]
)
def test_an_output_that_is_full(folder: Path, command: str) -> None:
    status, _, err = shell(folder, f"minivm {command} > /dev/full")
    assert status == 74
    assert err == "minivm: the output cannot be written: No space left on device\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_errors_that_cannot_be_written(folder: Path) -> None:
    assert shell(folder, "minivm run wrong.mini 2> /dev/full")[0] in (65, 74)
    assert shell(folder, "minivm run nowhere.mini 2> /dev/full")[0] == 2


@pytest.mark.parametrize(
    ("command", "status"),
    [("run hello.mini", 0), ("run nowhere.mini", 2), ("repl", 0), ("--version", 0), ("run wrong.mini", 65)],
)
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_not_there(folder: Path, command: str, status: int, closed: str) -> None:
    assert shell(folder, f"minivm {command} {closed}")[0] == status


def test_an_output_that_has_no_such_character(folder: Path) -> None:
    (folder / "snow.mini").write_text('print("\\u{2603}")\n', encoding="utf-8")
    assert run(folder, "run", "snow.mini", PYTHONIOENCODING="ascii") == (0, "\\u2603\n", "")


def test_bytes_on_standard_input_that_are_no_text(folder: Path) -> None:
    status, out, err = run(folder, "repl", stdin=b"1 + 1\n\xff\xfe\n2 + 2\n")
    assert status == 0 and "4\n" in out and "error[E005]" in err


# ── the cache ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("place", ["/dev/full", "/dev/null", "/proc/nowhere", "hello.mini", "off"])
def test_a_cache_that_cannot_be_written(folder: Path, place: str) -> None:
    assert run(folder, "run", "hello.mini", MINIVM_CACHE=place) == (0, "hello\n", "")
    assert run(folder, "cache", MINIVM_CACHE=place)[0] in (0, 2)
    assert run(folder, "cache", "clear", MINIVM_CACHE=place)[0] in (0, 2)


def test_a_disk_that_is_full_while_the_cache_is_written(folder: Path) -> None:
    """A limit on the size of files stops every entry half way."""
    run(folder, "run", "hello.mini")
    status, out, err = shell(folder, "ulimit -f 8; minivm cache clear > /dev/null; minivm run hello.mini")
    assert (status, out, err) == (0, "hello\n", "")
    left = [path for path in (folder / "cache").rglob("*") if path.is_file() and path.stat().st_size > 8 << 10]
    assert left == []
    assert run(folder, "run", "hello.mini") == (0, "hello\n", "")


def test_without_a_home(folder: Path) -> None:
    assert run(folder, "run", "hello.mini", MINIVM_CACHE="", HOME="/nowhere", XDG_CACHE_HOME="") == (0, "hello\n", "")


def test_many_at_once_with_a_cold_cache(folder: Path) -> None:
    shutil.rmtree(folder / "cache")
    started = [
        subprocess.Popen([*MINIVM, "run", "hello.mini"], cwd=folder, env=environment(folder), stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [process.communicate(timeout=120)[0] for process in started] == [b"hello\n"] * 4
    assert list((folder / "cache").rglob("*.part")) == []


# ── Ctrl-C ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("delay", [0.1, 0.3, 0.7, 1.5])
@pytest.mark.parametrize("cold", [True, False])
def test_an_interrupt_at_any_moment(folder: Path, delay: float, cold: bool) -> None:
    (folder / "endless.mini").write_text("var n = 0\nwhile true { n += 1 }\n")
    if cold:
        shutil.rmtree(folder / "cache")
    else:
        run(folder, "check", "endless.mini")
    command = [sys.executable, "-c", "import lang.cli as c, sys; print(flush=True); sys.exit(c.main())"]
    process = subprocess.Popen(
        [*command, "run", "endless.mini"],
        cwd=folder, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests run in the background have it ignored
    )  # fmt: skip
    assert process.stdout is not None
    try:
        process.stdout.readline()  # what comes before is Python's own start
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert list((folder / "cache").rglob("*.part")) == []
