"""Typed trees to class files; ``generate`` is the way in, and costs nothing before it is taken.

assembler, frame, work, limits     labels and constants, locals, deep trees without recursion, what is too large
expressions, statements, closures  the code of each kind of node
classes                            a class with its methods and the initialisers of its fields
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lang.source import Source
    from lang.typed import TypedClass
    from minivm.classfile import ClassFile


def generate(typed: TypedClass, source: Source) -> tuple[ClassFile, ...]:
    """The class file of ``typed``, then one for each function literal in it.

    Raises:
        CompileError: something in it is larger than a class file can hold; the diagnostic names the method.
    """
    from lang.codegen.classes import ClassWriter

    return ClassWriter(typed, source).files()
