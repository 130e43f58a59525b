"""Commands that show classes: ``:classes``, ``:class``, ``:layout``, ``:history``, ``:dis``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from lang.commands.dis import listing
from lang.repl.command import CLASS, MEMBER, command, required, takes_nothing
from lang.repl.commands.lookup import class_file, function, instance_counts, loaded
from lang.repl.reply import Reply
from lang.repl.tables import table, wrapped
from lang.repl.versions import HIDDEN, Slot, Version, changes
from lang.repl.workspace import Workspace
from minivm.classes import RuntimeClass, RuntimeMethod, Stage
from minivm.classfile import ClassFile, Flags, Method
from minivm.loader import MemoryFinder
from minivm.memory import Root
from minivm.redefine.diff import field_text
from minivm.redefine.record import counted

_STAGES = {
    Stage.LOADED: "loaded, not yet linked",
    Stage.LINKED: "linked, not yet initialised",
    Stage.INITIALISING: "its static initialiser runs",
    Stage.INITIALISED: "initialised",
    Stage.FAILED: "its static initialiser has failed",
}


@command("classes", summary="the classes defined here, their versions and instances", examples=(":classes",))
def classes(workspace: Workspace, rest: str) -> Reply:
    """List the classes of the session and of what it imports, the library's left out."""
    takes_nothing("classes", rest)
    counts = instance_counts(workspace)
    app = workspace.machine.app
    own = [
        c
        for c in workspace.machine.registry.loaded()
        if c.loader is app and not c.file.flags & HIDDEN and not c.is_boot
    ]
    rows = [(f"{kind(c.file)} {c.name}", f"v{c.version}", counted(counts.get(c.id, 0), "instance")) for c in own]
    names = {c.file.name for c in own}
    files = (f for f in workspace.finder.files.values() if not f.flags & HIDDEN)
    rows += [(f"{kind(f)} {f.name}", "", "not used yet") for f in files if f.name not in names]
    return Reply("\n".join(table(rows, workspace.width)) or "no classes yet; define one with `class Name { … }`")


def kind(file: ClassFile) -> str:
    """``class``, ``abstract class``, ``interface`` or ``enum``."""
    if file.is_interface:
        return "interface"
    return "enum" if Flags.ENUM in file.flags else "abstract class" if Flags.ABSTRACT in file.flags else "class"


# ── one class ────────────────────────────────────────────────────────────────────────────────────────────────


@command(
    "class",
    "NAME",
    summary="one class: version, layout, methods, instances",
    examples=(":class Counter",),
    completes=CLASS,
)
def class_(workspace: Workspace, rest: str) -> Reply:
    """Show a class as it is now: its version and stage, its supertypes, where each field lies in its instances (offsets
    in words from the object's header), its static fields with their values, and its methods. `:class List<int>` is one
    class made of a template, `:class List` the template and all that is made of it.
    """
    name = required("class", rest)
    found = loaded(workspace, name)
    if not found:
        return Reply("\n".join(_unused(class_file(workspace, name))))
    counts = instance_counts(workspace)
    if len(found) == 1:
        return Reply("\n".join(_details(workspace, found[0], counts.get(found[0].id, 0))))
    rows = [(c.name, f"v{c.version}", counted(counts.get(c.id, 0), "instance")) for c in found]
    template = [f"{kind(found[0].file)} {_template_name(found[0].file)}", *_members(found[0].file)]
    return Reply("\n".join([*template, "made of it so far", *table(rows, workspace.width, "  ")]))


def _template_name(file: ClassFile) -> str:
    return file.name + (f"<{', '.join(p.name for p in file.type_parameters)}>" if file.is_template else "")


def _unused(file: ClassFile) -> Iterator[str]:
    yield f"{kind(file)} {_template_name(file)}   not used yet"
    yield from _members(file)


def _members(file: ClassFile) -> Iterator[str]:
    yield from (f"  {'static ' if f.is_static else ''}{field_text(file, f)}" for f in file.fields)
    yield from (f"  {_heading(m, m.parameters, m.result)}" for m in file.methods if Flags.SYNTHETIC not in m.flags)


def _details(workspace: Workspace, cls: RuntimeClass, instances: int) -> Iterator[str]:
    width = workspace.width
    yield from table([(f"{kind(cls.file)} {cls.name}", f"v{cls.version}", counted(instances, "instance"))], width)
    place = f"{cls.file.source}:{cls.file.line}" if cls.file.source else "memory"
    yield from wrapped(f"from {place}, found by the {cls.loader.name} loader; {_STAGES[cls.stage]}", width, "  ", "  ")
    if cls.failure:
        yield from wrapped(cls.failure, width, "    ", "    ")
    if cls.superclass is not None and cls.superclass.name != "Object":
        yield "  extends " + " > ".join(at.name for at in cls.superclass.supers())
    if cls.interfaces:
        yield from wrapped("implements " + ", ".join(i.name for i in cls.interfaces), width, "  ", "    ")
    yield from _fields(workspace, cls)
    methods = [m for m in cls.methods.values() if Flags.SYNTHETIC not in m.declared.flags]
    if methods:
        yield "  methods"
        yield from table([(_method(m), f"line {m.declared.line}") for m in methods], width, "    ")


def _fields(workspace: Workspace, cls: RuntimeClass) -> Iterator[str]:
    width = workspace.width
    if not cls.is_interface and cls.stage is not Stage.LOADED:
        words = 1 + len(cls.layout)
        yield f"  an instance: {counted(words, 'word')}" if cls.layout else "  an instance: 1 word, the header"
        rows = [("0", "header", "")] if cls.layout else []
        for member in cls.layout:
            inherited = f"of {member.owner.name}" if member.owner is not cls else ""
            rows.append((str(member.offset), _field(member.owner, member.name, str(member.type)), inherited))
        yield from table([(at.rjust(2), *more) for at, *more in rows], width, "    ")
    if cls.statics:
        yield "  static fields"
        holder = workspace.machine.memory.root(Root.STATICS + cls.id)
        rows2 = []
        for member in cls.statics:
            word = workspace.machine.memory.words[holder + member.offset] if holder else 0
            value = (
                workspace.echo.still(member.type, word)
                if holder and cls.stage is Stage.INITIALISED
                else "not initialised yet"
            )
            rows2.append((_field(cls, member.name, str(member.type)), value))
        yield from table(rows2, width, "    ")


def _field(owner: RuntimeClass, name: str, type_: str) -> str:
    declared = owner.file.field(name)
    flags = _flags(declared.flags & (Flags.PRIVATE | Flags.FINAL)) if declared else ""
    return f"{flags}{name}: {type_}"


def _method(method: RuntimeMethod) -> str:
    return _heading(method.declared, method.parameters, method.result)


def _heading(method: Method, parameters: Sequence[object], result: object) -> str:
    generic = f"<{', '.join(p.name for p in method.type_parameters)}>" if method.type_parameters else ""
    names = method.parameter_names or tuple(f"p{at}" for at in range(len(parameters)))
    shown = ", ".join(f"{name}: {type_}" for name, type_ in zip(names, parameters, strict=False))
    if method.name == "init":
        return f"{_flags(method.flags & Flags.PRIVATE)}init({shown})"
    flags = _flags(method.flags & (Flags.PRIVATE | Flags.STATIC | Flags.ABSTRACT | Flags.FINAL | Flags.NATIVE))
    return f"{flags}{method.name}{generic}({shown}): {result}"


def _flags(flags: Flags) -> str:
    words = {Flags.FINAL: "let "}
    return "".join(words.get(flag, f"{(flag.name or '').lower()} ") for flag in Flags if flag in flags and flag.value)


# ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────


@command(
    "layout",
    "NAME",
    summary="where a class's fields lie, in the last version and in this",
    examples=(":layout Counter",),
    completes=CLASS,
)
def layout(workspace: Workspace, rest: str) -> Reply:
    """Draw an instance of the class word by word. After a redefinition the old version and the new one stand side by
    side: `+` marks a word that is new, `>` one that was elsewhere.
    """
    name = required("layout", rest)
    file = class_file(workspace, name)
    found = workspace.versions.of(name if "<" in name else file.name)
    drawn = [_drawing(versions, workspace.width) for versions in found if versions[-1].slots or versions[-1].statics]
    if file.name in _SHAPES:
        return Reply(f"{name}: {_SHAPES[file.name]}")
    if not drawn and not file.is_interface:
        library = [Version(c.name, c.version, c.file, _slots(c), ()) for c in loaded(workspace, name)]
        drawn = [_drawing([version], workspace.width) for version in library]
    return Reply(
        "\n\n".join(drawn)
        or f"{kind(file)} {name} has no layout: no instance of it has words of its own, or it is not used yet"
    )


_SHAPES = {
    "String": "header, then length and width, then hash, then the characters in 1, 2 or 4 bytes each",
    "Array": "header, then length, then the elements, a word each",
}
_MARKS = {"+": "is new", ">": "was elsewhere"}


def _slots(cls: RuntimeClass) -> tuple[Slot, ...]:
    return tuple(Slot(f.offset, f.name, str(f.type), f.owner.file.name) for f in cls.layout)


def _drawing(versions: Sequence[Version], width: int) -> str:
    new = versions[-1]
    old = versions[-2] if len(versions) > 1 else None
    if old is None:
        return "\n".join([f"{new.name} v{new.number}", *_column(new, None)])
    left = [f"{new.name} v{old.number}", *_column(old, None)]
    right = [f"{new.name} v{new.number}", *_column(new, old)]
    most = max(map(len, left))
    marks = {row[-1] for row in right} & set(_MARKS)
    legend = ["    " + ", ".join(f"{mark} {_MARKS[mark]}" for mark in _MARKS if mark in marks)] if marks else []
    if most + 4 + max(map(len, right)) > width:
        return "\n".join([*left, "", *right, *legend])
    rows = zip_longest(left, right, fillvalue="")
    return "\n".join([*(f"{old_row:<{most}}    {row}".rstrip() for old_row, row in rows), *legend])


def _column(version: Version, before: Version | None) -> list[str]:
    """One version's words in a box, marked where they differ from those of the version before."""
    known = {slot.name: slot.offset for slot in before.slots} if before else {}
    inside = [("0", "header", " ")]
    for slot in version.slots:
        mark = " " if before is None or known.get(slot.name) == slot.offset else ">" if slot.name in known else "+"
        owner = "" if slot.owner == version.file.name else f"  ({slot.owner})"
        inside.append((str(slot.offset), f"{slot.name}: {slot.type}{owner}", mark))
    most = max(len(text) for _, text, _ in inside)
    line = "    +-" + "-" * most + "-+"
    rows = [line]
    for at, text, mark in inside:
        rows += [f"{at:>3} | {text:<{most}} |{mark}".rstrip(), line]
    statics = {slot.name for slot in before.statics} if before else set()
    for slot in version.statics:
        rows.append(f"    static {slot.name}: {slot.type}{'' if before is None or slot.name in statics else '  +'}")
    return rows


@command(
    "history",
    "NAME",
    summary="the versions a class has had, and what changed",
    examples=(":history Counter",),
    completes=CLASS,
)
def history(workspace: Workspace, rest: str) -> Reply:
    """List the versions of a class since the session began, each with what it changed in the one before."""
    name = required("history", rest)
    file = class_file(workspace, name)
    found = workspace.versions.of(name if "<" in name else file.name)
    if not found:
        return Reply(
            f"{kind(file)} {name} has had one version, and "
            + ("is the library's" if file.name in workspace.finder.library else "is not used yet")
        )
    rows: list[str] = []
    for versions in found:
        now = loaded(workspace, versions[-1].name) if "<" in versions[-1].name else loaded(workspace, name)
        count = sum(instance_counts(workspace).get(c.id, 0) for c in now if c.name == versions[-1].name)
        for at, version in enumerate(versions):
            made = (
                "first version"
                if not at
                else "; ".join(changes(versions[at - 1].file, version.file)) or "no change of its own"
            )
            place = f"{version.file.source}:{version.file.line}"
            tail = f", {counted(count, 'instance')}" if version is versions[-1] else ""
            rows += wrapped(
                f"{made}   ({place}{tail})", workspace.width, f"{version.name} v{version.number}   ", "    "
            )
    return Reply("\n".join(rows))


@command(
    "dis",
    "NAME[.METHOD]",
    summary="bytecode, with the types on the stack",
    examples=(":dis Counter.bump", ":dis twice"),
    completes=MEMBER,
)
def dis(workspace: Workspace, rest: str) -> Reply:
    """Show the code of a class, of one method, or of a function, with the types on the operand stack before each
    instruction, as the verifier found them.
    """
    name = required("dis", rest)
    library, files = workspace.finder.library, workspace.files()
    boot, program = MemoryFinder(dict(library)), MemoryFinder(files)
    wanted = function(workspace, name) or name
    with workspace.interrupts.breakable():
        return Reply(listing(files, library, wanted, boot, program, types=True).rstrip("\n"))
