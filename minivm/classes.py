"""Loaded classes: a class file with its type arguments put in and its supertypes found.

A class keeps its ``id`` through every redefinition: the id is the identity, a RuntimeClass is one version of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto, unique
from typing import TYPE_CHECKING, Any

from attrs import define, field

from minivm.classfile import (
    INIT,
    ClassFile,
    Constant,
    Field,
    FieldRef,
    Flags,
    Method,
    MethodRef,
    substitute_constant,
)
from minivm.errors import LinkError
from minivm.types import Type

if TYPE_CHECKING:
    from minivm.loader import Loader
    from minivm.verifier import Verified


@unique
class Stage(Enum):
    """How far a class has come, in the JVM's order."""

    LOADED = auto()
    LINKED = auto()  # laid out and prepared: statics exist, with their constants
    INITIALISING = auto()  # its =static is on some fiber's stack
    INITIALISED = auto()
    FAILED = auto()  # its =static threw; every further use is an error


@unique
class Shape(Enum):
    """How an object's words are arranged after the header."""

    FIELDS = auto()
    ARRAY = auto()  # length, then the elements
    STRING = auto()  # length and width, hash, packed code points


@define(eq=False, repr=False)
class RuntimeField:
    """A field of a loaded class, with its concrete type; ``offset`` counts words from the object's header."""

    owner: RuntimeClass
    declared: Field
    type: Type
    offset: int = 0

    @property
    def name(self) -> str:
        """The field's name."""
        return self.declared.name

    @property
    def is_static(self) -> bool:
        """Whether the class has it."""
        return self.declared.is_static

    def __repr__(self) -> str:
        return f"<field {self.owner.type}.{self.name}>"


@define(eq=False, repr=False)
class RuntimeMethod:
    """A method of a loaded class, with concrete types; one per instantiation of a generic method.

    ``id`` is what frames hold (0 until first prepared). ``code`` is the executable form, made on first call and
    dropped when a class it depends on is redefined.
    """

    owner: RuntimeClass
    declared: Method
    parameters: tuple[Type, ...]
    result: Type
    binding: Mapping[str, Type]
    type_args: tuple[Type, ...] = ()
    slots: int = 0  # argument words, the receiver included
    id: int = 0
    verified: Verified | None = None
    code: list[Any] | None = None
    native: Callable[..., Any] | None = None
    frame_words: int = 0
    leaf: bool = False  # no calls and no back-edges: neither counts fuel nor checks depth
    heat: int = 0  # calls in the interpreter since it was prepared, until it is compiled
    entry: int | None = None  # the address of its machine code, in the form that the interpreter enters
    stack_maps: dict[tuple[int, bool], tuple[int, ...]] = field(factory=dict)  # see frames.reference_offsets
    _constants: dict[int, Constant] = field(factory=dict)

    @property
    def name(self) -> str:
        """The method's name."""
        return self.declared.name

    @property
    def is_static(self) -> bool:
        """Whether it takes no receiver."""
        return self.declared.is_static

    def scope(self, bottom: Loader) -> Loader:
        """Where its symbols are looked up: its class's loader or that of a type argument that ``bottom`` knows."""
        homes = [bottom.home(arg) for arg in self.type_args]
        return max((self.owner.loader, *homes), key=lambda loader: loader.depth())

    def constant(self, index: int) -> Constant:
        """A constant of the class file with this method's type arguments put in."""
        found = self._constants.get(index)
        if found is None:
            found = substitute_constant(self.owner.file.constants[index], self.binding)
            self._constants[index] = found
        return found

    def __repr__(self) -> str:  # short: a class is tied to every other one
        return f"<method {self}>"

    def __str__(self) -> str:
        generic = "<" + ", ".join(map(str, self.type_args)) + ">" if self.type_args else ""
        return f"{self.owner.type}.{self.name}{generic}"


@define(eq=False, repr=False)
class RuntimeClass:
    """One version of a loaded class. ``file`` may be a template; ``type`` is always concrete and non-null."""

    type: Type
    file: ClassFile
    loader: Loader
    superclass: RuntimeClass | None
    interfaces: tuple[RuntimeClass, ...]
    binding: Mapping[str, Type]
    id: int
    version: int = 1
    stage: Stage = Stage.LOADED
    shape: Shape = Shape.FIELDS
    fields: dict[str, RuntimeField] = field(factory=dict)  # declared here
    methods: dict[str, RuntimeMethod] = field(factory=dict)  # declared here, by name
    instantiations: dict[tuple[str, tuple[Type, ...]], RuntimeMethod] = field(factory=dict)
    ancestors: frozenset[int] = frozenset()  # ids of this class and all its supertypes
    height: int = 0  # how many classes there are above it on the longest way up
    # filled by the linker:
    layout: tuple[RuntimeField, ...] = ()  # instance fields, superclass's first; offset = index + 1
    statics: tuple[RuntimeField, ...] = ()  # own static fields; offset = index + 1 in the statics object
    literals: dict[int, int] = field(factory=dict)  # String constant index -> offset in the statics object
    table: dict[str, RuntimeMethod] = field(factory=dict)  # virtual methods by name
    failure: str = ""  # why the initialiser failed
    initialising_fiber: int = 0

    @property
    def name(self) -> str:
        """The class's name as a user writes it, type arguments included."""
        return str(self.type)

    def __repr__(self) -> str:
        return f"<class {self.type} v{self.version}>"

    @property
    def is_interface(self) -> bool:
        """Whether it is an interface."""
        return self.file.is_interface

    @property
    def is_boot(self) -> bool:
        """Whether its class file is the machine's own (its loader may be another, for the sake of type arguments)."""
        home = self.loader.template(self.file.name)
        return home is not None and home[1].parent is None

    def supers(self) -> Iterator[RuntimeClass]:
        """This class and its superclasses, upwards."""
        at: RuntimeClass | None = self
        while at is not None:
            yield at
            at = at.superclass

    def is_below(self, other: RuntimeClass) -> bool:
        """Whether this class is ``other`` or a subtype of it."""
        return other.id in self.ancestors

    def find_field(self, name: str) -> RuntimeField | None:
        """The field of that name, declared here or in a superclass."""
        for at in self.supers():
            if name in at.fields:
                return at.fields[name]
        return None

    def find_method(self, name: str) -> RuntimeMethod | None:
        """The method of that name: own, a superclass's, then an interface's."""
        for at in self.supers():
            if name in at.methods:
                return at.methods[name]
        return next((i.methods[name] for i in self.all_interfaces() if name in i.methods), None)

    def all_interfaces(self) -> list[RuntimeClass]:
        """Every interface of this class and its superclasses, nearest first, each once."""
        found = {i.id: i for at in self.supers() for i in at.interfaces}
        queue = list(found.values())
        for interface in queue:
            for above in interface.interfaces:
                if above.id not in found:
                    found[above.id] = above
                    queue.append(above)
        return queue

    def field_for(self, ref: FieldRef) -> RuntimeField:
        """The field ``ref`` means; LinkError if it is missing or of another type."""
        found = self.find_field(ref.name)
        if found is None:
            raise LinkError(f"{self.type} has no field {ref.name}")
        if found.type != ref.type:
            raise LinkError(f"field {self.type}.{ref.name} is {found.type}, not {ref.type}")
        return found

    def method_for(self, ref: MethodRef) -> RuntimeMethod:
        """The method ``ref`` means, instantiated if generic; LinkError if it is missing or differs in signature."""
        found = self.methods.get(ref.name) if ref.name == INIT else self.find_method(ref.name)
        if found is None:
            raise LinkError(f"{self.type} has no method {ref.name}")
        if ref.type_args or found.declared.type_parameters:
            found = found.owner.instantiate(found, ref.type_args)
        if (found.parameters, found.result) != (ref.parameters, ref.result) and not self._is_init_of(found, ref):
            raise LinkError(f"method {signature(found)} does not fit the call {ref}")
        return found

    def _is_init_of(self, found: RuntimeMethod, ref: MethodRef) -> bool:
        return found.name == INIT and found.parameters == ref.parameters and ref.result in (found.result, ref.owner)

    def instantiate(self, method: RuntimeMethod, type_args: tuple[Type, ...]) -> RuntimeMethod:
        """The instantiation of a generic method declared here."""
        key = (method.name, type_args)
        found = self.instantiations.get(key)
        if found is None:
            names = method.declared.type_parameters
            if len(names) != len(type_args):
                raise LinkError(f"{method} takes {len(names)} type arguments, not {len(type_args)}")
            found = make_method(self, method.declared, dict(zip((p.name for p in names), type_args, strict=True)))
            found.type_args = type_args
            found.native = method.native
            self.instantiations[key] = found
        return found

    def all_methods(self) -> Iterator[RuntimeMethod]:
        """Every method declared here that can have frames: plain ones and instantiations of generic ones."""
        for method in self.methods.values():
            if not method.declared.type_parameters:
                yield method
        yield from tuple(self.instantiations.values())  # more may be made meanwhile


def make_method(owner: RuntimeClass, declared: Method, extra: Mapping[str, Type]) -> RuntimeMethod:
    """The runtime method of a class-file row, with the class's and the method's own type arguments put in."""
    binding = {**owner.binding, **extra}
    parameters = tuple(p.substitute(binding) for p in declared.parameters)
    made = RuntimeMethod(owner, declared, parameters, declared.result.substitute(binding), binding)
    made.slots = len(parameters) + (not declared.is_static)
    return made


def signature(method: RuntimeMethod) -> str:
    """``Owner.name(parameters): result`` for messages."""
    return f"{method}({', '.join(map(str, method.parameters))}): {method.result}"


def make_class(
    type_: Type,
    file: ClassFile,
    loader: Loader,
    superclass: RuntimeClass | None,
    interfaces: tuple[RuntimeClass, ...],
    class_id: int,
) -> RuntimeClass:
    """A loaded class with its members made concrete."""
    names = (p.name for p in file.type_parameters)
    made = RuntimeClass(
        type_, file, loader, superclass, interfaces, dict(zip(names, type_.args, strict=False)), class_id
    )
    for declared in file.fields:
        made.fields[declared.name] = RuntimeField(made, declared, declared.type.substitute(made.binding))
    for method in file.methods:
        made.methods[method.name] = make_method(made, method, {})
    above = (*((superclass,) if superclass else ()), *interfaces)
    made.ancestors = frozenset({class_id}).union(*(c.ancestors for c in above))
    made.height = 1 + max((c.height for c in above), default=0)
    return made


def may_access(accessor: RuntimeClass, owner: RuntimeClass) -> bool:
    """Whether code of ``accessor`` may touch private members of ``owner``: the class itself and its closures.

    A program's class may claim any host; what the machine's own classes keep private must be safe from it.
    """
    if accessor.file.name == owner.file.name:
        return True
    is_closure = Flags.CLOSURE in accessor.file.flags and accessor.file.host == owner.file.name
    return is_closure and (accessor.is_boot or not owner.is_boot)
