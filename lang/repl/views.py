"""What a session can show of its machine, as text: classes, fibers, frames, the heap, differences."""

from __future__ import annotations

from collections.abc import Iterator

from lang.diagnostics import nearest
from lang.repl.workspace import Workspace
from minivm.classes import RuntimeClass
from minivm.classfile import ClassFile, Flags
from minivm.errors import UsageError
from minivm.machine import Machine
from minivm.memory import WORD
from minivm.redefine.diff import Change, diff, field_text
from minivm.redefine.record import counted
from minivm.redefine.survey import Survey
from minivm.scheduler import position

_TOP = 12  # classes listed by :heap
_HIDDEN = Flags.MODULE | Flags.CLOSURE


def version_of(machine: Machine, name: str) -> int:
    """The current version of a class, 1 if nothing of it is loaded."""
    return max((c.version for c in machine.registry.loaded() if c.file.name == name), default=1)


def preview(old: ClassFile, new: ClassFile) -> str:
    """What giving a class this new version would change, as part of a sentence."""
    difference = diff(old, new)
    parts = []
    for change in difference.fields:
        field = change.new or change.old
        assert field is not None
        kind = "static field" if change.is_static else "field"
        parts.append(f"{change.change.value} {kind} {field_text(new if change.new else old, field)}")
    parts += [f"{m.change.value} method {m.name}" for m in difference.methods if not m.synthetic]
    if difference.supertypes_changed:
        parts.append(f"{Change.CHANGED.value} supertypes")
    return f"; it would change: {', '.join(parts)}" if parts else "; it would change nothing"


# ── classes ──────────────────────────────────────────────────────────────────────────────────────────────────


def classes(workspace: Workspace) -> str:
    """The session's own classes with their versions and numbers of instances."""
    counts = Survey(workspace.machine.vm).count() or {}
    rows = [_class_row(cls, counts.get(cls.id, 0)) for cls in _own(workspace)]
    loaded = {cls.file.name for cls in _own(workspace)}
    rows += [f"{_kind(f)} {f.name}   not used yet" for f in _own_files(workspace) if f.name not in loaded]
    return "\n".join(rows) or "no classes yet; define one with `class Name { … }`"


def _own(workspace: Workspace) -> list[RuntimeClass]:
    app = workspace.machine.app
    return [c for c in workspace.machine.registry.loaded() if c.loader is app and not c.file.flags & _HIDDEN]


def _own_files(workspace: Workspace) -> Iterator[ClassFile]:
    return (file for file in workspace.finder.files.values() if not file.flags & _HIDDEN)


def _class_row(cls: RuntimeClass, instances: int) -> str:
    return f"{_kind(cls.file)} {cls.name} v{cls.version}   {counted(instances, 'instance')}"


def _kind(file: ClassFile) -> str:
    return "interface" if file.is_interface else "enum" if Flags.ENUM in file.flags else "class"


def class_details(workspace: Workspace, name: str) -> str:
    """One class: version, instances, supertypes, members."""
    file = class_file(workspace, name)
    loaded = [c for c in workspace.machine.registry.loaded() if c.file.name == file.name]
    counts = Survey(workspace.machine.vm).count() or {}
    rows = [_class_row(c, counts.get(c.id, 0)) for c in loaded] or [f"{_kind(file)} {file.name}   not used yet"]
    if file.superclass is not None and file.superclass.name != "Object":
        rows.append(f"  extends {file.superclass}")
    rows += [f"  implements {interface}" for interface in file.interfaces]
    rows += [f"  {'static ' if f.is_static else ''}{field_text(file, f)}" for f in file.fields]
    for method in file.methods:
        if Flags.SYNTHETIC not in method.flags:
            parameters = ", ".join(map(str, method.parameters))
            rows.append(f"  {'static ' if method.is_static else ''}{method.name}({parameters}): {method.result}")
    return "\n".join(rows)


def class_file(workspace: Workspace, name: str) -> ClassFile:
    """The class file of that name.

    Raises:
        UsageError: there is no such class.
    """
    files = workspace.files()
    if name not in files:
        close = nearest(name, (known for known in files if "$" not in known))
        raise UsageError(f"there is no class `{name}`" + (f"; did you mean `{close}`?" if close else ""))
    return files[name]


# ── fibers ───────────────────────────────────────────────────────────────────────────────────────────────────


def fibers(workspace: Workspace) -> str:
    """Every fiber that has not ended, with its position."""
    scheduler = workspace.machine.scheduler
    return "\n".join(scheduler.where(fiber) for fiber in scheduler.live()) or "no fibers"


def frames(workspace: Workspace) -> str:
    """Every frame of every fiber, newest first."""
    scheduler = workspace.machine.scheduler
    rows: list[str] = []
    for fiber in scheduler.live():
        rows.append(f"fiber {scheduler.get(fiber, 'id')}")
        rows += [f"    {position(frame)}" for frame in scheduler.frames(fiber)]
    return "\n".join(rows) or "no fibers"


# ── the heap ─────────────────────────────────────────────────────────────────────────────────────────────────


def heap(workspace: Workspace) -> str:
    """How full the heap is, and of what."""
    machine = workspace.machine
    memory = machine.memory
    counts = Survey(machine.vm).count() or {}
    top = sorted(counts.items(), key=lambda item: -item[1])[:_TOP]
    rows = [f"{_size(memory.used)} in use, garbage included, of {_size(memory.cap)}", f"digest {machine.digest()}"]
    for class_id, number in top:
        cls = machine.registry.classes[class_id] if class_id < len(machine.registry.classes) else None
        if cls is not None:
            rows.append(f"  {number:>8,}  {cls.name}")
    return "\n".join(rows)


def collect(workspace: Workspace) -> str:
    """Collect garbage; what that brought."""
    machine = workspace.machine
    before = machine.memory.used
    machine.collect()
    after = machine.memory.used
    return f"{_size(before - after)} freed, {_size(after)} in use"


def _size(words: int) -> str:
    size = words * WORD
    return f"{size / (1 << 20):.1f} MiB" if size >= 1 << 20 else f"{size / 1024:.1f} KiB"
