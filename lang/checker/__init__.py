"""The checker: syntax trees in, typed trees out, and every mistake reported in one go.

environment, codes, report        what goes in, what may be said, where it is collected
table, subtyping, namespace       classes by name, relations between types, what names mean
resolve, inference                type nodes to types; type arguments of calls
flow, captures, scopes, body      what is known where; the context that code is checked in
names ... loops                   one module for each kind of expression and statement
declare, members, hierarchy       the declaration pass
bodies, classes, modules, check   the bodies, and the pipeline
"""

from lang.checker.check import check
from lang.checker.environment import ClassFiles, Environment, Unit

__all__ = ["ClassFiles", "Environment", "Unit", "check"]
