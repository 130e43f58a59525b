"""``:step``: an entry executed bytecode by bytecode or line by line, and how each step is shown.

Counter.bump   <repl>:1
  | fun bump(): int { n += 1; return n }
    3  iadd
       stack   1, 1  ->  2
       locals  this = Counter(n: 1)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import define

from lang.repl.entries import Prepared, Stopped, failure, prepare, start, stop
from lang.repl.reply import Reply, error_reply
from lang.repl.tables import wrapped
from lang.repl.workspace import Workspace, plain
from lang.source import Source
from minivm.errors import Deadlock, GuestError
from minivm.interpreter import Interrupted
from minivm.stepper import Outcome, Slot, Spot, Step, Stepper

MOST = 200  # steps shown where nobody can be asked whether to go on
_KEYS = "Enter: one bytecode   l: line   i: into   o: out   c: to the end   q: give up"
_VALUE = 48  # characters of a value on the stack or in a variable
_INDENT = " " * 8


@define
class Stepping:
    """An entry that is being stepped through; ``place`` is the method and line last announced."""

    prepared: Prepared
    stepper: Stepper
    place: tuple[str, int, int] = ("", 0, 0)


def begin(workspace: Workspace, source: Source) -> Reply:
    """Stop before the entry's first instruction; where nobody can be asked, step through all of it."""
    prepared = prepare(workspace, source)
    if isinstance(prepared, Reply):
        return prepared
    if not prepared.program.statements:
        return prepared.finish(workspace)
    try:
        number = start(workspace.machine, prepared.module)
    except Stopped as why:
        return prepared.abandon(workspace, str(why))
    stepper = Stepper(workspace.machine, number, lambda vm, type_, word: workspace.echo.still(type_, word, _VALUE))
    stepping = workspace.stepping = Stepping(prepared, stepper)
    if not workspace.settings.interactive:
        return _all(workspace, stepping)
    spot = stepper.where()
    rows = [*prepared.shown, *wrapped(_KEYS, workspace.width), *(_spot(workspace, stepping, spot) if spot else ())]
    return Reply("\n".join(rows))


def go_on(workspace: Workspace, text: str) -> Reply:
    """Carry out what is typed while an entry is stepped through."""
    stepping = workspace.stepping
    assert stepping is not None
    word = text.strip()
    if word in ("q", "quit"):
        workspace.stepping = None
        stepping.stepper.close()
        return stepping.prepared.abandon(workspace, stop(workspace.machine, "stopped"))
    if word in ("c", "continue"):
        return _guarded(workspace, stepping, lambda: _to_the_end(workspace, stepping))
    stepper = stepping.stepper
    acts: dict[str, Callable[[], Step | None]] = {
        "": stepper.step,
        "s": stepper.step,
        "l": stepper.step_line,
        "i": lambda: stepper.step_line(into=True),
        "o": stepper.step_out,
    }
    act = acts.get(word)
    if act is None:
        return error_reply(f"an entry is being stepped through; {_KEYS}; commands begin with `:`")
    return _guarded(workspace, stepping, lambda: _one(workspace, stepping, act))


def _guarded(workspace: Workspace, stepping: Stepping, act: Callable[[], Reply]) -> Reply:
    """Do it; an interrupt leaves the entry where it is, a deadlock ends it."""
    try:
        return act()
    except Interrupted:
        spot = stepping.stepper.where()
        rows = ["interrupted", *(_spot(workspace, stepping, spot) if spot else ())]
        return Reply("\n".join(rows), failed=True)
    except Deadlock as error:
        workspace.stepping = None
        stepping.stepper.close()
        return stepping.prepared.abandon(workspace, stop(workspace.machine, str(error)))


def _one(workspace: Workspace, stepping: Stepping, act: Callable[[], Step | None]) -> Reply:
    step = act()
    if step is None or step.after is None:
        return _ended(workspace, stepping, list(_step(workspace, stepping, step)) if step else [])
    rows = [*_step(workspace, stepping, step), *_spot(workspace, stepping, step.after)]
    return Reply("\n".join(rows))


def _to_the_end(workspace: Workspace, stepping: Stepping) -> Reply:
    stepping.stepper.run()
    return _ended(workspace, stepping, [])


def _all(workspace: Workspace, stepping: Stepping) -> Reply:
    rows = list(stepping.prepared.shown)
    stepping.prepared.shown.clear()
    try:
        for _ in range(MOST):
            step = stepping.stepper.step()
            if step is None:
                break
            rows += _step(workspace, stepping, step)
        else:
            if not stepping.stepper.ended:
                rows.append(f"… the first {MOST} steps; the rest runs on")
                stepping.stepper.run()
    except Interrupted:
        return _broken_off(workspace, stepping, rows, "interrupted")
    except Deadlock as error:
        return _broken_off(workspace, stepping, rows, str(error))
    return _ended(workspace, stepping, rows)


def _broken_off(workspace: Workspace, stepping: Stepping, rows: list[str], why: str) -> Reply:
    workspace.stepping = None
    stepping.stepper.close()
    return stepping.prepared.abandon(workspace, "\n".join((*rows, stop(workspace.machine, why))))


def _ended(workspace: Workspace, stepping: Stepping, rows: list[str]) -> Reply:
    """The entry has come to its end, one way or the other."""
    workspace.stepping = None
    stepper, prepared, machine = stepping.stepper, stepping.prepared, workspace.machine
    word, error = machine.vm.result, stepper.error
    stepper.close()
    if error:
        return prepared.abandon(workspace, "\n".join((*rows, failure(workspace, machine.guest_error(error)))))
    prepared.shown = [*rows, *prepared.shown]
    try:
        value = workspace.echo.text(prepared.result(machine), word, workspace.width)
    except GuestError as problem:
        return prepared.abandon(workspace, failure(workspace, problem))
    if value:
        prepared.shown.append(value)
    return prepared.finish(workspace)


# ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────


def _heading(workspace: Workspace, stepping: Stepping, spot: Spot) -> Iterator[str]:
    """The method and the line, if they are others than last time."""
    place = spot.method, spot.line, spot.depth
    if place == stepping.place:
        return
    stepping.place = place
    yield from wrapped(f"{plain(spot.method)}   {spot.source}:{spot.line}", workspace.width, "", "    ")
    text = workspace.line(spot.source, spot.line)
    if text and text.strip():
        yield from wrapped(text.strip(), workspace.width, "  | ", "  | ")


def _spot(workspace: Workspace, stepping: Stepping, spot: Spot) -> Iterator[str]:
    """Where the entry stands: the instruction that comes next, and what it will find."""
    yield from _heading(workspace, stepping, spot)
    yield from wrapped(plain(spot.instruction), workspace.width, f"next {spot.pc:>4}  ", _INDENT + "   ")
    if not workspace.settings.interactive:
        return
    yield from _facts(workspace, "stack", _texts(spot.stack) or "empty")
    yield from _facts(workspace, "locals", ", ".join(f"{s.name} = {s.text}" for s in spot.locals))


def _step(workspace: Workspace, stepping: Stepping, step: Step) -> Iterator[str]:
    """A step that was made: the instruction, and stack and locals before and after."""
    before, after = step.before, step.after
    yield from _heading(workspace, stepping, before)
    many = f"   … {step.instructions:,} instructions" if step.instructions > 1 else ""
    yield from wrapped(plain(before.instruction) + many, workspace.width, f"     {before.pc:>4}  ", _INDENT + "   ")
    same_frame = after is not None and after.depth == before.depth and after.method == before.method
    stack = _texts(before.stack) or "empty"
    if after is not None and same_frame:
        left = _texts(after.stack) or "empty"
        stack = f"{stack}  ->  {left}"
    yield from _facts(workspace, "stack", stack)
    yield from _facts(workspace, "locals", ", ".join(_locals(before, after if same_frame else None)))
    yield from _facts(workspace, "", _outcome(step))


def _facts(workspace: Workspace, title: str, text: str) -> Iterator[str]:
    if text:
        lead = f"{_INDENT}   {title:<8}" if title else f"{_INDENT}   "
        yield from wrapped(text, workspace.width, lead, " " * len(lead))


def _texts(slots: tuple[Slot, ...]) -> str:
    return ", ".join(slot.text for slot in slots)


def _locals(before: Spot, after: Spot | None) -> Iterator[str]:
    """The variables, each with its new value where that changed."""
    now = {slot.name: slot.text for slot in after.locals} if after else {}
    for slot in before.locals:
        changed = after is not None and now.get(slot.name, slot.text) != slot.text
        yield f"{slot.name} = {slot.text}" + (f" -> {now[slot.name]}" if changed else "")
    known = {slot.name for slot in before.locals}
    if after:
        yield from (f"{slot.name} = {slot.text} (new)" for slot in after.locals if slot.name not in known)


def _outcome(step: Step) -> str:
    detail = plain(step.detail)
    return {
        Outcome.CALLED: f"calls {detail}",
        Outcome.INITIALISES: f"initialises {detail} first",
        Outcome.RETURNED: f"returns from {detail}",
        Outcome.THREW: f"throws {detail}",
        Outcome.WAITS: "waits, and the others run",
        Outcome.ENDED: "ends",
        Outcome.FAILED: f"ends with {detail}",
    }.get(step.outcome, "")
