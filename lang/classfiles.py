"""Compiled programs on the command line of the language: the library comes with it, the rest is beside the program."""

from __future__ import annotations

from pathlib import Path

from lang.library import library_finder
from minivm.classfile import ClassFile
from minivm.classpath import DirectoryFinder, read_program
from minivm.loader import Finder
from minivm.machine import Machine
from minivm.options import MachineOptions
from minivm.runner import make_machine


def compiled_machine(path: Path, options: MachineOptions) -> tuple[Machine, str]:
    """A machine for a class file, and the name of its class.

    Raises:
        UsageError: there is no file to read; LinkError: it is damaged.
    """
    file, boot, program = open_class_file(path)
    return make_machine(boot, program, options), file.name


def open_class_file(path: Path) -> tuple[ClassFile, Finder, Finder]:
    """A class file, and where its boot and app loaders look."""
    return read_program(path), library_finder(), DirectoryFinder(path.parent)
