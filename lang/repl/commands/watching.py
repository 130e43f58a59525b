"""Commands that show what runs and what there is: ``:fibers``, ``:frames``, ``:heap``, ``:gc``."""

from __future__ import annotations

from collections.abc import Iterator

from lang.repl.command import CLASS, command, takes_nothing
from lang.repl.commands.lookup import class_file, loaded, path_of
from lang.repl.reply import Reply
from lang.repl.tables import table, wrapped
from lang.repl.workspace import Workspace, plain
from minivm.classes import RuntimeClass
from minivm.collector import object_words
from minivm.errors import UsageError
from minivm.frames import Frame
from minivm.kernels.fibers import State
from minivm.layouts import STACK_CLASS
from minivm.memory import SHAPE_MASK, STATICS_BIT, WORD
from minivm.redefine.record import counted
from minivm.redefine.survey import Survey
from minivm.variables import variables

_TOP = 15  # classes listed by :heap
_SHOWN = 20  # instances listed by :heap NAME
_FRAMES = 40  # of one fiber; a deep recursion is cut in the middle


@command("fibers", summary="the fibers that have not ended, and where they are", examples=(":fibers",))
def fibers(workspace: Workspace, rest: str) -> Reply:
    """List every fiber with its number, its state, and the place in the program where it stands."""
    takes_nothing("fibers", rest)
    scheduler = workspace.machine.scheduler
    rows = [tuple(plain(scheduler.where(fiber)).split("   ")) for fiber in scheduler.live()]
    return Reply("\n".join(table(rows, workspace.width)) or "no fibers")


@command(
    "frames",
    "[FIBER]",
    summary="every frame of every fiber, with lines and variables",
    examples=(":frames", ":frames 2"),
)
def frames(workspace: Workspace, rest: str) -> Reply:
    """Show the frames of every fiber, or of the one with that number, newest first: the method, the line, and the
    variables in scope with their values. Nothing of the program runs for that.
    """
    scheduler = workspace.machine.scheduler
    wanted = [f for f in scheduler.live() if not rest or str(scheduler.get(f, "id")) == rest]
    if not wanted:
        return Reply(f"there is no fiber {rest}; see `:fibers`" if rest else "no fibers", failed=bool(rest))
    rows: list[str] = []
    for fiber in wanted:
        state = State(scheduler.get(fiber, "state")).name.lower()
        rows.append(f"fiber {scheduler.get(fiber, 'id')}   {state}")
        rows += _frames(workspace, list(scheduler.frames(fiber)))
    return Reply("\n".join(rows))


def _frames(workspace: Workspace, found: list[Frame]) -> Iterator[str]:
    half = _FRAMES // 2
    cut = len(found) > _FRAMES
    for number, frame in enumerate(found):
        if cut and half <= number < len(found) - half:
            if number == half:
                yield f"  … {len(found) - 2 * half:,} frames more"
            continue
        source = frame.method.owner.file.source
        text = workspace.line(source, frame.line)
        place = f"{source}:{frame.line}"
        yield from wrapped(f"{plain(str(frame.method))}   {place}", workspace.width, "  ", "    ")
        if text and text.strip():
            yield from wrapped(text.strip(), workspace.width, "      | ", "      | ")
        yield from _variables(workspace, frame)


def _variables(workspace: Workspace, frame: Frame) -> Iterator[str]:
    words = workspace.machine.memory.words
    for variable in variables(frame):
        value = workspace.echo.still(variable.type, words[variable.at])
        yield from wrapped(f"{variable.name} = {value}", workspace.width, "      ", "        ")


# ── the heap ─────────────────────────────────────────────────────────────────────────────────────────────────


@command(
    "heap",
    "[NAME] [--svg FILE]",
    summary="what is in memory: instances and words of every class, or of one",
    examples=(":heap", ":heap Counter", ":heap --svg heap.svg"),
    completes=CLASS,
)
def heap(workspace: Workspace, rest: str) -> Reply:
    """Count what is alive: how many instances each class has, and how many 8-byte words they take. With a class's name,
    its instances are shown one by one, each with the word where it lies. With `--svg`, objects and their references
    are drawn into a file as boxes and arrows.

    The digest is a hash over everything alive: two equal digests mean that nothing has changed in between.
    """
    before, drawn, after = rest.partition("--svg")
    if drawn:
        return _draw(workspace, before.strip(), after.strip())
    return Reply("\n".join(_instances(workspace, rest) if rest else _overview(workspace)))


def _draw(workspace: Workspace, name: str, file: str) -> Reply:
    from minivm.drawing import draw_heap  # seldom wanted, and not small

    if not file:
        raise UsageError("`:heap --svg` takes the name of the file to draw into")
    of = class_file(workspace, name).name if name else ""
    return Reply(draw_heap(workspace.machine, path_of(workspace, file), of=of))


def _overview(workspace: Workspace) -> Iterator[str]:
    machine = workspace.machine
    memory = machine.memory
    with workspace.interrupts.breakable():
        rows, objects, words = _census(workspace)
        digest = machine.digest()
    yield from wrapped(f"{counted(objects, 'object')}, {counted(words, 'word')} ({size(words)}) alive", workspace.width)
    yield from wrapped(f"{size(memory.used)} in use, garbage included, of {size(memory.cap)}", workspace.width)
    yield f"digest {digest}"
    shown = [("instances", "words", "class"), *((f"{n:,}", f"{w:,}", name) for name, n, w in rows[:_TOP])]
    yield ""
    yield from table([(n.rjust(9), w.rjust(9), name) for n, w, name in shown], workspace.width)
    if len(rows) > _TOP:
        yield f"… and {len(rows) - _TOP} classes more"


def _census(workspace: Workspace) -> tuple[list[tuple[str, int, int]], int, int]:
    """Name, instances and words of each class, the largest first; objects and words in all."""
    machine = workspace.machine
    found: dict[int, list[int]] = {}
    for ref in Survey(machine.vm).objects():
        low = machine.memory.words[ref] & SHAPE_MASK
        entry = found.setdefault(low, [0, 0])
        entry[0] += 1
        entry[1] += object_words(machine.memory.words, ref, machine.linker.layouts[low])
    rows = [
        (_kind_name(workspace, low), count, words) for low, (count, words) in found.items() if not low & STATICS_BIT
    ]
    rows.sort(key=lambda row: (-row[2], row[0]))
    return rows, sum(e[0] for e in found.values()), sum(e[1] for e in found.values())


def _kind_name(workspace: Workspace, low: int) -> str:
    if low == STACK_CLASS:
        return "(stacks of fibers)"
    cls = workspace.machine.registry.classes[low]
    return cls.name if cls is not None else "?"


def _instances(workspace: Workspace, name: str) -> Iterator[str]:
    classes = loaded(workspace, name)
    machine = workspace.machine
    with workspace.interrupts.breakable():
        ids = {cls.id for cls in classes}
        found = [ref for ref in Survey(machine.vm).objects() if machine.memory.words[ref] & SHAPE_MASK in ids]
    words = sum(
        object_words(machine.memory.words, r, machine.linker.layouts[machine.memory.words[r] & SHAPE_MASK])
        for r in found
    )
    yield f"{counted(len(found), 'instance')} of {_named(classes, name)}, {counted(words, 'word')} ({size(words)})"
    for ref in sorted(found)[:_SHOWN]:
        cls = machine.registry.classes[machine.heap.class_id(ref)]
        assert cls is not None
        yield from wrapped(workspace.echo.still(cls.type, ref), workspace.width, f"{ref:>9}  ", " " * 11)
    if len(found) > _SHOWN:
        yield f"          … {len(found) - _SHOWN:,} more"


def _named(classes: list[RuntimeClass], name: str) -> str:
    return classes[0].name if len(classes) == 1 else name


@command("gc", summary="collect garbage now", examples=(":gc",))
def gc(workspace: Workspace, rest: str) -> Reply:
    """Copy everything alive to the other half of memory, and tell what that freed."""
    takes_nothing("gc", rest)
    machine = workspace.machine
    before = machine.memory.used
    machine.collect()
    after = machine.memory.used
    return Reply(f"{size(max(before - after, 0))} freed, {size(after)} in use")


def size(words: int) -> str:
    """Words as KiB or MiB."""
    count = words * WORD
    return f"{count / (1 << 20):.1f} MiB" if count >= 1 << 20 else f"{count / 1024:.1f} KiB"
