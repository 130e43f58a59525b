"""The verifier's rules for whole classes: each once accepted and once refused, with its reason."""

from __future__ import annotations

import pytest
from attrs import evolve

from minivm.assembler import assemble
from minivm.classfile import Field, Flags
from minivm.loader import Loader, MemoryFinder
from minivm.types import parse_type
from minivm.verification.class_rules import constant_fits
from minivm.verifier import check_class
from verifier_world import class_faults, load, world

INIT = "\n  method init(): T\n    locals 1\n    load 0\n    callspecial Item.init(): Item\n    ret"
ONE = "\n    locals 9\n    iconst 1\n    ret"
UNIT = "\n    locals 9\n    unit\n    ret"
ITEM = "class T extends Item" + INIT
ENUM_INIT = "\n  method init(name: String, ordinal: int): T\n    locals 3\n    load 0\n    ret"

# rule | accepted class | refused class | the fault
RULES_FOR_CLASSES = [
    ("init", ITEM, "class T extends Item", ": there is no init"),
    ("init of a module", "final module class T", "final class T", ": there is no init"),
    ("init's result", ITEM, "class T\n  method init(): Object\n    locals 1\n    load 0\n    ret",
     "init: returns T, not Object"),
    ("init has code", ITEM, "abstract class T\n  abstract method init(): T",
     "init: cannot be static, generic, abstract"),
    ("init is not static", ITEM, "class T\n  static method init(): T" + ONE, "init: cannot be static"),
    ("one body", ITEM, "abstract class T\n  method m(): int", "m: must be exactly one of abstract, native and"),
    ("abstract without code", "abstract class T\n  abstract method m(): int",
     "abstract class T\n  abstract method m(): int" + ONE, "m: must be exactly one of"),
    ("natives", ITEM, "abstract class T\n  native method m(): int", "m: is native; only the library"),
    ("abstract methods", "abstract class T\n  abstract method m(): int", ITEM + "\n  abstract method m(): int",
     "m: is abstract in a class that is not"),
    ("abstract and static", "abstract class T\n  abstract method m(): int",
     "abstract class T\n  abstract static method m(): int", "m: cannot be both abstract and static"),
    ("final and abstract", "abstract class T", "final abstract class T", ": a final class cannot be abstract"),
    ("implements its class", "abstract class T extends Shape",
     "class T extends Shape\n  method init(): T\n    locals 1\n    ret",
     ": does not implement Shape.area(): float"),
    ("implements its interfaces", ITEM + "\n  method title(): String" + ONE,
     ITEM.replace("Item\n", "Item implements Named\n", 1), ": does not implement Named.title(): String"),
    ("implements function types", "abstract class T implements fun(int): int\n  method call(int): int" + ONE,
     "class T implements fun(int): int\n  method init(): T" + ONE, ": does not implement fun(int): int.call(int): int"),
    ("inherited implementation",
     "abstract class P extends Item implements Priced\nabstract class T extends P implements Priced",
     "abstract class P\n  method price(): float" + ONE
     + "\nclass T extends P implements Priced\n  method init(): T" + ONE,
     ": inherits P.price, which is P.price(): float, which does not fit Priced.price(): int"),
    ("override's parameters", ITEM + "\n  method price(): int" + ONE, ITEM + "\n  method price(int): int" + ONE,
     "price: is T.price(int): int, which does not fit Item.price(): int"),
    ("override's result", ITEM + "\n  method copy(): T" + ONE, ITEM + "\n  method copy(): Object" + ONE,
     "copy: is T.copy(): Object, which does not fit Item.copy(): Item"),
    ("override of final", ITEM + "\n  method copy(): T" + ONE, ITEM + "\n  method sealed(): int" + ONE,
     "sealed: overrides Item.sealed, which is final"),
    ("override by a static", ITEM + "\n  static method free(): Item" + ONE,
     ITEM + "\n  static method price(): int" + ONE,
     "price: is static, but Item.price is not"),
    ("override of a static", ITEM + "\n  static method free(): int" + ONE, ITEM + "\n  method free(): Item" + ONE,
     "free: is not static, but Item.free is"),
    ("override in private", ITEM + "\n  method hide(): int" + ONE, ITEM + "\n  private method price(): int" + ONE,
     "price: is private, but Item.price is not"),
    ("override of a generic", ITEM + "\n  method other<U>($U): $U" + ONE, ITEM + "\n  method each(int): int" + ONE,
     "each: has the name of Item.each; generic methods"),
    ("interfaces have no fields", "interface T", "interface T\n  field n: int", ": an interface cannot have fields"),
    ("interfaces have no code", "interface T\n  abstract method m(): int", "interface T\n  method m(): int" + ONE,
     ": an interface's methods are abstract; m cannot be"),
    ("interfaces extend no class", "interface T", "interface T extends Item", ": an interface extends interfaces, not"),
    ("fields are new", ITEM + "\n  field n: int", ITEM + "\n  field cents: int",
     ": field cents hides the field of Item"),
    ("private fields may recur", ITEM + "\n  field secret: int", ITEM + "\n  field n: int\n  field n: int",
     ": field n is declared 2 times"),
    ("one method a name", ITEM + "\n  method m(): int" + ONE, ITEM + ("\n  method m(): int" + ONE) * 2,
     ": method m is declared 2 times"),
    ("field's type", ITEM + "\n  field n: No<int>", ITEM + "\n  field n: $X", ": field n type variable X is not bound"),
    ("field of no type", ITEM + "\n  field n: int?", ITEM + "\n  field n: null",
     ": field n null is not a type of values"),
    ("parameter's type", ITEM + "\n  method m<X>($X): int" + ONE, ITEM + "\n  method m($X): int" + ONE,
     "m: type variable X is not bound"),
    ("field's constant", ITEM + "\n  field n: int = 5", ITEM + "\n  field n: Item = 5",
     ": field n starts as 5, which is no Item"),
    ("=fields", ITEM + "\n  method =fields(): void" + UNIT, ITEM + "\n  method =fields(): int" + ONE,
     "=fields: is not static, without parameters and result"),
    ("=static", ITEM + "\n  static method =static(): void" + UNIT, ITEM + "\n  method =static(): void" + UNIT,
     "=static: is static, without parameters and result"),
    ("=x", ITEM + "\n  field x: int\n  method =x(): int" + ONE, ITEM + "\n  field x: int\n  method =x(): void" + UNIT,
     "=x: must be (): int, like the field"),
    ("static =x", ITEM + "\n  static field x: int\n  static method =x(): int" + ONE,
     ITEM + "\n  static field x: int\n  method =x(): int" + ONE, "=x: must be static (): int"),
    ("=x of a field", ITEM + "\n  field x: int\n  method =x(): int" + ONE, ITEM + "\n  method =x(): int" + ONE,
     "=x: initialises x, which is not a field"),
    ("main", "final module class T\n  static method main(): void" + UNIT,
     "final module class T\n  method main(): int" + ONE,
     "main: a module's main is static"),
    ("main elsewhere", ITEM + "\n  method main(int): int" + ONE,
     "module class T\n  static method main(int): void" + UNIT,
     "main: a module's main is static"),
    ("enum", "final enum class T extends Enum" + ENUM_INIT, "final enum class T extends Object" + ENUM_INIT,
     ": an enum extends Enum"),
    ("enums are final", "final enum class T extends Enum" + ENUM_INIT, "enum class T extends Enum" + ENUM_INIT,
     ": an enum is final"),
    ("enum's init", "final enum class T extends Enum" + ENUM_INIT,
     "final enum class T extends Enum\n  method init(): T\n    locals 1\n    load 0\n    ret",
     ": an enum's init begins with the parameters String, int"),
    ("closures have a host", "final closure class T\n  host Item" + INIT, "final closure class T" + INIT,
     ": a closure's class must"),
]  # fmt: skip


@pytest.mark.parametrize("text", [r[1] for r in RULES_FOR_CLASSES], ids=[r[0] for r in RULES_FOR_CLASSES])
def test_accepted(text: str) -> None:
    assert class_faults(text) == []


@pytest.mark.parametrize(
    ("text", "reason"), [(r[2], r[3]) for r in RULES_FOR_CLASSES], ids=[r[0] for r in RULES_FOR_CLASSES]
)
def test_refused(text: str, reason: str) -> None:
    faults = class_faults(text)
    assert any(fault.startswith(reason) for fault in faults), faults


def test_loading_stays_lazy() -> None:
    loader = world(ITEM + "\n  field n: No<int>\n  method m(No): No" + ONE)
    assert check_class(loader.load(parse_type("T")), loader) == []


def test_a_missing_class_in_a_comparison_is_a_fault() -> None:
    assert class_faults(ITEM + "\n  method copy(): No" + ONE) == [": class No not found (asked of the program loader)"]


def test_strings_have_no_fields() -> None:
    file = assemble("final class String\n  field n: int")
    parent = world().parent
    assert parent is not None
    loader = Loader("other", parent, MemoryFinder({}), parent.registry, parent.tracer)
    faults = check_class(loader.define(parse_type("String"), file), loader)
    assert [f.reason for f in faults] == ["field n cannot be: a String has no fields"]


@pytest.mark.parametrize(
    ("constant", "type_", "fits"),
    [
        (5, "int", True),
        (1 << 63, "int", False),
        (1, "bool", True),
        (2, "bool", False),
        (0.5, "float", True),
        (0.5, "int", False),
        (float("nan"), "int", False),
        (1, "void", False),
        (0, "Item", True),
        (1, "Item?", False),
        (1, "int?", False),
        ("x", "int", False),
    ],
)
def test_constants_never_forge_a_reference(constant: object, type_: str, fits: bool) -> None:
    assert constant_fits(constant, parse_type(type_)) is fits


def test_a_template_s_field_starts_as_nothing() -> None:
    file = assemble("abstract class T<E>\n  field n: $E")
    cls = load("abstract class T<E>\n  field n: $E", "T<int>")
    assert check_class(cls, cls.loader) == []
    cls.file = evolve(file, fields=(Field("n", file.fields[0].type, Flags.NONE, 1),))
    assert [f.reason for f in check_class(cls, cls.loader)] == ["field n starts as 1, which is no E"]


def test_a_class_may_be_an_argument_of_its_own_supertype() -> None:
    text = "interface Ordered<T>\n  abstract method compare($T): int\n"
    text += "class T extends Item implements Ordered<T>\n  method compare(T): int" + ONE + INIT
    assert class_faults(text) == []
