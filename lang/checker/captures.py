"""Before a body is checked: which of its variables are captured by function literals *and* assigned (they live in
a Cell and are never narrowed), and which names each loop or try assigns (their narrowing ends there).

Iterative, so a body may nest as deep as it likes; the checker proper is what complains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs
from attrs import define, field

from lang import nodes

_Action = tuple[str, object]
_SKIPPED = (nodes.NamedType, nodes.FunctionType)


@define(eq=False)
class _Declaration:
    node: nodes.Node
    level: int
    captured: bool = False
    assigned: bool = False


@define(eq=False)
class Marks:
    """The answers, by ``id`` of the declaring node or of the loop or try."""

    cells: set[int] = field(factory=set)
    _assigned: dict[int, set[str]] = field(factory=dict)

    def in_cell(self, node: nodes.Node) -> bool:
        """Whether the variable that the node declares is captured and assigned."""
        return id(node) in self.cells

    def assigned_in(self, node: nodes.Node) -> frozenset[str]:
        """The names that the loop or try assigns."""
        return frozenset(self._assigned.get(id(node), ()))


_CHILDREN: dict[type, tuple[str, ...]] = {}


def children(node: nodes.Node) -> Iterator[nodes.Node]:
    """The expressions, statements and parameters directly inside a node, in order; no types."""
    names = _CHILDREN.get(type(node))
    if names is None:
        names = tuple(a.name for a in attrs.fields(type(node)) if a.name not in ("span", "name_span", "name"))
        _CHILDREN[type(node)] = names
    for name in names:
        value = getattr(node, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, nodes.Node) and not isinstance(item, _SKIPPED):
                yield item


def assigned_names(roots: Iterable[nodes.Node]) -> set[str]:
    """Every bare name that is assigned anywhere under the roots."""
    found: set[str] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            found.add(node.target.name)
        stack.extend(children(node))
    return found


def mark(body: nodes.Node | Iterable[nodes.Node], parameters: tuple[nodes.Parameter, ...] = ()) -> Marks:
    """Look through one function body (top-level statements are given one by one, without their scope: what they
    declare are static fields)."""
    walk = _Walk()
    for parameter in parameters:
        walk.declare(parameter.name, parameter)
    for node in [body] if isinstance(body, nodes.Node) else body:
        top_level_let = isinstance(node, nodes.Let) and not isinstance(body, nodes.Node)
        inner = node.value if top_level_let and isinstance(node, nodes.Let) else node
        if inner is not None:
            walk.run(inner)
    walk.finish()
    return walk.marks


class _Walk:
    def __init__(self) -> None:
        self.marks = Marks()
        self.scopes: list[dict[str, _Declaration]] = [{}]
        self.level = 0
        self.regions: list[set[str]] = []
        self.declared: list[_Declaration] = []
        self.stack: list[_Action] = []

    def run(self, root: nodes.Node) -> None:
        self.stack.append(("node", root))
        while self.stack:
            action, what = self.stack.pop()
            if action == "node":
                assert isinstance(what, nodes.Node)
                self.stack.extend(reversed(self.plan(what)))
            elif action == "declare":
                assert isinstance(what, (nodes.Let, nodes.For, nodes.Catch))
                self.declare(what.name, what)
            else:
                self.edge(action, what)

    def edge(self, action: str, what: object) -> None:
        if action == "open":
            self.scopes.append({})
        elif action == "close":
            self.scopes.pop()
        elif action == "level":
            assert isinstance(what, int)
            self.level += what
        elif action == "region":
            self.regions.append(set())
            assert isinstance(what, nodes.Node)
            self.marks._assigned[id(what)] = self.regions[-1]
        else:
            inner = self.regions.pop()
            if self.regions:
                self.regions[-1] |= inner

    def plan(self, node: nodes.Node) -> list[_Action]:
        """What to do for a node, in order."""
        inside: list[_Action] = [("node", child) for child in children(node)]
        match node:
            case nodes.Name():
                self.use(node.name)
                return []
            case nodes.Assign(target=nodes.Name() as name):
                self.assign(name.name)
                return [("node", node.value)]
            case nodes.Let():
                return [*inside, ("declare", node)]
            case nodes.Block():
                return [("open", None), *inside, ("close", None)]
            case nodes.Lambda():
                return [("level", 1), ("open", None), *inside, ("close", None), ("level", -1)]
            case nodes.For():
                body: list[_Action] = [("open", None), ("declare", node), ("node", node.body), ("close", None)]
                return [("node", node.iterable), ("region", node), *body, ("end", None)]
            case nodes.Catch():
                return [("open", None), ("declare", node), *inside, ("close", None)]
            case nodes.While() | nodes.Try():
                return [("region", node), *inside, ("end", None)]
            case nodes.Parameter():
                self.declare(node.name, node)
                return []
        return inside

    def declare(self, name: str, node: nodes.Node) -> None:
        declaration = _Declaration(node, self.level)
        self.scopes[-1][name] = declaration
        self.declared.append(declaration)

    def find(self, name: str) -> _Declaration | None:
        return next((scope[name] for scope in reversed(self.scopes) if name in scope), None)

    def use(self, name: str) -> None:
        found = self.find(name)
        if found is not None and found.level != self.level:
            found.captured = True

    def assign(self, name: str) -> None:
        self.use(name)
        found = self.find(name)
        if found is not None:
            found.assigned = True
        if self.regions:
            self.regions[-1].add(name)

    def finish(self) -> None:
        self.marks.cells = {id(d.node) for d in self.declared if d.captured and d.assigned}
