"""Class files that are well formed one by one and meant to bring the machine down together."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable

import pytest
from attrs import evolve

from hostile import check_heap, limit_polls, new_machine, sound
from minivm.classfile import ClassFile, Code, Field, FieldRef, Flags, Handler, Method, MethodRef, TypeParameter
from minivm.classfile import instruction as ins
from minivm.errors import GuestError, LinkError, MiniError
from minivm.redefine import redefine
from minivm.types import ERROR, INT, OBJECT, STRING, VOID, Type, class_type, variable
from running import compile_text, limited, text_of

DONE = (ins("unit"), ins("ret"))
T = variable("T")


def running(files: Iterable[ClassFile], heap_bytes: int = 4 << 20) -> str:
    """What class files with a ``Main`` end with; the heap is looked at afterwards."""
    machine = new_machine({file.name: file for file in files}, heap_bytes)
    limit_polls(machine, 100_000)
    try:
        with limited(20):
            machine.run_main("Main")
    except MiniError as error:
        return str(error)
    finally:
        sound(machine)
        machine.close()
    return ""


def main_class(code: Code, *constants: Type | FieldRef | MethodRef | str) -> ClassFile:
    main = Method("main", (), VOID, Flags.STATIC, code)
    return ClassFile("Main", OBJECT, (), Flags.MODULE | Flags.FINAL, (), constants, (), (main,))


def asking(type_: Type) -> ClassFile:
    """A program that needs a class, and nothing of it."""
    return main_class(Code(0, (ins("null"), ins("is", 0), ins("pop"), *DONE)), type_)


def template(name: str, supertype: Type = OBJECT, bound: Type | None = None) -> ClassFile:
    return ClassFile(name, supertype, (), Flags.ABSTRACT, (TypeParameter("T", bound),))


# ── hierarchies ──────────────────────────────────────────────────────────────────────────────────────────


def chain(length: int, is_interface: bool) -> list[ClassFile]:
    files = []
    for number in range(length):
        above = class_type(f"K{number - 1}") if number else OBJECT
        if is_interface:
            files.append(ClassFile(f"K{number}", OBJECT, (above,) if number else (), Flags.INTERFACE))
        else:
            files.append(ClassFile(f"K{number}", above, (), Flags.ABSTRACT))
    return files


@pytest.mark.parametrize("is_interface", [False, True])
def test_a_hierarchy_may_be_high_but_not_endless(is_interface: bool) -> None:
    assert running([*chain(90, is_interface), asking(class_type("K89"))]) == ""
    for length in (130, 300, 2000):
        assert "LinkError" in running([*chain(length, is_interface), asking(class_type(f"K{length - 1}"))])


def test_a_hierarchy_loaded_from_above_has_the_same_limit() -> None:
    asked = tuple(
        ins(name, *operand) for n in range(300) for name, operand in (("null", ()), ("is", (n,)), ("pop", ()))
    )
    program = main_class(Code(0, (*asked, *DONE)), *(class_type(f"K{n}") for n in range(300)))
    assert "more than 100 classes above it" in running([*chain(300, False), program])


@pytest.mark.parametrize("inner", [class_type("A", T), class_type("P", class_type("A", T), class_type("A", T))])
def test_a_template_that_needs_an_ever_larger_type_is_refused(inner: Type) -> None:
    pair = ClassFile("P", OBJECT, (), Flags.ABSTRACT, (TypeParameter("A"), TypeParameter("B")))
    grown = class_type("A", inner)
    for file in (template("A", grown), template("A", bound=grown)):
        assert "nests too deep or is too large" in running([pair, file, asking(class_type("A", STRING))])


def test_bounds_that_lead_from_template_to_template_have_an_end() -> None:
    files = [template(f"B{n}", bound=class_type(f"B{n + 1}", T)) for n in range(500)]
    assert "need each other" in running([*files, asking(class_type("B0", STRING))])


def test_a_missing_method_is_looked_for_once_in_each_interface() -> None:
    files = []
    for number in range(60):  # two ways up from each: a billion billion paths
        above = (class_type(f"L{number - 1}"), class_type(f"R{number - 1}")) if number else ()
        files += [ClassFile(f"{side}{number}", OBJECT, above, Flags.INTERFACE) for side in "LR"]
    call = MethodRef(class_type("L59"), "missing", (), VOID)
    body = Code(0, (ins("null"), ins("cast", 1), ins("callvirtual", 0), ins("ret")))
    assert "has no method missing" in running([*files, main_class(body, call, class_type("L59"))])


def test_fields_are_counted_with_the_inherited_ones() -> None:
    fields = tuple(Field(f"f{n}", INT, Flags.PRIVATE) for n in range(40_000))
    above = ClassFile("A", OBJECT, (), Flags.ABSTRACT, fields=fields)
    below = ClassFile("B", class_type("A"), (), Flags.ABSTRACT, fields=fields)
    assert "more than 65535 fields" in running([above, below, asking(class_type("B"))])


def test_a_class_that_breaks_a_bound_is_refused_each_time() -> None:
    bad = class_type("Bad", STRING)
    body = (ins("null"), ins("is", 0), ins("pop"))
    code = Code(0, (*body, *DONE, ins("pop"), *body, *DONE), (Handler(0, 5, 5, ERROR),))
    assert "String is not a Error" in running([template("Bad", bound=ERROR), main_class(code, bad)])


# ── privileges ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_closure_cannot_claim_a_class_of_the_library_as_its_host() -> None:
    owner = class_type("Main$fn0")
    fiber = class_type("FiberBase")
    constants = (
        MethodRef(fiber, "init", (), fiber),
        "no stack",
        FieldRef(fiber, "stack", OBJECT.or_null()),
        MethodRef(OBJECT, "init", (), OBJECT),
    )
    init = Method("init", (), owner, Flags.NONE, Code(1, (ins("load", 0), ins("callspecial", 3), ins("ret"))))
    body = (ins("new", 0), ins("sconst", 1), ins("putfield", 2), *DONE)
    attack = Method("attack", (), VOID, Flags.STATIC, Code(0, body))
    flags = Flags.CLOSURE | Flags.FINAL
    file = ClassFile(owner.name, OBJECT, (), flags, (), constants, (), (init, attack), host="FiberBase")
    program = main_class(Code(0, (ins("callstatic", 0), ins("ret"))), MethodRef(owner, "attack", (), VOID))
    assert "field FiberBase.stack is private" in running([file, program])


# ── running ──────────────────────────────────────────────────────────────────────────────────────────────


def test_no_room_for_the_main_class_is_an_error() -> None:
    program = main_class(Code(0, DONE), *(f"text {n}" for n in range(60_000)))
    assert running([program], heap_bytes=1 << 18).startswith("OutOfMemoryError")


@pytest.mark.parametrize("count", [0, 1, 3, 5000])
def test_causes_are_shown_as_far_as_people_read(count: int) -> None:
    text = (
        f'let first = StateError("0")\nvar e: Error = first\n'
        f'for i in 0..{count} {{ let f = StateError("{{i}}"); f.cause = e; e = f }}\n'
    )
    for end in ("throw e", "first.cause = e\nthrow e"):
        said = running(compile_text("Main", text + end).files.values())
        assert said.count("caused by StateError") == min(count, 20)
        assert ("caused by one of the errors above" in said) == ("first.cause" in end and count < 20)
        assert ("caused by more errors" in said) == (count > 20)


def test_initialisers_that_wait_for_each_other_fail() -> None:
    text = """
class X { static var v: int = make(); static fun make(): int { pause(); return Y.v } }
class Y { static var v: int = make(); static fun make(): int { pause(); return X.v } }
fun a(): int { return X.v }
fun b(): int { return Y.v }
let f = spawn a()
let g = spawn b()
print(f.join() + g.join())
"""
    said = running(compile_text("Main", text).files.values())
    assert "the initialisers of" in said
    assert "wait for each other" in said


def test_a_closed_machine_leaves_nothing_behind() -> None:
    machine = new_machine(dict(compile_text("Main", "print(1)").files))
    machine.run_main("Main")
    machine.collect()
    machine.close()
    seen = weakref.ref(machine)
    del machine
    gc.collect()
    assert seen() is None


# ── new versions ─────────────────────────────────────────────────────────────────────────────────────────

NAMESAKES = """
class A {{ private var x: String = "s"; fun a(): String {{ return x }} }}
class B extends A {{ private var x: int = 5; {more} fun b(): int {{ return x }} }}
let b = B()
for i in 0..30 {{ print(b.a() + "{{b.b()}}") }}
"""


def test_private_fields_of_one_name_keep_their_own_values() -> None:
    old = compile_text("Main", NAMESAKES.format(more=""))
    new = compile_text("Main", NAMESAKES.format(more="var y: int = 1\n"))
    machine = new_machine(dict(old.files))
    said: list[str] = []

    def at_poll(number: int) -> None:
        if number == 10:
            said.append(redefine(machine, [new.files["B"]]).status)
            machine.collect()
            check_heap(machine)

    limit_polls(machine, at_poll=at_poll)
    machine.run_main("Main")
    assert said == ["applied"]
    assert text_of(machine.output) == "s5\n" * 30


def test_a_new_version_that_is_no_class_file_is_refused() -> None:
    program = compile_text("Main", "class P { var x: int = 1 }\nlet p = P()\nfor i in 0..9 { print(p.x) }")
    machine = new_machine(dict(program.files))
    machine.run_main("Main")
    before = machine.digest()
    file = program.files["P"]
    for bad in (evolve(file, name=""), evolve(file, fields=file.fields * 2), evolve(file, line=-1)):
        assert redefine(machine, [bad]).code == "R301"
    assert machine.digest() == before
    with pytest.raises((LinkError, GuestError)):
        machine.run_main("P")
