"""``minivm cache``: what is kept between runs, where, how much it is, and how to be rid of it."""

from __future__ import annotations

import argparse
import json
import os

from lang.arguments import add_json
from minivm.cachedir import CHOICE, DEFAULT_CAP, OFF, CacheFolder, cache_root
from minivm.errors import UsageError

EXAMPLES = """
minivm cache               what is kept, and how much it is
minivm cache where         the folder, and nothing else: for scripts
minivm cache clear         remove it all; the next start takes longer
MINIVM_CACHE=/tmp/m minivm run shop.mini    keep it elsewhere; MINIVM_CACHE=off keeps nothing
"""
ACTIONS = ("show", "where", "clear")
KINDS = {
    "classes": "compiled classes of programs and of the library",
    "grammar": "the parser's table",
    "native": "machine code",
}


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_json(parser)
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="show", help="what to do (%(default)s)")


def execute(parsed: argparse.Namespace) -> int:
    """Show, tell where, or clear.

    Raises:
        UsageError: a cache is wanted, and there is none.
    """
    root = cache_root()
    if root is None:
        raise UsageError(f"nothing is kept: {CHOICE} is `{OFF}`")
    if parsed.action == "where":
        print(json.dumps({"folder": root}) if parsed.json else root)
    elif parsed.action == "clear":
        _clear(root, as_json=parsed.json)
    else:
        _show(root, as_json=parsed.json)
    return 0


def names(root: str) -> list[str]:
    """What is kept, by name: the known kinds, and whatever else is there."""
    try:
        there = [entry.name for entry in os.scandir(root) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        there = []
    return [*KINDS, *sorted(set(there) - set(KINDS))]


def _show(root: str, *, as_json: bool) -> None:
    usages = {name: CacheFolder(name).usage() for name in names(root)}
    if as_json:
        kinds = {name: {"entries": usage.entries, "bytes": usage.bytes} for name, usage in usages.items()}
        print(json.dumps({"folder": root, "cap": DEFAULT_CAP, "kinds": kinds}, ensure_ascii=False, indent=2))
        return
    print(root)
    for name, usage in usages.items():
        entries = f"{usage.entries:,} entr{'y' if usage.entries == 1 else 'ies'}"
        print(f"  {name:<9}{size(usage.bytes):>9}  {entries:>14}   {KINDS.get(name, '')}".rstrip())


def _clear(root: str, *, as_json: bool) -> None:
    gone = [CacheFolder(name).clear() for name in names(root)]
    entries, count = sum(usage.entries for usage in gone), sum(usage.bytes for usage in gone)
    if as_json:
        print(json.dumps({"folder": root, "entries": entries, "bytes": count}))
    else:
        print(f"removed {entries:,} entr{'y' if entries == 1 else 'ies'}, {size(count)}, from {root}")


def size(count: int) -> str:
    """Bytes for people: ``712 bytes``, ``73.0 KiB``, ``1.4 MiB``."""
    if count < 1 << 10:
        return f"{count} byte{'' if count == 1 else 's'}"
    return f"{count / (1 << 10):.1f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"
