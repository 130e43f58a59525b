"""The checker: syntax trees in, typed trees out, and every mistake reported in one go. ``check`` is the way in, and
costs nothing before it is taken.

environment, report               what goes in, where what is wrong is collected
table, subtyping, namespace       classes by name, relations between types, what names mean
resolve, inference                type nodes to types; type arguments of calls
flow, captures, scopes, body      what is known where; the context that code is checked in
names ... loops                   one module for each kind of expression and statement
declare, members, hierarchy       the declaration pass
bodies, classes, modules, passes  the bodies, and the pipeline
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lang.checker.environment import ClassFiles, Environment, Unit

if TYPE_CHECKING:
    from lang.typed import TypedClass

__all__ = ["ClassFiles", "Environment", "Unit", "check"]


def check(units: Sequence[Unit], environment: Environment) -> tuple[TypedClass, ...]:
    """Check units together: the classes in the order written, then the modules.

    Raises:
        CompileError: with every diagnostic.
    """
    from lang.checker.passes import run

    return run(units, environment)
