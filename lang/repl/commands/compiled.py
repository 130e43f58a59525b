"""The command that shows machine code: ``:native``."""

from __future__ import annotations

from lang.repl.command import MEMBER, command, required
from lang.repl.commands.lookup import function, loaded
from lang.repl.reply import Reply
from lang.repl.workspace import Workspace
from minivm.classes import RuntimeMethod
from minivm.errors import UsageError
from minivm.native.listing import native_listing


@command(
    "native",
    "NAME.METHOD [asm]",
    summary="the LLVM IR of a method, or its machine code",
    examples=(":native Counter.bump", ":native fib asm"),
    completes=MEMBER,
)
def native(workspace: Workspace, rest: str) -> Reply:
    """Show what the native tier makes of a method or function: the optimised LLVM IR of its unit (with the small
    methods put into it), or, with `asm` behind the name, the machine code as assembly text. It must have run once.
    """
    name, _, form = required("native", rest).partition(" ")
    if form not in ("", "asm"):
        raise UsageError(f"`:native NAME.METHOD [asm]`, not `{form}`")
    method = _method(workspace, function(workspace, name) or name)
    with workspace.interrupts.breakable():
        return Reply(native_listing(workspace.machine.vm, method, form == "asm").rstrip("\n"))


def _method(workspace: Workspace, name: str) -> RuntimeMethod:
    owner, _, member = name.rpartition(".")
    if not owner:
        raise UsageError(f"`:native` takes a function or CLASS.METHOD, and there is no function `{name}`")
    for cls in loaded(workspace, owner):
        for method in cls.all_methods():
            if method.name == member:
                return method
    raise UsageError(f"{owner} has no method `{member}` that was ever called")
