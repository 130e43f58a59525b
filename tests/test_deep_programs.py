"""Programs that nest ten thousand deep, in every way the grammar nests, get a result or a diagnostic."""

from __future__ import annotations

import pytest

from lang.diagnostics import CompileError
from running import compile_text, limited, run

DEPTHS = (30, 90, 110, 260, 480, 510, 990, 1010, 10_000)  # around every limit there is


def nested(n: int) -> dict[str, str]:
    """Texts that nest ``n`` deep."""
    return {
        "parentheses": f"print({'(' * n}1{')' * n})",
        "additions": f"print({' + '.join(['1'] * n)})",
        "additions_to_the_right": f"print({'1 + (' * n}1{')' * n})",
        "concatenations": "print((" + " + ".join(['""'] * n) + ").length())",
        "conjunctions": f"print({' && '.join(['true'] * n)})",
        "disjunctions": f"print({' || '.join(['false'] * n)})",
        "defaults": f"let n: int? = 1\nprint({' ?? '.join(['n'] * n)})",
        "comparisons": f"print({' == '.join(['true'] * n)})",
        "negations": f"print({'!' * n}true)",
        "minuses": f"print({'- ' * n}1)",
        "complements": f"print({'~' * n}1)",
        "assertions": f"let n: int? = 1\nprint(n{'!!' * n})",
        "calls": f"fun f(n: int): int {{ return n }}\nprint({'f(' * n}1{')' * n})",
        "calls_of_results": f"fun f(n: int): int {{ return n }}\nprint(f{'(1)' * n})",
        "methods": f'print("a"{".trim()" * n})',
        "members": f"class A {{ var a: A? = null }}\nlet a = A()\nprint(a{'.a' * n})",
        "indices": f"let a = Array<int>(1)\nprint(a{'[0]' * n})",
        "indices_inside": f"let a = Array<int>(1)\nprint({'a[' * n}0{']' * n})",
        "blocks": "{" * n + "print(1)" + "}" * n,
        "ifs": "if true { " * n + "print(1)" + " }" * n,
        "else_ifs": "if false { print(0) }" + " else if false { print(0) }" * n + " else { print(1) }",
        "whiles": "var n = 0\n" + "while n == 0 { " * n + "n = 1" + " }" * n + "\nprint(n)",
        "fors": "for i in 0..1 { " * n + "print(i)" + " }" * n,
        "tries": "try { " * n + "print(1)" + " } finally { }" * n,
        "matches": "match 1 { 1 => { " * n + "print(1)" + " } else => { } }" * n,
        "literals": f"let f = {'fun() => ' * n}1\nprint(1)",
        "interpolations": 'print("{' + '"{' * n + "1" + '}"' * n + '}")',
        "types": f"let x: {'List<' * n}int{'>' * n}? = null\nprint(x)",
        "function_types": f"let x: ({'fun(): ' * n}int)? = null\nprint(x)",
        "comments": "/*" * n + "*/" * n + "print(1)",
        "statements": "print(1)\n" * min(n, 2000),
        "arguments": f"fun f() {{ }}\nf({', '.join(['1'] * n)})",
        "casts": f"let x: Object = 1\nprint(x{' as Object' * n})",
        "tests": f"let x: Object = 1\nprint(x{' is Object' * n})",
        "throws": f"{'throw ' * n}StateError(1)",
        "spawns": f"fun f() {{ }}\n{'spawn ' * n}f()",
        "open_parentheses": "print(" * n,
        "open_braces": "{" * n,
        "close_braces": "}" * n,
        "signs": "+" * n,
        "quotes": '"' * n,
    }


@pytest.mark.parametrize("name", nested(1))
def test_deep(name: str) -> None:
    for depth in DEPTHS:
        check(name, nested(depth)[name])


def check(name: str, text: str) -> None:
    """A text gives a result or a diagnostic."""
    with limited():
        try:
            program = compile_text(name, text)
        except CompileError as error:
            assert error.diagnostics
            return
    outcome = run(program)
    assert outcome.lines or outcome.error
