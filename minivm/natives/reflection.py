"""Natives of VM and Class: a program loads, inspects and redefines classes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from minivm.classes import RuntimeClass
from minivm.classfile import INIT, Flags
from minivm.codec import MAGIC, decode
from minivm.collector import object_words
from minivm.errors import FormatError, LinkError, MiniError, Throw, UsageError
from minivm.frames import Link
from minivm.interpreter import Interpreter
from minivm.layouts import ARRAY_FIRST, STACK_CLASS
from minivm.memory import CLASS_MASK, SHAPE_MASK, STATICS_BIT, WORD
from minivm.natives.console import new_array, new_string_array
from minivm.natives.objects import class_name
from minivm.natives.registry import argument, native, text_argument
from minivm.types import OBJECT, Kind, class_type, parse_type

if TYPE_CHECKING:
    from minivm.redefine import Record


def class_named(vm: Interpreter, name: str) -> RuntimeClass:
    """The class a program names by text.

    Raises:
        LinkError: the text is no class name, or there is no such class.
    """
    try:
        type_ = parse_type(name)
    except FormatError:
        raise LinkError(f"{name!r} is not the name of a class") from None
    if type_.kind is not Kind.CLASS or type_.nullable or not type_.is_concrete:
        raise LinkError(f"{name!r} is not the name of a class")
    return vm.machine.load(type_)


@native("VM", "resolve")
def resolve(vm: Interpreter, at: int) -> int:
    """Load a class by name; its full name."""
    name = text_argument(vm, at)
    with vm.tracer.cause("load", f"VM.load asks for {name} by name"):
        return vm.heap.new_string(class_named(vm, name).name)


@native("VM", "apply")
def apply(vm: Interpreter, at: int) -> int:
    """Redefine from source, or from class-file bytes; status, code, text and JSON of the record."""
    record = redefine_from_text(vm, text_argument(vm, at))
    return new_string_array(vm, [record.status, record.code, record.text(), record.json()])


@native("VM", "drawHeap")
def draw_heap(vm: Interpreter, at: int) -> int:
    """Draw the heap into an SVG file."""
    if vm.machine.draw is None:
        raise Throw("StateError", "this machine cannot draw")
    try:
        vm.machine.draw(text_argument(vm, at))
    except UsageError as error:
        raise Throw("IOError", str(error)) from None
    return 0


def redefine_from_text(vm: Interpreter, text: str) -> Record:
    """The record of a redefinition asked for by a program."""
    from minivm.redefine import Reason, redefine, refused  # here, because most programs never redefine anything

    try:
        if text.startswith(MAGIC.decode("latin-1")):
            files = [decode(text.encode("latin-1", "replace"))]
        elif vm.machine.compile is None:
            problem = "this machine has no compiler: give it the bytes of a class file"
            return refused(Reason("R501", "the source cannot be compiled", (problem,)))
        else:
            files = list(vm.machine.compile(text))
    except MiniError as error:
        return refused(Reason("R501", "the source does not compile", tuple(str(error).splitlines())))
    return redefine(vm.machine, files)


@native("VM", "gc")
def gc(vm: Interpreter, at: int) -> int:
    """Collect; bytes in use."""
    vm.machine.collect()
    return vm.memory.used * WORD


@native("VM", "instances")
def instances(vm: Interpreter, at: int) -> int:
    """Live objects of exactly one class."""
    from minivm.redefine.survey import Survey

    cls = class_named(vm, text_argument(vm, at))
    return (Survey(vm).count() or {}).get(cls.id, 0)


@native("VM", "reachable")
def reachable(vm: Interpreter, at: int) -> int:
    """The live objects of exactly one class, as an Array<Object>."""
    from minivm.redefine.survey import Survey

    cls = class_named(vm, text_argument(vm, at))
    count = (Survey(vm).count() or {}).get(cls.id, 0)
    array = new_array(vm, OBJECT, count)
    found = sorted(ref for ref in Survey(vm).objects() if vm.words[ref] & SHAPE_MASK == cls.id)
    for index, ref in enumerate(found[:count]):
        vm.words[array + ARRAY_FIRST + index] = ref
    return array


@native("VM", "liveFibers")
def live_fibers(vm: Interpreter, at: int) -> int:
    """The fibers that have not ended, as an Array<FiberBase>."""
    array = new_array(vm, class_type("FiberBase"), len(list(vm.scheduler.live())))
    for index, fiber in enumerate(vm.scheduler.live()):
        vm.words[array + ARRAY_FIRST + index] = fiber
    return array


@native("VM", "census")
def census(vm: Interpreter, at: int) -> int:
    """What is reachable: class name, instances and bytes with tabs between, most bytes first."""
    from minivm.redefine.survey import Survey

    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for ref in Survey(vm).objects():
        low = vm.words[ref] & SHAPE_MASK
        cls = vm.classes[low & CLASS_MASK] if low != STACK_CLASS and not low & STATICS_BIT else None
        name = cls.name if cls is not None else "stacks of fibers" if low == STACK_CLASS else "static fields"
        counts[name] += 1
        sizes[name] += object_words(vm.words, ref, vm.linker.layouts[low]) * WORD
    return new_string_array(vm, [f"{name}\t{counts[name]}\t{size}" for name, size in sizes.most_common()])


@native("VM", "usedBytes")
def used_bytes(vm: Interpreter, at: int) -> int:
    """Bytes in use, garbage included."""
    return vm.memory.used * WORD


@native("VM", "heapBytes")
def heap_bytes(vm: Interpreter, at: int) -> int:
    """Bytes that can be in use."""
    return vm.memory.cap * WORD


@native("VM", "version")
def version(vm: Interpreter, at: int) -> int:
    """The version of a class."""
    return class_named(vm, text_argument(vm, at)).version


@native("VM", "classNames")
def class_names(vm: Interpreter, at: int) -> int:
    """The names of all loaded classes."""
    return new_string_array(vm, [cls.name for cls in vm.registry.loaded()])


@native("VM", "digest")
def digest(vm: Interpreter, at: int) -> int:
    """A digest of the program but for the variables of the fiber that asks, and what it was told about itself: the
    digests and redefinition records it holds. So asking twice gives the same answer."""
    current = vm.scheduler.stack_of(vm.scheduler.current)
    given = vm.machine.digests

    def left_out(ref: int) -> bool:
        if ref == current or vm.heap.class_id(ref) == records:
            return True
        return vm.heap.class_id(ref) == vm.heap.string_class and vm.heap.string(ref) in given

    records = vm.loader.load(class_type("Redefinition")).id
    text = vm.machine.digest(left_out)
    given.add(text)
    return vm.heap.new_string(text)


@native("VM", "nameOf")
def name_of(vm: Interpreter, at: int) -> int:
    """The name of an object's class."""
    return vm.heap.new_string(class_name(vm, argument(vm, at)))


def receiver(vm: Interpreter, at: int) -> RuntimeClass:
    """The class that the Class object in argument 0 stands for."""
    handle = argument(vm, at)
    cls = vm.classes[vm.heap.class_id(handle)]
    name = cls.find_field("name") if cls is not None else None
    assert name is not None
    return class_named(vm, vm.heap.string(vm.words[handle + name.offset]))


@native("Class", "create")
def create(vm: Interpreter, at: int) -> int | None:
    """A new object, its init called: control goes there, and init returns the object."""
    cls = receiver(vm, at)
    init = cls.methods.get(INIT)
    if cls.is_interface or Flags.ABSTRACT in cls.file.flags or init is None or Flags.PRIVATE in init.declared.flags:
        raise Throw("ArgumentError", f"{cls.name} cannot be instantiated")
    if init.parameters:
        raise Throw("ArgumentError", f"{cls.name}.init takes {len(init.parameters)} arguments")
    if not vm.ensure_initialised(cls):
        return None
    ref = vm.heap.new_object(cls)
    vm.words[vm.fp + at] = ref
    vm.push(init, Link.CALL, at)
    return None


@native("Class", "superclass")
def superclass(vm: Interpreter, at: int) -> int:
    """The name of the superclass, or null."""
    above = receiver(vm, at).superclass
    return vm.heap.new_string(above.name) if above is not None else 0


@native("Class", "fields")
def fields(vm: Interpreter, at: int) -> int:
    """The declared fields, ``name: Type`` each."""
    return new_string_array(vm, [f"{f.name}: {f.type}" for f in receiver(vm, at).fields.values()])


@native("Class", "methods")
def methods(vm: Interpreter, at: int) -> int:
    """The declared methods that a person wrote, with their signatures."""
    texts = []
    for method in receiver(vm, at).methods.values():
        if Flags.SYNTHETIC not in method.declared.flags:
            parameters = ", ".join(map(str, method.parameters))
            texts.append(f"{method.name}({parameters}): {method.result}")
    return new_string_array(vm, texts)
