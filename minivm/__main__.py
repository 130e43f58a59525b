"""``python -m minivm X.mclass``: the machine by itself. No language is needed, or looked for.

The program's classes are looked for beside X.mclass and then in the folders of --class-path; the library's classes
(the boot loader's) in the ``std`` folder of any of these, as ``minivm compile`` writes it, or else beside the program.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from minivm.classpath import ChainFinder, DirectoryFinder, read_program
from minivm.errors import LinkError
from minivm.guard import guarded
from minivm.inspection import inspect
from minivm.loader import Finder
from minivm.options import add_machine_options, machine_options
from minivm.runner import make_machine, run_program

LIBRARY = "std"  # the folder beside a program that holds the library's class files


def main(argv: Sequence[str] | None = None) -> int:
    """Run or show a class file; returns the exit status (0, 1 uncaught or unfit code, 2 usage, 130 interrupted)."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as end:
        return int(end.code or 0)
    return guarded(lambda: _command(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m minivm", description="Run a compiled Mini program.", allow_abbrev=False)
    parser.add_argument("--class-path", metavar="DIR", action="append", default=[], help="look for classes here too")
    parser.add_argument("--dis", action="store_true", help="show the class instead of running it")
    parser.add_argument("--types", action="store_true", help="with --dis: the stack's types at each instruction")
    add_machine_options(parser)
    parser.add_argument("file", metavar="X.mclass", type=Path, help="the program's module class")
    parser.add_argument("args", nargs=argparse.REMAINDER, help="arguments for the program")
    return parser


def _command(arguments: argparse.Namespace) -> int:
    file = read_program(arguments.file)
    boot, program = finders([arguments.file.parent, *map(Path, arguments.class_path)])
    if arguments.dis:
        sys.stdout.write(inspect(file, boot, program, types=arguments.types))
        return 0
    options = machine_options(arguments)
    try:
        machine = make_machine(boot, program, options)
    except LinkError as error:
        raise LinkError(f"{error}\n  is the library there? `minivm compile` writes it beside the program") from error
    return run_program(machine, file.name)


def finders(folders: Sequence[Path]) -> tuple[Finder, Finder]:
    """Where the boot loader and the app loader look, for these folders."""
    libraries = [folder / LIBRARY for folder in folders if (folder / LIBRARY).is_dir()]
    boot = ChainFinder([DirectoryFinder(folder) for folder in libraries or folders])
    return boot, ChainFinder([DirectoryFinder(folder) for folder in folders])


if __name__ == "__main__":
    sys.exit(main())
