"""From source to verified class files."""

from __future__ import annotations

from pathlib import Path

import pytest

from lang.compiler import compile_program
from lang.library import standard_library
from lang.source import Source
from minivm.classfile import ClassFile, Flags
from minivm.codec import decode, encode
from minivm.loader import Loader, MemoryFinder, Registry
from minivm.trace import Tracer
from minivm.types import INT, class_type
from minivm.verifier import verify

PROGRAM = """
class Item {
    var cents: int = 2 + 3
    let names: List<String> = List<String>()
    static let made: Map<String, int> = Map<String, int>()
    init(n: int) { this.cents += n }
    fun adder(): fun(int): int { return fun(x: int): int { return x + cents } }
}
class Sub extends Item {
    private var k: int = 4
    init() { super(if 3 > 2 { 1 } else { 2 }) }
    fun both(): fun(): int { return fun() => k + super.adder()(1) }
}
class Stack<T> {
    private var items: List<T> = List<T>()
    fun push(x: T) { items.add(x) }
    fun lazy(): fun(): fun(): T { return fun() => fun() => items.removeLast() }
}
enum Color { red, green }
fun count(): fun(): int {
    var n = 0
    return fun(): int { n += 1
        return n }
}
fun guarded(n: int): int {
    for i in 0..n {
        try { if i == 3 { return i } else if i == 1 { continue } else if i > 7 { break }
              if i == 2 { throw ArgumentError("two") } }
        catch e: ArgumentError { print(e.message) }
        finally { try { print(i / (2 - i)) } catch e { print("inner") } finally { print("finally {i}") } }
    }
    return -1
}
fun pick<T>(items: List<T>, otherwise: T): T { return if items.isEmpty() { otherwise } else { items.get(0) } }
let f = spawn guarded(10)
print(f.join() + (match Color.red { Color.red => 1, else => 2 }))
"""


def compiled(text: str) -> dict[str, ClassFile]:
    return compile_program(Source("shop.mini", text), Path("."), "shop", standard_library()).files


def verify_all(files: dict[str, ClassFile], boot: Loader | None = None) -> Loader:
    finder = MemoryFinder(files)
    if boot is None:
        loader = Loader("boot", None, finder, Registry(), Tracer())
    else:
        loader = Loader("program", boot, finder, boot.registry, boot.tracer)
    for file in files.values():
        assert decode(encode(file)) == file
        cls = loader.load(class_type(file.name, *(p.bound or INT for p in file.type_parameters)))
        for method in cls.methods.values():
            parameters = method.declared.type_parameters
            concrete = cls.instantiate(method, tuple(p.bound or INT for p in parameters)) if parameters else method
            verify(concrete, loader)
    return loader


def test_the_standard_library_and_a_program_verify() -> None:
    boot = verify_all(standard_library())
    files = compiled(PROGRAM)
    verify_all(files, boot)
    assert sum(Flags.CLOSURE in file.flags for file in files.values()) == 6


def test_a_literal_keeps_its_class_when_its_surroundings_change() -> None:
    before = {name for name in compiled(PROGRAM) if "$fn" in name}
    after = {name for name in compiled("\n\nlet unrelated = 1\n" + PROGRAM) if "$fn" in name}
    assert before == after


@pytest.mark.parametrize(
    "text",
    [
        "print(" + "1+" * 480 + "1)",
        "let a = 1\n" + "if a == 0 { print(1) } else " * 480 + "{ print(2) }",
        "print(" + '"a" + ' * 480 + '"b")',
        "let a = true\nprint(" + "a && " * 480 + "a)",
    ],
)
def test_chains_as_long_as_the_parser_allows_compile(text: str) -> None:
    verify_all(compiled(text), Loader("boot", None, MemoryFinder(standard_library()), Registry(), Tracer()))
