"""Checking texts, and verifying what comes of them: what the tests of the checker share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lang.checker import ClassFiles, Unit, check
from lang.codegen import generate
from lang.diagnostics import CompileError, Diagnostic
from lang.library import standard_library
from lang.parser import parse
from lang.source import Source
from lang.typed import TypedClass
from minivm.classfile import ClassFile
from minivm.errors import VerifyError
from minivm.loader import Loader, MemoryFinder, Registry
from minivm.trace import Tracer
from minivm.types import INT, STRING, class_type
from minivm.verifier import check_class, verify

ARGUMENTS = (INT, STRING, class_type("List", INT))  # what templates are instantiated with
_NOTHING: dict[str, ClassFile] = {}


def unit_of(text: str, module: str = "main", entry: bool = True, prefix: str = "", echo: bool = False) -> Unit:
    """A parsed text as a unit; its source is named after the module."""
    source = Source(module.replace("$", "") + ".mini", text)
    return Unit(source, parse(source), module, entry, prefix, echo)


def checked(
    *units: Unit, auto: tuple[str, ...] = ("prelude",), extra: Mapping[str, ClassFile] = _NOTHING
) -> list[TypedClass]:
    """The typed classes of units, with the standard library and ``extra`` around them."""
    return list(check(units, ClassFiles({**standard_library(), **extra}, auto)))


def problems(*units: Unit) -> tuple[Diagnostic, ...]:
    """What the checker finds; each can be rendered."""
    try:
        checked(*units)
    except CompileError as error:
        assert str(error)
        return error.diagnostics
    return ()


def class_files(classes: Sequence[TypedClass], units: Sequence[Unit]) -> dict[str, ClassFile]:
    """The class files of typed classes by name."""
    sources = {unit.source.name: unit.source for unit in units}
    return {file.name: file for cls in classes for file in generate(cls, sources[cls.header.source])}


def faults(files: Mapping[str, ClassFile]) -> Iterator[str]:
    """What the verifier says of every class; unbounded templates with three kinds of argument."""
    loader = Loader("test", None, MemoryFinder({**standard_library(), **files}), Registry(), Tracer())
    for file in files.values():
        if any(p.bound for p in file.type_parameters):
            continue
        for arg in ARGUMENTS if file.type_parameters else (INT,):
            cls = loader.load(class_type(file.name, *([arg] * len(file.type_parameters))))
            yield from map(str, check_class(cls, loader))
            for method in [m for m in cls.methods.values() if not m.declared.type_parameters]:
                try:
                    verify(method, loader)
                except VerifyError as error:
                    yield str(error)
