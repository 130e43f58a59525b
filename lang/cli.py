"""The ``minivm`` command: its subcommands and options. Nothing heavy is imported before it is needed.

Exit status: 0 fine, 1 uncaught Mini error, 2 usage, 65 the source does not compile, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lang.version import version_text

if TYPE_CHECKING:
    import argparse

    from lang.diagnostics import CompileError

NOT_A_PROGRAM = 65
USAGE = 2

_EPILOG = """\
minivm run shop.mini            compile and run a program
minivm repl                     try things; `:help` in it shows the commands
minivm demo                     a service whose classes change while it runs
minivm learn 1                  the first of ten lessons on loading and redefining classes
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status. Never raises for anything a user can do."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in (["--version"], ["-V"]):
        print(version_text())
        return 0
    wrong = _wrong_command(arguments)
    if wrong:
        print(wrong, file=sys.stderr)
        return USAGE
    try:
        parsed = _parser().parse_args(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    if parsed.command is None:
        _parser().print_help(sys.stderr)
        return USAGE
    return _run(parsed)


def _run(parsed: argparse.Namespace) -> int:
    from lang.diagnostics import CompileError
    from minivm.runner import guarded

    def command() -> int:
        try:
            return int(_COMMANDS[parsed.command](parsed))
        except CompileError as error:
            show(error, parsed)
            return NOT_A_PROGRAM
        except ModuleNotFoundError as error:
            print(
                f"minivm: the Python package {error.name} is missing; `pip install minivm` brings it", file=sys.stderr
            )
            return USAGE

    return guarded(command)


def show(error: CompileError, parsed: argparse.Namespace) -> None:
    """Print diagnostics to stderr, in colour if somebody looks."""
    from lang.diagnostics import render

    sys.stdout.flush()
    color = wants_color(parsed)
    print("\n\n".join(render(diagnostic, color) for diagnostic in error.diagnostics), file=sys.stderr)
    count = len(error.diagnostics)
    print(f"\n{count} error{'' if count == 1 else 's'}", file=sys.stderr)


def wants_color(parsed: argparse.Namespace) -> bool:
    """Whether stderr is a terminal and nobody has asked for plain text."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and not parsed.no_color


# ── the command line ─────────────────────────────────────────────────────────────────────────────────────────


def _parser() -> argparse.ArgumentParser:
    import argparse

    from minivm.options import add_machine_options

    plain = argparse.ArgumentParser(add_help=False)
    plain.add_argument("--no-color", action="store_true", help="no colours in diagnostics")
    machine = argparse.ArgumentParser(add_help=False, parents=[plain])
    add_machine_options(machine)
    parser = argparse.ArgumentParser(
        "minivm",
        description="Mini, a small language whose programs can be changed while they run.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", "-V", action="version", version=version_text())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def add(name: str, text: str, parent: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[parent], allow_abbrev=False)

    _add_file(add("run", "run a program: a .mini source or a .mclass file", machine), arguments=True)
    add("check", "report what is wrong with some sources", plain).add_argument("files", nargs="+", type=Path)
    compile_ = _add_file(add("compile", "write a program's class files", plain))
    compile_.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="the folder to write to")
    compile_.add_argument("--module", action="store_true", help="FILE is a module to be loaded at run time")
    dis = _add_file(add("dis", "show the code of a program or class file", plain))
    dis.add_argument("wanted", nargs="?", default="", metavar="CLASS[.METHOD]", help="only this class or method")
    dis.add_argument("--types", action="store_true", help="the stack's types before each instruction")
    repl = add("repl", "enter programs line by line, and redefine their classes", machine)
    repl.add_argument("--strict", action="store_true", help="end at the first error (for scripts on standard input)")
    add("demo", "watch a running service being changed", plain)
    learn = add("learn", "lessons on loading and redefining classes", plain)
    learn.add_argument("lesson", nargs="?", type=int, metavar="N", help="the lesson to play; without it, a list")
    learn.add_argument("--folder", metavar="DIR", type=Path, help="keep the lesson's files here")
    return parser


def _add_file(parser: argparse.ArgumentParser, *, arguments: bool = False) -> argparse.ArgumentParser:
    import argparse

    parser.add_argument("file", type=Path, metavar="FILE")
    if arguments:
        parser.add_argument("args", nargs=argparse.REMAINDER, help="arguments for the program")
    return parser


def _wrong_command(arguments: Sequence[str]) -> str:
    """What to say of a first word that is no command; "" if it is one."""
    word = arguments[0] if arguments else "-"
    if word.startswith("-") or word in _COMMANDS:
        return ""
    if word.endswith((".mini", ".mclass")):
        return f"minivm: to run a program, write `minivm run {word}`"
    from lang.diagnostics import nearest

    close = nearest(word, _COMMANDS)
    hint = f"did you mean `{close}`?" if close else f"there are {', '.join(_COMMANDS)}"
    return f"minivm: no command `{word}`; {hint}"


# ── the commands ─────────────────────────────────────────────────────────────────────────────────────────────


def _run_command(parsed: argparse.Namespace) -> int:
    from lang.commands.run import run
    from minivm.options import machine_options

    return run(parsed.file, machine_options(parsed))


def _check_command(parsed: argparse.Namespace) -> int:
    from lang.commands.check import check

    return check(parsed.files, lambda error: show(error, parsed))


def _compile_command(parsed: argparse.Namespace) -> int:
    from lang.commands.compile import compile_

    return compile_(parsed.file, parsed.output, module=parsed.module)


def _dis_command(parsed: argparse.Namespace) -> int:
    from lang.commands.dis import dis

    return dis(parsed.file, parsed.wanted, types=parsed.types)


def _repl_command(parsed: argparse.Namespace) -> int:
    from lang.repl.loop import repl
    from minivm.options import machine_options

    return repl(machine_options(parsed), strict=parsed.strict, color=wants_color(parsed))


def _demo_command(parsed: argparse.Namespace) -> int:
    from lang.demonstration import demonstrate

    return demonstrate()


def _learn_command(parsed: argparse.Namespace) -> int:
    from lang.commands.learn import learn

    return learn(parsed.lesson, parsed.folder)


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": _run_command,
    "check": _check_command,
    "compile": _compile_command,
    "dis": _dis_command,
    "repl": _repl_command,
    "demo": _demo_command,
    "learn": _learn_command,
}


if __name__ == "__main__":
    sys.exit(main())
