"""A toy executor for the rows that codegen's control flow uses, so that its tests need no machine.

It also holds generated code to what every method must keep: jumps go forward, ``loop`` goes back, an instruction always
has the same stack depth, and no instruction is unreachable from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minivm.classfile import ClassFile, Code, FieldRef, MethodRef


class Thrown(Exception):
    """A guest error on its way."""

    def __init__(self, error: object) -> None:
        super().__init__(error)
        self.error = error


ARITHMETIC: dict[str, Callable[..., Any]] = {
    "iadd": lambda a, b: a + b,
    "isub": lambda a, b: a - b,
    "imul": lambda a, b: a * b,
    "ieq": lambda a, b: a == b,
    "ilt": lambda a, b: a < b,
    "igt": lambda a, b: a > b,
    "not": lambda a: not a,
    "equal": lambda a, b: a == b,
    "text": str,
    "box": lambda a: a,
}
TESTS: dict[str, Callable[[Any], bool]] = {
    "jump": lambda _: True,
    "loop": lambda _: True,
    "jumpif": bool,
    "jumpunless": lambda word: not word,
    "jumpnull": lambda word: word is None,
    "jumpnonnull": lambda word: word is not None,
}


class ToyMachine:
    """Runs methods of ``files``; static methods that no file has come from ``natives``."""

    def __init__(self, files: tuple[ClassFile, ...], natives: dict[str, Callable[..., Any]]) -> None:
        self.files = {file.name: file for file in files}
        self.natives = natives
        self.statics: dict[str, Any] = {}
        self.depths: dict[tuple[int, int], int] = {}

    def call(self, owner: str, name: str, *args: Any) -> Any:
        file = self.files.get(owner)
        method = file.method(name) if file is not None else None
        if file is None or method is None or method.code is None:
            return self.natives[name](*args)
        check_jumps(method.code)
        return self.run(file, method.code, list(args))

    def run(self, file: ClassFile, code: Code, args: list[Any]) -> Any:
        slots = args + [None] * (code.locals - len(args))
        stack: list[Any] = []
        pc = 0
        while True:
            depth = self.depths.setdefault((id(code), pc), len(stack))
            assert depth == len(stack), f"instruction {pc} with {depth} and {len(stack)} words"
            ins = code.instructions[pc]
            if ins.row.name == "ret":
                assert len(stack) == 1, "operands left at return"
                return stack.pop()
            try:
                pc = self.step(file, ins.row.name, ins.operands, slots, stack, pc)
            except Thrown as thrown:
                handler = next((h for h in code.handlers if h.start <= pc < h.end), None)
                if handler is None:
                    raise
                stack[:], pc = [thrown.error], handler.target

    def step(
        self, file: ClassFile, name: str, operands: tuple[int, ...], slots: list[Any], stack: list[Any], pc: int
    ) -> int:
        if name in TESTS:
            word = stack.pop() if name.startswith("jump") and name != "jump" else None
            return operands[0] if TESTS[name](word) else pc + 1
        if name in ARITHMETIC:
            count = 1 if name in ("not", "text", "box") else 2
            args = [stack.pop() for _ in range(count)][::-1]
            stack.append(ARITHMETIC[name](*args))
        elif name in ("iconst", "bconst"):
            stack.append(operands[0] if name == "iconst" else bool(operands[0]))
        elif name in ("null", "unit"):
            stack.append(None if name == "null" else 0)
        elif name == "load":
            stack.append(slots[operands[0]])
        elif name == "store":
            slots[operands[0]] = stack.pop()
        elif name == "pop":
            stack.pop()
        elif name == "throw":
            raise Thrown(stack.pop())
        else:
            self.constant_step(file, name, operands, stack)
        return pc + 1

    def constant_step(self, file: ClassFile, name: str, operands: tuple[int, ...], stack: list[Any]) -> None:
        if name == "concat":
            parts = [stack.pop() for _ in range(operands[0])][::-1]
            stack.append("".join(parts))
            return
        constant = file.constants[operands[0]]
        if name in ("sconst", "fconst"):
            stack.append(constant)
        elif isinstance(constant, MethodRef):
            args = [stack.pop() for _ in constant.parameters][::-1]
            stack.append(self.invoke(name, constant, args, stack))
        elif isinstance(constant, FieldRef):
            self.field(name, constant, stack)
        else:
            assert name == "initfields", name
            self.call(constant.name, "=fields", stack.pop())  # type: ignore[union-attr]

    def invoke(self, name: str, ref: MethodRef, args: list[Any], stack: list[Any]) -> Any:
        if name == "callstatic":
            return self.call(ref.owner.name, ref.name, *args)
        if name == "new":
            made = {"": ref.owner.name}
            if ref.owner.name == "Cell":
                made["value"] = args[0]
            else:
                self.call(ref.owner.name, "init", made, *args)
            return made
        receiver = stack.pop()
        if ref.owner.name == "Object":
            return receiver
        return self.call(receiver[""] if name == "callvirtual" else ref.owner.name, ref.name, receiver, *args)

    def field(self, name: str, ref: FieldRef, stack: list[Any]) -> None:
        if name == "getfield":
            stack.append(stack.pop()[ref.name])
        elif name == "putfield":
            value = stack.pop()
            stack.pop()[ref.name] = value
        elif name == "getstatic":
            stack.append(self.statics[ref.name])
        else:
            self.statics[ref.name] = stack.pop()


def check_jumps(code: Code) -> None:
    """Directions of jumps, and that everything can be reached."""
    leads = {handler.target for handler in code.handlers} | {0}
    for pc, ins in enumerate(code.instructions):
        if ins.row.name == "loop":
            assert ins.operands[0] <= pc, "loop forward"
        elif ins.row.name.startswith("jump"):
            assert ins.operands[0] > pc, "jump backward"
            leads.add(ins.operands[0])
        if ins.row.name not in ("ret", "throw", "jump", "loop"):
            leads.add(pc + 1)
    dead = [pc for pc in range(len(code.instructions)) if pc not in leads]
    assert not dead, f"unreachable instructions {dead}"
    assert max(leads) < len(code.instructions), "falls off the end"
