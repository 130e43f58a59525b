"""Stand-in library classes and a small zoo for the verifier's tests, in assembler text."""

from __future__ import annotations

from minivm.assembler import assemble_all
from minivm.classes import RuntimeClass
from minivm.errors import VerifyError
from minivm.loader import Loader, MemoryFinder, Registry
from minivm.trace import Tracer
from minivm.types import parse_type
from minivm.verifier import Verified, check_class, verify

LIBRARY = """
class Object
  method init(): Object
    locals 1
    load 0
    ret
  native method toString(): String
  native method equals(other: Object?): bool
  native method hash(): int
final class String extends Object
  native method size(): int
final class Array<T> extends Object
final class Box<T> extends Object
  field value: $T
  method init(value: $T): Box<$T>
    locals 2
    load 0
    callspecial Object.init(): Object
    pop
    load 0
    load 1
    putfield Box<$T>.value: $T
    load 0
    ret
class Error extends Object
  method init(message: String): Error
    locals 2
    load 0
    callspecial Object.init(): Object
    ret
class IOError extends Error
abstract class Enum extends Object
  method init(name: String, ordinal: int): Enum
    locals 3
    load 0
    callspecial Object.init(): Object
    ret
"""

ZOO = """
interface Priced
  abstract method price(): int
interface Named
  abstract method title(): String
class Item extends Object implements Priced
  field cents: int
  private field secret: int
  final field code: String
  static field made: int
  final static field limit: int
  method init(): Item
    locals 1
    load 0
    callspecial Object.init(): Object
    pop
    load 0
    ret
  method price(): int
    locals 1
    iconst 1
    ret
  method copy(): Item
    locals 1
    load 0
    ret
  private method hide(): int
    locals 1
    iconst 1
    ret
  final method sealed(): int
    locals 1
    iconst 1
    ret
  method each<U>($U): $U
    locals 2
    load 1
    ret
  static method free(): Item
    locals 0
    new Item.init(): Item
    ret
  static method cheap<P: Priced>($P): int
    locals 1
    load 0
    callvirtual Priced.price(): int
    ret
final class Tea extends Item implements Named
  method init(): Tea
    locals 1
    load 0
    callspecial Item.init(): Item
    pop
    load 0
    ret
  method title(): String
    locals 1
    sconst "tea"
    ret
final class Book extends Item implements Named
  method init(): Book
    locals 1
    load 0
    callspecial Item.init(): Item
    pop
    load 0
    ret
  method title(): String
    locals 1
    sconst "book"
    ret
abstract class Shape extends Object
  method init(): Shape
    locals 1
    load 0
    callspecial Object.init(): Object
    pop
    load 0
    ret
  abstract method area(): float
class Locked extends Object
  private method init(): Locked
    locals 1
    load 0
    callspecial Object.init(): Object
    pop
    load 0
    ret
class Stack<T> extends Object
  field top: $T?
  method init(): Stack<$T>
    locals 1
    load 0
    callspecial Object.init(): Object
    pop
    load 0
    ret
  method push($T): $T?
    locals 2
    load 1
    box $T
    ret
final enum class Color extends Enum
  method init(name: String, ordinal: int): Color
    locals 3
    load 0
    load 1
    load 2
    callspecial Enum.init(String, int): Enum
    pop
    load 0
    ret
"""


def world(text: str = "") -> Loader:
    """A program's loader over a boot loader with the library; the zoo and ``text`` belong to the program."""
    registry, tracer = Registry(), Tracer()
    library = {f.name: f for f in assemble_all(LIBRARY)}
    boot = Loader("boot", None, MemoryFinder(library), registry, tracer)
    files = {f.name: f for f in assemble_all(ZOO + text)}
    return Loader("program", boot, MemoryFinder(files), registry, tracer)


def load(text: str, name: str = "") -> RuntimeClass:
    """The class of that descriptor, or the last one in ``text``."""
    loader = world(text)
    return loader.load(parse_type(name or assemble_all(text)[-1].name))


def verified(text: str, type_args: str = "", name: str = "") -> Verified:
    """The verified last method of a class; ``type_args`` is a descriptor for its one type parameter."""
    cls = load(text, name)
    method = list(cls.methods.values())[-1]
    if type_args:
        method = cls.instantiate(method, (parse_type(type_args),))
    return verify(method, cls.loader)


def faults_of(text: str, type_args: str = "", name: str = "") -> list[str]:
    """What ``verify`` finds in the last method of a class, each as ``pc: reason``."""
    try:
        verified(text, type_args, name)
    except VerifyError as error:
        return [f"{fault.pc}: {fault.reason}" for fault in error.faults]
    return []


def class_faults(text: str, name: str = "") -> list[str]:
    """What ``check_class`` finds in the last class of ``text``."""
    cls = load(text, name)
    return [f"{fault.method}: {fault.reason}" for fault in check_class(cls, cls.loader)]
