"""Class files on disk: where ``python -m minivm`` and compiled programs find them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from minivm.classfile import ClassFile
from minivm.codec import decode, encode
from minivm.errors import FormatError, LinkError
from minivm.loader import Finder

SUFFIX = ".mclass"


@frozen
class DirectoryFinder:
    """Finds ``NAME.mclass`` in one folder."""

    folder: Path

    def find(self, name: str) -> tuple[ClassFile, str] | None:
        """Read the class file of that name, if the folder has one.

        Raises:
            LinkError: it is there but cannot be read or is damaged.
        """
        path = self.folder / (name + SUFFIX)
        return (read_class_file(path), str(path)) if path.is_file() else None


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


def read_class_file(path: Path) -> ClassFile:
    """One class file.

    Raises:
        LinkError: the file cannot be read or is not a class file; the message names it.
    """
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise LinkError(f"cannot read {path}: {error.strerror}") from error
    except FormatError as error:
        raise LinkError(f"{path} is damaged or not a class file: {error}") from error


def write_class_file(folder: Path, file: ClassFile) -> Path:
    """Write one class file into a folder; returns its path."""
    path = folder / (file.name + SUFFIX)
    path.write_bytes(encode(file))
    return path
