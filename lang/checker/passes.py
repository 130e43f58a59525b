"""The checker's pipeline: parsed units in, typed classes out."""

from __future__ import annotations

from collections.abc import Sequence

# Imported for the handlers they register.
from lang.checker import (  # noqa: F401
    assignments,
    branches,
    closures,
    indexing,
    invoke,
    literals,
    loops,
    narrowing,
    operators,
    references,
    spawning,
    statements,
)
from lang.checker.bodies import install_inference
from lang.checker.body import World, affordable_depth
from lang.checker.classes import check_class
from lang.checker.declare import check_later, declare_headers, declare_names
from lang.checker.environment import Environment, Unit
from lang.checker.hierarchy import check_hierarchy
from lang.checker.members import declare_members
from lang.checker.modules import check_module
from lang.checker.report import Report
from lang.typed import TypedClass


def run(units: Sequence[Unit], environment: Environment) -> tuple[TypedClass, ...]:
    """Check units together: the classes in the order written, then the modules.

    Raises:
        CompileError: with every diagnostic.
    """
    report = Report()
    batch = declare_names(units, environment, report)
    declare_headers(batch)
    declare_members(batch)
    check_later(batch)
    check_hierarchy(batch)
    world = World(batch.table, report, affordable_depth())
    install_inference(world, batch)
    modules = [check_module(world, module) for module in batch.modules.values()]
    classes = [check_class(world, declared) for declared in batch.classes]
    report.finish([unit.source for unit in units])
    return (*classes, *modules)
