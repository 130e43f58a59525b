"""Every way the machine says no. Guest errors and bugs of the machine are separate branches.

    MiniError                  anything a user can meet; rendered, never shown as a traceback
    ├── FormatError            bytes that are not a class file, a text that is not a type
    ├── LinkError              a class that cannot be found, loaded or linked
    │   └── VerifyError        code that does not fit; carries (method, pc, reason) rows
    ├── UsageError             a command line or request that cannot be carried out
    ├── GuestError             a Mini error that no Mini code caught, with its Mini stack trace
    └── Deadlock               every fiber is blocked for ever, with each one's position

``Throw`` is not in the tree: it is how a handler or native starts a *Mini* exception, and only the
interpreter's unwinder catches it.
"""

from __future__ import annotations

from attrs import define, frozen


class MiniError(Exception):
    """The root: ``str()`` of it is fit to show to a user."""


class FormatError(MiniError):
    """Bytes or text that do not follow a format."""


class LinkError(MiniError):
    """A class could not be found, loaded or linked."""


@frozen
class Fault:
    """One thing the verifier found: which method, at which instruction, and why (pc -1: the whole method)."""

    owner: str
    method: str
    pc: int
    reason: str

    def __str__(self) -> str:
        where = f"{self.owner}.{self.method}" if self.method else self.owner
        return f"{where} at {self.pc}: {self.reason}" if self.pc >= 0 else f"{where}: {self.reason}"


class VerifyError(LinkError):
    """Code refused by the verifier; ``faults`` are all that were found."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class UsageError(MiniError):
    """A request that cannot be carried out as asked."""


class GuestError(MiniError):
    """A Mini error left uncaught: its class name, message and rendered stack trace lines."""

    def __init__(self, kind: str, message: str, trace: tuple[str, ...] = ()) -> None:
        super().__init__("\n".join((f"{kind}: {message}" if message else kind, *trace)))
        self.kind = kind
        self.message = message
        self.trace = trace


class Deadlock(MiniError):
    """No fiber can ever run again."""


@define
class Throw(Exception):
    """Start a Mini exception of class ``kind`` with ``message``, or rethrow the object ``ref`` (a word index)."""

    kind: str
    message: str = ""
    ref: int = 0
