from __future__ import annotations

from hypothesis import given, settings

from classfiles import class_files
from minivm.classfile import (
    ClassFile,
    Code,
    Field,
    FieldRef,
    Flags,
    Handler,
    LocalName,
    Method,
    MethodRef,
    TypeParameter,
    instruction,
)
from minivm.disassembler import disassemble
from minivm.types import ERROR, FLOAT, INT, OBJECT, STRING, VOID, class_type
from running import compile_text

ITEM = class_type("Item")
CODE = Code(
    3,
    (
        instruction("iconst", -1),
        instruction("store", 2),
        instruction("load", 2),
        instruction("callvirtual", 3),
        instruction("pop"),
        instruction("sconst", 1),
        instruction("pop"),
        instruction("jump", 10),
        instruction("store", 2),
        instruction("loop", 5),
        instruction("unit"),
        instruction("ret"),
    ),
    (Handler(0, 8, 8, ERROR),),
    ((0, 7), (5, 8)),
    (LocalName(2, "x", 2, 8),),
)
SAMPLE = ClassFile(
    "Item",
    OBJECT,
    (class_type("Priced"),),
    Flags.FINAL,
    (TypeParameter("T", class_type("Named")),),
    (1.5, "two\nlines\x1b", FieldRef(ITEM, "cents", INT), MethodRef(ITEM, "price", (), INT)),
    (Field("cents", INT, Flags.PRIVATE, -3, 4), Field("rate", FLOAT, Flags.NONE, 0.5)),
    (Method("run", (INT,), VOID, Flags.NONE, CODE, (), 6, ("n",)), Method("price", (), INT, Flags.ABSTRACT)),
    "item.mini",
    "",
    2,
)

EXPECTED = r"""
final class Item<T: Named> extends Object implements Priced  // item.mini:2
  constants
    #0   float   1.5
    #1   string  "two\nlines\x1b"
    #2   field   Item.cents: int
    #3   method  Item.price(): int
  fields
    private cents: int = -3                               // line 4
    rate: float = 0.5

  run(n: int): void                                       // line 6
    locals 3
    line 7
            0  iconst       -1
            1  store        2 (x)
            2  load         2 (x)
            3  callvirtual  Item.price(): int
            4  pop
    line 8
      »     5  sconst       "two\nlines\x1b"
            6  pop
            7  jump         -> 10
      »     8  store        2
            9  loop         -> 5
      »    10  unit
           11  ret
    handlers
          0..8     Error -> 8
    local names
          2..8     2 x

  abstract price(): int
"""


def test_a_class_file_as_text() -> None:
    assert disassemble(SAMPLE) == EXPECTED.lstrip("\n")


def test_notes_stand_under_their_instruction_and_stacks_beside_it() -> None:
    notes = {("run", 3): ["expected Item, found int"], ("run", -1): ["no good"], ("", -1): ["bad class"]}
    text = disassemble(SAMPLE, notes, lambda method, pc: "int" if (method, pc) == ("run", 3) else None)
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if "callvirtual" in line)
    assert lines[at].endswith("// [int]")
    assert lines[at + 1].strip() == "^ expected Item, found int"
    assert "    ^ no good" in lines
    assert lines[1] == "  ^ bad class"


def test_an_operand_that_does_not_exist_is_said_to_be_missing() -> None:
    code = Code(0, (instruction("sconst", 7), instruction("ret")))
    text = disassemble(ClassFile("A", OBJECT, methods=(Method("m", (), STRING, Flags.STATIC, code),)))
    assert "#7, which is not there" in text


def test_a_closure_names_its_host() -> None:
    assert "in Item" in disassemble(ClassFile("Item$fn00000000", OBJECT, flags=Flags.CLOSURE, host="Item"))


@settings(max_examples=100, deadline=None)
@given(class_files())
def test_any_class_file_can_be_shown(file: ClassFile) -> None:
    text = disassemble(file)
    for method in file.methods:
        assert f"{method.name}" in text
    assert all(char.isprintable() or char == "\n" for char in text.replace(file.source, ""))


def test_the_source_stands_beside_its_lines() -> None:
    text = "class Till {\n    var cents: int = 0\n    fun add(n: int): int {\n        cents += n\n"
    text += "        return cents\n    }\n}\n"
    shown = disassemble(compile_text("till", text).files["Till"])
    assert "    line 4        // cents += n\n" in shown
    assert "    line 5        // return cents\n" in shown


def test_remarks_stand_in_one_column() -> None:
    files = compile_text("long", 'let names = List<String>()\nnames.add("a")\n').files
    shown = disassemble(files["long"], stacks=lambda method, pc: "x")
    columns = {line.index("  // [x]") for line in shown.splitlines() if "  // [x]" in line}
    assert columns == {len("            0  new          List<String>.init(): List<String>")}
