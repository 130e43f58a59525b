"""Class files on disk: where ``python -m minivm`` and compiled programs find them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from minivm.classfile import ClassFile
from minivm.codec import decode, encode
from minivm.codec.limits import MAX_FILE
from minivm.errors import FormatError, LinkError, UsageError
from minivm.loader import Finder

SUFFIX = ".mclass"
ASSEMBLY = ".masm"  # the assembler's text form, which is read wherever a class file is


@frozen
class DirectoryFinder:
    """Finds ``NAME.mclass``, or else ``NAME.masm``, in one folder."""

    folder: Path

    def find(self, name: str) -> tuple[ClassFile, str] | None:
        """Read the class file of that name, if the folder has one.

        Raises:
            LinkError: it is there but cannot be read or is damaged.
        """
        for suffix in (SUFFIX, ASSEMBLY):
            path = self.folder / (name + suffix)
            if path.is_file():
                return read_class_file(path), str(path)
        return None


@frozen
class ChainFinder:
    """Asks several finders in turn."""

    finders: Sequence[Finder]

    def find(self, name: str) -> tuple[ClassFile, str] | None:
        """The first answer."""
        for finder in self.finders:
            found = finder.find(name)
            if found is not None:
                return found
        return None


def is_class_file(path: Path) -> bool:
    """Whether the name is that of a class file, in bytes or in the assembler's form."""
    return path.suffix in (SUFFIX, ASSEMBLY)


def read_class_file(path: Path) -> ClassFile:
    """One class file.

    Raises:
        LinkError: the file cannot be read or is not a class file; the message names it.
    """
    try:
        with path.open("rb") as source:
            data = source.read(MAX_FILE + 1)  # a larger one is refused, so no more of it is wanted
        return _assembled(data) if path.suffix == ASSEMBLY else decode(data)
    except OSError as error:
        raise LinkError(f"cannot read {path}: {error.strerror}") from error
    except FormatError as error:
        what = f"{path} cannot be assembled" if path.suffix == ASSEMBLY else f"{path} is damaged or not a class file"
        raise LinkError(f"{what}: {error}") from error


def read_program(path: Path) -> ClassFile:
    """The class file that a command line names.

    Raises:
        UsageError: there is none to read; LinkError: it is not a class file.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    return read_class_file(path)


def _assembled(data: bytes) -> ClassFile:
    from minivm.assembler import assemble

    try:
        return assemble(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FormatError(f"it is not a text in UTF-8 (byte {error.start})") from error


def write_class_file(folder: Path, file: ClassFile) -> Path:
    """Write one class file into a folder; returns its path."""
    path = folder / (file.name + SUFFIX)
    path.write_bytes(encode(file))
    return path
