"""From kernels to LLVM IR: one pass over each function's syntax tree.

Locals are stack slots and every operation is an instruction of its own, as naive as the text can be: LLVM's first
passes make registers of the slots. Names and labels are numbered in order, so the same kernels give the same text.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from minivm.kernels import language
from minivm.kernels.language import FUNCTIONS, INLINED, OUTLINED, signature
from minivm.kernels.primitives import DECLARATIONS, PRIMITIVES, Primitive

_OPERATORS: dict[type, str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.LShift: "shl", ast.RShift: "ashr",
    ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor",
}  # fmt: skip
_FLOORED: dict[type, str] = {ast.FloorDiv: "k_floor_div", ast.Mod: "k_floor_mod"}
_COMPARISONS: dict[type, str] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "slt", ast.LtE: "sle", ast.Gt: "sgt", ast.GtE: "sge",
}  # fmt: skip


class NotInTheLanguage(Exception):
    """A kernel uses something that kernels are not made of."""


def ir_of(names: Iterable[str]) -> str:
    """The IR of some kernels and of all that they call, as internal functions named ``k_NAME``.

    Lines that start with ``declare`` stand first; a module that has one of them already may drop it.
    """
    pending, done = list(names), dict[str, str]()
    primitives: set[str] = set()
    while pending:
        name = pending.pop(0)
        if name not in done:
            function = _Function(FUNCTIONS[name])
            done[name] = function.text()
            pending += function.kernels
            primitives |= function.primitives
    texts = [PRIMITIVES[name].definition for name in sorted(primitives) if PRIMITIVES[name].definition]
    texts += [done[name] for name in sorted(done)]
    used = [line for line in DECLARATIONS if any(f"{_declared(line)}(" in text for text in texts)]
    return "\n".join([*used, *texts])


def _declared(line: str) -> str:
    return line[line.index("@") : line.index("(")]


class _Function:
    """The translation of one kernel."""

    def __init__(self, function: Callable[..., Any]) -> None:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        assert isinstance(tree, ast.FunctionDef)
        self.function = function
        self.tree = tree
        self.outer: dict[str, Any] = function.__globals__
        self.parameters = signature(function)
        self.pointers = {name for name, is_words in self.parameters if is_words}
        self.slots: dict[str, None] = {}
        self.lines: list[str] = []
        self.kernels: list[str] = []
        self.primitives: set[str] = set()
        self.temporaries = self.labels = 0
        self.loops: list[tuple[str, str]] = []  # where continue and break go

    def text(self) -> str:
        """The definition."""
        parameters = ", ".join(
            f"ptr noalias %{name}" if is_words else f"i64 %{name}.in" for name, is_words in self.parameters
        )
        for name, is_words in self.parameters:
            if not is_words:
                self.emit(f"store i64 %{name}.in, ptr {self.slot(name)}")
        self.block(self.tree.body)
        self.emit("ret i64 0")
        slots = [f"  %{name} = alloca i64" for name in self.slots]
        name = self.function.__name__
        inlined = " alwaysinline" if name in INLINED else " noinline" if name in OUTLINED else ""
        head = f"define internal i64 @k_{name}({parameters}) nounwind{inlined} {{"
        return "\n".join([head, "entry:", *slots, *self.lines, "}", ""])

    # ── pieces ───────────────────────────────────────────────────────────────────────────────────────────

    def emit(self, line: str) -> None:
        self.lines.append(f"  {line}")

    def let(self, value: str) -> str:
        """A fresh name for the value of an instruction."""
        self.temporaries += 1
        self.emit(f"%t{self.temporaries} = {value}")
        return f"%t{self.temporaries}"

    def slot(self, name: str) -> str:
        self.slots[name] = None
        return f"%{name}"

    def new_labels(self, *kinds: str) -> list[str]:
        self.labels += 1
        return [f"{kind}{self.labels}" for kind in kinds]

    def start(self, label: str) -> None:
        self.lines.append(f"{label}:")

    def jump(self, label: str) -> None:
        self.emit(f"br label %{label}")

    def leave(self, line: str) -> None:
        """End the block early; what still follows in it cannot be reached."""
        self.emit(line)
        self.start(self.new_labels("after")[0])

    def refuse(self, node: ast.AST) -> NotInTheLanguage:
        line = self.function.__code__.co_firstlineno + getattr(node, "lineno", 1) - 1
        return NotInTheLanguage(f"{self.function.__code__.co_filename}:{line}: {ast.unparse(node)}")

    # ── statements ───────────────────────────────────────────────────────────────────────────────────────

    def block(self, body: list[ast.stmt]) -> None:
        for node in body:
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Return():
                self.leave(f"ret i64 {self.value(node.value) if node.value else 0}")
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(into), slice=ast.Slice() as place)], value=source):
                self.copy_block(into, place, source)
            case ast.Assign(targets=targets):
                value = self.value(node.value)
                for target in targets:
                    self.assign(target, value)
            case ast.AugAssign():
                self.assign(node.target, self.value(ast.BinOp(node.target, node.op, node.value)))
            case ast.If():
                self.branch(node)
            case ast.While():
                self.while_loop(node)
            case ast.For(target=ast.Name(name), iter=ast.Call(func=ast.Name("range"), args=[*first, end])):
                self.for_loop(name, first[0] if first else ast.Constant(0), end, node.body)
            case ast.Break():
                self.leave(f"br label %{self.loops[-1][1]}")
            case ast.Continue():
                self.leave(f"br label %{self.loops[-1][0]}")
            case ast.Expr(value=ast.Call() as call):
                self.call(call)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case _:
                raise self.refuse(node)

    def assign(self, target: ast.expr, value: str) -> None:
        match target:
            case ast.Name(name):
                self.emit(f"store i64 {value}, ptr {self.slot(name)}")
            case ast.Subscript(value=ast.Name(words)):
                self.emit(f"store i64 {value}, ptr {self.address(words, target.slice)}")
            case _:
                raise self.refuse(target)

    def copy_block(self, into: str, place: ast.Slice, source: ast.expr) -> None:
        match place, source:
            case (
                ast.Slice(lower=ast.expr() as to, upper=ast.expr() as end),
                ast.Subscript(value=ast.Name(out_of), slice=ast.Slice(lower=ast.expr() as first)),
            ):
                start, stop = self.value(to), self.value(end)
                count = self.let(f"sub i64 {stop}, {start}")
                self.primitive("copy_words", [f"%{into}", start, f"%{out_of}", self.value(first), count])
            case _:
                raise self.refuse(source)

    def branch(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "NATIVE":
            self.block(node.body)
            return
        then, otherwise, end = self.new_labels("then", "else", "end")
        self.test(node.test, then, otherwise)
        self.start(then)
        self.block(node.body)
        self.jump(end)
        self.start(otherwise)
        self.block(node.orelse)
        self.jump(end)
        self.start(end)

    def while_loop(self, node: ast.While) -> None:
        again, body, end = self.new_labels("while", "do", "done")
        self.jump(again)
        self.start(again)
        self.test(node.test, body, end)
        self.start(body)
        self.loop(node.body, again, end)
        self.jump(again)
        self.start(end)

    def for_loop(self, name: str, first: ast.expr, end_value: ast.expr, body: list[ast.stmt]) -> None:
        head, do, step, end = self.new_labels("for", "do", "step", "done")
        counter = self.slot(f"{name}.{self.labels}")
        self.emit(f"store i64 {self.value(first)}, ptr {counter}")
        stop = self.value(end_value)
        self.jump(head)
        self.start(head)
        now = self.let(f"load i64, ptr {counter}")
        self.emit(f"br i1 {self.let(f'icmp slt i64 {now}, {stop}')}, label %{do}, label %{end}")
        self.start(do)
        self.emit(f"store i64 {now}, ptr {self.slot(name)}")
        self.loop(body, step, end)
        self.jump(step)
        self.start(step)
        self.emit(f"store i64 {self.let(f'add nsw i64 {now}, 1')}, ptr {counter}")
        self.jump(head)
        self.start(end)

    def loop(self, body: list[ast.stmt], again: str, end: str) -> None:
        self.loops.append((again, end))
        self.block(body)
        self.loops.pop()

    # ── conditions ───────────────────────────────────────────────────────────────────────────────────────

    def test(self, node: ast.expr, yes: str, no: str) -> None:
        """Jump to one label or the other."""
        match node:
            case ast.BoolOp(op=op, values=[first, *rest]):
                for value in rest:
                    (go_on,) = self.new_labels("and" if isinstance(op, ast.And) else "or")
                    self.test(first, *((go_on, no) if isinstance(op, ast.And) else (yes, go_on)))
                    self.start(go_on)
                    first = value
                self.test(first, yes, no)
            case ast.UnaryOp(op=ast.Not()):
                self.test(node.operand, no, yes)
            case ast.Compare():
                self.emit(f"br i1 {self.comparison(node)}, label %{yes}, label %{no}")
            case _:
                self.emit(f"br i1 {self.let(f'icmp ne i64 {self.value(node)}, 0')}, label %{yes}, label %{no}")

    def comparison(self, node: ast.Compare) -> str:
        """A comparison as one bit; all the operands of a chain are evaluated."""
        left, found = self.value(node.left), ""
        for operator, right_node in zip(node.ops, node.comparators, strict=True):
            if type(operator) not in _COMPARISONS:
                raise self.refuse(node)
            right = self.value(right_node)
            bit = self.let(f"icmp {_COMPARISONS[type(operator)]} i64 {left}, {right}")
            found = self.let(f"and i1 {found}, {bit}") if found else bit
            left = right
        return found

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────

    def value(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=int() as number):
                return str(int(number))
            case ast.Name(name) if name not in self.outer or name in self.slots:
                return self.let(f"load i64, ptr {self.slot(name)}")
            case ast.Name() | ast.Attribute():
                return self.constant(node)
            case ast.BinOp():
                return self.operation(node)
            case ast.UnaryOp(op=ast.USub()):
                return self.let(f"sub i64 0, {self.value(node.operand)}")
            case ast.UnaryOp(op=ast.Invert()):
                return self.let(f"xor i64 -1, {self.value(node.operand)}")
            case ast.Compare():
                return self.let(f"zext i1 {self.comparison(node)} to i64")
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return self.choice(node, ast.Constant(1), ast.Constant(0))
            case ast.IfExp():
                return self.choice(node.test, node.body, node.orelse)
            case ast.Subscript(value=ast.Name(words)):
                return self.let(f"load i64, ptr {self.address(words, node.slice)}")
            case ast.Call():
                return self.call(node)
        raise self.refuse(node)

    def constant(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name) and node.id == "NATIVE":
            return "1"
        try:
            found = eval(compile(ast.Expression(node), "constant", "eval"), self.outer)
        except (NameError, AttributeError):
            raise self.refuse(node) from None
        if not isinstance(found, int):
            raise self.refuse(node)
        return str(int(found))

    def operation(self, node: ast.BinOp) -> str:
        left, right = self.value(node.left), self.value(node.right)
        if type(node.op) in _FLOORED:
            return self.primitive(_FLOORED[type(node.op)].removeprefix("k_"), [left, right])
        if type(node.op) not in _OPERATORS:
            raise self.refuse(node)
        return self.let(f"{_OPERATORS[type(node.op)]} i64 {left}, {right}")

    def choice(self, test: ast.expr, yes: ast.expr, no: ast.expr) -> str:
        then, otherwise, end = self.new_labels("then", "else", "end")
        chosen = self.slot(f"choice.{self.labels}")
        self.test(test, then, otherwise)
        for label, node in ((then, yes), (otherwise, no)):
            self.start(label)
            self.emit(f"store i64 {self.value(node)}, ptr {chosen}")
            self.jump(end)
        self.start(end)
        return self.let(f"load i64, ptr {chosen}")

    def address(self, words: str, index: ast.expr) -> str:
        assert words in self.pointers, f"{words} is not words"
        return self.let(f"getelementptr inbounds i64, ptr %{words}, i64 {self.value(index)}")

    def call(self, node: ast.Call) -> str:
        if not isinstance(node.func, ast.Name):
            raise self.refuse(node)
        name = node.func.id
        arguments = [
            f"%{a.id}" if isinstance(a, ast.Name) and a.id in self.pointers else self.value(a) for a in node.args
        ]
        if self.outer.get(name) is FUNCTIONS.get(name, self):
            self.kernels.append(name)
            kinds = ["ptr" if is_words else "i64" for _, is_words in signature(FUNCTIONS[name])]
            typed = ", ".join(f"{kind} {a}" for kind, a in zip(kinds, arguments, strict=True))
            return self.let(f"call i64 @k_{name}({typed})")
        if name in PRIMITIVES and self.outer.get(name) is getattr(language, name, self):
            return self.primitive(name, arguments)
        raise self.refuse(node)

    def primitive(self, name: str, arguments: list[str]) -> str:
        found: Primitive = PRIMITIVES[name]
        self.primitives.add(name)
        typed = ", ".join(f"{kind} {a}" for kind, a in zip(found.parameters, arguments, strict=True))
        return self.let(f"call i64 @k_{name}({typed})")
