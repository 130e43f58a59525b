"""The verifier's rules for code: each once accepted and once refused, with its reason."""

from __future__ import annotations

import pytest

from minivm.errors import VerifyError
from minivm.instructions import ROWS
from minivm.verification.flow import RULES
from minivm.verification.machine import SIMPLE
from minivm.verifier import verify
from verifier_world import faults_of, load

# rule | method header | accepted body | refused body | part of the fault, with the instruction where it is found
# (a body's instructions stand between semicolons; the class is `class T extends Item` unless CLASS gives another)
RULES_FOR_CODE = [
    ("types", "m(): int", "iconst 1; iconst 2; iadd; ret", "iconst 1; null; iadd; ret",
     "2: operand 2 of iadd: expected int, found null"),
    ("float is not int", "m(): float", "fconst 1.5; fneg; ret", "iconst 1; fneg; ret",
     "1: fneg: expected float, found int"),
    ("result", "m(): int", "iconst 1; ret", "bconst 1; ret", "1: ret: expected int, found bool"),
    ("result subtype", "m(): Priced", "load 0; ret", "sconst \"\"; ret", "1: ret: expected Priced, found String"),
    ("null result", "m(): Item?", "null; ret", "null; unbox Item; pop; unit; ret",
     "4: ret: expected Item?, found void"),
    ("non-null result", "m(x: Item?): Item", "load 1; unbox Item; ret", "load 1; ret",
     "1: ret: expected Item, found Item?"),
    ("underflow", "m(): int", "iconst 1; ret", "iadd; ret", "0: iadd takes 2 words, but there are 0 on the stack"),
    ("end of code", "m(): int", "iconst 1; ret", "iconst 1; pop", "1: control falls off the end of the code"),
    ("locals set", "m(): int", "iconst 1; store 3; load 3; ret", "load 3; ret",
     "0: local 3 is not set, or is of different types"),
    ("locals set on every path", "m(c: bool): int",
     "iconst 1; store 2; load 1; jumpunless L; iconst 2; store 2; L: load 2; ret",
     "load 1; jumpunless L; iconst 2; store 2; L: load 2; ret", "4: local 2 is not set"),
    ("locals of one type", "m(c: bool): int",
     "iconst 1; store 2; load 1; jumpunless L; iconst 2; store 2; L: load 2; ret",
     "null; store 2; load 1; jumpunless L; iconst 2; store 2; L: load 2; ret", "6: local 2 is not set, or is of"),
    ("local name in the message", "m(): int", "name 3 sum 0 2; iconst 1; ret", "name 3 sum 0 2; load 3; ret",
     "0: local 3 (sum) is not set"),
    ("operand range", "m(): int", "load 0; pop; iconst 1; ret", "load 9; ret", "0: load: no local 9; there are 9"),
    ("jump forwards", "m(): int", "jump L; L: iconst 1; ret", "L: iconst 1; pop; jump L",
     "2: jump: target 0 is not forwards"),
    ("loop backwards", "m(): int", "L: loop L", "loop L; L: iconst 1; ret", "0: loop: target 1 is not backwards"),
    ("target in range", "m(): int", "jump 1; iconst 1; ret", "jump 7; iconst 1; ret", "0: jump: target 7 is outside"),
    ("constant exists", "m(): int", "sconst \"a\"; pop; iconst 1; ret", "sconst #7; pop; iconst 1; ret",
     "0: sconst: constant 7 is not a str"),
    ("constant kind", "m(): String", "sconst \"a\"; ret", "fconst 1.0; pop; sconst #0; ret",
     "2: sconst: constant 0 is not a str"),
    ("field operand kind", "m(): int", "load 0; getfield T.cents: int; ret", "sconst \"\"; getfield #0; ret",
     "1: getfield: constant 0 is not a field"),
    ("method operand kind", "m(): int", "load 0; callvirtual T.price(): int; ret", "sconst \"\"; callvirtual #0; ret",
     "1: callvirtual: constant 0 is not a method"),
    ("bconst", "m(): bool", "bconst 1; ret", "bconst 2; ret", "0: bconst: count 2 is not in 0..1"),
    ("depth at joins", "m(c: bool): int", "iconst 1; load 1; jumpif L; iconst 2; iadd; L: ret",
     "iconst 1; load 1; jumpif L; iconst 2; L: ret", "4: paths meet with 1 and 2 words"),
    ("stack types at joins", "m(c: bool): int", "iconst 1; load 1; jumpif L; pop; iconst 2; L: ret",
     "iconst 1; load 1; jumpif L; pop; null; L: ret", "5: paths meet with int and null in stack slot 0"),
    ("references meet", "m(c: bool): Item?", "null; load 1; jumpif L; pop; load 0; L: ret",
     "sconst \"\"; load 1; jumpif L; pop; load 0; L: ret", "5: ret: expected Item?, found any of<String, T>"),
    ("max depth", "m(): int", "iconst 1; dup; iadd; ret", "L: iconst 1; " + "dup; " * 1100 + "ret",
     "1024: more than 1024 words on the stack"),
    ("concat", "m(): String", "sconst \"a\"; dup; concat 2; ret", "sconst \"a\"; iconst 1; concat 2; ret",
     "2: operand 2 of concat: expected String, found int"),
    ("concat of nothing", "m(): String", "sconst \"a\"; concat 1; ret", "concat 0; ret",
     "0: concat: count 0 is not in"),
    ("moves take anything", "m(): int", "iconst 1; null; dup2; pop; pop; pop; ret", "iconst 1; dup2; ret",
     "1: dup2 takes 2 words"),
    ("throw", "m(e: IOError): int", "load 1; throw", "load 0; throw", "1: throw: expected Error, found T"),
    ("same", "m(): bool", "load 0; null; same; ret", "load 0; iconst 0; same; ret", "2: operand 2 of same: expected"),
    ("jumpnull", "m(): int", "null; jumpnull L; L: iconst 1; ret", "iconst 1; jumpnull L; L: iconst 1; ret",
     "1: jumpnull: expected Object?, found int"),
    # values by type operand
    ("equal", "m(): bool", "iconst 1; iconst 2; equal int; ret", "iconst 1; null; equal int; ret",
     "2: operand 2 of equal: expected int, found null"),
    ("text", "m(): String", "load 0; text Item; ret", "iconst 1; text String; ret",
     "1: text: expected String, found int"),
    ("hash", "m(): int", "null; hash String?; ret", "null; hash String; ret", "1: hash: expected String, found null"),
    ("box", "m(): int?", "iconst 1; box int; ret", "iconst 1; ret", "1: ret: expected int?, found int"),
    ("unbox", "m(x: int?): int", "load 1; unbox int; ret", "load 1; unbox float; ret", "1: unbox: expected float?"),
    ("boxed is an Object?", "m(): Object?", "iconst 1; box int; ret", "iconst 1; ret",
     "1: ret: expected Object?, found"),
    ("cast", "m(x: Object?): Item", "load 1; cast Item; ret", "iconst 1; cast Item; ret", "1: cast: expected Object?"),
    ("is", "m(x: Object?): bool", "load 1; is int; ret", "iconst 1; is int; ret", "1: is: expected Object?, found int"),
    ("types are bound", "m(): bool", "null; is Item; ret", "null; is $X; ret", "1: is: type variable X is not bound"),
    ("null is no type", "m(): bool", "null; is Item?; ret", "null; is null; ret",
     "1: is: null is not a type of values"),
    # arrays
    ("newarray", "m(): Array<int>", "iconst 3; newarray int; ret", "null; newarray int; ret",
     "1: newarray: expected int, found null"),
    ("arrayload", "m(a: Array<Item>): Item", "load 1; iconst 0; arrayload; ret", "load 0; iconst 0; arrayload; ret",
     "2: arrayload: expected an array, found T"),
    ("array may be null", "m(a: Array<int>?): int", "load 1; unbox Array<int>; arraylength; ret",
     "load 1; arraylength; ret", "1: arraylength: expected an array, found Array<int>?"),
    ("arraystore", "m(a: Array<Priced>): void", "load 1; iconst 0; load 0; arraystore; unit; ret",
     "load 1; iconst 0; null; arraystore; unit; ret", "3: operand 3 of arraystore: expected Priced, found null"),
    ("arrays are invariant", "m(a: Array<Item>): Array<Item>", "load 1; ret", "iconst 1; newarray T; ret",
     "2: ret: expected Array<Item>, found Array<T>"),
    # fields
    ("field exists", "m(): int", "load 0; getfield T.cents: int; ret", "load 0; getfield T.euros: int; ret",
     "1: T has no field euros"),
    ("field type", "m(): int", "load 0; getfield T.cents: int; ret", "load 0; getfield T.cents: float; ftoi; ret",
     "1: field T.cents is int, not float"),
    ("field's class exists", "m(x: T): int", "load 1; getfield T.cents: int; ret",
     "null; unbox No; getfield No.n: int; ret",
     "2: class No not found"),
    ("static or not", "m(): int", "getstatic Item.made: int; ret", "getstatic Item.cents: int; ret",
     "0: getstatic: field Item.cents is not static"),
    ("not static or static", "m(): int", "load 0; getfield T.cents: int; ret", "load 0; getfield T.made: int; ret",
     "1: getfield: field Item.made is static"),
    ("field receiver", "m(x: Item?): int", "load 1; unbox Item; getfield Item.cents: int; ret",
     "load 1; getfield Item.cents: int; ret", "1: getfield: expected Item, found Item?"),
    ("field value", "m(): void", "load 0; iconst 1; putfield T.cents: int; unit; ret",
     "load 0; null; putfield T.cents: int; unit; ret", "2: operand 2 of putfield: expected int, found null"),
    ("private field", "m(): int", "load 0; getfield T.cents: int; ret", "load 0; getfield T.secret: int; ret",
     "1: getfield: field Item.secret is private"),
    ("final field", "m(): void", "load 0; iconst 1; putfield T.cents: int; unit; ret",
     "load 0; sconst \"\"; putfield T.code: String; unit; ret",
     "2: putfield: field Item.code is final; only init of Item"),
    ("final static", "m(): void", "iconst 1; putstatic T.made: int; unit; ret",
     "iconst 1; putstatic T.limit: int; unit; ret", "1: putstatic: field Item.limit is final; only =static of Item"),
    ("owner is a class", "m(): int", "load 0; getfield T.cents: int; ret", "iconst 1; callvirtual int.hash(): int; ret",
     "1: callvirtual: int cannot be the owner of a member"),
    # calls
    ("method exists", "m(): int", "load 0; callvirtual T.price(): int; ret", "load 0; callvirtual T.cost(): int; ret",
     "1: T has no method cost"),
    ("signature", "m(): int", "load 0; callvirtual T.price(): int; ret",
     "load 0; callvirtual T.price(): float; ftoi; ret",
     "1: method Item.price(): int does not fit the call T.price(): float"),
    ("call receiver", "m(x: Priced): int", "load 1; callvirtual Priced.price(): int; ret",
     "load 1; callvirtual Item.price(): int; ret", "1: callvirtual: expected Item, found Priced"),
    ("argument", "m(x: Stack<int>): int?", "load 1; iconst 1; callvirtual Stack<int>.push(int): int?; ret",
     "load 1; null; callvirtual Stack<int>.push(int): int?; ret",
     "2: operand 2 of callvirtual: expected int, found null"),
    ("virtual is not static", "m(): Item", "callstatic Item.free(): Item; ret",
     "load 0; callvirtual T.free(): Item; ret",
     "1: callvirtual: Item.free is static"),
    ("static is not virtual", "m(): int", "load 0; callvirtual T.price(): int; ret", "callstatic T.price(): int; ret",
     "0: callstatic: Item.price is not static"),
    ("private method", "m(): int", "load 0; callvirtual T.price(): int; ret", "load 0; callspecial T.hide(): int; ret",
     "1: callspecial: Item.hide is private"),
    ("generic is special", "m(): int", "load 0; iconst 1; callspecial Item.each<int>(int): int; ret",
     "load 0; iconst 1; callvirtual Item.each<int>(int): int; ret", "2: callvirtual: Item.each<int> is generic"),
    ("number of type arguments", "m(): int", "load 0; iconst 1; callspecial Item.each<int>(int): int; ret",
     "load 0; iconst 1; callspecial Item.each(int): int; ret", "2: Item.each takes 1 type arguments, not 0"),
    ("bounds", "m(): int", "load 0; callstatic Item.cheap<T>(T): int; ret",
     "sconst \"\"; callstatic Item.cheap<String>(String): int; ret", "1: cheap: type argument String is not a Priced"),
    ("bounds refuse primitives", "m(): int", "load 0; callstatic Item.cheap<T>(T): int; ret",
     "iconst 1; callstatic Item.cheap<int>(int): int; ret", "1: cheap: type argument int is not a Priced"),
    ("super call", "m(): int", "load 0; callspecial Item.price(): int; ret",
     "new Tea.init(): Tea; callspecial Item.price(): int; ret", "1: callspecial: Item.price can be overridden"),
    ("special of final methods", "m(x: Item): int", "load 1; callspecial Item.sealed(): int; ret",
     "load 1; callspecial Item.copy(): Item; pop; iconst 1; ret", "1: callspecial: Item.copy can be overridden"),
    ("special of abstract methods", "m(): int", "load 0; callspecial Item.price(): int; ret",
     "load 0; callspecial Priced.price(): int; ret", "1: callspecial: Priced.price is abstract"),
    ("init is not virtual", "m(): Item", "new Item.init(): Item; ret", "load 0; callvirtual Item.init(): Item; ret",
     "1: callvirtual: Item.init is a constructor"),
    ("function values", "m(f: fun(int): int): int", "load 1; iconst 1; callvirtual (fun(int): int).call(int): int; ret",
     "load 1; null; callvirtual (fun(int): int).call(int): int; ret", "2: operand 2 of callvirtual: expected int"),
    ("initialisers are not called", "m(): int", "iconst 1; ret",
     "load 0; callspecial T.=fields(): void; pop; iconst 1; ret",
     "1: T has no method =fields"),
    # construction
    ("new", "m(): Item", "new Item.init(): Item; ret", "new Shape.init(): Shape; pop; load 0; ret",
     "0: new: Shape is abstract"),
    ("new of an interface", "m(): Priced", "new Tea.init(): Tea; ret", "new Priced.init(): Priced; ret",
     "0: Priced has no method init"),
    ("new of a String", "m(): String", "sconst \"\"; ret", "new String.init(): String; ret",
     "0: String has no method init"),
    ("new of an enum", "m(): Item", "new Item.init(): Item; ret",
     "sconst \"\"; iconst 0; new Color.init(String, int): Color; pop; load 0; ret", "2: new: Color is an enum"),
    ("new calls init", "m(): Item", "new Item.init(): Item; ret", "new Item.copy(): Item; ret",
     "0: new calls init, not copy"),
    ("new and private init", "m(): Item", "new Item.init(): Item; ret", "new Locked.init(): Locked; pop; load 0; ret",
     "0: new: Locked.init is private"),
    ("init argument", "m(): Error", "sconst \"\"; new Error.init(String): Error; ret",
     "null; new Error.init(String): Error; ret", "1: new: expected String, found null"),
    ("init is called by init only", "m(): Item", "load 0; ret", "load 0; callspecial Item.init(): Item; ret",
     "1: callspecial: only init of a direct subclass may call Item.init"),
    ("init of this", "init(): T", "load 0; callspecial Item.init(): Item; pop; load 0; ret", "load 0; ret",
     "1: init returns without having called the superclass's init on every path"),
    ("init on every path", "init(c: bool): T",
     "load 1; jumpif L; L: load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "load 1; jumpif L; load 0; callspecial Item.init(): Item; pop; L: load 0; ret",
     "5: 'this': the superclass's init was called on some"),
    ("init once", "init(): T", "load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "load 0; callspecial Item.init(): Item; pop; load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "4: callspecial: Item.init must be called exactly once, on 'this'"),
    ("init of the direct superclass", "init(): T", "load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "load 0; callspecial Object.init(): Object; pop; load 0; ret", "1: callspecial: only init of a direct subclass"),
    ("init on this", "init(x: Item): T", "load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "load 1; callspecial Item.init(): Item; pop; load 0; ret",
     "1: callspecial: Item.init must be called exactly once"),
    ("this before super", "init(): T",
     "load 0; callspecial Item.init(): Item; pop; load 0; callvirtual T.price(): int; pop; load 0; ret",
     "load 0; callvirtual T.price(): int; pop; load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "1: callvirtual: 'this' is used before the superclass's init was called"),
    ("this as an argument before super", "init(): T", "load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "load 0; load 0; callspecial Item.each<T>(T): T; pop; load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "2: operand 2 of callspecial: 'this' is used before"),
    ("this boxed before super", "init(): T", "load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "load 0; box Object; pop; load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "1: box: 'this' is used before"),
    ("inherited field before super", "init(): T",
     "load 0; callspecial Item.init(): Item; pop; load 0; iconst 1; putfield T.cents: int; load 0; ret",
     "load 0; iconst 1; putfield T.cents: int; load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "2: operand 1 of putfield: 'this' is used before"),
    ("init returns this", "init(x: T): T", "load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "load 0; callspecial Item.init(): Item; pop; load 1; ret", "4: init must return 'this', not another T"),
    ("initfields", "init(): T", "load 0; callspecial Item.init(): Item; pop; load 0; initfields T; load 0; ret",
     "load 0; initfields T; load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "1: initfields: 'this' is used before"),
    ("initfields of its own", "init(): T",
     "load 0; callspecial Item.init(): Item; pop; load 0; initfields T; load 0; ret",
     "load 0; callspecial Item.init(): Item; pop; load 0; initfields Item; load 0; ret",
     "4: initfields Item: only init of Item may do that"),
    ("initfields on this", "init(x: T): T",
     "load 0; callspecial Item.init(): Item; pop; load 0; initfields T; load 0; ret",
     "load 0; callspecial Item.init(): Item; pop; load 1; initfields T; load 0; ret",
     "4: initfields: expected 'this', found another T"),
    # handlers
    ("handler", "m(): int", "A: load 0; callvirtual T.price(): int; ret; B: catch Error A B -> B; pop; iconst 0; ret",
     "A: load 0; callvirtual T.price(): int; ret; B: catch Error A B -> B; ret", "3: ret: expected int, found Error"),
    ("handler range", "m(): int", "A: iconst 1; ret; B: catch Error A B -> B; pop; iconst 0; ret",
     "A: iconst 1; ret; B: catch Error B A -> B; pop; iconst 0; ret", "-1: the handler for 2..0 does not cover"),
    ("handlers go forwards", "m(): int", "A: iconst 1; ret; B: catch Error A B -> B; pop; iconst 0; ret",
     "A: iconst 1; ret; B: catch Error A B -> A; pop; iconst 0; ret",
     "-1: the handler for 0..2 is at 0, which is not after"),
    ("handler's type", "m(): int", "A: iconst 1; ret; B: catch IOError A B -> B; pop; iconst 0; ret",
     "A: iconst 1; ret; B: catch Item A B -> B; pop; iconst 0; ret", "2: a handler for Item, which is not an Error"),
    ("handler's type exists", "m(): int", "A: iconst 1; ret; B: catch IOError A B -> B; pop; iconst 0; ret",
     "A: iconst 1; ret; B: catch No A B -> B; pop; iconst 0; ret", "2: class No not found"),
    ("locals in a handler", "m(): int",
     "iconst 1; store 2; A: iconst 2; store 2; iconst 1; ret; B: catch Error A B -> B; pop; load 2; ret",
     "A: iconst 2; store 2; iconst 1; ret; B: catch Error A B -> B; pop; load 2; ret", "5: local 2 is not set"),
    ("stores in a handler's range", "m(): int",
     "iconst 1; store 2; A: iconst 2; store 2; B: catch Error A B -> C; iconst 1; ret; C: pop; load 2; ret",
     "iconst 1; store 2; A: null; store 2; B: catch Error A B -> C; iconst 1; ret; C: pop; load 2; ret",
     "7: local 2 is not set, or is of different types"),
    ("init after a handler", "init(): T", "load 0; callspecial Item.init(): Item; pop; load 0; ret",
     "A: load 0; callspecial Item.init(): Item; B: catch Error A B -> B; pop; load 0; ret",
     "3: 'this': the superclass's init was called on some"),
]  # fmt: skip


def method(header: str, body: str, cls: str = "class T extends Item") -> str:
    """A class with one method of that body."""
    return f"{cls}\n  method {header}\n    locals 9\n    " + "\n    ".join(body.split("; "))


@pytest.mark.parametrize(("header", "body"), [(r[1], r[2]) for r in RULES_FOR_CODE], ids=[r[0] for r in RULES_FOR_CODE])
def test_accepted(header: str, body: str) -> None:
    assert faults_of(method(header, body)) == []


@pytest.mark.parametrize(
    ("header", "body", "reason"), [(r[1], r[3], r[4]) for r in RULES_FOR_CODE], ids=[r[0] for r in RULES_FOR_CODE]
)
def test_refused(header: str, body: str, reason: str) -> None:
    faults = faults_of(method(header, body))
    assert any(fault.startswith(reason) for fault in faults), faults


def test_every_row_is_handled() -> None:
    assert [row.name for row in ROWS if SIMPLE[row.code] is None and row.name not in RULES] == []


def test_all_faults_are_reported() -> None:
    faults = faults_of(method("m(): int", "null; ineg; pop; fconst 1.0; not; pop; load 0; ret"))
    assert [fault.split(":")[0] for fault in faults] == ["1", "4", "7"]


def test_faults_name_owner_method_and_instruction() -> None:
    cls = load(method("m(): int", "null; ret", "class T<E> extends Item"), "T<int>")
    with pytest.raises(VerifyError, match=r"T<int>\.m at 1: ret: expected int, found null"):
        verify(cls.methods["m"], cls.loader)
