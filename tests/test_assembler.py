"""The assembler's text form: what it reads, and what it says of what it cannot read."""

from __future__ import annotations

import pytest
from attrs import asdict

from minivm.assembler import assemble, assemble_all
from minivm.classfile import FieldRef, Flags, Handler, LocalName, MethodRef, TypeParameter
from minivm.codec import decode, encode
from minivm.errors import FormatError
from minivm.symbols import read_field, read_method
from minivm.types import INT, OBJECT, STRING, class_type, function_type, parse_type

COUNTER = r"""
// a counter
final class Counter<T: Priced, U> extends Base<$T> implements Priced, Comparable<Counter<$T, $U>>
  source "counter.mini"
  private static field made: int = -3
  field rate: float = 0.5
  field next: Counter<$T, $U>?
  abstract method price(): int
  static method half<V: Object>(x: int, f: fun(int): $V): $V?
    locals 3
    name 1 x start done
    start: line 7
    load 0
    jumpunless done      // forward
    sconst "a // \"b\"\n"
    sconst "a // \"b\"\n"
    concat 2
    pop
    done:
    line 9
    catch Error start done -> caught
    null
    ret
    caught: pop
    again: loop again
"""


def test_a_class() -> None:
    file = assemble(COUNTER)
    assert (file.name, file.source, file.flags) == ("Counter", "counter.mini", Flags.FINAL)
    assert file.superclass == parse_type("Base<$T>")
    assert file.interfaces == (class_type("Priced"), parse_type("Comparable<Counter<$T, $U>>"))
    assert file.type_parameters == (TypeParameter("T", class_type("Priced")), TypeParameter("U"))
    assert [(f.name, str(f.type), f.constant) for f in file.fields] == [
        ("made", "int", -3),
        ("rate", "float", 0.5),
        ("next", "Counter<T, U>?", 0),
    ]
    assert file.fields[0].flags == Flags.PRIVATE | Flags.STATIC


def test_a_method() -> None:
    price, half = assemble(COUNTER).methods
    assert (price.code, price.flags) == (None, Flags.ABSTRACT)
    assert half.type_parameters == (TypeParameter("V", OBJECT),)
    assert (half.parameters, half.parameter_names) == ((INT, parse_type("fun(int): $V")), ("x", "f"))
    assert half.result == parse_type("$V?")


def test_code() -> None:
    code = assemble(COUNTER).methods[1].code
    assert code is not None
    assert [str(i) for i in code.instructions] == [
        "load 0", "jumpunless 6", "sconst 0", "sconst 0", "concat 2", "pop", "null", "ret", "pop", "loop 9",
    ]  # fmt: skip
    assert code.handlers == (Handler(0, 6, 8, class_type("Error")),)
    assert code.lines == ((0, 7), (6, 9))
    assert code.names == (LocalName(1, "x", 0, 6),)
    assert assemble(COUNTER).constants == ('a // "b"\n',)


def test_the_form_says_all_that_the_bytes_say() -> None:
    file = assemble(COUNTER)
    assert asdict(decode(encode(file))) == asdict(file)


def test_floats_are_told_apart_by_their_bits() -> None:
    file = assemble("class A\n method m(): int\n fconst 0.0\n fconst -0.0\n fconst 0.0\n fconst nan\n fconst nan")
    assert list(map(str, file.constants)) == ["0.0", "-0.0", "nan"]


def test_object_alone_has_no_superclass() -> None:
    files = assemble_all("class Object\ninterface Item\nenum class Color extends Enum\n")
    assert [file.superclass for file in files] == [None, OBJECT, class_type("Enum")]
    assert [file.flags for file in files] == [Flags.NONE, Flags.INTERFACE, Flags.ENUM]


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("Item.price(): int", MethodRef(class_type("Item"), "price", (), INT)),
        ("shapes.Box<int>.=x(): int", MethodRef(class_type("shapes.Box", INT), "=x", (), INT)),
        ("A.each<int, A>(fun(int): int, int): A", MethodRef(
            class_type("A"), "each", (function_type((INT,), INT), INT), class_type("A"), (INT, class_type("A")))),
        ("(fun(int): int).call(int): int", MethodRef(function_type((INT,), INT), "call", (INT,), INT)),
        ("A<fun(): int>.m(): fun(): int", MethodRef(
            class_type("A", function_type((), INT)), "m", (), function_type((), INT))),
    ],
)  # fmt: skip
def test_method_references(text: str, ref: MethodRef) -> None:
    assert read_method(text) == ref


def test_field_references() -> None:
    assert read_field("A<fun(): int>.name: String") == FieldRef(class_type("A", function_type((), INT)), "name", STRING)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected one class, found 0"),
        ("class A\nclass B", "line 1: expected one class, found 2"),
        ("load 0", "line 1: expected a class, found 'load 0'"),
        ("field n: int", "line 1: a field outside of a class"),
        ("class A\nload 0", "line 2: expected a field or a method, found 'load 0'"),
        ("class", "line 1: expected a class, found 'class'"),
        ("class A B", "line 1: expected a class's name, found 'A B'"),
        ("class A<T", "line 1: a bracket of '<T' is not closed"),
        ("class A extends $", "line 1: '$' is not a type (at character 1)"),
        ("class A\n field n int", "line 2: '' is not a type (at character 0)"),
        ("class A\n field n: int = x", "line 2: could not convert string to float: 'x'"),
        ("class A\n method m", "line 2: expected name(parameters): result, found 'm'"),
        ("class A\n method m() int", "line 2: expected ': ' and a type, found ' int'"),
        ("class A\n method m(a: int, int): int", "line 2: either all parameters of m have names or none"),
        ("class A\n method m(): int\n  fly 1", "line 3: no instruction is called fly"),
        ("class A\n method m(): int\n  load", "line 3: load is followed by local"),
        ("class A\n method m(): int\n  ret 1", "line 3: ret is followed by nothing"),
        ("class A\n method m(): int\n  load x", "line 3: expected an integer, found 'x'"),
        ("class A\n method m(): int\n  sconst x", "line 3: expected a text in double quotes, found 'x'"),
        ("class A\n method m(): int\n  jump L\n  ret\nclass B", "line 3: no label L in method m"),
        ("class A\n method m(): int\n  L: L: ret\n  L: ret", "line 3: no instruction is called L:"),
        ("class A\n method m(): int\n  L: ret\n  L: ret", "line 4: label L stands in two places"),
        ("class A\n method m(): int\n  getfield n", "line 3: expected Owner.name: type, found 'n'"),
        ("class A\n method m(): int\n  getfield n: int", "line 3: expected Owner.name, found 'n'"),
        ("class A\n method m(): int\n  new A.init", "line 3: expected Owner.name(parameters): result"),
        ("class A\n method m(): int\n  new A.init(: A", "line 3: a bracket of 'A.init(: A' is not closed"),
        ("class A\n method m(): int\n  catch Error 1 2 3", "line 3: expected type start end -> target"),
        ("class A\n method m(): int\n  catch Error 1 2 -> L", "line 3: no label L in method m"),
        ("class A\n method m(): int\n  locals many", "line 3: expected an integer, found 'many'"),
    ],
)
def test_errors_say_line_and_cause(text: str, message: str) -> None:
    with pytest.raises(FormatError) as error:
        assemble(text)
    assert str(error.value).startswith(message)
