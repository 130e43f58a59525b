"""Compiled classes kept between runs: many class files as one text of bytes, each read when it is asked for.

    archive     MAGIC  u32 count   count × (u16 name length  u32 file length)   the names   the class files

The bytes come out of the cache, which has checked that they are what was written there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, MutableMapping

from minivm.classfile import ClassFile
from minivm.codec import decode, encode
from minivm.errors import FormatError

_MAGIC = b"MINIARC1"
_COUNT = struct.Struct("<I")
_ROW = struct.Struct("<HI")


class Archive(MutableMapping[str, ClassFile]):
    """Class files by name, some of them still bytes."""

    def __init__(self, files: Mapping[str, ClassFile] | None = None) -> None:
        self._files: dict[str, ClassFile | bytes] = dict(files or {})

    def __getitem__(self, name: str) -> ClassFile:
        found = self._files[name]
        if isinstance(found, bytes):
            found = self._files[name] = decode(found)
        return found

    def __setitem__(self, name: str, file: ClassFile) -> None:
        self._files[name] = file

    def __delitem__(self, name: str) -> None:
        del self._files[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def pack(files: Mapping[str, ClassFile]) -> bytes:
    """The bytes of some class files; ``unpack`` gives equal ones back, in the same order.

    Raises:
        FormatError: one of them cannot be encoded.
    """
    names = [name.encode() for name in files]
    encoded = [encode(file) for file in files.values()]
    rows = [_ROW.pack(len(name), len(data)) for name, data in zip(names, encoded, strict=True)]
    return b"".join((_MAGIC, _COUNT.pack(len(files)), *rows, *names, *encoded))


def unpack(data: bytes) -> Archive:
    """The class files in ``data``.

    Raises:
        FormatError: it is no archive.
    """
    if not data.startswith(_MAGIC) or len(data) < len(_MAGIC) + _COUNT.size:
        raise FormatError("not an archive of class files")
    (count,) = _COUNT.unpack_from(data, len(_MAGIC))
    start = len(_MAGIC) + _COUNT.size
    name_at = start + count * _ROW.size
    if name_at > len(data):
        raise FormatError("the archive is cut off")
    rows = list(_ROW.iter_unpack(data[start:name_at]))
    file_at = name_at + sum(name_length for name_length, _ in rows)
    archive = Archive()
    for name_length, length in rows:
        name = data[name_at : name_at + name_length].decode()
        archive._files[name] = data[file_at : file_at + length]
        name_at, file_at = name_at + name_length, file_at + length
    return archive
