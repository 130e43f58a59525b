"""Calls and construction."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define

from minivm.classes import RuntimeClass, RuntimeMethod
from minivm.classfile import FIELD_INITIALISERS, INIT
from minivm.decoder import Decoding, decodes, linking
from minivm.errors import LinkError
from minivm.frames import FIRST, LINK, LINK_SHIFT, METHOD, PC
from minivm.handlers.objects import nothing
from minivm.interpreter import RELOAD, Cell, Interpreter
from minivm.memory import CLASS_MASK

Words = memoryview


@define(eq=False)
class Site:
    """One call instruction of a method: where it is, and the methods it has found by receiver class."""

    pc: int
    name: str
    frame_words: int
    targets: dict[int, RuntimeMethod]

    def target(self, vm: Interpreter, class_id: int) -> RuntimeMethod:
        """The method that a receiver's class has under this name (looked up once per class)."""
        cls = vm.classes[class_id]
        found = cls.table.get(self.name) if cls is not None else None
        if found is None:
            raise LinkError(f"{cls.type if cls else '?'} has no method {self.name}")
        self.targets[class_id] = found
        return found


def site_of(d: Decoding, name: str) -> Site:
    """The call site of an instruction."""
    return Site(d.pc, name, d.method.frame_words, {})


def enter(vm: Interpreter, words: Words[int], fp: int, at: int, site: Site, method: RuntimeMethod) -> int:
    """Call a method: a native at once, any other by pushing its frame."""
    if method.native is not None:
        return call_native(vm, words, fp, at, site, method.native)
    new = open_frame(vm, words, fp, site, method)
    source = vm.fp + at
    target = new + FIRST
    for word in range(method.slots):
        words[target + word] = words[source + word]
    return begin(vm, new, method)


def open_frame(vm: Interpreter, words: Words[int], fp: int, site: Site, method: RuntimeMethod) -> int:
    """Make room and a header for a callee's frame; returns where it starts. The caller stays the current frame.

    Raises:
        Throw: StackOverflowError, OutOfMemoryError.
    """
    words[fp + PC] = site.pc
    if method.code is None:
        vm.prepare(method)
    new = vm.room_above(fp, site.frame_words, method)
    fp = vm.fp
    words[new + METHOD] = method.id
    words[new + PC] = 0
    words[new + LINK] = (fp - vm.stack) << LINK_SHIFT
    return new


def begin(vm: Interpreter, new: int, method: RuntimeMethod) -> int:
    """Make the opened frame, its arguments in place, the current one."""
    entry = method.entry
    if entry is None:
        method.heat += 1
        if method.heat == vm.hot:
            entry = vm.compile(method)
    if entry is not None and vm.run_native(entry, new):
        return RELOAD
    vm.fp = new
    vm.code = method.code  # type: ignore[assignment]
    vm.pc = 0
    if vm.call_trace:
        vm.calls.entered(method)
    if not method.leaf:
        vm.fuel -= 1
        if vm.fuel < 0:
            vm.poll()
    return RELOAD


def call_native(
    vm: Interpreter, words: Words[int], fp: int, at: int, site: Site, native: Callable[..., int | None]
) -> int:
    """Run a native: it gives the result word, or None if it has transferred control."""
    words[fp + PC] = site.pc
    result = native(vm, at)
    if result is not None:
        words[vm.fp + at] = result
        vm.pc = site.pc + 1
    return RELOAD


@decodes("callvirtual")
def _callvirtual(d: Decoding) -> Cell:
    return call_virtual, d.at, site_of(d, d.call().name)


def call_virtual(vm: Interpreter, words: Words[int], fp: int, at: int, site: Site) -> int | None:
    """Call the method of the receiver's class."""
    class_id = words[words[fp + at]] & CLASS_MASK
    method = site.targets.get(class_id)
    if method is None:
        method = site.target(vm, class_id)
    return enter(vm, words, fp, at, site, method)


def call_direct(vm: Interpreter, words: Words[int], fp: int, at: int, arg: tuple[Site, RuntimeMethod]) -> int | None:
    """Call a method known when the instruction was linked."""
    return enter(vm, words, fp, at, *arg)


@decodes("callspecial")
def _callspecial(d: Decoding) -> Cell:
    return linking(d, resolve_special)


def resolve_special(d: Decoding) -> Cell:
    """The cell for a call of exactly one method."""
    method = d.load(d.call().owner).method_for(d.call())
    return call_direct, d.at, (site_of(d, method.name), method)


@decodes("callstatic")
def _callstatic(d: Decoding) -> Cell:
    return linking(d, resolve_static_call)


def resolve_static_call(d: Decoding) -> Cell | None:
    """The cell for a static call, once the class is initialised."""
    method = d.load(d.call().owner).method_for(d.call())
    if not d.vm.ensure_initialised(method.owner):
        return None
    return call_direct, d.at, (site_of(d, method.name), method)


@decodes("new")
def _new(d: Decoding) -> Cell:
    return linking(d, resolve_new)


def resolve_new(d: Decoding) -> Cell | None:
    """The cell for constructing one class, once it is initialised."""
    ref = d.call()
    cls = d.load(ref.owner)
    if not d.vm.ensure_initialised(cls):
        return None
    return new, d.at, (site_of(d, INIT), cls, cls.method_for(ref))


def new(
    vm: Interpreter, words: Words[int], fp: int, at: int, arg: tuple[Site, RuntimeClass, RuntimeMethod]
) -> int | None:
    """Allocate an instance and call init on it."""
    site, cls, method = arg
    open_frame(vm, words, fp, site, method)
    ref = vm.heap.new_object(cls)  # may move everything, the opened frame included
    fp = vm.fp
    target = fp + site.frame_words + FIRST
    words[target] = ref
    for word in range(method.slots - 1):
        words[target + 1 + word] = words[fp + at + word]
    return begin(vm, fp + site.frame_words, method)


@decodes("initfields")
def _initfields(d: Decoding) -> Cell:
    return linking(d, resolve_initfields)


def resolve_initfields(d: Decoding) -> Cell:
    """The cell for running a class's field initialisers; nothing where it has none."""
    method = d.load(d.type()).methods.get(FIELD_INITIALISERS)
    if method is None:
        return nothing, d.at, None
    return call_direct, d.at, (site_of(d, method.name), method)
