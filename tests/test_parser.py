"""What the parser makes of texts: trees, errors, and texts that are not finished."""

from __future__ import annotations

import random
import re
from pathlib import Path

import attrs
import pytest

import lang
from lang import nodes as n
from lang.diagnostics import CompileError
from lang.parser import is_incomplete, parse
from lang.source import Source
from lang.syntax import tokens as t


def show(node: object) -> str:
    """A node in short: class name and what it holds; names, literals and types as written."""
    match node:
        case n.ExpressionStatement():
            return show(node.expression)
        case n.Name():
            return node.name
        case n.Int() | n.Float() | n.Bool() | n.String():
            return repr(node.value)
        case n.Binary():
            return f"({show(node.left)} {node.op} {show(node.right)})"
        case n.Unary():
            return f"({show(node.operand)}!!)" if node.op == "!!" else f"({node.op}{show(node.operand)})"
        case n.NamedType():
            args = "<" + ", ".join(map(show, node.args)) + ">" if node.args else ""
            return node.name + args + ("?" if node.nullable else "")
        case n.FunctionType():
            inside = f"fun({', '.join(map(show, node.parameters))}): {show(node.result)}"
            return f"({inside})?" if node.nullable else inside
        case n.Node():
            names = [f.name for f in attrs.fields(type(node)) if not f.name.endswith("span")]
            return f"{type(node).__name__}({', '.join(show(getattr(node, name)) for name in names)})"
        case tuple():
            return "[" + ", ".join(map(show, node)) + "]"
        case frozenset():
            return "{" + " ".join(sorted(node)) + "}"
        case None:
            return "-"
    return str(node)


def program(text: str) -> n.Program:
    return parse(Source("t.mini", text))


def statements(text: str) -> str:
    return "; ".join(map(show, program(text).statements))


def errors(text: str) -> list[tuple[str, str]]:
    """The code of each error and the text it points at."""
    with pytest.raises(CompileError) as caught:
        program(text)
    return [(d.code, text[d.span.start : d.span.end]) for d in caught.value.diagnostics]


EXPRESSIONS = {
    "a ?? b ?? c": "(a ?? (b ?? c))",
    "a || b && c == d": "(a || (b && (c == d)))",
    "a & 1 == 0": "((a & 1) == 0)",
    "a < b == c > d": "((a < b) == (c > d))",
    "a | b ^ c & d << e + f * -g": "(a | (b ^ (c & (d << (e + (f * (-g)))))))",
    "a - b - c": "((a - b) - c)",
    "a >> 1 >>> 2 >= 3": "(((a >> 1) >>> 2) >= 3)",
    "-a.b": "(-Member(a, b, False))",
    "!!a": "(!(!a))",
    "a!!.b": "Member((a!!), b, False)",
    "a!! != b": "((a!!) != b)",
    "a?.b(1)[2]": "Index(Call(Member(a, b, True), [], [1]), 2)",
    "(a + b) * c": "((a + b) * c)",
    "a as List<int>? ?? b": "(As(a, List<int>?) ?? b)",
    "x is T && y !is fun(int): T?": "(Is(x, T, False) && Is(y, fun(int): T?, True))",
    "f(a < b, c > d)": "Call(f, [], [(a < b), (c > d)])",
    "List<int>()": "Call(List, [int], [])",
    "Map<String, List<List<int?>>>()": "Call(Map, [String, List<List<int?>>], [])",
    "Stack<int>.of(1)": "Call(Member(GenericName(Stack, [int]), of, False), [], [1])",
    "m.Stack<int>.of(1)": "Call(Member(GenericName(m.Stack, [int]), of, False), [], [1])",
    "x.map<int>(f)": "Call(Member(x, map, False), [int], [f])",
    "Array<fun(int): int>(3, f)": "Call(Array, [fun(int): int], [3, f])",
    "a < b >> c": "(a < (b >> c))",
    "1_000 + 0xff + 0b101": "((1000 + 255) + 5)",
    "1.5 + 1e9 + 1.5e-3": "((1.5 + 1000000000.0) + 0.0015)",
    "1.abs()": "Call(Member(1, abs, False), [], [])",
    r'"a\n\"\\\{\}\u{1F600}}"': repr('a\n"\\{}😀}'),
    '"a {x} b"': "Interpolation(['a ', x, ' b'])",
    '"{a}{"n {b} {"{c}"}"}"': "Interpolation([a, Interpolation(['n ', b, ' ', Interpolation([c])])])",
    '"{xs.map(fun(x) { return x })}"': (
        "Interpolation([Call(Member(xs, map, False), [], [Lambda([Parameter(x, -)], -, Block([Return(x)]), False)])])"
    ),
    '"""\nab "c"\n{x}"""': "Interpolation(['ab \"c\"\\n', x])",
    "fun(x: int): int { return x }": "Lambda([Parameter(x, int)], int, Block([Return(x)]), False)",
    "fun(x) => x + 1": "Lambda([Parameter(x, -)], -, Block([(x + 1)]), True)",
    "a ?? throw E()": "(a ?? ThrowExpression(Call(E, [], [])))",
    "spawn a.f(x)": "Spawn(Call(Member(a, f, False), [], [x]))",
    "f(1, 2,)": "Call(f, [], [1, 2])",
    "if a { b } else if c { d } else { e }": "If(a, Block([b]), If(c, Block([d]), Block([e])))",
    "match x { 1, 2 => a, is T => { b }\n else => throw c }": (
        "Match(x, [Arm([1, 2], Block([a])), Arm([IsPattern(T)], Block([b])), Arm([], Block([ThrowExpression(c)]))])"
    ),
    "match x { 1 => y += 1\n -2 => return\n Color.red => b }": (
        "Match(x, [Arm([1], Block([Assign(y, +=, 1)])), Arm([(-2)], Block([Return(-)])),"
        " Arm([Member(Color, red, False)], Block([b]))])"
    ),
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions(text: str) -> None:
    assert statements(text) == EXPRESSIONS[text]


STATEMENTS = {
    "let x: Map<String, List<int>>= a": "Let(x, Map<String, List<int>>, a, False)",
    "var f: (fun(int): int)?": "Let(f, (fun(int): int)?, -, True)",
    "a = 1; b.c += 2; d[e] >>>= 3": "Assign(a, =, 1); Assign(Member(b, c, False), +=, 2); Assign(Index(d, e), >>>=, 3)",
    "a ??= b": "Assign(a, ??=, b)",
    "while a { break; continue }": "While(a, Block([Break(), Continue()]))",
    "for i in 0..n + 1 { }": "For(i, Range(0, (n + 1)), Block([]))",
    "try { a } catch e: T { b } catch (e) { } finally { c }": (
        "Try(Block([a]), [Catch(e, T, Block([b])), Catch(e, -, Block([]))], Block([c]))"
    ),
    "{ a }": "Block([a])",
    "return\na": "Return(-); a",
    "a\n  .b()\n  ?.c\n  ?? d\n  || e": "(Member(Call(Member(a, b, False), [], []), c, True) ?? (d || e))",
    "a\n-b": "a; (-b)",
    "a\n[b]": None,
    "a +\nb": "(a + b)",
    "f(a\n,b\n+c)": "Call(f, [], [a, (b + c)])",
    "f(fun() {\na\nb\n})": "Call(f, [], [Lambda([], -, Block([a, b]), False)])",
    "if a { b }\n\n// c\nelse { d }": "If(a, Block([b]), Block([d]))",
    "if a\n{\n}\nelse\n{\n}": "If(a, Block([]), Block([]))",
    "if a { return } b": "If(a, Block([Return(-)]), -); b",
    "/* a /* b */ c */ d // e": "d",
    "\ufeffa\r\nb;;\n\n;c": "a; b; c",
    "": "",
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_statements(text: str) -> None:
    if STATEMENTS[text] is None:
        assert errors(text)
    else:
        assert statements(text) == STATEMENTS[text]


DECLARATIONS = {
    "import plugins.csv": "Import(plugins.csv)",
    "fun f<T: P, U>(x: T, g: fun(U)): List<T> { }": (
        "FunctionDeclaration(f, [TypeParameterNode(T, P), TypeParameterNode(U, -)],"
        " [Parameter(x, T), Parameter(g, fun(U): -)], List<T>, Block([]), {})"
    ),
    "abstract class A<T> extends m.B<List<T>> implements P, Q<T> { }": (
        "ClassDeclaration(class, A, [TypeParameterNode(T, -)], m.B<List<T>>, [P, Q<T>], [], [], [], {abstract})"
    ),
    "class A { private static var x: int = 1\n let y = 2; init(x: int) { }\n abstract fun f(): T? fun g() { } }": (
        "ClassDeclaration(class, A, [], -, [], [], [FieldDeclaration(x, int, 1, True, {private static}),"
        " FieldDeclaration(y, -, 2, False, {})], [FunctionDeclaration(init, [], [Parameter(x, int)], -, Block([]), {}),"
        " FunctionDeclaration(f, [], [], T?, -, {abstract}), FunctionDeclaration(g, [], [], -, Block([]), {})], {})"
    ),
    "interface P extends Q { fun f(): int }": (
        "ClassDeclaration(interface, P, [], -, [Q], [], [], [FunctionDeclaration(f, [], [], int, -, {})], {})"
    ),
    "enum C { red, green(3)  let x: int  init(x: int) { } fun f() { } }": (
        "ClassDeclaration(enum, C, [], -, [], [EnumCase(red, []), EnumCase(green, [3])],"
        " [FieldDeclaration(x, int, -, False, {})], [FunctionDeclaration(init, [], [Parameter(x, int)], -, Block([]),"
        " {}), FunctionDeclaration(f, [], [], -, Block([]), {})], {})"
    ),
    "enum C {\n a\n b,\n c\n}": (
        "ClassDeclaration(enum, C, [], -, [], [EnumCase(a, []), EnumCase(b, []), EnumCase(c, [])], [], [], {})"
    ),
}


@pytest.mark.parametrize("text", DECLARATIONS)
def test_declarations(text: str) -> None:
    found = program(text)
    assert [show(d) for d in (*found.imports, *found.classes, *found.functions)] == [DECLARATIONS[text]]


ERRORS = {
    "let x = }": [("E002", "}")],
    "if a = b { }": [("E001", "=")],
    "let class = 3": [("E008", "class")],
    "x++": [("E001", "++")],
    "x y": [("E009", "y")],
    "let x": [("E012", "x")],
    "fun f(a) { }": [("E012", "a")],
    "a + b = 3": [("E011", "a + b")],
    "class A { private private let x = 1 }": [("E010", "private")],
    "class A { name: String }": [("E013", "name")],
    "fun f() { fun g() { } }": [("E013", "g")],
    "fun f() { class B { } }": [("E013", "class")],
    'print("a {} b")': [("E014", '} b"')],
    'print("abc': [("E003", '"')],
    'f("abc {x)\nlet y = 3 3': [("E003", '"'), ("E009", "3")],
    '"""abc': [("E003", '"""')],
    "a /* b": [("E004", "/*")],
    "'a'": [("E005", "'")],
    "a \0": [("E005", "\0")],
    '"\ud800"': [("E005", "\ud800")],
    "a\u00a0b": [("E005", "\u00a0"), ("E009", "b")][:1],
    r'"\q \u{D800}"': [("E006", r"\q"), ("E006", r"\u{D800}")],
    "let x = 12abc + 1e999": [("E007", "12abc"), ("E007", "1e999")],
    "f(1, 2\nlet y = 3": [("E002", "(")],
    "class A {\n fun f() {\n": [("E002", "{")],
    "f(a]": [("E002", "(")],
    "try { }": [("E001", "try")],
    "let x = )\nlet y = (1 2)\nclass A { let }\nlet z = 3": [("E002", ")"), ("E001", "2"), ("E001", "}")],
    "f() { a = = b\n c }\nlet = 3": [("E009", "{"), ("E001", "=")],
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors(text: str) -> None:
    assert errors(text) == ERRORS[text]


@pytest.mark.parametrize(
    "opening, middle, closing, code",
    [
        ("(", "1", ")", None),
        ("a + ", "b", "", "E200"),
        ("!", "a", "", "E200"),
        ("f(", "", ")", "E200"),
        ("a[", "1", "]", "E200"),
        ("{", "", "}", "E200"),
        ("if a { ", "", "}", "E200"),
        ("if a { } else ", "{ }", "", "E200"),
        ('"{', "1", '}"', "E200"),
        ("fun() => ", "1", "", "E200"),
        ("(", "", "", "E002"),
        ('"{', "", "", "E003"),
        ("a < b", "", "", "E200"),
        ("[{(", "", "", "E001"),
    ],
)
def test_ten_thousand_deep(opening: str, middle: str, closing: str, code: str | None) -> None:
    text = opening * 10_000 + middle + closing * 10_000
    found: str | None = None
    try:
        program(text)
    except CompileError as error:
        found = error.diagnostics[0].code
    assert found == code


def test_a_type_nested_too_deeply() -> None:
    assert ("E200", "L") in errors("let x:" + "L<" * 10_000 + "int" + ">" * 10_000)
    assert errors("let x: " + "fun(" * 10_000 + ")" * 10_000)[0][0] == "E200"


def test_long_chains_within_the_limit() -> None:
    assert program("let x = " + " + ".join(["1"] * 900))
    assert program("x = 1\n" * 10_000)


def test_spans_cover_what_was_written() -> None:
    text = "let a = (b + f(c)) * 2\nclass A { fun g(): int { return 1 } }\nprivate fun h() { }"
    found = program(text)
    value = found.statements[0]
    assert isinstance(value, n.Let) and isinstance(value.value, n.Binary)
    parts = [value, value.value, value.value.left, found.classes[0], found.classes[0].methods[0], found.functions[0]]
    assert [text[p.span.start : p.span.end] for p in parts] == [
        "let a = (b + f(c)) * 2",
        "(b + f(c)) * 2",
        "(b + f(c))",
        "class A { fun g(): int { return 1 } }",
        "fun g(): int { return 1 }",
        "private fun h() { }",
    ]


@pytest.mark.parametrize("text", ["f(", "{", "a +", "let x =", "/* a", '"""a', "a.", "fun f() {\n a", "x = [1,", "!"])
def test_incomplete(text: str) -> None:
    assert is_incomplete(text)


@pytest.mark.parametrize("text", ["", "a", "f()", "a)", '"abc', "if a { }", "return", "x!!", '"{x}"', "f('"])
def test_complete(text: str) -> None:
    assert not is_incomplete(text)


def test_the_grammar_and_the_lexer_know_the_same_words() -> None:
    grammar = (Path(lang.__file__).parent / "syntax" / "grammar.lark").read_text(encoding="utf-8")
    rules = re.sub(r"//.*", "", grammar)
    assert set(re.findall(r'"([^"]+)"', rules)) == t.KEYWORDS | t.SIGNS - {";"}


def test_any_text_gives_a_program_or_diagnostics() -> None:
    rng = random.Random(7)
    words = [
        *sorted(t.KEYWORDS | t.SIGNS | t.COMPOUND),
        "x",
        "T",
        "1",
        "2.5",
        '"',
        '"""',
        "\n",
        "\n",
        " ",
        "//",
        "/*",
        "<",
        ">",
    ]
    for _ in range(300):
        text = "".join(rng.choice(words) + rng.choice(["", " "]) for _ in range(rng.randrange(60)))
        try:
            program(text)
        except CompileError as error:
            assert str(error)
