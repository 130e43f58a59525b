"""What must hold of a class file before anybody looks inside: ranges, kinds, names, duplicates.

Types and stack discipline are the verifier's business; here is only what makes the file safe to walk.
Every check raises FormatError, naming the member and instruction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from minivm.classfile import ClassFile, Code, Constant, Field, FieldRef, Flags, Instruction, Method, MethodRef
from minivm.codec.limits import (
    INT_MAX,
    INT_MIN,
    MAX_CONSTANTS,
    MAX_COUNT,
    MAX_DESCRIPTOR,
    MAX_HANDLERS,
    MAX_INSTRUCTIONS,
    MAX_INTERFACES,
    MAX_LINE,
    MAX_LOCALS,
    MAX_MEMBERS,
    MAX_NAME,
    MAX_PARAMETERS,
    MAX_STRING,
    MAX_TYPE_PARAMETERS,
)
from minivm.errors import FormatError
from minivm.instructions import ROWS, Operand
from minivm.types import Type, parse_type

ALL_FLAGS = sum(flag.value for flag in Flags)
_NAME_MARKS = frozenset("_$=<>#.")
_BODILESS = Flags.ABSTRACT | Flags.NATIVE


def require(holds: bool, message: str) -> None:
    """Raise FormatError with ``message`` unless ``holds``."""
    if not holds:
        raise FormatError(message)


def _within(value: int, limit: int, what: str) -> None:
    if not 0 <= value <= limit:
        raise FormatError(f"{what}: {value} is not between 0 and {limit}")


@lru_cache(maxsize=8192)
def check_name(name: str, what: str) -> None:
    """Refuse an empty or overlong name and characters that no name has.

    Raises:
        FormatError: the name is refused; the message quotes it.
    """
    require(0 < len(name) <= MAX_NAME, f"{what}: a name of {len(name)} characters (1 to {MAX_NAME} are allowed)")
    strange = next((char for char in name if not (char.isalnum() or char in _NAME_MARKS)), None)
    require(strange is None, f"{what}: {name[:80]!r} is not a name ({strange!r} cannot be part of one)")


def check_string(text: str, what: str) -> None:
    """Refuse a text too long for the file or with surrogates, which UTF-8 cannot carry.

    Raises:
        FormatError: the text is refused.
    """
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError as error:
        raise FormatError(f"{what}: character {error.start} is a lone surrogate") from None
    require(size <= MAX_STRING, f"{what}: {size} bytes of text, {MAX_STRING} are allowed")


@lru_cache(maxsize=8192)
def read_descriptor(text: str) -> Type:
    """Read a descriptor, which must be written exactly as ``Type.descriptor`` writes it.

    Raises:
        FormatError: it is too long, not a type, or written otherwise.
    """
    require(len(text) <= MAX_DESCRIPTOR, f"a type of {len(text)} characters, {MAX_DESCRIPTOR} are allowed")
    found = parse_type(text)
    require(found.descriptor == text, f"the type {text[:80]!r} is not written in the usual way")
    return found


def check_type(type_: Type, what: str) -> None:
    """Refuse a type that its own descriptor does not read back as.

    Raises:
        FormatError: the type has impossible parts or nests too deeply.
    """
    require(read_descriptor(type_.descriptor) == type_, f"{what}: {type_} cannot be written as a descriptor")


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────


def check_constant(constant: Constant, what: str) -> None:
    """Check one constant of the pool.

    Raises:
        FormatError: a part of it is not well formed.
    """
    if isinstance(constant, str):
        check_string(constant, what)
    elif isinstance(constant, Type):
        check_type(constant, what)
    elif isinstance(constant, FieldRef):
        check_name(constant.name, what)
        _check_types((constant.owner, constant.type), what)
    elif isinstance(constant, MethodRef):
        check_name(constant.name, what)
        _within(len(constant.parameters), MAX_PARAMETERS, f"{what}: parameters")
        _within(len(constant.type_args), MAX_TYPE_PARAMETERS, f"{what}: type arguments")
        _check_types((constant.owner, *constant.parameters, constant.result, *constant.type_args), what)


def _check_types(types: Iterable[Type], what: str) -> None:
    for type_ in types:
        check_type(type_, what)


def check_field(field: Field) -> None:
    """Check one field declaration.

    Raises:
        FormatError: a part of it is not well formed.
    """
    check_name(field.name, "field")
    what = f"field {field.name}"
    check_type(field.type, what)
    _within(field.line, MAX_LINE, f"{what}: line")
    if isinstance(field.constant, int):
        require(INT_MIN <= field.constant <= INT_MAX, f"{what}: the initial value does not fit 64 bits")


def check_method(method: Method, constants: Sequence[Constant]) -> None:
    """Check one method and its code against the constant pool.

    Raises:
        FormatError: a part of it is not well formed.
    """
    check_name(method.name, "method")
    what = f"method {method.name}"
    _within(len(method.parameters), MAX_PARAMETERS, f"{what}: parameters")
    _within(method.line, MAX_LINE, f"{what}: line")
    _check_types((*method.parameters, method.result), what)
    named = len(method.parameter_names)
    require(named in (0, len(method.parameters)), f"{what}: {named} parameter names")
    for name in method.parameter_names:
        check_name(name, what)
    _check_type_parameters(method, what)
    bodiless = bool(method.flags & _BODILESS)
    require((method.code is None) == bodiless, f"{what}: {'code' if bodiless else 'no code'} in spite of its flags")
    if method.code is not None:
        arguments = len(method.parameters) + (0 if method.is_static else 1)
        check_code(method.code, arguments, constants, what)


def _check_type_parameters(declared: ClassFile | Method, what: str) -> None:
    names = [parameter.name for parameter in declared.type_parameters]
    _within(len(names), MAX_TYPE_PARAMETERS, f"{what}: type parameters")
    _check_unique(names, f"{what}: type parameter")
    for parameter in declared.type_parameters:
        check_name(parameter.name, what)
        if parameter.bound is not None:
            check_type(parameter.bound, what)


def _check_unique(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        require(name not in seen, f"{what} {name[:80]} is declared twice")
        seen.add(name)


# ── code ─────────────────────────────────────────────────────────────────────────────────────────────────


def check_code(code: Code, arguments: int, constants: Sequence[Constant], what: str) -> None:
    """Check one method's code; ``arguments`` is how many slots its parameters and receiver fill.

    Raises:
        FormatError: an operand, range or table row is out of bounds.
    """
    length = len(code.instructions)
    require(0 < length <= MAX_INSTRUCTIONS, f"{what}: {length} instructions (1 to {MAX_INSTRUCTIONS} are allowed)")
    _within(code.locals, MAX_LOCALS, f"{what}: locals")
    require(arguments <= code.locals, f"{what}: {arguments} arguments in {code.locals} locals")
    for pc, instruction in enumerate(code.instructions):
        if instruction.operands or instruction.row.operands:
            fault = _operand_fault(instruction, code.locals, length, constants)
            if fault:
                raise FormatError(f"{what}, instruction {pc} ({instruction.row.name}): {fault}")
    _check_tables(code, length, what)


def _operand_fault(ins: Instruction, local_count: int, length: int, constants: Sequence[Constant]) -> str:
    if len(ins.operands) != len(ins.row.operands):
        return f"it has {len(ins.operands)} operands"
    for kind, value in zip(ins.row.operands, ins.operands, strict=True):
        if kind is Operand.LOCAL:
            fits = 0 <= value < local_count
        elif kind is Operand.TARGET:
            fits = 0 <= value < length
        elif kind is Operand.INT:
            fits = INT_MIN <= value <= INT_MAX
        elif kind is Operand.COUNT:
            fits = 0 <= value <= MAX_COUNT
        else:
            fits = 0 <= value < len(constants) and isinstance(constants[value], _CONSTANT_KINDS[ins.row.code])
        if not fits:
            return f"operand {value} is not a {kind.value} of this method"
    return ""


def _constant_kind(operands: tuple[Operand, ...], gives: tuple[str, ...]) -> type:
    kinds: dict[Operand, type] = {Operand.TYPE: Type, Operand.FIELD: FieldRef, Operand.METHOD: MethodRef}
    if Operand.CONSTANT in operands:
        return float if gives == ("float",) else str
    return next((kinds[operand] for operand in operands if operand in kinds), object)


_CONSTANT_KINDS: tuple[type, ...] = tuple(_constant_kind(row.operands, row.gives) for row in ROWS)


def _check_tables(code: Code, length: int, what: str) -> None:
    _within(len(code.handlers), MAX_HANDLERS, f"{what}: handlers")
    for handler in code.handlers:
        covered = 0 <= handler.start < handler.end <= length and 0 <= handler.target < length
        require(covered, f"{what}: a handler for {handler.start} to {handler.end} at {handler.target}")
        check_type(handler.catch, what)
    previous = -1
    for start, line in code.lines:
        require(previous < start < length, f"{what}: the line table names instruction {start} after {previous}")
        _within(line, MAX_LINE, f"{what}: line")
        previous = start
    for name in code.names:
        check_name(name.name, what)
        require(0 <= name.slot < code.locals, f"{what}: {name.name} in slot {name.slot}")
        require(0 <= name.start <= name.end <= length, f"{what}: {name.name} from {name.start} to {name.end}")


# ── the class ────────────────────────────────────────────────────────────────────────────────────────────


def check_header(file: ClassFile) -> None:
    """Check what the class says of itself, and that no member is declared twice.

    Raises:
        FormatError: a part of it is not well formed.
    """
    check_name(file.name, "class")
    if file.host:
        check_name(file.host, "host")
    check_string(file.source, "source name")
    check_string(file.text, "class text")
    _within(file.line, MAX_LINE, "line")
    _within(len(file.interfaces), MAX_INTERFACES, "interfaces")
    _check_types(file.interfaces, "interfaces")
    if file.superclass is not None:
        check_type(file.superclass, "superclass")
    _check_type_parameters(file, "class")
    _check_unique((field.name for field in file.fields), "field")
    _check_unique((method.name for method in file.methods), "method")


def validate(file: ClassFile) -> None:
    """Check a whole class file, as the writer does before writing and tests do after reading.

    Raises:
        FormatError: the first thing found wrong.
    """
    check_header(file)
    _within(len(file.constants), MAX_CONSTANTS, "constants")
    _within(len(file.fields), MAX_MEMBERS, "fields")
    _within(len(file.methods), MAX_MEMBERS, "methods")
    for index, constant in enumerate(file.constants):
        check_constant(constant, f"constant {index}")
    for field in file.fields:
        check_field(field)
    for method in file.methods:
        check_method(method, file.constants)
