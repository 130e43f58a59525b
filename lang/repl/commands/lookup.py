"""Finding what a command's argument names, or saying what was probably meant."""

from __future__ import annotations

from pathlib import Path

from lang.compiler import PRELUDE
from lang.diagnostics import nearest
from lang.repl.sketches import literal
from lang.repl.workspace import Workspace
from minivm.classes import RuntimeClass
from minivm.classfile import MAIN, ClassFile
from minivm.errors import UsageError
from minivm.redefine.survey import Survey


def class_file(workspace: Workspace, name: str) -> ClassFile:
    """The class file of that name; of a class of an imported module also by its bare name.

    Raises:
        UsageError: there is no such class.
    """
    files = workspace.files()
    bare = name.partition("<")[0]
    if bare in files:
        return files[bare]
    homes = [full for full in files if full.endswith("." + bare)]
    if len(homes) == 1:
        return files[homes[0]]
    close = nearest(bare, (known for known in files if "$" not in known))
    raise UsageError(f"there is no class `{name}`" + (f"; did you mean `{close}`?" if close else ""))


def path_of(workspace: Workspace, text: str) -> Path:
    """The file that a text names, seen from the session's folder; quotes around it are no part of the name.

    Raises:
        UsageError: no file can be called that.
    """
    name = text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in "'\"" else text
    if not name.isprintable():
        raise UsageError(f"no file can be called {literal(name, 60)}")
    try:
        return workspace.finder.folder / Path(name).expanduser()
    except RuntimeError:  # no home folder
        return workspace.finder.folder / name


def loaded(workspace: Workspace, name: str) -> list[RuntimeClass]:
    """The loaded classes that a name means: one, or every instance of a template.

    Raises:
        UsageError: there is no such class.
    """
    file = class_file(workspace, name)
    classes = [c for c in workspace.machine.registry.loaded() if c.file.name == file.name]
    return [c for c in classes if "<" not in name or c.name == name]


def instance_counts(workspace: Workspace) -> dict[int, int]:
    """Live instances by class id."""
    with workspace.interrupts.breakable():
        return Survey(workspace.machine.vm).count() or {}


def function(workspace: Workspace, name: str) -> str:
    """``MODULE.NAME`` of the function of that name which an entry would see, "" if there is none."""
    files = workspace.files()
    found = (module for module in (*workspace.modules, PRELUDE) if files[module].method(name) is not None)
    return next((f"{module}.{name}" for module in found if name != MAIN), "")
