"""The library and the world outside: files, the console, seeds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from running import Outcome, compile_text, run


def outcome(text: str, folder: Path) -> Outcome:
    return run(compile_text("outside", text.replace("DIR", str(folder))), "normal")


def test_a_file_is_written_read_and_removed(tmp_path: Path) -> None:
    text = """
        File.makeFolder("DIR/a/b")
        File.makeFolder("DIR/a/b")
        File.writeText("DIR/a/x.txt", "one\\r\\ntwé")
        File.append("DIR/a/x.txt", "\\nthree\\n")
        print(File.lines("DIR/a/x.txt"))
        print(File.readText("DIR/a/x.txt").length())
        print(File.size("DIR/a/x.txt"))
        print(File.list("DIR/a"))
        print("{File.exists("DIR/a")} {File.isFolder("DIR/a")} {File.isFolder("DIR/a/x.txt")} {File.exists("DIR/no")}")
        File.remove("DIR/a/x.txt")
        File.remove("DIR/a/b")
        print(File.list("DIR/a"))
    """
    expected = ["[one, twé, three]", "15", "16", "[b, x.txt]", "true true false false", "[]"]
    assert outcome(text, tmp_path).lines == expected


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ('File.readText("DIR/no")', "FileNotFoundError: cannot read DIR/no: No such file or directory"),
        ('File.lines("DIR/no")', "FileNotFoundError: cannot read DIR/no: No such file or directory"),
        ('File.size("DIR/no")', "FileNotFoundError: cannot measure DIR/no: No such file or directory"),
        ('File.list("DIR/no")', "FileNotFoundError: cannot list DIR/no: No such file or directory"),
        ('File.remove("DIR/no")', "FileNotFoundError: cannot remove DIR/no: No such file or directory"),
        ('File.readText("DIR")', "IOError: cannot read DIR: Is a directory"),
        ('File.writeText("DIR", "x")', "IOError: cannot write DIR: Is a directory"),
        ('File.writeText("DIR/no/x", "x")', "FileNotFoundError: cannot write DIR/no/x: No such file or directory"),
        ('File.makeFolder("DIR/bytes/x")', "IOError: cannot make folder DIR/bytes/x: Not a directory"),
        ('File.readText("DIR/bytes")', "IOError: cannot read DIR/bytes: byte 1 is not UTF-8 text"),
        ('File.readText("")', "FileNotFoundError: cannot read a file without a name: No such file or directory"),
        ('File.readText("/dev/zero")', "OutOfMemoryError: /dev/zero is larger than the heap"),
    ],
)
def test_what_fails_says_what_and_where(action: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"a\xffb")
    assert outcome(action, tmp_path).error == message.replace("DIR", str(tmp_path))


def test_a_missing_file_can_be_caught_as_an_io_error(tmp_path: Path) -> None:
    assert outcome('try { File.readText("DIR/no") } catch e: IOError { print("caught") }', tmp_path).lines == ["caught"]


def test_bytes_are_code_points(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"a\xffb")
    assert outcome('print(File.readBytes("DIR/bytes").codes())', tmp_path).lines == ["[97, 255, 98]"]


def minivm(folder: Path, text: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    path = folder / "program.mini"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "lang.cli", "run", *arguments[:2], str(path), *arguments[2:]]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=120, check=False)


def test_lines_of_input_arguments_and_the_error_stream(tmp_path: Path) -> None:
    text = 'print(readLine())\nprint(readLines())\nprint(readLine())\nprint(args())\nwriteError("oops\\n")\n'
    ran = minivm(tmp_path, text, "--heap", "64M", "a", "b c", given="first\nsecond\n\nlast")
    assert ran.stdout.splitlines() == ["first", "[second, , last]", "null", "[a, b c]"]
    assert ran.stderr == "oops\n"


def test_a_seed_makes_fresh_generators_repeat(tmp_path: Path) -> None:
    text = "let a = Random.fresh()\nlet b = Random.fresh()\nprint(a.next())\nprint(b.next() != a.next())\n"
    seven, again, eight = (minivm(tmp_path, text, "--seed", seed).stdout for seed in ("7", "7", "8"))
    assert seven == again != eight
    assert seven.endswith("true\n")
    assert minivm(tmp_path, text).stdout != minivm(tmp_path, text).stdout


def test_a_seed_is_a_whole_number(tmp_path: Path) -> None:
    ran = minivm(tmp_path, "print(1)", "--seed", "x")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "minivm: --seed takes a whole number, not 'x'\n"


def test_the_random_numbers_are_splitmix64s() -> None:
    """The first numbers of the published algorithm for seed 1234567."""
    program = compile_text(
        "random", "let r = Random(1234567)\nfor i in 0..3 { print(Math.inBase(r.next() >>> 1, 10)) }"
    )
    published = (6457827717110365317, 3203168211198807973, 9817491932198370423)
    assert run(program, "normal").lines == [str(number >> 1) for number in published]


def test_numbers_below_a_bound_are_even() -> None:
    text = """
        let random = Random(3)
        let counts = Array<int>(6)
        for i in 0..6000 { counts[random.below(6)] += 1 }
        for n in counts { check(n > 850 && n < 1150, "{n} of 6000") }
        var sum = 0.0
        var squares = 0.0
        for i in 0..2000 {
            let x = random.nextGaussian()
            sum += x
            squares += x * x
        }
        check(Math.fabs(sum / 2000.0) < 0.1 && Math.fabs(squares / 2000.0 - 1.0) < 0.15, "gaussian")
        print(Random(1).pick("a b c".split(" ")) != "")
    """
    assert run(compile_text("random", text), "normal").lines == ["true"]


def test_times_as_text() -> None:
    times = {0.0: "1970-01-01T00:00:00Z", 951782400.0: "2000-02-29T00:00:00Z", -1.0: "1969-12-31T23:59:59Z"}
    text = "\n".join(f"print(Clock.text({seconds}))" for seconds in times)
    assert run(compile_text("times", text), "normal").lines == list(times.values())


def test_streams_are_flushed_in_order() -> None:
    """What goes to the error stream comes behind what was printed before."""
    program = compile_text("order", 'print("a")\nwriteError("b\\n")\n')
    found = run(program, "normal")
    assert (found.lines, found.errors) == (["a"], "b\n")
