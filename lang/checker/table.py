"""The table of classes: every class, of this batch or of the environment, is seen as a class file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import define, evolve, field

from lang import nodes
from lang.checker.environment import Environment, Unit
from minivm.classfile import ClassFile, Field, Flags, Method
from minivm.types import Kind, Type, class_type, variable

WRONG = Type(Kind.NEVER, "error")  # the type of what was diagnosed already; fits everywhere, so nothing follows
MAX_TYPE_SIZE = 200  # names in one type; only a type that grows with every call gets there
MAX_TYPE_DEPTH = 48  # below the 64 that a descriptor may nest, with room for what is put around a type

# the library's classes: a program's cannot have their names, and a mistyped one of them is recognised
_WELL_KNOWN = """Object String Array List Map Set Error Math Channel Fiber Iterator Iterable Random Clock File VM Enum
    Comparable Box Cell ArithmeticError IndexError NullError CastError UnsetError ArgumentError StateError KeyError
    OutOfMemoryError StackOverflowError InitialiserError LinkError CancelledError ChannelClosedError IOError
    DeadlockError FileNotFoundError StringBuilder TextFormat Deque PriorityQueue MapEntry ListIterator MapIterator
    SetIterator ChannelIterator Several SeveralKeyed Select SelectCase SelectReceive SelectSend SelectBell
    SelectWatch SelectWatches WaitQueue FiberBase JSON JSONError JSONValue JSONReader JSONWriter Tests Class HeapUse
    Redefinition"""
WELL_KNOWN = tuple(_WELL_KNOWN.split())


@define(eq=False)
class ClassEntry:
    """One class. ``pending`` holds, by field name, how to infer the types that were not written; ``node`` and
    ``unit`` are where a class of this batch was declared."""

    file: ClassFile
    unit: Unit | None = None
    node: nodes.ClassDeclaration | None = None
    fields: dict[str, Field] = field(factory=dict)
    methods: dict[str, Method] = field(factory=dict)
    pending: dict[str, Callable[[], Type]] = field(factory=dict)
    supers: dict[str, Type] | None = None

    @property
    def name(self) -> str:
        """The full name."""
        return self.file.name

    @property
    def self_type(self) -> Type:
        """The type of ``this``: the class with its own variables as arguments."""
        return class_type(self.name, *(variable(p.name) for p in self.file.type_parameters))

    def has(self, flag: Flags) -> bool:
        """Whether the class has the flag."""
        return flag in self.file.flags

    def field(self, name: str) -> Field | None:
        """The declared field of that name, its type inferred now if it was not written."""
        found = self.fields.get(name)
        if found is not None and name in self.pending:
            self.settle(name, self.pending[name]())
            found = self.fields[name]
        return found

    def settle(self, name: str, type_: Type) -> None:
        """Fix the type of a field that was not written; the first answer stands."""
        if self.pending.pop(name, None) is not None:
            self.fields[name] = evolve(self.fields[name], type=type_)


def entry_of(file: ClassFile) -> ClassEntry:
    """A class of the environment as an entry."""
    return ClassEntry(file, None, None, {f.name: f for f in file.fields}, {m.name: m for m in file.methods})


@define(eq=False)
class Table:
    """Finds classes by full name: the batch's first, then the environment's."""

    environment: Environment
    batch: dict[str, ClassEntry] = field(factory=dict)
    _outside: dict[str, ClassEntry | None] = field(factory=dict)

    def find(self, name: str) -> ClassEntry | None:
        """The class of that full name (a module's class included)."""
        if name in self.batch:
            return self.batch[name]
        if name not in self._outside:
            file = self.environment.find(name)
            self._outside[name] = entry_of(file) if file is not None else None
        return self._outside[name]

    def known_names(self) -> Iterator[str]:
        """Names worth suggesting."""
        yield from (name for name in self.batch if not self.batch[name].has(Flags.MODULE))
        yield from (name for name in WELL_KNOWN if self.find(name) is not None)

    def supers(self, entry: ClassEntry) -> dict[str, Type]:
        """Every proper supertype by class name, in terms of the entry's own variables: superclasses first, then
        interfaces. Iterative, because a chain of classes may be long."""
        if entry.supers is not None:
            return entry.supers
        found: dict[str, Type] = {}
        interfaces: list[Type] = []
        above: list[Type] = [entry.file.superclass] if entry.file.superclass else []
        interfaces += entry.file.interfaces
        while above or interfaces:
            type_ = above.pop() if above else interfaces.pop(0)
            if type_.name in found or type_.name == entry.name:
                continue
            found[type_.name] = type_
            higher = self.find(type_.name)
            if higher is None:
                continue
            binding = binding_of(higher, type_)
            if higher.file.superclass is not None:
                above.append(higher.file.superclass.substitute(binding))
            interfaces += [i.substitute(binding) for i in higher.file.interfaces]
        entry.supers = found
        return found


def binding_of(entry: ClassEntry, type_: Type) -> dict[str, Type]:
    """The type arguments of ``type_`` by the names of its class's parameters."""
    return {p.name: arg for p, arg in zip(entry.file.type_parameters, type_.args, strict=False)}


def too_big(type_: Type) -> bool:
    """Whether the type has more than MAX_TYPE_SIZE names or nests deeper than MAX_TYPE_DEPTH."""
    row, count, depth = [type_], 0, 0
    while row:
        count += len(row)
        depth += 1
        if count > MAX_TYPE_SIZE or depth > MAX_TYPE_DEPTH:
            return True
        row = [arg for part in row for arg in part.args]
    return False


def is_wrong(type_: Type) -> bool:
    """Whether the type stands for something that was diagnosed already, or contains such."""
    return type_ is WRONG or type_ == WRONG or any(is_wrong(arg) for arg in type_.args)


def is_class(type_: Type, name: str) -> bool:
    """Whether the type is the class of that name, nullable or not."""
    return type_.kind is Kind.CLASS and type_.name == name


def is_array(type_: Type) -> bool:
    """Whether the type is ``Array<...>``, not nullable."""
    return is_class(type_, "Array") and len(type_.args) == 1 and not type_.nullable
