"""Class loaders: a tree with parent delegation. A class is its name and the loader that defined it.

A type with arguments is defined by the lowest loader among those of its template and its arguments: the first one
that can see them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import define, field, frozen

from minivm.classes import RuntimeClass, RuntimeMethod, Shape, make_class
from minivm.classfile import ClassFile, Code, Flags, Method, TypeParameter
from minivm.errors import LinkError
from minivm.trace import Tracer
from minivm.types import OBJECT, Kind, Type, class_type
from minivm.verification.wellformed import flaw

BOX = "Box"
MAX_HEIGHT = 100  # classes above a class: every walk up a hierarchy, in Python too, has an end
MAX_NESTED = 100  # classes that are being loaded at once, each for the sake of the one before


class Finder(Protocol):
    """Where a loader looks for class files."""

    def find(self, name: str) -> tuple[ClassFile, str] | None:
        """The class file of that name and where it was found (for the trace), or None."""
        ...


@define
class MemoryFinder:
    """Class files held in a dictionary."""

    files: Mapping[str, ClassFile] = field(factory=dict)
    where: str = "memory"

    def find(self, name: str) -> tuple[ClassFile, str] | None:
        """The file of that name."""
        found = self.files.get(name)
        return (found, self.where) if found else None


@frozen
class RetiredMethod:
    """What is left of a method that can never run again: enough for the trace of an error thrown long ago."""

    name: str
    source: str
    code: Code  # its lines, without instructions

    @staticmethod
    def of(method: RuntimeMethod) -> RetiredMethod:
        """The remains of a method."""
        code = method.declared.code
        return RetiredMethod(str(method), method.owner.file.source, Code(0, (), lines=code.lines if code else ()))


@define(repr=False)
class Registry:
    """Every class and method of one machine, by id. Index 0 is never used."""

    classes: list[RuntimeClass | None] = field(factory=lambda: [None])
    methods: list[RuntimeMethod | None] = field(factory=lambda: [None])
    retired: dict[int, RetiredMethod] = field(factory=dict)  # by the ids they had
    free: list[int] = field(factory=list)  # ids of classes that were dropped
    loading: int = 0  # how many classes are being loaded at the moment, each for the sake of the one before

    def next_class_id(self) -> int:
        """Reserve the id of a class about to be made."""
        if self.free:
            return self.free.pop()
        self.classes.append(None)
        return len(self.classes) - 1

    def add_method(self, method: RuntimeMethod) -> int:
        """Give a method its id."""
        self.methods.append(method)
        method.id = len(self.methods) - 1
        return method.id

    def loaded(self) -> list[RuntimeClass]:
        """Every loaded class, in the order loaded."""
        return [c for c in self.classes if c is not None]


@define(eq=False, repr=False)
class Loader:
    """One loader. ``classes`` holds what it defined and what it found through its parents."""

    name: str
    parent: Loader | None
    finder: Finder
    registry: Registry
    tracer: Tracer
    classes: dict[Type, RuntimeClass] = field(factory=dict)
    templates: dict[str, tuple[ClassFile, Loader]] = field(factory=dict)
    _loading: list[Type] = field(factory=list)

    def __repr__(self) -> str:
        return f"<loader {self.name}>"

    def depth(self) -> int:
        """How many parents it has."""
        return 0 if self.parent is None else self.parent.depth() + 1

    def load(self, type_: Type, why: str = "") -> RuntimeClass:
        """The class of a reference type; ``why`` it is wanted, for the trace.

        Raises:
            LinkError: no such class, or it or a supertype cannot be loaded.
        """
        key = class_of(type_)
        found = self.classes.get(key)
        return self._load_now(key, why) if found is None else found

    def _load_now(self, key: Type, why: str) -> RuntimeClass:
        reason = flaw(key)  # a template may name ever larger types
        if reason:
            raise LinkError(f"class {key.name}: {reason}")
        if self.registry.loading >= MAX_NESTED:
            raise LinkError(f"class {key} is needed by more than {MAX_NESTED} classes that need each other")
        self.registry.loading += 1
        try:
            with self.tracer.task("load", f"load {key}{why and ', ' + why}") as report:
                home = self._home(key)
                known = home.classes.get(key)
                found = known or home.define(key, home._template_of(key)[0])
                report(f"{'already ' if known else ''}loaded as class {found.id} of the {home.name} loader")
        finally:
            self.registry.loading -= 1
        self.classes[key] = found
        return found

    def template(self, name: str) -> tuple[ClassFile, Loader] | None:
        """The class file of that name and the loader whose it is: the parent's first, then one's own."""
        known = self.templates.get(name)
        if known is None and self.parent is not None:
            known = self.parent.template(name)
        if known is None:
            found = self.finder.find(name)
            if found is None:
                first = "" if self.parent is not None else ", which is asked first,"
                self.tracer.event("load", f"the {self.name} loader{first} has no {name}")
            else:
                file, where = found
                if file.name != name:
                    raise LinkError(f"{where} holds class {file.name}, not {name}")
                kind = "template" if file.is_template else "class file"
                self.tracer.event("load", f"the {self.name} loader finds the {kind} {name} in {where}")
                known = (file, self)
        if known is not None:
            self.templates[name] = known
        return known

    def home(self, type_: Type) -> Loader:
        """The loader that defines a type's class; the topmost for a primitive."""
        return self._home(type_) if type_.kind in (Kind.CLASS, Kind.FUNCTION) else self._root()

    def _home(self, key: Type) -> Loader:
        """The loader that defines ``key``: the lowest of its template's and its arguments'."""
        homes = [self._template_of(key)[1]]
        for arg in key.args:
            if arg.kind in (Kind.CLASS, Kind.FUNCTION):  # not loaded for this: Num may implement Comparable<Num>
                homes.append(self._home(arg))
        return max(homes, key=Loader.depth)

    def _template_of(self, key: Type) -> tuple[ClassFile, Loader]:
        if key.kind is Kind.FUNCTION:
            return function_file(len(key.parameters)), self._root()
        found = self.template(key.name)
        if found is None:
            raise LinkError(f"class {key.name} not found (asked of the {self.name} loader)")
        return found

    def _root(self) -> Loader:
        return self if self.parent is None else self.parent._root()

    def define(self, key: Type, file: ClassFile) -> RuntimeClass:
        """Make the class ``key`` out of ``file`` in this loader, loading its supertypes first.

        Raises:
            LinkError: wrong number of type arguments, a circular, final or missing supertype, a violated bound.
        """
        if key in self._loading:
            raise LinkError(f"class {key} is its own supertype")
        if len(key.args) != len(file.type_parameters):
            raise LinkError(
                f"{file.name} takes {len(file.type_parameters)} type arguments, {key} gives {len(key.args)}"
            )
        self._loading.append(key)
        try:
            made = self._make(key, file)
        finally:
            self._loading.pop()
        self.classes[key] = made
        try:
            check_bounds(self, made)
        except LinkError:
            self._forget(made)
            raise
        self.registry.classes[made.id] = made
        return made

    def _forget(self, refused: RuntimeClass) -> None:
        """Take back a class that broke a bound, with all that was loaded below it while that was looked at."""
        for key, cls in list(self.classes.items()):
            if refused.id in cls.ancestors:
                del self.classes[key]
                self.registry.classes[cls.id] = None

    def class_id(self, key: Type) -> int:
        """The id for a class about to be defined here."""
        return self.registry.next_class_id()

    def _make(self, key: Type, file: ClassFile) -> RuntimeClass:
        binding = dict(zip((p.name for p in file.type_parameters), key.args, strict=True))
        superclass = None
        if file.superclass is not None:
            superclass = self.load(file.superclass.substitute(binding), f"which {key} extends")
            if superclass.is_interface or Flags.FINAL in superclass.file.flags:
                kind = "interface" if superclass.is_interface else "final class"
                raise LinkError(f"{key} cannot extend the {kind} {superclass.type}")
        elif key != OBJECT:
            raise LinkError(f"{key} has no superclass; only Object may")
        how = "extends" if file.is_interface else "implements"
        interfaces = tuple(self.load(i.substitute(binding), f"which {key} {how}") for i in file.interfaces)
        for interface in interfaces:
            if not interface.is_interface:
                raise LinkError(f"{key} cannot implement {interface.type}, which is not an interface")
        made = make_class(key, file, self, superclass, interfaces, self.class_id(key))
        if made.height > MAX_HEIGHT:
            raise LinkError(f"{key} has more than {MAX_HEIGHT} classes above it")
        made.shape = shape_of(key)
        return made


def check_bounds(loader: Loader, cls: RuntimeClass) -> None:
    """Raise LinkError unless each type argument of the class is below its bound, as the loader sees them."""
    for parameter in cls.file.type_parameters:
        if parameter.bound is not None:
            check_bound(loader, cls.binding[parameter.name], parameter.bound.substitute(cls.binding))


def check_bound(loader: Loader, argument: Type, bound: Type) -> None:
    """Raise LinkError unless the type argument is below the bound."""
    if argument.is_primitive or argument.nullable or not loader.load(argument).is_below(loader.load(bound)):
        raise LinkError(f"type argument {argument} is not a {bound}")


def class_of(type_: Type) -> Type:
    """The class whose instances the non-null references of a type are: ``int?`` and ``int`` give ``Box<int>``."""
    if type_.kind is Kind.PRIMITIVE:
        return class_type(BOX, type_.non_null())
    if type_.kind not in (Kind.CLASS, Kind.FUNCTION) or not type_.is_concrete:
        raise LinkError(f"{type_} is not a class")
    return type_.non_null()


def shape_of(key: Type) -> Shape:
    """The arrangement of a class's instances; Array and String are the machine's own."""
    if key.kind is Kind.CLASS and key.name == "Array":
        return Shape.ARRAY
    return Shape.STRING if key.kind is Kind.CLASS and key.name == "String" else Shape.FIELDS


def function_file(arity: int) -> ClassFile:
    """The interface that function types of ``arity`` parameters are: one abstract method, ``call``."""
    names = (*tuple(f"P{i}" for i in range(arity)), "R")
    types = tuple(Type(Kind.VARIABLE, name) for name in names)
    call = Method("call", types[:-1], types[-1], Flags.ABSTRACT)
    return ClassFile(
        "fun", OBJECT, (), Flags.INTERFACE, tuple(TypeParameter(n) for n in names), (), (), (call,), "<machine>"
    )
