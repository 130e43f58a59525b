"""Class files from an enemy: how they are made, and how the machine that meets them is watched."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from attrs import define, evolve, field

from lang.library import standard_library
from minivm.classes import RuntimeClass
from minivm.classfile import ClassFile, Code, Constant, Field, FieldRef, Flags, Handler, Instruction, Method, MethodRef
from minivm.codec import decode, encode
from minivm.collector import object_words
from minivm.errors import FormatError, LinkError, MiniError
from minivm.frames import typed_slots, walk
from minivm.instructions import ROWS, Operand, Row
from minivm.layouts import STACK_CLASS
from minivm.loader import MemoryFinder, class_of
from minivm.machine import Exit, Machine
from minivm.memory import CLASS_MASK, ROOTS, SHAPE_MASK, STATICS_BIT
from minivm.types import BOOL, Kind, Type

T = TypeVar("T")
HEADER = struct.Struct("<4sHII")
POLLS = 400  # method entries and loop turns a run may take
STACK = 2000  # words


class Enough(Exception):
    """The run has had its polls."""


def new_machine(files: dict[str, ClassFile], heap_bytes: int = 4 << 20) -> Machine:
    """A small machine for a program."""
    boot, program = MemoryFinder(dict(standard_library())), MemoryFinder(files)
    machine = Machine(boot, program, heap_bytes=heap_bytes, output=io.StringIO(), errors=io.StringIO())
    machine.vm.stack_limit = STACK
    return machine


def limit_polls(machine: Machine, polls: int = POLLS, at_poll: Callable[[int], None] = lambda number: None) -> None:
    """Raise Enough after so many polls; ``at_poll`` is told how many there have been."""
    number = 0

    def enough() -> None:
        nonlocal number
        number += 1
        at_poll(number)
        if number > polls:
            machine.vm.sync()
            raise Enough

    machine.vm.stress_every, machine.vm.at_safepoint = 1, enough
    machine.vm.refill()


def run_bounded(machine: Machine, main: str) -> str:
    """Run a program for a while; only what a user may meet is caught. Tells how it ended."""
    try:
        machine.run_main(main)
    except (MiniError, Exit, Enough) as end:
        return type(end).__name__
    return "end"


def sound(machine: Machine) -> None:
    """Fail unless every word of the heap is what its type says, before and after a collection."""
    machine.vm.sync()
    machine.collect()
    check_heap(machine)
    digest = machine.digest()
    machine.collect()
    assert machine.digest() == digest


# ── the heap ─────────────────────────────────────────────────────────────────────────────────────────────


def check_heap(machine: Machine) -> None:
    """Fail unless every field, element and frame slot holds a value of its type; to be asked after a collection."""
    words, memory, vm = machine.memory.words, machine.memory, machine.vm
    starts = set()
    at = memory.base + ROOTS
    while at < memory.top:
        starts.add(at)
        at += object_words(words, at, machine.linker.layouts[words[at] & SHAPE_MASK])
    for ref in starts:
        low = words[ref] & SHAPE_MASK
        if low == STACK_CLASS:
            for frame in walk(words, ref, vm.methods):
                for offset, type_ in typed_slots(frame.method, frame.pc, frame.in_call):
                    _check(machine, starts, words[frame.at + offset], type_, f"{frame.method} {frame.pc} +{offset}")
            continue
        cls = machine.registry.classes[low & CLASS_MASK]
        assert cls is not None, f"an object of class {low}, which is gone"
        layout = machine.linker.layouts[low]
        if layout.kind == "fields":
            for member in cls.statics if low & STATICS_BIT else cls.layout:
                _check(machine, starts, words[ref + member.offset], member.type, f"{cls.type}.{member.name}")
        elif layout.kind == "array of references":
            for value in machine.heap.elements(ref):
                _check(machine, starts, value, cls.type.args[0], f"an element of {cls.type}")


def _check(machine: Machine, starts: set[int], word: int, type_: Type, where: str) -> None:
    if type_.is_primitive:
        assert type_ != BOOL or word in (0, 1), f"{where}: {word} is no bool"
    elif word:
        assert word in starts, f"{where}: {type_}: {word} is no object"
        low = machine.memory.words[word] & SHAPE_MASK
        assert not low & STATICS_BIT, f"{where}: statics"
        if low == STACK_CLASS:
            assert where.endswith("FiberBase.stack") or ".stack" in where, f"{where}: {type_} is a stack"
            return
        assert type_.kind not in (Kind.NULL, Kind.NEVER), f"{where}: {type_} is not null"
        cls = machine.registry.classes[low]
        assert cls is not None
        assert fits(machine, cls, type_), f"{where}: {type_} holds a {cls.type}"


def fits(machine: Machine, cls: RuntimeClass, type_: Type) -> bool:
    """Whether instances of a class are of a type."""
    try:
        return cls.is_below(machine.app.load(class_of(type_)))
    except LinkError:
        return False


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────


def sealed(payload: bytes, version: int) -> bytes:
    """A class file of this payload whose header is right."""
    return HEADER.pack(b"MINI", version, len(payload), zlib.crc32(payload)) + payload


def mutate_bytes(rng: random.Random, file: ClassFile) -> ClassFile | None:
    """The class with a few bytes of its payload changed, inserted or left out; None if it cannot be read."""
    data = encode(file)
    version = HEADER.unpack_from(data)[1]
    payload = bytearray(data[HEADER.size :])
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(payload))
        kind = rng.random()
        if kind < 0.7:
            changes = (rng.randrange(256), payload[at] ^ 1, payload[at] + 1 & 255, payload[at] - 1 & 255)
            payload[at] = rng.choice(changes)
        elif kind < 0.8:
            payload.insert(at, rng.randrange(256))
        elif kind < 0.9:
            del payload[at]
        else:  # two neighbours change places: what one of them counts is counted elsewhere
            payload[at : at + 2] = payload[at : at + 2][::-1]
    try:
        return decode(sealed(bytes(payload), version))
    except FormatError:
        return None


# ── structure ────────────────────────────────────────────────────────────────────────────────────────────


@define
class Enemy:
    """Changes class files where it hurts, with names and types that really exist."""

    rng: random.Random
    files: Sequence[ClassFile]  # where names, types and code are taken from
    types: list[Type] = field(factory=list)
    names: list[str] = field(factory=list)
    constants: list[Constant] = field(factory=list)
    methods: list[tuple[ClassFile, Method]] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        types: dict[Type, None] = {}
        names: dict[str, None] = {}
        for file in self.files:
            names[file.name] = None
            types[Type(Kind.CLASS, file.name)] = None
            self.constants += file.constants
            types.update(dict.fromkeys(c for c in file.constants if isinstance(c, Type)))
            for f in file.fields:
                names[f.name] = types[f.type] = None
            for m in file.methods:
                names[m.name] = types[m.result] = None
                types.update(dict.fromkeys(m.parameters))
                self.methods.append((file, m))
        self.types, self.names = list(types), list(names)

    def mutate(self, file: ClassFile) -> ClassFile | None:
        """The class with one to three parts changed; None if it cannot be written any more."""
        for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
            file = self.rng.choice((self.code, self.code, self.code, self.constant, self.member, self.header))(file)
        try:
            return decode(encode(file))
        except FormatError:
            return None

    def pick(self, items: Sequence[T]) -> T:
        """Any one."""
        return self.rng.choice(items)

    def replaced(self, items: tuple[T, ...], new: Callable[[T], T]) -> tuple[T, ...]:
        """The items, one of them changed, left out, doubled or exchanged with its neighbour."""
        if not items:
            return items
        at = self.rng.randrange(len(items))
        kind = self.rng.random()
        if kind < 0.7:
            return (*items[:at], new(items[at]), *items[at + 1 :])
        if kind < 0.8:
            return (*items[:at], *items[at + 1 :])
        if kind < 0.9:
            return (*items[:at], items[at], *items[at:])
        return (*items[:at], *reversed(items[at : at + 2]), *items[at + 2 :])

    # code

    def code(self, file: ClassFile) -> ClassFile:
        """Another body."""
        bodies = [m for m in file.methods if m.code is not None]
        if not bodies:
            return file
        chosen = self.pick(bodies)
        assert chosen.code is not None
        code = self.changed_code(chosen.code, file)
        return evolve(file, methods=tuple(evolve(m, code=code) if m is chosen else m for m in file.methods))

    def changed_code(self, code: Code, file: ClassFile) -> Code:
        """The code with an instruction, handler or the number of locals changed."""
        kind = self.rng.random()
        if kind < 0.75:
            changed = self.replaced(code.instructions, lambda i: self.instruction(i, code, file))
            return evolve(code, instructions=changed, lines=(), names=())
        if kind < 0.9:
            handlers = self.replaced(code.handlers, lambda h: self.handler(code))
            return evolve(code, handlers=(*handlers, self.handler(code)))
        return evolve(code, locals=max(0, code.locals + self.pick((-1, 1, 2, 50))))

    def instruction(self, old: Instruction, code: Code, file: ClassFile) -> Instruction:
        """Another row for the same operands, other operands for the same row, or anything."""
        kind = self.rng.random()
        if kind < 0.4:
            row = self.pick([r for r in ROWS if r.operands == old.row.operands])
            return Instruction(row, old.operands)
        row = old.row if kind < 0.75 else self.pick(ROWS)
        return Instruction(row, tuple(self.operand(row, k, code, file) for k in row.operands))

    def operand(self, row: Row, kind: Operand, code: Code, file: ClassFile) -> int:
        """A value that the reader will accept."""
        if kind is Operand.LOCAL:
            return self.rng.randrange(max(code.locals, 1))
        if kind is Operand.TARGET:
            return self.rng.randrange(len(code.instructions))
        if kind in (Operand.INT, Operand.COUNT):
            return self.pick((0, 1, 2, 3, 7, (1 << 16) - 1 if kind is Operand.COUNT else -(1 << 63)))
        wanted = {Operand.TYPE: Type, Operand.FIELD: FieldRef, Operand.METHOD: MethodRef}.get(kind)
        wanted = wanted or (float if row.name == "fconst" else str)
        return self.pick([i for i, c in enumerate(file.constants) if isinstance(c, wanted)] or [0])

    def handler(self, code: Code) -> Handler:
        """A handler somewhere."""
        start, end, target = (self.rng.randrange(len(code.instructions)) for _ in range(3))
        return Handler(start, end, target, self.pick(self.types))

    # constants

    def constant(self, file: ClassFile) -> ClassFile:
        """Another constant."""
        return evolve(file, constants=self.replaced(file.constants, self.changed_constant))

    def changed_constant(self, old: Constant) -> Constant:
        """One of the same kind from elsewhere, or a part of it changed."""
        if self.rng.random() < 0.4:
            return self.pick([c for c in self.constants if type(c) is type(old)] or [old])
        if isinstance(old, Type):
            return self.pick(self.types)
        if isinstance(old, FieldRef):
            part = self.pick(("owner", "type", "name"))
            return evolve(old, **{part: self.pick(self.names) if part == "name" else self.pick(self.types)})  # type: ignore[arg-type]
        if isinstance(old, MethodRef):
            return self.changed_call(old)
        return self.pick((old, "", "x" * 3000, 0.0, float("nan")))

    def changed_call(self, old: MethodRef) -> MethodRef:
        """Another owner, name, signature or instantiation."""
        part = self.pick(("owner", "name", "parameters", "result", "type_args"))
        if part == "name":
            return evolve(old, name=self.pick(self.names))
        if part in ("owner", "result"):
            return evolve(old, **{part: self.pick(self.types)})  # type: ignore[arg-type]
        types = old.parameters if part == "parameters" else old.type_args
        return evolve(old, **{part: self.changed_types(types)})  # type: ignore[arg-type]

    def changed_types(self, types: tuple[Type, ...]) -> tuple[Type, ...]:
        """One type more, less or other."""
        if self.rng.random() < 0.3:
            return (*types, self.pick(self.types))
        return self.replaced(types, lambda old: self.pick(self.types))

    # members

    def member(self, file: ClassFile) -> ClassFile:
        """Another field or method."""
        kind = self.rng.random()
        if kind < 0.4:
            return evolve(file, fields=self.replaced(file.fields, self.changed_field))
        if kind < 0.9:
            return evolve(file, methods=self.replaced(file.methods, self.changed_method))
        added = Field(self.pick(self.names), self.pick(self.types), self.flags(Flags.NONE))
        return evolve(file, fields=(*file.fields, added))

    def changed_field(self, old: Field) -> Field:
        """Another name, type, start or other flags."""
        kind = self.rng.randrange(4)
        if kind == 0:
            return evolve(old, name=self.pick(self.names))
        if kind == 1:
            return evolve(old, type=self.pick(self.types))
        if kind == 2:
            return evolve(old, constant=self.pick((0, 1, 2, -1, 1 << 62, 0.5, float("nan"))))
        return evolve(old, flags=self.flags(old.flags))

    def changed_method(self, old: Method) -> Method:
        """Another name, signature, flags or a body from elsewhere."""
        kind = self.rng.randrange(6)
        if kind == 0:
            return evolve(old, name=self.pick(self.names))
        if kind == 1:
            return evolve(old, parameters=self.changed_types(old.parameters), parameter_names=())
        if kind == 2:
            return evolve(old, result=self.pick(self.types))
        if kind == 3:
            flags = self.flags(old.flags)
            bodiless = flags & (Flags.ABSTRACT | Flags.NATIVE)
            return evolve(old, flags=flags, code=None if bodiless else old.code)
        if kind == 4:
            return evolve(old, type_parameters=self.pick(self.methods)[1].type_parameters)
        return evolve(old, code=self.pick(self.methods)[1].code)

    def flags(self, old: Flags) -> Flags:
        """One flag more or less."""
        return old ^ self.pick(list(Flags))

    # the class

    def header(self, file: ClassFile) -> ClassFile:
        """Another supertype, name, host, other flags or type parameters."""
        kind = self.rng.randrange(6)
        if kind == 0:
            return evolve(file, superclass=self.pick((None, *self.types)))
        if kind == 1:
            return evolve(file, interfaces=self.changed_types(file.interfaces))
        if kind == 2:
            return evolve(file, flags=self.flags(file.flags))
        if kind == 3:
            return evolve(file, flags=file.flags | Flags.CLOSURE, host=self.pick(self.files).name)
        if kind == 4:
            return evolve(file, type_parameters=self.pick(self.files).type_parameters)
        return evolve(file, name=self.pick(self.files).name)


def mutants(rng: random.Random, files: dict[str, ClassFile], count: int) -> Iterator[tuple[str, ClassFile]]:
    """Readable class files, each with the name of what it once was; ``count`` is how many attempts."""
    enemy = Enemy(rng, [*files.values(), *standard_library().values()])
    names = sorted(files)
    for number in range(count):
        name = names[number % len(names)] if rng.random() < 0.5 else rng.choice(names)
        made = mutate_bytes(rng, files[name]) if rng.random() < 0.5 else enemy.mutate(files[name])
        if made is not None and made != files[name]:
            yield name, made


@contextlib.contextmanager
def telling(what: str) -> Iterator[None]:
    """Say which mutation it was that the machine did not survive."""
    try:
        yield
    except Exception as error:
        raise AssertionError(f"{what}: {error!r}") from error
