"""Mini exceptions: making the error object, recording its trace, finding its handler."""

from __future__ import annotations

from collections.abc import Callable

from minivm.classes import RuntimeClass, RuntimeMethod, Stage
from minivm.classfile import Handler
from minivm.errors import LinkError, Throw
from minivm.frames import FIRST, LINK, LINK_MASK, LINK_SHIFT, METHOD, PC, Link
from minivm.interpreter import Interpreter
from minivm.kernels.unwinding import count_frames, write_frames
from minivm.layouts import ARRAY_FIRST, ARRAY_LENGTH
from minivm.memory import CLASS_MASK, Root
from minivm.types import ERROR, INT, array_of, class_type


class Unwinder:
    """Turns a Throw into a handler's frame, or into the end of the fiber."""

    def __init__(self, vm: Interpreter, ended: Callable[[int], None]) -> None:
        self.vm = vm
        self.ended = ended
        error = self.error_class = vm.loader.load(ERROR)
        vm.linker.link(error)
        self.trace_class = vm.loader.load(array_of(INT))
        vm.linker.link(self.trace_class)
        self.message_offset = _offset(error, "message")
        self.frames_offset = _offset(error, "frames")
        self.cause_offset = _offset(error, "cause")
        self._kinds: dict[str, RuntimeClass] = {}  # of errors that the machine has thrown
        self._caught: dict[tuple[RuntimeMethod, int], RuntimeClass] = {}  # by the handler's number in the method

    def forget(self) -> None:
        """Classes may have other versions now: look them up again."""
        self._kinds.clear()
        self._caught.clear()

    def unwind(self, pc: int, throw: Throw) -> None:
        """Carry on at the handler for the error, which was thrown at ``pc`` of the current frame."""
        vm = self.vm
        vm.words[vm.fp + PC] = pc
        vm.pc = pc
        if vm.call_trace:
            vm.calls.threw(throw)
        ref = throw.ref or self.make_error(throw.kind, throw.message)
        if vm.words[ref + self.frames_offset] == 0:
            self._record_trace(ref)
        self._find_handler(ref)

    def make_error(self, kind: str, message: str) -> int:
        """A new error object. If there is no room even in the reserve, the one made at the start."""
        vm = self.vm
        memory = vm.memory
        dipping = memory.dipping
        memory.dipping = dipping or kind == "OutOfMemoryError"
        try:
            cls = self._kinds.get(kind) or self._kind(kind)
            memory.set_root(Root.HOST, vm.heap.new_string(message))
            ref = vm.heap.new_object(cls)
        except Throw:
            return memory.root(Root.OUT_OF_MEMORY)
        finally:
            memory.dipping = dipping
        vm.words[ref + self.message_offset] = memory.root(Root.HOST)
        memory.set_root(Root.HOST, 0)
        return ref

    def _kind(self, kind: str) -> RuntimeClass:
        cls = self.vm.loader.load(class_type(kind))
        self.vm.linker.link(cls)
        self._kinds[kind] = cls
        return cls

    def _record_trace(self, ref: int) -> None:
        vm = self.vm
        memory = vm.memory
        count = count_frames(vm.words, vm.fp)
        dipping = memory.dipping  # a migration dips all the way
        memory.dipping = True  # and so nothing moves
        try:
            trace = vm.heap.new_array(self.trace_class, 2 * count)
        except Throw:
            return
        finally:
            memory.dipping = dipping
        write_frames(vm.words, vm.fp, trace + ARRAY_FIRST, count)
        vm.words[ref + self.frames_offset] = trace

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
            self._skip()
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
                    vm.land()
                return
            kind = vm.drop()
            if kind == Link.RESTART:
                ref = self._initialiser_failed(method.owner, ref)
            elif kind == Link.BASE:
                self.ended(ref)
                return

    def _skip(self) -> None:
        """Pop the frames that calls have pushed and whose methods have no handlers, as fast as can be."""
        vm = self.vm
        words, methods, stack, fp = vm.words, vm.methods, vm.stack, vm.fp
        while not methods[words[fp + METHOD]].declared.code.handlers:  # type: ignore[union-attr]
            link = words[fp + LINK]
            if link & LINK_MASK:
                break
            fp = stack + (link >> LINK_SHIFT)
        vm.fp = fp

    def _handler_in(self, method: RuntimeMethod, pc: int, ref: int) -> Handler | None:
        code = method.declared.code
        assert code is not None
        cls = self.vm.classes[self.vm.words[ref] & CLASS_MASK]
        assert cls is not None
        for number, handler in enumerate(code.handlers):
            if handler.start <= pc < handler.end:
                caught = self._caught.get((method, number)) or self._caught_by(method, number)
                if caught is not None and cls.is_below(caught):
                    return handler
        return None

    def _caught_by(self, method: RuntimeMethod, number: int) -> RuntimeClass | None:
        assert method.declared.code is not None
        catch = method.declared.code.handlers[number].catch.substitute(method.binding)
        try:
            caught = self._caught[method, number] = method.scope(self.vm.machine.app).load(catch)
        except LinkError:
            return None  # a class that cannot be loaded has no instances
        return caught

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
        self._record_trace(ref)
        return ref

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
