"""The commands of ``python -m tests.randomprograms``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from modes import MODES

from .campaign import State, carry_on
from .child import Child
from .oracle import Finding, modes_for
from .program import Generated, generate
from .shrinker import shrink


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command; 1 if something is wrong with a program."""
    parsed = _parser().parse_args(argv)
    return int({"run": run, "show": show, "judge": judge, "shrink": shrink_one}[parsed.command](parsed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("randomprograms", description="Random Mini programs, each run in many modes.")
    commands = parser.add_subparsers(dest="command", required=True)
    run_ = commands.add_parser("run", help="judge many programs, resumably")
    run_.add_argument("--state", type=Path, required=True, help="the file that says how far it has come")
    run_.add_argument("--first", type=int, default=0, help="the first seed")
    run_.add_argument("--count", type=int, default=100_000)
    run_.add_argument("--rotation", type=int, default=0, help="which modes come first")
    run_.add_argument("--modes", type=int, default=2, help="how many modes each program is run in")
    run_.add_argument("--usual", action="store_true", help="without the modes that only long runs have")
    run_.add_argument("--workers", type=int, default=2)
    commands.add_parser("show", help="print a program").add_argument("seed", type=int)
    one = commands.add_parser("judge", help="judge one program")
    one.add_argument("seed", type=int)
    one.add_argument("--all", action="store_true", help="in all modes")
    smaller = commands.add_parser("shrink", help="make a failing program small")
    smaller.add_argument("seed", type=int)
    smaller.add_argument("--seconds", type=int, default=300)
    smaller.add_argument("-o", "--output", type=Path, help="where to write it (standard output)")
    return parser


def run(parsed: argparse.Namespace) -> int:
    """Begin or go on with a campaign."""
    if parsed.state.exists():
        state = State.load(parsed.state)
    else:
        state = State(parsed.first, parsed.count, parsed.rotation, parsed.modes, not parsed.usual)
    told = set(state.findings)

    def report(state: State) -> None:
        state.save(parsed.state)
        for seed in state.findings.keys() - told:
            told.add(seed)
            found = state.findings[seed]
            print(f"seed {seed}: {found['kind']} {found['mode']}: {found['text'][:300]}", flush=True)
        print(f"{state.done} of {state.count}: {state.counts}", flush=True)

    carry_on(state, parsed.workers, report)
    return 1 if state.findings else 0


def show(parsed: argparse.Namespace) -> int:
    """Print a program."""
    print(generate(parsed.seed).text, end="")
    return 0


def judge(parsed: argparse.Namespace) -> int:
    """Judge one program."""
    names = [mode.name for mode in (MODES if parsed.all else modes_for(parsed.seed, long=True))]
    with Child() as child:
        finding = child.ask({"text": generate(parsed.seed).text, "modes": names})
    print(described(finding))
    return 0 if finding is None else 1


def described(finding: Finding | None) -> str:
    """A finding for people."""
    return "fine" if finding is None else f"{finding.kind} {finding.mode}: {finding.text}"


def shrink_one(parsed: argparse.Namespace) -> int:
    """Make a failing program small."""
    program = generate(parsed.seed)
    with Child() as child:
        found = first_finding(child, program)
        if found is None:
            print("nothing is wrong with it", file=sys.stderr)
            return 0
        print(described(found), file=sys.stderr)
        names = [found.mode] if found.mode else [mode.name for mode in MODES]

        def fails(candidate: Generated) -> bool:
            return found.is_like(child.ask({"text": candidate.text, "modes": names}))

        small = shrink(program, fails, parsed.seconds)
    text = f"// found by random programs, seed {parsed.seed}: {found.kind} {found.mode}\n{small.text}"
    if parsed.output:
        parsed.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 1


def first_finding(child: Child, program: Generated) -> Finding | None:
    """The finding, and for a crash the mode it happens in."""
    names = [mode.name for mode in MODES]
    found = child.ask({"text": program.text, "modes": names})
    if found is None or found.mode:
        return found
    for name in names:
        alone = child.ask({"text": program.text, "modes": [name]})
        if alone is not None and alone.kind == found.kind:
            return Finding(alone.kind, name, alone.text)
    return found
