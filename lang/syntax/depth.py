"""How deep a tree may be. The parser does not recurse, but everything after it does, once per level of the tree."""

from __future__ import annotations

from attrs import fields

from lang import nodes as n
from lang.source import Span

MAX_NESTING = 500  # levels of anything in anything
MAX_CHAIN = 2 * MAX_NESTING  # links of `a + b + c …` or `a.b.c …`, which lean to the left: half a level each

_SPINE = frozenset({(n.Binary, "left"), (n.Member, "object"), (n.Call, "callee"), (n.Index, "object")})
_LEAVES = frozenset({"span", "name_span", "name", "op", "mutable", "safe", "nullable", "arrow", "negated", "kind"})


_known: dict[type, tuple[tuple[str, bool], ...]] = {}


def _children(kind: type[n.Node]) -> tuple[tuple[str, bool], ...]:
    """The fields of a node class that can hold nodes, and whether each leans to the left."""
    if kind not in _known:
        names = (attribute.name for attribute in fields(kind))
        _known[kind] = tuple((name, (kind, name) in _SPINE) for name in names if name not in _LEAVES)
    return _known[kind]


def too_deep(program: n.Program) -> Span | None:
    """Where the tree exceeds MAX_NESTING or MAX_CHAIN, if it does; walks it level by level."""
    now: list[n.Node] = [program]
    soon: list[n.Node] = []  # half a level further down
    for _ in range(2 * MAX_NESTING):
        later: list[n.Node] = []
        for node in now:
            for name, leans in _children(type(node)):
                value = getattr(node, name)
                target = soon if leans else later
                if isinstance(value, n.Node):
                    target.append(value)
                elif isinstance(value, tuple):
                    target.extend(value)
        now, soon = soon, later
        if not now and not soon:
            return None
    return (now or soon)[0].span
