from __future__ import annotations

import math
import random
import struct
import time
import zlib

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from classfiles import class_files
from minivm.classfile import (
    ClassFile,
    Code,
    Constant,
    Field,
    FieldRef,
    Flags,
    Handler,
    LocalName,
    Method,
    MethodRef,
    instruction,
)
from minivm.codec import MAGIC, VERSION, decode, encode
from minivm.codec.limits import MAX_FILE, MAX_INSTRUCTIONS, MAX_LOCALS, MAX_PARAMETERS, MAX_STRING
from minivm.errors import FormatError
from minivm.types import FLOAT, INT, OBJECT, STRING, VOID, Kind, Type, class_type

HEADER = 14
RETURN = (instruction("unit"), instruction("ret"))


def sealed(payload: bytes) -> bytes:
    """A file around ``payload`` with a checksum that fits, so that a test reaches what is behind it."""
    return struct.pack("<4sHII", MAGIC, VERSION, len(payload), zlib.crc32(payload)) + payload


def with_code(code: Code, *constants: Constant) -> ClassFile:
    method = Method("run", (), VOID, Flags.STATIC, code)
    return ClassFile("Item", OBJECT, constants=constants, methods=(method,))


SAMPLE = ClassFile(
    "Item",
    OBJECT,
    (class_type("Priced"),),
    Flags.FINAL,
    (),
    (1.5, "tea", STRING, FieldRef(class_type("Item"), "cents", INT), MethodRef(OBJECT, "init", (), OBJECT)),
    (Field("cents", INT, Flags.PRIVATE, -3, 4), Field("rate", FLOAT, Flags.NONE, 0.5)),
    (
        Method(
            "run",
            (INT,),
            VOID,
            Flags.NONE,
            Code(
                3,
                (
                    instruction("iconst", -1),
                    instruction("store", 2),
                    instruction("sconst", 1),
                    instruction("pop"),
                    *RETURN,
                ),
                (Handler(0, 2, 3, class_type("Error")),),
                ((0, 7), (2, 8)),
                (LocalName(2, "x", 2, 6),),
            ),
            (),
            6,
            ("n",),
        ),
    ),
    "item.mini",
    "",
    1,
    "class Item {}",
)


def refused(data: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        decode(data)
    assert "at byte" in str(caught.value)
    return str(caught.value)


# ── round trips ──────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=200, deadline=None)
@given(class_files())
def test_decode_undoes_encode(file: ClassFile) -> None:
    again = decode(encode(file))
    assert again == file
    assert again.text == file.text
    assert encode(again) == encode(file)


@pytest.mark.parametrize("value", [math.nan, -0.0, math.inf, 5e-324])
def test_floats_keep_their_bits(value: float) -> None:
    file = evolve(SAMPLE, constants=(value, *SAMPLE.constants[1:]), fields=(Field("f", FLOAT, Flags.NONE, value),))
    again = decode(encode(file))
    kept = (again.constants[0], again.fields[0].constant)
    assert [struct.pack("<d", x) for x in kept] == [struct.pack("<d", value)] * 2  # type: ignore[list-item]


def test_a_string_constant_is_written_once_however_often_it_occurs() -> None:
    long = "x" * 1000
    assert len(encode(evolve(SAMPLE, constants=(*SAMPLE.constants, *[long] * 20)))) < len(encode(SAMPLE)) + 1100


# ── hostile bytes ────────────────────────────────────────────────────────────────────────────────────────


def survives(data: bytes) -> None:
    """``data`` is refused with FormatError, or is a class file that can be written again."""
    try:
        file = decode(data)
    except FormatError:
        return
    encode(file)


def mutate(rng: random.Random, payload: bytes) -> bytes:
    mutant = bytearray(payload)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(mutant) + 1)
        action = rng.randrange(4)
        if action == 0 and at < len(mutant):
            mutant[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif action == 1:
            mutant[at:at] = bytes(rng.choices((0, 1, 0x7F, 0x80, 0xFF), k=rng.randint(1, 9)))
        elif action == 2:
            del mutant[at : at + rng.randint(1, 8)]
        else:
            mutant[at:at] = mutant[rng.randrange(len(mutant) + 1) :][: rng.randint(1, 30)]
    return bytes(mutant)


def mutation_run(seed: int, count: int) -> None:
    rng = random.Random(seed)
    payload = encode(SAMPLE)[HEADER:]
    for _ in range(count):
        survives(sealed(mutate(rng, payload)))


def test_mutants_with_a_good_checksum_are_refused_or_valid() -> None:
    mutation_run(1, 3_000)


@pytest.mark.long
def test_mutants_long() -> None:
    mutation_run(2, 100_000)


@settings(max_examples=100, deadline=None)
@given(class_files(), st.randoms(use_true_random=False))
def test_mutants_of_any_class_file(file: ClassFile, rng: random.Random) -> None:
    payload = encode(file)[HEADER:]
    for _ in range(5):
        survives(sealed(mutate(rng, payload)))


@given(st.binary(max_size=200))
def test_random_payloads_are_refused_or_valid(payload: bytes) -> None:
    survives(payload)
    survives(sealed(payload))


def test_every_truncation_is_refused() -> None:
    data = encode(SAMPLE)
    for size in range(len(data)):
        refused(data[:size])
        if size > HEADER:
            refused(sealed(data[HEADER:size]))


def test_a_flipped_byte_breaks_the_checksum() -> None:
    data = encode(SAMPLE)
    for at in range(HEADER, len(data)):
        assert "checksum" in refused(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_trailing_bytes_are_refused() -> None:
    assert "1 bytes too many" in refused(sealed(encode(SAMPLE)[HEADER:] + b"\0"))


def test_another_version_is_refused() -> None:
    data = bytearray(encode(SAMPLE))
    data[4] = 9
    assert "version 9" in refused(bytes(data))


@pytest.mark.parametrize("count", [b"\x7f", b"\xff\xff\x03", b"\xff" * 9 + b"\x01", b"\xff" * 10, b"\x80" * 100_000])
def test_absurd_counts_are_refused_quickly(count: bytes) -> None:
    payload = encode(SAMPLE)[HEADER:]
    start = time.perf_counter()
    for at in range(len(payload)):
        with pytest.raises(FormatError):
            decode(sealed(payload[:at] + count))
    assert time.perf_counter() - start < 5


def test_a_long_string_named_by_many_types_is_parsed_once() -> None:
    """65,535 constants of one huge hostile type cost one look at it."""
    text = ("List<" * 60 + "int" + ">" * 60).encode()
    strings = b"\x01" + bytes([0x80 | len(text) & 0x7F, len(text) >> 7]) + text
    header = b"\0\0\0\0\0\0\0\0\0"  # name, flags, superclass, interfaces, parameters, source, host, text, line
    start = time.perf_counter()
    refused(sealed(strings + header + b"\xff\xff\x03" + b"\x02\x00" * 65_535))
    assert time.perf_counter() - start < 5


def test_text_that_is_not_utf8_is_refused() -> None:
    payload = encode(SAMPLE)[HEADER:]
    assert "UTF-8" in refused(sealed(payload.replace(b"tea", b"t\xed\xa0")))


# ── structure ────────────────────────────────────────────────────────────────────────────────────────────

BAD_FILES = {
    "a local out of range": with_code(Code(1, (instruction("load", 1), *RETURN))),
    "a negative local": with_code(Code(1, (instruction("load", -1), *RETURN))),
    "a target out of range": with_code(Code(0, (instruction("jump", 3), *RETURN))),
    "a constant out of range": with_code(Code(0, (instruction("sconst", 0), *RETURN))),
    "a constant of another kind": with_code(Code(0, (instruction("sconst", 0), *RETURN)), 1.5),
    "a string for a float": with_code(Code(0, (instruction("fconst", 0), *RETURN)), "1.5"),
    "a field for a method": with_code(Code(0, (instruction("new", 0), *RETURN)), FieldRef(OBJECT, "x", INT)),
    "an immediate beyond 64 bits": with_code(Code(0, (instruction("iconst", 1 << 63), *RETURN))),
    "a count too large": with_code(Code(0, (instruction("concat", 1 << 16), *RETURN))),
    "no instructions": with_code(Code(0, ())),
    "too many instructions": with_code(Code(0, RETURN * (MAX_INSTRUCTIONS // 2 + 1))),
    "too many locals": with_code(Code(MAX_LOCALS + 1, RETURN)),
    "an empty handler": with_code(Code(0, RETURN, (Handler(1, 1, 0, OBJECT),))),
    "a handler's end out of range": with_code(Code(0, RETURN, (Handler(0, 3, 0, OBJECT),))),
    "a handler's target out of range": with_code(Code(0, RETURN, (Handler(0, 1, 2, OBJECT),))),
    "lines that do not ascend": with_code(Code(0, RETURN, (), ((1, 1), (0, 2)))),
    "a local name's slot": with_code(Code(0, RETURN, (), (), (LocalName(0, "x", 0, 1),))),
    "a class name with a space": ClassFile("an Item", OBJECT),
    "an empty name": ClassFile("Item", OBJECT, fields=(Field("", INT),)),
    "a long name": ClassFile("I" * 2000, OBJECT),
    "two fields": ClassFile("Item", OBJECT, fields=(Field("x", INT), Field("x", FLOAT))),
    "two methods": ClassFile("Item", OBJECT, methods=(Method("m", (), INT, Flags.ABSTRACT),) * 2),
    "a method without code": ClassFile("Item", OBJECT, methods=(Method("m", (), INT),)),
    "an abstract method with code": ClassFile(
        "Item", OBJECT, methods=(Method("m", (), VOID, Flags.ABSTRACT, Code(1, RETURN)),)
    ),
    "no slot for this": ClassFile("Item", OBJECT, methods=(Method("m", (), VOID, Flags.NONE, Code(0, RETURN)),)),
    "too many parameters": ClassFile(
        "Item", OBJECT, methods=(Method("m", (INT,) * (MAX_PARAMETERS + 1), VOID, Flags.ABSTRACT),)
    ),
    "parameter names": ClassFile(
        "Item", OBJECT, methods=(Method("m", (INT,), VOID, Flags.ABSTRACT, None, (), 0, ("a", "b")),)
    ),
    "an initial value beyond 64 bits": ClassFile("Item", OBJECT, fields=(Field("x", INT, Flags.NONE, 1 << 64),)),
    "a lone surrogate": ClassFile("Item", OBJECT, constants=("\ud800",)),
    "a string too long": ClassFile("Item", OBJECT, constants=("x" * (MAX_STRING + 1),)),
    "a type that is no type": ClassFile("Item", OBJECT, constants=(Type(Kind.CLASS, "not a name"),)),
    "a negative line": ClassFile("Item", OBJECT, line=-1),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_malformed_class_file_is_not_written(what: str) -> None:
    with pytest.raises(FormatError):
        encode(BAD_FILES[what])


def test_a_malformed_class_file_is_not_read_either(monkeypatch: pytest.MonkeyPatch) -> None:
    for what, file in BAD_FILES.items():
        with monkeypatch.context() as context:
            context.setattr("minivm.codec.validate", lambda file: None)
            try:
                data = encode(file)
            except (UnicodeEncodeError, RecursionError):
                continue
            except ValueError:  # a negative number cannot be written at all
                continue
        with pytest.raises(FormatError):
            decode(data)
            pytest.fail(f"{what} was read")


def test_a_file_larger_than_the_cap_is_refused() -> None:
    refused(MAGIC + bytes(MAX_FILE))
    huge = ClassFile("Item", OBJECT, constants=tuple(str(i) + "x" * (MAX_STRING - 10) for i in range(5)))
    with pytest.raises(FormatError, match="may have"):
        encode(huge)


def test_nothing_but_a_class_file() -> None:
    for data in (b"", b"MIN", b"MINI", b"#!/bin/sh\n", b"MINI" + b"\0" * 9):
        refused(data)
