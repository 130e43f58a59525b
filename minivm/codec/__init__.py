"""Class files as bytes.

    byte 0      4         6        10         14
         ┌──────┬─────────┬────────┬──────────┬───────────────────┐
         │ MINI │ version │ length │ checksum │ payload …         │
         └──────┴─────────┴────────┴──────────┴───────────────────┘
           4 B    u16       u32      u32        `length` bytes, to the end of the file

All fixed numbers are little-endian. The checksum is the payload's CRC-32: it finds accidents; hostile files are the
reader's and verifier's business. In the payload, ``n`` is a LEB128 number, ``z`` the same zigzagged (signed), ``s`` the
index of a string, ``t`` the index of a string that is a type descriptor, ``[x]`` a count followed by that many x,
``x?`` a byte 0, or a byte 1 followed by x:

    payload    [string]                         every name, descriptor and text, each once: n bytes of UTF-8
               s name   n flags   t? superclass   [t] interfaces   [type parameter]
               s source   s host   s text   n line
               [constant]   [field]   [method]

    type parameter   s name   t? bound
    constant   0 f64 │ 1 s text │ 2 t │ 3 t owner  s name  t type │ 4 t owner  s name  [t]  t result  [t] type arguments
    field      s name   t type   n flags   (0 z │ 1 f64) constant   n line
    method     s name   n flags   [t] parameters   t result   [type parameter]   [s] parameter names   n line   code?
    code       n locals   [instruction]   [handler]   [n pc  n line]   [n slot  s name  n start  n end]
    instruction  n opcode, then its operands: z for an int, n for anything else
    handler    n start   n end   n target   t catch

A change of this picture, or of the order of rows in the instruction table, is a new version.
"""

from __future__ import annotations

import struct
import zlib

from minivm.classfile import ClassFile
from minivm.codec.limits import MAX_FILE
from minivm.codec.reader import Reader
from minivm.codec.validate import validate
from minivm.codec.writer import Writer
from minivm.errors import FormatError

MAGIC = b"MINI"
VERSION = 1
_HEADER = struct.Struct("<4sHII")


def encode(file: ClassFile) -> bytes:
    """The bytes of ``file``; ``decode`` gives an equal one back.

    Raises:
        FormatError: ``file`` is not well formed or larger than a class file may be.
    """
    validate(file)
    payload = Writer().payload(file)
    if len(payload) > MAX_FILE - _HEADER.size:
        raise FormatError(f"class {file.name} takes {len(payload)} bytes; a class file may have {MAX_FILE}")
    return _HEADER.pack(MAGIC, VERSION, len(payload), zlib.crc32(payload)) + payload


def decode(data: bytes) -> ClassFile:
    """The class file that ``data`` holds.

    Raises:
        FormatError: for anything but a well-formed class file; the message names the byte.
    """
    if data[:4] != MAGIC:
        raise FormatError("not a class file: it does not begin with MINI (at byte 0)")
    if len(data) < _HEADER.size or len(data) > MAX_FILE:
        raise FormatError(f"not a class file: {len(data)} bytes ({_HEADER.size} to {MAX_FILE} are possible; at byte 0)")
    _, version, length, checksum = _HEADER.unpack_from(data)
    if version != VERSION:
        raise FormatError(f"class file version {version}; this machine reads version {VERSION} (at byte 4)")
    if length != len(data) - _HEADER.size:
        raise FormatError(f"not a class file: {len(data) - _HEADER.size} bytes of {length} (at byte 6)")
    if zlib.crc32(memoryview(data)[_HEADER.size :]) != checksum:
        raise FormatError("the class file is damaged: its checksum does not fit (at byte 10)")
    return Reader(bytes(data), _HEADER.size).payload()
