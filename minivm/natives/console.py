"""Natives that meet the world outside: output, input, arguments, clocks, the end."""

from __future__ import annotations

import secrets
import sys
import threading
import time
from typing import TYPE_CHECKING

from minivm.heap import float_word
from minivm.interpreter import Interpreter
from minivm.layouts import ARRAY_FIRST
from minivm.memory import Root, wrap
from minivm.natives.registry import argument, native, text_argument
from minivm.types import STRING, Type, array_of, class_type

if TYPE_CHECKING:
    from minivm.machine import Machine


@native("prelude", "write")
def write(vm: Interpreter, at: int) -> int:
    """Write a text to standard output."""
    vm.machine.output.write(text_argument(vm, at))
    return 0


@native("prelude", "writeError")
def write_error(vm: Interpreter, at: int) -> int:
    """Write a text to the error stream, behind what was written to standard output."""
    vm.machine.output.flush()
    vm.machine.errors.write(text_argument(vm, at))
    return 0


@native("prelude", "exit")
def exit_(vm: Interpreter, at: int) -> int:
    """End the program with a status."""
    raise vm.machine.exit(argument(vm, at))


@native("prelude", "argumentArray")
def argument_array(vm: Interpreter, at: int) -> int:
    """The program's arguments."""
    return new_string_array(vm, vm.machine.arguments)


def new_array(vm: Interpreter, element: Type, length: int) -> int:
    """A fresh array whose elements are not set."""
    cls = vm.loader.load(array_of(element))
    vm.linker.link(cls)
    return vm.heap.new_array(cls, length)


def new_string_array(vm: Interpreter, texts: list[str]) -> int:
    """A fresh Array<String>."""
    root = Root.HOST + 1
    vm.memory.set_root(root, new_array(vm, STRING, len(texts)))
    for index, text in enumerate(texts):
        ref = vm.heap.new_string(text)
        vm.words[vm.memory.root(root) + ARRAY_FIRST + index] = ref
    made = vm.memory.root(root)
    vm.memory.set_root(root, 0)
    return made


@native("prelude", "readLine")
def read_line(vm: Interpreter, at: int) -> int | None:
    """A line of standard input without its end, null at the end; other fibers run meanwhile."""
    machine, scheduler = vm.machine, vm.scheduler
    if machine.input_lines:
        scheduler.woken()
        line = machine.input_lines.popleft()
        return 0 if line is None else vm.heap.new_string(line)
    if not machine.reading:
        machine.reading = True
        scheduler.outside += 1
        threading.Thread(target=_read, args=(machine,), daemon=True).start()
    scheduler.woken()
    scheduler.park(_input_queue(vm))
    return None


def _input_queue(vm: Interpreter) -> int:
    root = Root.HOST + 5
    if not vm.memory.root(root):
        vm.memory.set_root(root, vm.heap.new_object(vm.loader.load(class_type("WaitQueue"))))
    return vm.memory.root(root)


def _read(machine: Machine) -> None:
    """Runs on a host thread: one line from standard input, or None at its end."""
    try:
        line = sys.stdin.readline()
    except (OSError, ValueError):
        line = ""
    machine.input_lines.append(line.rstrip("\r\n") if line else None)
    machine.scheduler.wakeup.set()


@native("Random", "startSeed")
def start_seed(vm: Interpreter, at: int) -> int:
    """The seed that the user chose, or one that nobody can know."""
    seed = vm.machine.seed
    return wrap(seed if seed is not None else secrets.randbits(64))


@native("Clock", "now")
def now(vm: Interpreter, at: int) -> int:
    """Seconds since 1970 as a float."""
    return float_word(time.time())


@native("Clock", "millis")
def millis(vm: Interpreter, at: int) -> int:
    """Milliseconds of a clock that never goes back."""
    return time.monotonic_ns() // 1_000_000


@native("Clock", "nanos")
def nanos(vm: Interpreter, at: int) -> int:
    """Nanoseconds of a clock that never goes back."""
    return time.monotonic_ns()
