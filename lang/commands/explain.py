"""``minivm explain CODE``: what the code of an error or refusal means, shown by an example."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap

from lang.arguments import add_json, width
from lang.color import wants_color
from lang.diagnostics import nearest
from lang.explanations import Block, Explanation, explanation, titles
from minivm.errors import UsageError

EXAMPLES = """
minivm explain E050           what error[E050] means, a program that gets it, and one that does not
minivm explain R201 --run     try the example here and now, and show what is said
minivm explain                every code there is, with its title
minivm explain E050 --example > wrong.mini    the wrong program alone, to try things with
"""
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[36m", "\x1b[0m"


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_json(parser)
    parser.add_argument("--run", action="store_true", help="also try the example, and show what is said")
    parser.add_argument("--example", action="store_true", help="print the example and nothing else")
    parser.add_argument("code", nargs="?", default="", metavar="CODE", help="such as E050, R101 or error[E050]")


def execute(parsed: argparse.Namespace) -> int:
    """Explain one code, or list them all.

    Raises:
        UsageError: there is no such code.
    """
    if not parsed.code:
        _list(as_json=parsed.json)
        return 0
    found = _find(parsed.code)
    color = wants_color(sys.stdout, parsed.color)
    if parsed.json:
        print(json.dumps(as_record(found), ensure_ascii=False, indent=2))
    elif parsed.example:
        wrong = found.block("wrong")
        print(wrong.text if wrong else "", end="")
    else:
        print(as_text(found, color))
        if parsed.run:
            _try(found, color)
    return 0


def _list(*, as_json: bool) -> None:
    if as_json:
        print(json.dumps(titles(), ensure_ascii=False, indent=2))
    else:
        print("\n".join(f"{code}  {title}" for code, title in titles().items()))


def _find(word: str) -> Explanation:
    code = word.strip("[]").rpartition("[")[2].upper()
    known = titles()
    if code not in known:
        close = nearest(code, known)
        hint = f"did you mean {close}?" if close else "`minivm explain` lists them all"
        raise UsageError(f"there is no code `{word}`; {hint}")
    return explanation(code)


def as_text(found: Explanation, color: bool) -> str:
    """The explanation for people."""
    bold, dim, plain = (_BOLD, _DIM, _PLAIN) if color else ("", "", "")
    parts = [f"{bold}{found.code}  {found.title}{plain}"]
    for part in found.parts:
        if isinstance(part, str):
            parts.append(textwrap.fill(" ".join(part.split()), width(), break_on_hyphens=False))
        else:
            lines = (f"    {dim}{line}{plain}" if line else "" for line in shown(part))
            parts.append("\n".join((_heading(part), *lines)))
    return "\n\n".join(parts)


def _heading(block: Block) -> str:
    kind, _, name = block.role.partition("=")
    headings = {
        "wrong": "For example:",
        "right": "Instead:",
        "file": f"With {name}:",
        "compiled": f"With {name}, compiled:",
    }
    return headings[kind]


def shown(block: Block) -> list[str]:
    """The lines of a block, the overlong ones in part."""
    room = max(width() - 4, 40)
    prompt = "mini> " if block.language == "session" else ""
    lines = [prompt + line for line in block.text.splitlines()]
    if block.role.partition("=")[0] == "wrong" and block.language == "mini":
        return [line if len(line) <= room else line[: room - 1] + "…" for line in lines]
    return lines


def _try(found: Explanation, color: bool) -> None:
    from lang.explanations.trial import trials

    for block, trial in trials(found, color):
        print(f"\n{_heading(block)[:-1]}, tried here:\n\n{trial.text}" if block.role == "wrong" else f"\n{trial.text}")


def as_record(found: Explanation) -> dict[str, object]:
    """The explanation as plain data."""
    text = "\n\n".join(part for part in found.parts if isinstance(part, str))
    blocks = [part for part in found.parts if isinstance(part, Block)]
    rows = [{"language": block.language, "role": block.role, "text": block.text} for block in blocks]
    return {"code": found.code, "title": found.title, "text": text, "examples": rows}
