"""Mini exceptions: making the error object, recording its trace, finding its handler."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from minivm.classes import RuntimeClass, RuntimeMethod, Stage
from minivm.classfile import Handler
from minivm.errors import LinkError, Throw
from minivm.frames import FIRST, LINK, LINK_MASK, LINK_SHIFT, METHOD, PC, Link
from minivm.interpreter import Interpreter
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.memory import CLASS_MASK, Root
from minivm.types import ERROR, INT, array_of, class_type

TRACE_LIMIT = 64  # frames recorded in an error: enough to see a recursion, small enough to afford a thousand overflows


class Unwinder:
    """Turns a Throw into a handler's frame, or into the end of the fiber."""

    def __init__(self, vm: Interpreter, ended: Callable[[int], None]) -> None:
        self.vm = vm
        self.ended = ended
        error = vm.loader.load(ERROR)
        vm.linker.link(error)
        self.trace_class = vm.loader.load(array_of(INT))
        vm.linker.link(self.trace_class)
        self.message_offset = _offset(error, "message")
        self.frames_offset = _offset(error, "frames")
        self.cause_offset = _offset(error, "cause")

    def unwind(self, pc: int, throw: Throw) -> None:
        """Carry on at the handler for the error, which was thrown at ``pc`` of the current frame."""
        vm = self.vm
        vm.words[vm.fp + PC] = pc
        vm.pc = pc
        if vm.call_trace:
            vm.calls.threw(throw)
        ref = throw.ref or self.make_error(throw.kind, throw.message)
        if vm.words[ref + self.frames_offset] == 0:
            ref = self._record_trace(ref)
        self._find_handler(ref)

    def make_error(self, kind: str, message: str) -> int:
        """A new error object. If there is no room even in the reserve, the one made at the start."""
        vm = self.vm
        memory = vm.memory
        dipping = memory.dipping
        memory.dipping = dipping or kind == "OutOfMemoryError"
        try:
            cls = vm.loader.load(class_type(kind))
            vm.linker.link(cls)
            memory.set_root(Root.HOST, vm.heap.new_string(message))
            ref = vm.heap.new_object(cls)
        except Throw:
            return memory.root(Root.OUT_OF_MEMORY)
        finally:
            memory.dipping = dipping
        vm.words[ref + self.message_offset] = memory.root(Root.HOST)
        memory.set_root(Root.HOST, 0)
        return ref

    def _record_trace(self, ref: int) -> int:
        vm = self.vm
        vm.sync()
        pairs: list[int] = []
        words, at = vm.words, vm.fp
        while len(pairs) < 2 * TRACE_LIMIT:
            pairs += (words[at + METHOD], words[at + PC])
            link = words[at + LINK]
            if link & LINK_MASK == Link.BASE:
                break
            at = vm.stack + (link >> LINK_SHIFT)
        memory = vm.memory
        memory.set_root(Root.HOST, ref)
        dipping = memory.dipping
        memory.dipping = True
        try:
            trace = vm.heap.new_array(self.trace_class, len(pairs))
        except Throw:
            trace = 0
        memory.dipping = dipping  # a migration dips all the way
        ref = memory.root(Root.HOST)
        memory.set_root(Root.HOST, 0)
        if trace:
            vm.words[trace + ARRAY_FIRST : trace + ARRAY_FIRST + len(pairs)] = memoryview(array("q", pairs))
            vm.words[ref + self.frames_offset] = trace
        return ref

    def trace_of(self, ref: int) -> list[str]:
        """The places recorded in an error, innermost first."""
        vm = self.vm
        trace = vm.words[ref + self.frames_offset]
        if not trace:
            return []
        words = vm.words[trace + ARRAY_FIRST : trace + ARRAY_FIRST + vm.words[trace + ARRAY_LENGTH]].tolist()
        found = []
        for method_id, pc in zip(words[::2], words[1::2], strict=True):
            method = vm.methods[method_id]
            retired = vm.registry.retired.get(method_id)
            if method is not None:
                found.append(place(method, pc))
            elif retired is not None:
                found.append(f"{retired.name} ({retired.source}:{retired.code.line_at(pc)})")
        return found

    def _find_handler(self, ref: int) -> None:
        vm = self.vm
        while True:
            method = vm.method_at(vm.fp)
            code = method.declared.code
            assert code is not None
            handler = self._handler_in(method, vm.words[vm.fp + PC], ref) if code.handlers else None
            if handler is not None:
                vm.words[vm.fp + FIRST + code.locals] = ref
                vm.words[vm.fp + PC] = handler.target
                vm.resume()
                if vm.call_trace:
                    vm.calls.caught()
                elif vm.tier is not None:
                    vm.enter_handler(method, handler.target)
                return
            kind = vm.drop()
            if kind == Link.RESTART:
                ref = self._initialiser_failed(method.owner, ref)
            elif kind == Link.BASE:
                self.ended(ref)
                return

    def _handler_in(self, method: RuntimeMethod, pc: int, ref: int) -> Handler | None:
        code = method.declared.code
        assert code is not None
        cls = self.vm.classes[self.vm.words[ref] & CLASS_MASK]
        assert cls is not None
        for handler in code.handlers:
            if handler.start <= pc < handler.end and self._catches(method, handler, cls):
                return handler
        return None

    def _catches(self, method: RuntimeMethod, handler: Handler, cls: RuntimeClass) -> bool:
        catch = handler.catch.substitute(method.binding)
        if catch == ERROR:
            return True
        try:
            return cls.is_below(method.scope(self.vm.machine.app).load(catch))
        except LinkError:
            return False  # a class that cannot be loaded has no instances

    def _initialiser_failed(self, cls: RuntimeClass, ref: int) -> int:
        vm = self.vm
        cls.stage = Stage.FAILED
        cls.failure = self.describe(ref)
        vm.tracer.event("load", f"{cls.type} could not be initialised, and stays so: {cls.failure}")
        memory = vm.memory
        memory.set_root(Root.HOST + 1, ref)
        ref = self.make_error("InitialiserError", f"class {cls.type} could not be initialised: {cls.failure}")
        vm.words[ref + self.cause_offset] = memory.root(Root.HOST + 1)
        memory.set_root(Root.HOST + 1, 0)
        return self._record_trace(ref)

    def describe(self, ref: int) -> str:
        """``Class: message`` of an error object."""
        vm = self.vm
        cls = vm.classes[vm.words[ref] & CLASS_MASK]
        message = vm.words[ref + self.message_offset]
        text = vm.heap.string(message) if message else ""
        name = cls.name if cls else "Error"
        return f"{name}: {text}" if text else name


def _offset(cls: RuntimeClass, name: str) -> int:
    field = cls.find_field(name)
    if field is None:
        raise LinkError(f"class {cls.type} lacks the field {name} that the machine needs")
    return field.offset


def place(method: RuntimeMethod, pc: int) -> str:
    """``Owner.method (file:line)``, for a stack trace."""
    code = method.declared.code
    return f"{method} ({method.owner.file.source}:{code.line_at(pc) if code else 0})"
