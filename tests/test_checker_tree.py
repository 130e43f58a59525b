"""What the checker hands on: headers, the typed tree, modules, and entries of the REPL."""

from __future__ import annotations

import pytest

from checking import checked, class_files, faults, problems, unit_of
from lang import typed
from minivm.classfile import ClassFile, Flags
from minivm.types import INT, STRING

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
    text = """fun f(p: int, q: int) { var a = 1
        let b = 2
        var c = 3
        c += 1
        q += 1
        let g = fun() { a += b
            print(p + q) } }"""
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
    assert list(faults(known)) == []
    entry("class C { fun h(): int { return 1 } }\nC().h()", 6, known)


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
