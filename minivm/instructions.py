"""The instruction table: one row per instruction, and the only list of them there is.

Assembler, codec, disassembler, verifier, interpreter and manual all read these rows. A row gives the
instruction's name, the kinds of its operands, a typed stack picture, its traits and one sentence of meaning.

Tokens of a stack picture (top of stack on the right):

    int float bool void String   that type
    T, T?                        the type operand; the same with null
    local                        the type of the local-variable slot
    a, b                         a word of any type; one letter is one type throughout the row
    ref                          any reference, null included
    owner, field                 a field constant's owner (non-null) and type
    args, result                 a method constant's parameters (each a slot) and result
    array, element               Array<element>, non-null, for any element type
    strings                      as many String slots as the count operand says
    error                        an Error, non-null
"""

from __future__ import annotations

from enum import Enum, Flag, auto, unique

from attrs import frozen


@unique
class Operand(Enum):
    """What an operand is, and so how it is written, checked and printed."""

    LOCAL = "local"  # a local-variable slot of this frame
    INT = "int"  # a signed 64-bit immediate
    COUNT = "count"  # a small unsigned number
    TARGET = "target"  # the index of an instruction of this method
    CONSTANT = "constant"  # index of a Float or String constant
    TYPE = "type"  # index of a Type constant
    FIELD = "field"  # index of a FieldRef constant
    METHOD = "method"  # index of a MethodRef constant


@unique
class Trait(Flag):
    """What may happen while the instruction executes."""

    NONE = 0
    THROWS = auto()  # may start a Mini exception
    ALLOCATES = auto()  # may allocate, so may collect: every reference may move
    LINKS = auto()  # resolves a symbol on first use; may load and initialise a class
    CALLS = auto()  # may push a frame
    POLLS = auto()  # counts fuel; a safepoint
    BRANCHES = auto()  # may go to its target
    ENDS = auto()  # the next instruction is not reached from here


@frozen
class Row:
    """One instruction."""

    code: int
    name: str
    operands: tuple[Operand, ...]
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    traits: Trait
    meaning: str

    def has(self, trait: Trait) -> bool:
        """Whether ``trait`` is among the row's traits."""
        return bool(self.traits & trait)


_LETTERS = {
    "t": Trait.THROWS,
    "a": Trait.ALLOCATES,
    "l": Trait.LINKS,
    "c": Trait.CALLS,
    "p": Trait.POLLS,
    "b": Trait.BRANCHES,
    "e": Trait.ENDS,
}

# name | operands | takes -> gives | traits (t)hrows (a)llocates (l)inks (c)alls (p)olls (b)ranches (e)nds | meaning
_TABLE = """
iconst       | int      | -> int                   |      | Push the immediate.
bconst       | count    | -> bool                  |      | Push false for 0, true for 1.
fconst       | constant | -> float                 |      | Push the Float constant.
sconst       | constant | -> String                | tal  | Push the String constant; equal constants of a class are one object.
null         |          | -> null                  |      | Push null.
unit         |          | -> void                  |      | Push the one value of type void.
load         | local    | -> local                 |      | Push the local, which must be set.
store        | local    | a ->                     |      | Pop into the local, which takes the word's type.
pop          |          | a ->                     |      | Drop the top word.
dup          |          | a -> a a                 |      | Push the top word again.
dup2         |          | a b -> a b a b           |      | Push the top two words again.
iadd         |          | int int -> int           |      | Add; wraps.
isub         |          | int int -> int           |      | Subtract; wraps.
imul         |          | int int -> int           |      | Multiply; wraps.
idiv         |          | int int -> int           | ta   | Divide, truncating toward zero; ArithmeticError on zero.
irem         |          | int int -> int           | ta   | Remainder with the sign of the dividend; ArithmeticError on zero.
ineg         |          | int -> int               |      | Negate; wraps.
iand         |          | int int -> int           |      | Bitwise and.
ior          |          | int int -> int           |      | Bitwise or.
ixor         |          | int int -> int           |      | Bitwise exclusive or.
inot         |          | int -> int               |      | Bitwise complement.
ishl         |          | int int -> int           |      | Shift left by the low six bits of the count.
ishr         |          | int int -> int           |      | Arithmetic shift right by the low six bits of the count.
iushr        |          | int int -> int           |      | Logical shift right by the low six bits of the count.
fadd         |          | float float -> float     |      | IEEE add.
fsub         |          | float float -> float     |      | IEEE subtract.
fmul         |          | float float -> float     |      | IEEE multiply.
fdiv         |          | float float -> float     |      | IEEE divide; by zero gives an infinity or NaN.
frem         |          | float float -> float     |      | C fmod.
fneg         |          | float -> float           |      | Negate.
itof         |          | int -> float             |      | Nearest float.
ftoi         |          | float -> int             |      | Truncate; out of range saturates, NaN gives 0.
ieq          |          | int int -> bool          |      | Equal.
ine          |          | int int -> bool          |      | Not equal.
ilt          |          | int int -> bool          |      | Less.
ile          |          | int int -> bool          |      | Less or equal.
igt          |          | int int -> bool          |      | Greater.
ige          |          | int int -> bool          |      | Greater or equal.
feq          |          | float float -> bool      |      | Equal; NaN equals nothing.
fne          |          | float float -> bool      |      | Not equal.
flt          |          | float float -> bool      |      | Less.
fle          |          | float float -> bool      |      | Less or equal.
fgt          |          | float float -> bool      |      | Greater.
fge          |          | float float -> bool      |      | Greater or equal.
not          |          | bool -> bool             |      | Logical complement.
same         |          | ref ref -> bool          |      | Whether the two are one object (or both null).
equal        | type     | T T -> bool              | talc | Value equality of two words of the type: numbers, bools and strings by value, objects by equals().
hash         | type     | T -> int                 | talc | Hash that agrees with `equal`.
text         | type     | T -> String              | talc | The word as text: what print shows; objects by toString().
concat       | count    | strings -> String        | ta   | Join that many strings.
jump         | target   | ->                       | be   | Go forward.
loop         | target   | ->                       | bep  | Go back, counting fuel.
jumpif       | target   | bool ->                  | b    | Go forward if true.
jumpunless   | target   | bool ->                  | b    | Go forward if false.
jumpnull     | target   | ref ->                   | b    | Go forward if null.
jumpnonnull  | target   | ref ->                   | b    | Go forward if not null.
ret          |          | result ->                | e    | Return the top word, which has the method's result type.
throw        |          | error ->                 | tae  | Start a Mini exception.
new          | method   | args -> owner            | talc | Allocate the constant's owner, then call its init on it.
initfields   | type     | T ->                     | tlc  | Run the field initialisers that class T declares on the object.
getfield     | field    | owner -> field           | tal  | Read the field; UnsetError if it is non-null and not set yet.
putfield     | field    | owner field ->           | l    | Write the field.
getstatic    | field    | -> field                 | talc | Read the static field; UnsetError as for getfield.
putstatic    | field    | field ->                 | talc | Write the static field.
callvirtual  | method   | owner args -> result     | talc | Call the method that the receiver's class has under this name.
callspecial  | method   | owner args -> result     | talc | Call exactly this method: private, super, init, generic.
callstatic   | method   | args -> result           | talc | Call the static method.
newarray     | type     | int -> Array<T>          | tal  | Allocate that many words of zeros; IndexError if negative.
arraylength  |          | array -> int             |      | Push the length.
arrayload    |          | array int -> element     | ta   | Read; IndexError out of bounds, UnsetError as for getfield.
arraystore   |          | array int element ->     | ta   | Write; IndexError out of bounds.
is           | type     | ref -> bool              | l    | Whether the object is a non-null instance of T (of the box of T where T is primitive).
cast         | type     | ref -> T                 | tal  | Check that the object is a T (null only where T is nullable), unboxing a primitive; CastError.
box          | type     | T -> T?                  | tal  | Make the word nullable: a Box where T is primitive, else unchanged.
unbox        | type     | T? -> T                  | tal  | Take null away: NullError on null; unboxes where T is primitive.
"""


def _parse_table() -> tuple[Row, ...]:
    rows: list[Row] = []
    for line in _TABLE.strip().splitlines():
        name, operands, picture, letters, meaning = (cell.strip() for cell in line.split("|", 4))
        takes, gives = picture.split("->")
        traits = Trait.NONE
        for letter in letters:
            traits |= _LETTERS[letter]
        kinds = tuple(Operand(kind) for kind in operands.split())
        rows.append(Row(len(rows), name, kinds, tuple(takes.split()), tuple(gives.split()), traits, meaning))
    return tuple(rows)


ROWS: tuple[Row, ...] = _parse_table()
BY_NAME: dict[str, Row] = {row.name: row for row in ROWS}
assert len(BY_NAME) == len(ROWS), "two rows share a name"
