"""The checker: what it refuses, where and why; what it accepts; and that what it accepts passes the verifier.

A program that is to be refused carries the expected codes in comments: ``// E050`` on a line means exactly that.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lang import typed
from lang.checker import ClassFiles, Unit, check
from lang.checker.codes import CHECKER_CODES
from lang.codegen import generate
from lang.codes import CODES
from lang.diagnostics import CompileError, Diagnostic
from lang.library import standard_library
from lang.parser import parse
from lang.source import Source
from minivm.classfile import ClassFile, Flags
from minivm.errors import VerifyError
from minivm.loader import Loader, MemoryFinder, Registry
from minivm.trace import Tracer
from minivm.types import INT, STRING, class_type
from minivm.verifier import check_class, verify

STD = Path(__file__).parent.parent / "lang" / "std"
LIST_OF_INT = class_type("List", INT)


def unit_of(text: str, module: str = "main", entry: bool = True, prefix: str = "", echo: bool = False) -> Unit:
    source = Source(module.replace("$", "") + ".mini", text)
    return Unit(source, parse(source), module, entry, prefix, echo)


def checked(
    *units: Unit, auto: tuple[str, ...] = ("prelude",), extra: dict[str, ClassFile] | None = None
) -> list[typed.TypedClass]:
    return list(check(units, ClassFiles({**standard_library(), **(extra or {})}, auto)))


def problems(*units: Unit) -> tuple[Diagnostic, ...]:
    try:
        checked(*units)
    except CompileError as error:
        assert str(error)
        return error.diagnostics
    return ()


def codes_by_line(text: str) -> list[tuple[int, str]]:
    return sorted({(d.source.line(d.span.start), d.code) for d in problems(unit_of(text))})


def marked(text: str) -> list[tuple[int, str]]:
    lines = text.split("\n")
    return sorted(
        {(i, code) for i, line in enumerate(lines, 1) for code in re.findall(r"E\d{3}", line.partition("//")[2])}
    )


def the_problem(text: str) -> Diagnostic:
    (found,) = problems(unit_of(text))
    return found


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────

ACCOUNT = """class Account {
    var balance: int = 0
    let owner: String
    private var secret: int = 1
    static var made = 0
    init(owner: String) { this.owner = owner }
    fun deposit(amount: int, note: String) { balance += amount }
    private fun hidden() {}
    static fun open(): Account { return Account("x") }
}
"""

REFUSED = {
    "unknown names": """
        print(nothing)                         // E020
        nothing()                              // E020
        Nothing()                              // E020
        nothing = 3                            // E020
        let a: Nothing? = null                 // E021
        let b: List<Nothing>? = null           // E021
        fun f(x: Nothing): Nothing { return x } // E021
        int("3")                               // E020
    """,
    "unknown members": ACCOUNT
    + """
        let a = Account("ann")
        a.balnce                               // E022
        a.balnce = 3                           // E022
        a.withdraw(3)                          // E022
        Account.close()                        // E022
        a.open()                               // E022
        a.made                                 // E022
        3.nothing()                            // E022
        Math.sqroot(2.0)                       // E022
    """,
    "private members": ACCOUNT
    + """
        let a = Account("ann")
        print(a.secret)                        // E026
        a.secret = 3                           // E026
        a.hidden()                             // E026
        class Rich extends Account {
            init() { super("r") }
            fun peek(): int { return secret }  // E026
        }
        class Single { private init() {} }
        Single()                               // E026
    """,
    "instance or class": ACCOUNT
    + """
        Account.deposit(1, "x")                // E027
        Account.balance                        // E027
        print(this)                            // E027
        class A {
            var x = 1
            fun go() {}
            static fun f() { go() }            // E027
            static fun g(): int { return x }   // E027
            static fun h(): A { return this }  // E027
            static var y = x                   // E027
        }
        class B extends Account {
            let name: String = "b"
            init() { super(name) }             // E027
        }
    """,
    "declared twice": """
        class A {}
        class A {}                             // E024
        fun f() {}
        fun f(x: int) {}                       // E024
        let f = 1                              // E024
        let g = 1
        let g = 2                              // E024
        fun h(x: int, x: int) {                // E024
            let y = 1
            var y = 2                          // E024
            let x = 3
            if x > 1 { let y = 3 }
        }
        class B<T, T> { fun f() {}             // E024
            fun f() {}                         // E024
            var f = 1 }                        // E024
        enum E { a, a }                        // E024
        class String {}                        // E024
    """,
    "not values": """
        import nowhere                         // E040
        class A { fun f() { let s = super } }  // E028
        let a = A                              // E028
        print(A)                               // E028
        A = A()                                // E152
    """,
    "mismatches": ACCOUNT
    + """
        let a: int = "s"                       // E050
        let b: String = 3                      // E050
        let c: float = Account.made            // E050
        let d: int = 2.5                       // E050
        let e: Account = null                  // E050
        let f: Object = Account("x")
        let g: Account = f                     // E050
        let h: List<Object> = List<String>()   // E050
        let i: fun(int): int = fun(x) => "s"   // E050
        var j = 1
        j = "x"                                // E050
        Account("x").balance = "s"             // E050
        if 1 { }                               // E050
        while Account("x") { }                 // E050
        let k = !3                             // E050
        fun l(): int { return "s" }            // E050
        Account(3)                             // E050
        Account("x").deposit("a", 2)           // E050
        Array<int>(2)["x"]                     // E050
        let m: int? = "s"                      // E050
        let n: int = if j > 1 { 1 } else { "s" }   // E050
        for x in "a".."b" { }                  // E050
    """,
    "argument counts": ACCOUNT
    + """
        Account()                              // E051
        Account("x", 1)                        // E051
        Account("x").deposit(1)                // E051
        let f = fun(x: int) => x
        f()                                    // E051
        f(1, 2)                                // E051
        Array<int>()                           // E051
        enum E { a(1), b                       // E051
            let x: int
            init(x: int) { this.x = x } }
    """,
    "calls of what is no function": """
        let x = 3
        x(4)                                   // E052
        3(4)                                   // E052
        Array<int>(3).length()                 // E052
        let f: (fun(): int)? = null
        fun g(h: (fun(): int)?) { h() }        // E155
    """,
    "operators": """
        let a = 3 + 2.5                        // E053
        let b = "a" - "b"                      // E053
        let c = true + 1                       // E053
        let d = -"x"                           // E053
        let e = ~2.5                           // E053
        let f = 1.5 & 2                        // E053
        let g = true & false                   // E053
        let h = Object() < Object()            // E053
        let i = 1 === 1                        // E053
        fun j<T>(x: T, y: T): T { return x + y }   // E053
    """,
    "type arguments": """
        interface Shape { fun area(): float }
        class Box2<T: Shape> {}
        let a: List? = null                    // E054
        let b: Map<int>? = null                // E054
        let c: int<String> = 3                 // E054
        let d: Box2<int>? = null               // E055
        let e: Box2<String>? = null            // E055
        let f: Box2<Shape?>? = null            // E055
        let g = List()                         // E056
        let h = Box2<int>()                    // E055
        fun id<T>(x: T): T { return x }
        id<int, int>(3)                        // E054
        id<int>("x")                           // E050
        fun make<T>(): List<T> { return List() }
        make()                                 // E056
        let i: List<int> = make()
        fun area<T: Shape>(x: T): float { return x.area() }
        area(3)                                // E055
        let j = id                             // E056
        class P<T> { static fun of(x: T): P<T> { return P<T>() }
            static let none = 3 }
        P.none                                 // E056
    """,
    "types nothing determines": """
        let a = null                           // E057
        let f = fun(x) => x                    // E057
        let g = fun() => null                  // E057
        let h = (throw Error("x"))             // E057
        let b = c                              // E058
        let c = d
        let d = b
        class L { var x = y
            var y = x }                        // E058
    """,
    "literals": """
        let a = 9223372036854775807
        let b = -9223372036854775808
        let c = 9223372036854775808            // E059
        let d = 0xffffffffffffffff
        let e = 0x1ffffffffffffffff            // E059
        let f = -9223372036854775809           // E059
    """,
    "impossible tests": """
        final class F {}
        enum E { a }
        print(3 is int)                        // E060
        print("x" is F)                        // E060
        print("x" as F)                        // E060
        print(1 == "x")                        // E060
        print(F() == E.a)                      // E060
        print(3 == null)                       // E060
        print(1 == 1.5)                        // E060
        print(2.5 as int)                      // E060
        fun f(o: Object) { print(o is F?) }    // E060
        fun g(x: int) { match x { else => 1
            2 => 3 } }                         // E060
        var s = "a"
        s ??= "b"                              // E060
    """,
    "sequences": """
        for x in 3 { }                         // E061
        for x in Object() { }                  // E061
        let a = 3[0]                           // E062
        Object()[1] = 2                        // E062
        "abc"[0] = "d"                         // E062
        let r = 0..3                           // E069
        let b = Array<String>(3)               // E066
        let c = Array<List<int>>(3)            // E066
        let d = Array<String?>(3)
    """,
    "branches": """
        let a = if true { 1 } else { "x" }     // E063
        let b = if true { 1 }                  // E064
        let c = if true { let x = 1 } else { 2 }   // E064
        let d = match 3 { 1 => 1, else => "s" }    // E063
        let e = match 3 { 1 => 1 }             // E070
        enum Color { red, green, blue }
        fun f(c: Color): int { return match c { Color.red => 1, Color.green => 2 } }   // E070
        fun g(c: Color?): int { return match c { red => 1, green, blue => 2 } }    // E070
        fun h(c: bool): int { return match c { true => 1 } }    // E070
        let i = fun(x: int) { if x > 1 { return 1 }
            return "s" }                       // E063
    """,
    "void": """
        fun v() {}
        let a = v()                            // E065
        print("{v()}")                         // E065
        let b = 1 + v()                        // E065
        print(v())                             // E065
        v().x                                  // E065
        let c: void? = null                    // E065
    """.replace("        print(v())                             // E065\n", ""),
    "errors": """
        fun f() { throw "x" }                  // E067
        fun g() { throw null }                 // E067
        try { } catch e: String { }            // E067
        try { } catch e: Error? { }            // E067
        spawn 3                                // E068
        spawn List<int>()                      // E068
    """,
    "supertypes": """
        class A extends B {}
        class B extends A {}                   // E100
        class C extends C {}                   // E100
        interface I extends J {}
        interface J extends I {}               // E100
        final class F {}
        enum E { a }
        class G extends F {}                   // E101
        class H extends I {}                   // E101
        class K implements F {}                // E101
        class L extends E {}                   // E101
        class M extends String {}              // E101
        class N<T> extends T {}                // E101
        class O implements I, I {}             // E024
    """,
    "abstract methods": """
        interface Shape { fun area(): float
            fun name(): String }
        class Circle implements Shape { fun area(): float { return 1 } }   // E102
        abstract class Half implements Shape { fun area(): float { return 1 } }
        class Rest extends Half { override fun name(): String { return "" } }
        class Other extends Half {}            // E102
        enum E implements Shape { a }          // E102
        abstract class Base { abstract fun go() }
        class Calls extends Base { override fun go() { super.go() } }      // E102
        Half()                                 // E107
        Shape()                                // E107
        String()                               // E107
        enum Color { red }
        Color()                                // E107
    """,
    "overrides": """
        class A { fun f(x: int): Object { return "" }
            final fun g() {}
            fun h() {}
            static fun s() {}
            fun t<T>(x: T) {}
            private fun p() {} }
        class B extends A {
            fun f(x: int): Object { return "" }            // E103
            override fun g() {}                            // E106
            override fun i() {}                            // E104
            fun toString(): String { return "" } }         // E103
        class C extends A {
            override fun f(x: float): Object { return "" } // E105
            private override fun h() {}                    // E105
            fun s() {}                                     // E112
            override fun t<T>(x: T) {}                     // E113
            fun p(x: int): int { return x } }
        class D extends A { override fun f(x: int): String { return "" } }
        class E extends A { override fun f(x: int): int { return 1 } }     // E105
        interface I { fun f(x: String): Object }
        class F extends A implements I {}                  // E105
    """,
    "members of two kinds": """
        class A { var x = 1
            fun f() {}
            private var hidden = 1 }
        class B extends A { var x = 2                      // E112
            var f = 1                                      // E112
            var hidden = "b" }
        class C extends A { fun x() {} }                   // E112
    """,
    "modifiers": """
        class A { abstract fun f()                         // E108
            fun g()                                        // E108
            static override fun h() {}                     // E108
            native fun n() }                               // E114
        abstract class B { abstract fun f() {}             // E108
            abstract private fun g()                       // E108
            abstract fun h<T>(x: T) }                      // E113
        interface I { fun f() {}                           // E109
            var x: int                                     // E109
            init()                                         // E109
            fun g<T>(x: T)                                 // E113
            private fun h() }                              // E109
        static fun f() {}                                  // E108
        native fun g(): int                                // E114
        fun h(): int                                       // E108
        fun main() {}                                      // E024
        enum E<T> { a }                                    // E001
    """.replace("        enum E<T> { a }                                    // E001\n", ""),
    "super": """
        class A { init(x: int) {} }
        class B extends A {}                               // E110
        class C extends A { init() { print("x") } }        // E110
        class D extends A { init() { super("x") } }        // E050
        class E extends A { init() { super() } }           // E051
        class F extends A { init() { super(1)
            super(2) }                                     // E110
            fun f() { super(1) } }                         // E110
        super(1)                                           // E110
        enum G { a
            init() { super("a", 1) } }                     // E110
        class H { private init() {} }
        class I extends H {}                               // E026
    """,
    "fields without a value": """
        class A { let x: String                            // E153
            var y: List<int>                               // E153
            let z: int                                     // E153
            var n: int
            var o: String?
            static var s: String                           // E153
            static let t: int }                            // E153
        class B<T> { var x: T }                            // E153
        class C { let x: int
            init(c: bool) { if c { x = 1 } } }             // E153
        class D { let x: int
            init(c: bool) { if c { x = 1 }
                x = 2 } }                                  // E154
        class E { let x: int
            init(c: bool) { while c { x = 1 }              // E154
                x = 2 } }
        class F { let x: int
            init(c: bool) { if c { return }                // E153
                x = 2 } }
        class G { let x: int = 1
            init() { x = 2 } }                             // E154
        class H { let x: int
            init() { x = 1 }
            fun f() { x = 2 } }                            // E152
        class I { let x: int
            init() { let f = fun() { x = 1 }               // E152
                x = 2 } }
    """.replace(
        "            init() { let f = fun() { x = 1 }               // E152",
        "            init() { let f = fun() { x = 1 }       // E152",
    ),
    "missing returns": """
        fun a(x: int): int { if x > 1 { return 1 } }       // E150
        fun b(x: int): int { while x > 1 { return 1 } }    // E150
        fun c(x: int): int { }                             // E150
        fun d(x: int): int { match x { 1 => return 1 } }   // E150
        fun e(x: int): int { try { return 1 } catch e { } }    // E150
        let f = fun(x: int): int { if x > 1 { return 1 } } // E150
        fun g(x: int): int { while true { if x > 1 { break } } }   // E150
        fun h() { return 3 }                               // E157
        fun i(): int { return }                            // E157
        class A { init() { return 3 } }                    // E157
    """,
    "unset variables": """
        fun a(c: bool): int { var x: int
            if c { x = 1 }
            return x }                                     // E151
        fun b(): int { var x: int
            while x > 1 { x = 2 }                          // E151
            return 1 }
        fun c(): int { var x: int
            try { x = a(true) } catch e { }
            return x }                                     // E151
        fun d(): fun(): int { var x: int
            return fun() => x }                            // E151
        fun e() { var x: List<int>                         // E158
            let f = fun() { x = List<int>() } }
        fun f(c: int): int { var x: int
            match c { 1 => x = 1, 2 => x = 2 }
            return x }                                     // E151
    """,
    "set once": ACCOUNT
    + """
        let a = 1
        a = 2                                              // E152
        a += 1                                             // E152
        fun f() { let b = 1
            b = 2                                          // E152
            for i in 0..3 { i = 4 }                        // E152
            try { } catch e { e = Error("") } }            // E152
        Account("x").owner = "y"                           // E152
        Array<int>(3).length = 4                           // E152
        Account.open = 3                                   // E152
        fun g(x: Account?) { x?.balance = 3 }              // E152
    """,
    "null": ACCOUNT
    + """
        fun a(x: Account?) { x.deposit(1, "") }            // E155
        fun b(x: Account?): int { return x.balance }       // E155
        fun c(x: int?): int { return x + 1 }               // E155
        fun d(x: List<int>?) { for y in x { } }            // E155
        fun e(x: List<int>?): int { return x[0] }          // E155
        fun f(x: int?): int { return -x }                  // E155
        fun g(x: int?): int { return x }                   // E050
        let m = Map<String, int>()
        m["x"] += 1                                        // E155
        var v: Account? = null
        fun h() { if v != null { v.deposit(1, "") } }      // E155
        fun i() { v = null }
        class N { var next: N? = null
            fun f() { if next != null { next.f() } } }     // E155
        fun j(x: Account?) { var y = x
            if y != null { let f = fun() { y.deposit(1, "") }  // E155
                y = null } }
        fun k(x: Account?) { var y = x
            if y == null { return }
            while true { y.deposit(1, "")                  // E155
                y = null } }
        fun l(x: Account?, c: bool) { if c && x != null { }
            else { x.deposit(1, "") }                      // E155
            if c || x != null { x.deposit(1, "") } }       // E155
        null!!                                             // E155
    """,
    "loops": """
        break                                              // E156
        fun f() { continue }                               // E156
        while true { let g = fun() { break } }             // E156
    """,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str) -> None:
    assert codes_by_line(text) == marked(text)


def test_every_code_is_in_the_table_once() -> None:
    assert not {code for code in CHECKER_CODES if code in CODES and CHECKER_CODES[code] != CODES[code]} - {"E040"}
    used = {code for text in REFUSED.values() for _, code in marked(text)}
    assert used <= set(CHECKER_CODES)
    assert set(CHECKER_CODES) - used <= {"E025", "E071", "E111", "E200"}


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

MESSAGES = [
    ("let balance = 1\nprint(balanc)", "there is no name `balanc` here", "did you mean `balance`?"),
    ("Strin()", "there is no class `Strin` here", "did you mean `String`?"),
    ("let a: Lst<int>? = null", "there is no type `Lst`", "did you mean `List`?"),
    ("let a: string = \"\"", "there is no type `string`", "did you mean `String`?"),
    ('"abc".lenght()', "`String` has no method `lenght`", "did you mean `length`?"),
    ("fun pay(amount: int) {}\npay(2.5)", "the argument `amount` of `pay` must be `int`, not `float`", "convert it: `(2.5).toInt()`"),
    ("fun pay(amount: int, to: String) {}\npay(2)", "`pay` takes 2 arguments (`amount: int, to: String`), not 1", ""),
    ("fun f(x: String?): String { return x }", "the result of `f` must be `String`, not `String?`", "`x` may be null: test it with `!= null`, give a default with `??`, or insist with `!!`"),
    ("fun f(x: String?): int { return x.length() }", "`x` may be null, so `.length` cannot be used on it", "use `?.length`, test it with `!= null` first, or insist with `!!`"),
    ("for i in 10 { }", "`for` cannot go through an `int`", "count with a range: `for i in 0..10`"),
    ("let n: int = \"abc\".length", "the value of `n` must be `int`, not `fun(): int`", 'call it: `"abc".length()`'),
    ("let m = Map<String, int>()\nm[\"x\"] += 1", '`m["x"]` is `int?`, which may be null', 'say what it starts from: `m["x"] = (m["x"] ?? 0) + ...`'),
    ("enum Color { red, blue }\nlet x = Color", "`Color` is a class, not a value", "name one of its cases: `Color.red`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "hint"), MESSAGES)
def test_message(text: str, message: str, hint: str) -> None:
    found = the_problem(text)
    assert (found.message, found.hint) == (message, hint)


def test_spans_are_precise() -> None:
    text = "let total = 1\nlet x = total + totl"
    found = the_problem(text)
    assert text[found.span.start : found.span.end] == "totl"


def test_many_problems_are_found_in_one_run_and_none_twice() -> None:
    text = "\n".join(f"print(unknown{i}.x.y(z{i}))" for i in range(20))
    assert len(problems(unit_of(text))) == 40


def test_a_wrong_expression_causes_no_further_problem() -> None:
    found = the_problem("let a = nothing\nlet b = a + 1\nlet c: int = b\nfor x in a { x.y(b[0]) }\nprint(a?.b ?? -c)")
    assert found.code == "E020"


# ── what is accepted ─────────────────────────────────────────────────────────────────────────────────────────

ACCEPTED = {
    "the page that shows the language": """
        interface Priced { fun price(): int }
        class Item implements Priced {
            let name: String
            var cents: int = 0
            static var made: int = 0
            init(name: String, cents: int) { this.name = name; this.cents = cents; Item.made += 1 }
            fun price(): int { return cents }
            static fun free(name: String): Item { return Item(name, 0) }
        }
        class Sale extends Item {
            var percent: int = 10
            init(name: String, cents: int, percent: int) { super(name, cents); this.percent = percent }
            override fun price(): int { return super.price() * (100 - percent) / 100 }
        }
        class Stack<T> {
            private var items: List<T> = List<T>()
            fun push(x: T) { items.add(x) }
            fun pop(): T? { return if items.isEmpty() { null } else { items.removeLast() } }
        }
        fun total(items: List<Priced>): int { var sum = 0
            for item in items { sum += item.price() }
            return sum }
        let basket = List<Priced>()
        basket.add(Item("tea", 250))
        print("total {total(basket)} cents")
        let grid = Array<float>(100)
        let shapes = Array<Priced>(2, Item.free("x"))
        let ages = Map<String, int>()
        ages["ann"] = 41
        let twice = fun(x: int): int { return 2 * x }
        let nobody: Item? = null
        try { twice(1) } catch e: IOError { print(e.message) } finally { print("tidy") }
        let f = spawn total(basket)
        print(f.join() + 1)
        throw ArgumentError("amount must be positive")
    """,
    "narrowing": """
        class N { let next: N?
            let value: int
            init(next: N?, value: int) { this.next = next; this.value = value }
            fun sum(): int { if next != null { return value + next.sum() }; return value } }
        fun a(x: String?): int { if x == null { return 0 }; return x.length() }
        fun b(x: String?): int { if x != null && x.length() > 1 { return x.length() } else { return 0 } }
        fun c(x: String?): bool { return x == null || x.length() == 0 }
        fun d(x: Object?): int { if x is String { return x.length() }
            if !(x is int) { throw Error("") }
            return x + 1 }
        fun e(x: N?): int { var at = x
            var sum = 0
            while at != null { sum += at.value
                if at.value > 3 { at = null
                    continue }
                at = at.next }
            return sum }
        fun f(x: int?): int { x ?? throw Error("")
            return x + 1 }
        fun g(x: int?): int { x!!
            return x }
        fun h(x: String?): String { return match x { null => "null", else => x.upper() } }
        fun i(c: bool): int { var x: int?
            if c { x = 1 } else { x = 2 }
            return x }
        fun j(x: Object): String { return match x { is String => x.upper(), is int => "{x + 1}", else => "" } }
        fun k(x: N?, y: N?): int { return if x != null && y != null { x.value + y.value } else { 0 } }
        fun l(x: String?): int { while x == null { return 0 }
            return x.length() }
        fun m(x: Object?) { if x !is String { return }
            print(x.length()) }
        let n = N(null, 1).next
        if n != null { print(n.value) }
        var o: N? = N(null, 2)
        while o != null { print(o.value)
            o = o.next }
        fun p(x: int?): fun(): int { if x == null { return fun() => 0 }
            return fun() => x + 1 }
        fun q(x: String?): String { var y = x
            y ??= "none"
            return y.upper() }
    """,
    "inference": """
        class Pair<A, B> { let a: A
            let b: B
            init(a: A, b: B) { this.a = a; this.b = b }
            fun swap(): Pair<B, A> { return Pair(b, a) }
            fun with<C>(c: C): Pair<A, C> { return Pair(a, c) }
            static fun twin(x: A): Pair<A, A> { return Pair(x, x) } }
        fun id<T>(x: T): T { return x }
        fun both<T>(x: T, y: T): List<T> { let l = List<T>()
            l.add(x)
            l.add(y)
            return l }
        let p = Pair(1, "x").swap().with(2.5)
        let q: float = p.b
        let r: List<float> = both(1, 2)
        let s: List<float> = both(1, 2.5)
        let t: List<int?> = both(1, null)
        let u: List<Object> = both("a", 3)
        let v: List<List<int>> = both(List(), List())
        let w = both(1, 2).map(fun(x) => "<{x}>").filter(fun(x) => x.length() > 1)
        let x = both(1, 2).fold(0.0, fun(a, b) => a + b.toFloat())
        let y: Map<String, List<int>> = Map()
        y["a"] = List()
        let z: fun(int): int = id
        let aa = both(1, 2).map(id)
        let bb = Pair<int, String>.twin(3)
        let cc = if id(true) { 1 } else { 2.5 }
        let dd: float = 3
        let ee: float? = 3
        let ff: Object = 3
        class Fields { var list = List<int>()
            var f = fun(x: int) => x + 1
            var g = total(3)
            var half = 0.5 }
        fun total(n: int): int { return n + later }
        let later = 1
    """,
    "bounds": """
        interface Ordered<T> { fun less(other: T): bool }
        class Num implements Ordered<Num> { let n: int
            init(n: int) { this.n = n }
            fun less(other: Num): bool { return n < other.n } }
        fun least<T: Ordered<T>>(items: List<T>): T? { var best: T? = null
            for item in items { if best == null || item.less(best) { best = item } }
            return best }
        class Sorted<T: Ordered<T>> { private var items = List<T>()
            fun add(x: T) { items.add(x) }
            fun first(): T? { return least(items) } }
        let s = Sorted<Num>()
        s.add(Num(3))
        print(s.first()?.n ?? 0)
    """,
    "closures": """
        fun counter(): fun(): int { var i = 0
            return fun() { i += 1
                return i } }
        class A { var x = 1
            fun adder(): fun(int): void { return fun(n) { x += n } }
            fun nested(): fun(): fun(): int { return fun() => fun() => x }
            fun value(): int { return x } }
        let a = A()
        a.adder()(3)
        let v = a.value
        print(v() + a.nested()()())
        let fs = List<fun(): int>()
        for i in 0..3 { fs.add(fun() => i * i) }
        for f in fs { print(f()) }
        fun apply(f: fun(): void) { f() }
        apply(fun() => print("x"))
        apply(counter())
        apply(fun() { if fs.isEmpty() { return }
            print("y") })
        fun shadow(x: int): int { let f = fun(x: int) => x * 2
            { let x = 3
                print(f(x)) }
            return f(x) }
        fun params(n: int): fun(): int { n += 1
            let f = fun() { n += 1
                return n }
            return f }
        class G<T> { let x: T
            init(x: T) { this.x = x }
            fun get(): fun(): T { return fun() => x }
            fun map<U>(f: fun(T): U): fun(): U { return fun() => f(x) } }
        print(G(3).map(fun(n) => n + 1)())
    """,
    "control flow": """
        fun a(n: int): int { while true { if n > 3 { return n }
            n += 1 } }
        fun b(): int { try { return 1 } catch e: ArithmeticError { return 2 } finally { print("f") } }
        fun c(): int { var r: int
            try { r = 1 } catch e { r = 2 }
            return r }
        fun d(): int { var r: int
            try { print(1) } finally { r = 1 }
            return r }
        fun e(n: int): int { match n { 1 => return 1, else => throw Error("") } }
        fun f(n: int): String { return if n < 0 { "neg" } else if n == 0 { "zero" } else { let s = "pos"
            s } }
        fun g(): int { throw Error("never") }
        fun h(n: int) { for i in 0..n { for j in i..n { if j == 3 { break }
            if j == 2 { continue }
            print(i * j) } }
            return
            print("not reached") }
        enum Color { red, green
            fun other(): Color { return match this { red => Color.green, green => Color.red } } }
        fun i(c: Color): int { match c { Color.red => return 1, Color.green => return 2 } }
        for c in Color.values() { print(c.other().name + c.ordinal) }
        fun j(x: bool): int { return match x { true => 1, false => 0 } }
    """,
    "strings and sequences": """
        for c in "abc" { print(c + "x"[0]) }
        let m = Map<String, int>()
        for entry in m { print(entry.key + entry.value) }
        let a = Array<int>(3, 7)
        a[0] += 2
        a[a[0] - 9] <<= 3
        for x in a { print(x) }
        print("a" < "b" && "a" + 1 + null != "b" || 1 + "x" == "y")
        let l = List<String?>()
        l.add(null)
        l[0] = l[0] ?? "x"
        l[0] ??= "y"
        print("{l} {m["a"] ?? 0} {null}")
        class Grid { fun get(i: int): String { return "" }
            fun set(i: int, v: String) {} }
        Grid()[1] += "x"
    """,
    "init": """
        class A { let x: int
            var y: String
            init(c: bool) { if c { x = 1 } else { x = 2 }
                try { y = "a" } finally { print("b") } } }
        class B extends A { let z: float
            init() { super(true)
                z = 3 } }
        class C extends B {}
        class D { let x: int
            init(c: bool) { if c { throw Error("") }
                x = 1 } }
        enum Planet { earth(5.97, 6), mars(0.64, 3)
            let mass: float
            private let radius: float
            init(mass: float, radius: float) { this.mass = mass; this.radius = radius }
            fun gravity(): float { return mass / (radius * radius) } }
        print(Planet.earth.gravity() + C().z + D(false).x.toFloat())
    """,
    "numbers as objects": """
        let a: Object = 3
        let b: Object? = 2.5
        print(a == 3 && b != null && a is int)
        print((a as int) + 1)
        print(3.hash() + "x".hash() + true.hash())
        print(3.equals(4) || 2.5.toInt() == 2)
        let l = List<Object>()
        l.add(1)
        l.add("x")
        fun same<T>(x: T, y: T): bool { return x == y && x.hash() == y.hash() }
        fun show<T>(x: T): Object? { return x }
        fun test<T>(x: T): bool { return x is String }
        print(-9223372036854775808 + 0xffffffffffffffff)
    """,
}


def class_files(classes: list[typed.TypedClass], units: tuple[Unit, ...]) -> dict[str, ClassFile]:
    sources = {unit.source.name: unit.source for unit in units}
    return {file.name: file for cls in classes for file in generate(cls, sources[cls.header.source])}


def faults(files: dict[str, ClassFile]) -> Iterator[str]:
    """What the verifier says of every class, templates with three kinds of argument."""
    loader = Loader("test", None, MemoryFinder({**standard_library(), **files}), Registry(), Tracer())
    for file in files.values():
        if any(p.bound for p in file.type_parameters):
            continue
        for arg in (INT, STRING, LIST_OF_INT) if file.type_parameters else (INT,):
            cls = loader.load(class_type(file.name, *([arg] * len(file.type_parameters))))
            yield from map(str, check_class(cls, loader))
            for method in [m for m in cls.methods.values() if not m.declared.type_parameters]:
                try:
                    verify(method, loader)
                except VerifyError as error:
                    yield str(error)


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_and_verified(text: str) -> None:
    unit = unit_of(text)
    assert list(faults(class_files(checked(unit), (unit,)))) == []


def test_the_standard_library_is_checked_as_one_batch_in_good_time() -> None:
    sources = [Source(path.name, path.read_text(encoding="utf-8")) for path in sorted(STD.glob("*.mini"))]
    units = [Unit(source, parse(source), "prelude", False, "") for source in sources]
    start = time.perf_counter()
    classes = check(units, ClassFiles({}, (), True))
    assert time.perf_counter() - start < 1.0
    prelude = next(c.header for c in classes if c.header.name == "prelude")
    assert {"print", "startFiber", "sleep"} <= {method.name for method in prelude.methods}


# ── the typed tree ───────────────────────────────────────────────────────────────────────────────────────────


def header(name: str, text: str) -> ClassFile:
    return next(c.header for c in checked(unit_of(text)) if c.header.name == name)


def test_headers_say_everything_about_a_class() -> None:
    found = header(
        "A", "\nabstract class A<T: Object> { private let x: T\n static var n = -2\n init(x: T) { this.x = x } }"
    )
    assert str(found.flags) == str(Flags.ABSTRACT)
    assert (found.source, found.line, found.text[:16]) == ("main.mini", 2, "abstract class A")
    x, n = found.fields
    assert (x.flags, x.type.descriptor) == (Flags.PRIVATE | Flags.FINAL, "$T")
    assert (n.flags, n.constant, n.type, n.line) == (Flags.STATIC, -2, INT, 3)
    init = found.method("init")
    assert init is not None and init.parameter_names == ("x",) and init.result.descriptor == "A<$T>"


def test_constant_initialisers_go_into_the_class_file() -> None:
    text = 'class A { var a: float = 1\n var b = true\n var c: int? = null\n var d: int? = 3\n var e = "s" }'
    found = next(c for c in checked(unit_of(text)) if c.header.name == "A")
    assert [f.constant for f in found.header.fields] == [1.0, 1, 0, 0, 0]
    assert [i.field.name for i in found.initialisers] == ["d", "e"]


def test_only_variables_captured_and_assigned_live_in_cells() -> None:
    text = "fun f(p: int, q: int) { var a = 1\n let b = 2\n var c = 3\n c += 1\n q += 1\n let g = fun() { a += b\n print(p + q) } }"
    module = checked(unit_of(text))[-1]
    method = next(m for m in module.methods if m.header.name == "f")
    declared = [s.variable for s in method.body.statements if isinstance(s, typed.Declare)]
    cells = {v.name for v in (*method.parameters, *declared) if v.in_cell}
    assert cells == {"a", "q"}


def test_a_module_is_one_class_whose_statements_run_when_it_is_initialised() -> None:
    (module,) = checked(unit_of("let x = 1\nprint(x)\nfun f() {}", "shapes", entry=False, prefix="shapes."))
    assert module.header.flags == Flags.MODULE | Flags.FINAL
    assert [m.name for m in module.header.methods] == ["f"]
    assert len(module.static_statements) == 2


def test_a_class_with_the_module_s_name_moves_the_module_aside() -> None:
    assert [c.header.name for c in checked(unit_of("class main {}"))] == ["main", "mainMain"]


# ── imports ──────────────────────────────────────────────────────────────────────────────────────────────────

SHAPES = """
    class Circle { let r: float
        init(r: float) { this.r = r }
        fun grow(): Circle { return Circle(r + factor) } }
    enum Color { red }
    var factor = 1.0
    fun area(c: Circle): float { return c.r * c.r * factor }
"""


def test_imported_modules_are_visible_by_their_name_and_bare() -> None:
    text = """
        import shapes
        let a = shapes.Circle(2)
        let b: Circle = a.grow()
        shapes.factor = 3
        shapes.factor += 1
        print(shapes.area(a) + area(b) + shapes.factor)
        print(shapes.Color.red)
        let f = shapes.area
    """
    units = (unit_of(text), unit_of(SHAPES, "shapes", False, "shapes."))
    files = class_files(checked(*units), units)
    assert {"main", "shapes", "shapes.Circle", "shapes.Color"} <= set(files)
    assert list(faults(files)) == []


def test_modules_may_come_from_the_environment() -> None:
    shapes = unit_of(SHAPES, "shapes", False, "shapes.")
    files = class_files(checked(shapes), (shapes,))
    assert checked(unit_of("import shapes\nprint(shapes.area(Circle(1)))"), extra=files)


def test_what_is_not_imported_is_not_visible() -> None:
    found = problems(
        unit_of("print(area(3))\nlet c: shapes.Circle? = null"), unit_of(SHAPES, "shapes", False, "shapes.")
    )
    assert [d.code for d in found] == ["E020", "E021"]
    assert found[1].hint == "write `import shapes` at the top"


def test_a_name_of_two_imports_has_to_be_qualified() -> None:
    other = unit_of("class Circle {}\nfun area(): int { return 1 }", "other", False, "other.")
    text = "import shapes\nimport other\nlet c: Circle? = null\narea()\nlet d = other.Circle()"
    found = problems(unit_of(text), unit_of(SHAPES, "shapes", False, "shapes."), other)
    assert [d.code for d in found] == ["E025", "E025"]


# ── the REPL ─────────────────────────────────────────────────────────────────────────────────────────────────


def entry(text: str, number: int, known: dict[str, ClassFile], echo: bool = True) -> typed.TypedClass:
    auto = (*(f"repl${n}" for n in range(number - 1, 0, -1)), "prelude")
    unit = unit_of(text, f"repl${number}", echo=echo)
    classes = checked(unit, auto=auto, extra=known)
    known.update(class_files(classes, (unit,)))
    return classes[-1]


def main_of(module: typed.TypedClass) -> typed.TypedMethod:
    return next(m for m in module.methods if m.header.name == "main")


def test_entries_see_what_earlier_ones_declared_the_latest_first() -> None:
    known: dict[str, ClassFile] = {}
    entry("let x = 1\nvar y = 2\nfun f(): int { return x }\nclass C { fun g(): int { return y } }", 1, known)
    entry('let x = "s"', 2, known)
    assert main_of(entry("x", 3, known)).header.result == STRING
    assert main_of(entry("f() + C().g() + y", 4, known)).header.result == INT
    entry("y = 5\ny += 1", 5, known)
    entry("class C { fun h(): int { return 1 } }\nC().h()", 6, known)
    assert list(faults(known)) == []


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 + 1", "int"),
        ("null", "Object?"),
        ("print(1)", "void"),
        ("let x = 1", "void"),
        ("if true { 1 } else { 2 }", "void"),
        ('throw Error("")', "void"),
        ("", "void"),
        ("fun() => 1", "fun(): int"),
    ],
)
def test_echo_makes_main_return_a_last_expression(text: str, result: str) -> None:
    assert str(main_of(entry(text, 1, {})).header.result) == result
    assert str(main_of(entry(text, 1, {}, echo=False)).header.result) == "void"


# ── depth ────────────────────────────────────────────────────────────────────────────────────────────────────

DEEP = {
    "parentheses": ("let x = " + "(1 + " * 400, "1", ")" * 400),
    "calls": ("fun f(x: int): int { return x }\nlet x = " + "f(" * 400, "1", ")" * 400),
    "signs": ("let x = " + "- " * 400, "1.5", ""),
    "chain": ("class A { fun b(): A { return this } }\nlet x = A()", ".b()" * 400, ""),
    "blocks": ("{" * 200, "", "}" * 200),
    "literals": ("let f = " + "fun() => " * 200, "1", ""),
    "literals in each other": ("let f = " + "fun() { return " * 120, "1", "}" * 120),
    "loops": ("while true {" * 200, "", "}" * 200),
    "forward inference": ("", "\n".join(f"let a{i} = a{i + 1} + 1" for i in range(200)), "\nlet a200 = 1"),
    "superclasses": ("class A0 {}\n", "\n".join(f"class A{i + 1} extends A{i} {{}}" for i in range(200)), ""),
    "growing types": ("class P<A, B> {}\nclass A<T> { fun b(): A<P<T, T>> { return A<P<T, T>>() } }\nlet x = A<int>()", ".b()" * 60, ""),
}  # fmt: skip


def below(frames: int, text: str) -> tuple[Diagnostic, ...]:
    """The problems of a text, from so many Python frames further down."""
    return below(frames - 1, text) if frames else problems(unit_of(text))


@pytest.mark.parametrize("parts", DEEP.values(), ids=DEEP.keys())
@pytest.mark.parametrize("frames", [0, 300])
def test_what_is_too_deep_is_said_so(parts: tuple[str, str, str], frames: int) -> None:
    assert sys.getrecursionlimit() == 1000
    assert {d.code for d in below(frames, "".join(parts))} <= {"E200", "E058", "E071"} != set()


LONG = {
    "sum": "let x = " + "+".join(["1"] * 900),
    "text": "let x = " + "+".join(['"a"'] * 900),
    "conditions": "let x = " + "&&".join(["true"] * 900),
    "else if": "var x = 1\n" + "if x == 0 { x = 1 } else " * 400 + "{ x = 2 }",
    "arms": "let m = match 3 {" + ",".join(f"{i} => {i}" for i in range(400)) + ", else => 1 }",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_what_is_only_long_is_not_deep(text: str) -> None:
    unit = unit_of(text)
    assert class_files(checked(unit), (unit,))
