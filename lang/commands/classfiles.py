"""Compiled programs on the command line of the language: the library comes with it, the rest is beside the program."""

from __future__ import annotations

from pathlib import Path

from lang.library import standard_library
from minivm.classfile import ClassFile
from minivm.classpath import DirectoryFinder, read_class_file
from minivm.loader import Finder, MemoryFinder
from minivm.machine import Machine
from minivm.options import MachineOptions


def compiled_machine(path: Path, options: MachineOptions) -> tuple[Machine, str]:
    """A machine for a class file, and the name of its class.

    Raises:
        LinkError: the file is damaged.
    """
    file, boot, program = open_class_file(path)
    machine = Machine(
        boot,
        program,
        heap_bytes=options.heap_bytes,
        gc_stress=options.gc_stress,
        tracer=options.tracer,
        arguments=options.arguments,
    )
    return machine, file.name


def open_class_file(path: Path) -> tuple[ClassFile, Finder, Finder]:
    """A class file, and where its boot and app loaders look."""
    return read_class_file(path), MemoryFinder(dict(standard_library()), "the library"), DirectoryFinder(path.parent)
