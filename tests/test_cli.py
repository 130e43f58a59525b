"""The command line: what each command prints, where, and with which exit status."""

from __future__ import annotations

import io
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lang.cli import main
from lang.version import VERSION
from minivm.__main__ import main as machine_main

ROOT = Path(__file__).parent.parent
Capture = pytest.CaptureFixture[str]

HELLO = """\
class Greeter { fun greet(name: String): String { return "hello {name}" } }
for name in args() { print(Greeter().greet(name)) }
print("done")
"""
FAILING = "fun divide(a: int, b: int): int {\n    return a / b\n}\nprint(divide(1, 0))\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hello.mini").write_text(HELLO)
    (tmp_path / "failing.mini").write_text(FAILING)
    (tmp_path / "wrong.mini").write_text('let x: int = "a"\nlet y = balance\n')
    return tmp_path


def run(capsys: Capture, *argv: object) -> tuple[int, str, str]:
    status = main([str(word) for word in argv])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return status, out, err


# ── run ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_run_passes_arguments_even_those_that_look_like_options(folder: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "run", folder / "hello.mini", "ann", "--heap")
    assert (status, out, err) == (0, "hello ann\nhello --heap\ndone\n", "")


def test_an_uncaught_error_is_status_1_with_a_trace_and_source_lines(folder: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "run", folder / "failing.mini")
    assert (status, out) == (1, "")
    assert err == (
        "uncaught ArithmeticError: division by zero\n"
        "    at failing.divide (failing.mini:2)\n           return a / b\n"
        "    at failing.main (failing.mini:4)\n           print(divide(1, 0))\n"
    )


def test_a_program_that_does_not_compile_is_status_65_with_all_errors(folder: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "run", folder / "wrong.mini")
    assert (status, out) == (65, "")
    assert "error[E050]" in err and "--> wrong.mini:1:14" in err and "error[E020]" in err and "2 errors" in err


def test_the_program_chooses_its_status(folder: Path, capsys: Capture) -> None:
    (folder / "end.mini").write_text('print("a")\nexit(7)\nprint("b")\n')
    assert run(capsys, "run", folder / "end.mini") == (7, "a\n", "")


def test_a_fiber_that_dies_unseen_makes_the_status_1(folder: Path, capsys: Capture) -> None:
    (folder / "lost.mini").write_text('fun fail() { throw StateError("lost") }\nspawn fail()\nsleep(1)\nprint("end")\n')
    status, out, err = run(capsys, "run", folder / "lost.mini")
    assert (status, out) == (1, "end\n")
    assert "StateError: lost" in err


def test_a_deadlock_is_status_1_with_positions(folder: Path, capsys: Capture) -> None:
    (folder / "stuck.mini").write_text("let c = Channel<int>(1)\nprint(c.receive())\n")
    status, _, err = run(capsys, "run", folder / "stuck.mini")
    assert status == 1 and "deadlock" in err and "stuck.mini:2" in err


def test_a_small_heap_gives_a_mini_error(folder: Path, capsys: Capture) -> None:
    (folder / "big.mini").write_text("let all = List<Array<int>>()\nwhile true { all.add(Array<int>(10000)) }\n")
    status, _, err = run(capsys, "run", "--heap", "4M", folder / "big.mini")
    assert status == 1 and err.startswith("uncaught OutOfMemoryError")


def test_trace_and_stress_options(folder: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "run", "--trace", "load", "--gc-stress", folder / "hello.mini", "x")
    assert (status, out) == (0, "hello x\ndone\n")
    assert "Greeter" in err
    file = folder / "trace.txt"
    assert run(capsys, "run", "--trace", f"load={file}", folder / "hello.mini")[2] == ""
    assert "hello" in file.read_text()


def test_plugins_are_compiled_when_they_are_asked_for(folder: Path, capsys: Capture) -> None:
    (folder / "plugins.mini").write_text("class Good { fun f(): int { return 1 } }\n")
    (folder / "broken.mini").write_text("class Bad { fun f(): int { return true } }\n")
    text = (
        'print(VM.load("plugins.Good").create() != null)\nfor name in "broken.Bad nowhere.X plugins.Y".split(" ") {\n'
    )
    text += "    try { VM.load(name) } catch e: LinkError { print(e.message) }\n}\n"
    (folder / "host.mini").write_text(text)
    status, out, _ = run(capsys, "run", folder / "host.mini")
    assert status == 0
    assert "error[E0" in out and "broken.mini:1:" in out and "nowhere.X" in out and "plugins.Y" in out


# ── check, compile, dis ──────────────────────────────────────────────────────────────────────────────────────


def test_check_reports_every_file(folder: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "check", folder / "hello.mini", folder / "wrong.mini", folder / "failing.mini")
    assert status == 65
    assert "hello.mini: no errors" in out and "failing.mini: no errors" in out and "error[E050]" in err


def test_compiled_programs_run_without_the_language(folder: Path, capsys: Capture) -> None:
    status, out, _ = run(capsys, "compile", folder / "hello.mini", "-o", folder / "out")
    assert status == 0
    entry = folder / "out" / "hello.mclass"
    assert str(entry) in out
    code = (
        "import sys; sys.modules['lark'] = sys.modules['lang'] = None\n"
        f"from minivm.__main__ import main; sys.exit(main([{str(entry)!r}, 'bob']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello bob\ndone\n", "")
    assert run(capsys, "run", entry, "eve") == (0, "hello eve\ndone\n", "")


def test_a_compiled_program_may_redefine_itself_with_class_files(folder: Path, capsys: Capture) -> None:
    (folder / "v1.mini").write_text(
        'class A { fun f(): int { return 1 } }\nlet a = A()\nprint(a.f())\nprint(VM.redefine("class A \\{ \\}").code)\n'
        "print(VM.redefine(File.readBytes(args().get(0))).code)\nprint(a.f())\n"
    )
    (folder / "v2.mini").write_text("class A { fun f(): int { return 2 } }\n")
    main(["compile", str(folder / "v1.mini"), "-o", str(folder / "out")])
    main(["compile", str(folder / "v2.mini"), "-o", str(folder / "new")])
    capsys.readouterr()
    assert machine_main([str(folder / "out" / "v1.mclass"), str(folder / "new" / "A.mclass")]) == 0
    assert capsys.readouterr().out == "1\nR501\nA001\n2\n"


def test_dis_shows_classes_methods_and_types(folder: Path, capsys: Capture) -> None:
    status, out, _ = run(capsys, "dis", folder / "hello.mini")
    assert status == 0 and "class Greeter" in out and "concat" in out and "main(): void" in out
    status, out, _ = run(capsys, "dis", folder / "hello.mini", "Greeter.greet", "--types")
    assert status == 0 and "// [String, String]" in out and "synthetic init" not in out
    assert "class List<T>" in run(capsys, "dis", folder / "hello.mini", "List", "--types")[1]
    status, _, err = run(capsys, "dis", folder / "hello.mini", "Greter")
    assert status == 2 and "did you mean Greeter?" in err
    assert run(capsys, "dis", folder / "hello.mini", "Greeter.gret")[0] == 2


def test_dis_shows_verifier_faults_under_the_instruction(tmp_path: Path, capsys: Capture) -> None:
    from minivm.assembler import assemble
    from minivm.classpath import write_class_file

    text = "class Bad extends Object\n  static method f(): int\n    locals 0\n    fconst 1.0\n    ret\n"
    path = write_class_file(tmp_path, assemble(text))
    status, out, _ = run(capsys, "dis", path)
    lines = out.splitlines()
    fault = next(number for number, line in enumerate(lines) if "expected int, found float" in line)
    assert status == 0 and "^" in lines[fault] and "ret" in lines[fault - 1]


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "argv",
    [
        ["run"],
        ["run", "nowhere.mini"],
        ["run", "--heap", "lots", "x.mini"],
        ["run", "--heap", "0", "x.mini"],
        ["run", "--trace", "lod", "x.mini"],
        ["run", "--nothing", "x.mini"],
        ["check"],
        ["compile", "x.mini"],
        ["dis"],
        ["rnu", "x.mini"],
        ["x.mini"],
        ["--nothing"],
        [],
    ],
)
def test_usage_errors_are_status_2(argv: list[str], capsys: Capture) -> None:
    status, out, err = run(capsys, *argv)
    assert (status, out) == (2, "") and err


def test_unknown_commands_suggest_the_nearest(capsys: Capture) -> None:
    assert "did you mean `run`?" in run(capsys, "rnu")[2]
    assert "`minivm run x.mini`" in run(capsys, "x.mini")[2]


def test_files_that_are_no_text_or_no_class_file(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "bytes.mini").write_bytes(b"print(\xff\xfe)")
    (tmp_path / "bytes.mclass").write_bytes(b"\xff\xfe" * 50)
    (tmp_path / "folder.mini").mkdir()
    assert run(capsys, "run", tmp_path / "bytes.mini")[0] == 2
    assert run(capsys, "run", tmp_path / "folder.mini")[0] == 2
    status, _, err = run(capsys, "run", tmp_path / "bytes.mclass")
    assert status == 1 and "not a class file" in err
    assert machine_main([str(tmp_path / "bytes.mclass")]) == 1
    assert machine_main([str(tmp_path / "nowhere.mclass")]) == 2
    assert machine_main([]) == 2


def test_a_class_file_without_its_library_says_so(folder: Path, capsys: Capture) -> None:
    main(["compile", str(folder / "hello.mini"), "-o", str(folder / "out")])
    lonely = folder / "lonely"
    lonely.mkdir()
    (folder / "out" / "hello.mclass").rename(lonely / "hello.mclass")
    assert machine_main([str(lonely / "hello.mclass")]) == 1
    assert "is the library there?" in capsys.readouterr().err
    assert machine_main(["--class-path", str(folder / "out"), str(lonely / "hello.mclass"), "x"]) == 0
    assert capsys.readouterr().out == "hello x\ndone\n"


# ── version, help, repl ──────────────────────────────────────────────────────────────────────────────────────


def test_the_version_says_whether_there_is_a_native_tier(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minivm.native.presence.find_spec", lambda name: object())
    assert run(capsys, "--version")[1] == f"minivm {VERSION} (native code through llvmlite)\n"
    monkeypatch.setattr("minivm.native.presence.find_spec", lambda name: None)
    assert run(capsys, "--version")[1] == f"minivm {VERSION} (interpreter only: llvmlite is not installed)\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_help_and_version_load_neither_the_parser_nor_the_machine() -> None:
    code = (
        "import sys; from lang.cli import main; main(['--version']); main(['--help']); main(['run', '--help'])\n"
        "assert not {'lark', 'minivm.machine', 'lang.syntax', 'lang.nodes', 'lang.typed'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "repl" in done.stdout


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_the_repl_reads_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    piped(monkeypatch, "fun f(): int {\n  return 41\n}\n\nf() + 1\nlet x = y\n:nothing\nf()\n")
    status, out, err = run(capsys, "repl")
    assert (status, out) == (0, "fun f(): int\n42\n41\n")
    assert "error[E020]" in err and "<repl>:5:9" in err and ":nothing" in err


def test_a_strict_repl_ends_at_the_first_error(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    piped(monkeypatch, "1\n1 / 0\n2\n")
    assert run(capsys, "repl", "--strict")[:2] == (1, "1\n")


def test_an_unfinished_entry_at_the_end_of_input_is_diagnosed(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    piped(monkeypatch, "class A {\n")
    status, _, err = run(capsys, "repl")
    assert status == 0 and "error[E0" in err


def test_a_program_in_a_piped_repl_reads_the_next_lines(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    piped(monkeypatch, "let line = readLine()\nthe line\nline\n:quit\n1\n")
    assert run(capsys, "repl") == (0, '"the line"\n', "")


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────


def start(*argv: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "lang.cli", *map(str, argv)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_ctrl_c_interrupts_the_program_and_runs_its_finally_blocks(tmp_path: Path) -> None:
    (tmp_path / "loop.mini").write_text('try {\n    print("on")\n    while true { }\n} finally { print("tidy") }\n')
    process = start("run", tmp_path / "loop.mini")
    assert process.stdout is not None and process.stdout.readline() == "on\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "tidy\n")
    assert err.startswith("interrupted\n    fiber 1   running   loop.main   loop.mini:3")


def test_a_closed_pipe_ends_the_program_in_silence(tmp_path: Path) -> None:
    (tmp_path / "yes.mini").write_text('while true { print("y") }\n')
    process = start("run", tmp_path / "yes.mini")
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() == "y\n"
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_the_repl_at_a_terminal_prompts_and_runs_fibers_meanwhile() -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    command = [sys.executable, "-m", "lang.cli", "repl"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    seen = ""
    text = 'fun tick() { sleep(50); print("tick" + "tock") }\rspawn tick()\r'
    steps = [("mini>", "20 + 22\r"), ("42", text), ("ticktock", ""), ("mini>", "\x04")]
    for awaited, typed in steps:
        while awaited not in seen:
            assert select.select([ours], [], [], 60)[0], seen
            seen += os.read(ours, 65536).decode()
        seen = seen.partition(awaited)[2]
        os.write(ours, typed.encode())
    assert process.wait(timeout=60) == 0
    os.close(ours)
