"""A compiled unit's constant pool: what machine code has to be told about the running machine.

Machine code is kept between runs, and nothing in its text depends on one: whatever differs from run to run (the
addresses of other code, class and method ids) is a word of the unit's pool, filled in when the unit is linked and
kept up to date as code comes and goes. No native frame exists then, so native code may take a slot as invariant.
"""

from __future__ import annotations

from attrs import frozen

from minivm.classes import RuntimeClass, RuntimeMethod


@frozen
class ClassId:
    """The id of a class."""

    cls: RuntimeClass


@frozen
class MethodId:
    """The id of a method, as frames hold it."""

    method: RuntimeMethod


@frozen
class CodeOf:
    """The address of a method's machine code, or of the miss stub while it has none."""

    method: RuntimeMethod


@frozen
class Dispatch:
    """The address of a table, by class id, of the code that a receiver's class has under a method name."""

    name: str


@frozen
class Subtypes:
    """The address of a table, by class id, of 1 for the class and everything below it, 0 for the others."""

    cls: RuntimeClass


@frozen
class KernelCode:
    """The address of a kernel."""

    name: str


@frozen
class HostCode:
    """The address of the function that calls a native in Python."""

    name: tuple[str, str]


Slot = HostCode | KernelCode | ClassId | MethodId | CodeOf | Dispatch | Subtypes
