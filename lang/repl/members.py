"""The members that may follow a dot, by the static type of what stands before it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from lang.codes import NULLABLE_USED, UNKNOWN_MEMBER
from lang.diagnostics import CompileError, Diagnostic
from lang.nodes import Program
from lang.parser import parse
from lang.repl.reading import words
from lang.repl.workspace import Workspace
from lang.source import Source
from lang.syntax import tokens as t
from lang.syntax.layout import open_brackets
from minivm.classfile import MAIN, ClassFile, Flags, Method
from minivm.errors import FormatError, UsageError
from minivm.types import Kind, Type, parse_type

_PROBE = "zzzProbe"  # a member that nobody has: the checker says of what type it is missing
_MODULE = "repl$probe"
_TYPE = re.compile(r"`([^`]*)`")
_NUMBERS = ("toFloat(): float", "toInt(): int")
_UNIVERSAL = ("toString(): String", "hash(): int", "equals(other): bool")


@frozen
class Member:
    """A member's name and what it is: its type, or its parameters and result."""

    name: str
    about: str
    is_function: bool = False


def members_before(workspace: Workspace, text: str) -> list[Member]:
    """The members of the expression that ``text`` ends with: of a class if it names one, of a module, or of a value."""
    receiver = _receiver(text)
    files = workspace.files()
    if receiver in workspace.imports and receiver in files:
        prefix = receiver + "."
        classes = [Member(name.removeprefix(prefix), "class") for name in files if name.startswith(prefix)]
        return [*classes, *class_members(files[receiver], static=True), *function_members(files[receiver])]
    if receiver in files and receiver[:1].isupper():
        return [*class_members(files[receiver], static=True), *function_members(files[receiver])]
    own = receiver == "this"
    alone = _type_alone(workspace, receiver)
    if alone is not None:
        return list(_of_type(files, alone, own=own))
    type_, program = _type_in_place(workspace, text)
    if type_ is None:
        return []
    return [*_of_type(files, type_, own=own), *_being_written(program, type_.name)]


# ── the receiver ─────────────────────────────────────────────────────────────────────────────────────────────


def _receiver(text: str) -> str:
    """The last operand of a text: a name, literal or bracketed part with all that follows it by dots and brackets."""
    tokens = words(text)
    at = len(tokens) - 1
    while at >= 0:
        at = _operand(tokens, at)
        if at > 0 and tokens[at - 1].kind in (".", "?."):
            at -= 2
            continue
        break
    return text[tokens[at].start :].strip() if 0 <= at < len(tokens) else ""


def _operand(tokens: list[t.Token], at: int) -> int:
    """The first token of the operand that ends at ``at``, which its calls and indexes belong to."""
    closers = {")": "(", "]": "[", t.TYPE_CLOSE: t.TYPE_OPEN, t.STRING_END: t.STRING_START}
    while at > 0 and tokens[at].kind in closers:
        opener, closer, depth = closers[tokens[at].kind], tokens[at].kind, 0
        while at >= 0:
            depth += (tokens[at].kind == closer) - (tokens[at].kind == opener)
            if not depth:
                break
            at -= 1
        before = tokens[at - 1].kind if at > 0 else ""
        if opener == t.STRING_START or before not in (t.NAME, ")", "]", t.TYPE_CLOSE):
            break
        at -= 1
    return max(at, 0)


def _type_alone(workspace: Workspace, receiver: str) -> Type | None:
    """Its type where it means something by itself."""
    source = Source("", receiver)
    try:
        main = workspace.compile_entry(source, parse(source), _MODULE)[_MODULE].method(MAIN)
    except (CompileError, UsageError, RecursionError):
        return None
    return main.result if main is not None else None


def _type_in_place(workspace: Workspace, text: str) -> tuple[Type | None, Program | None]:
    """Its type in an unfinished text, and that text's tree: a member is asked for that nobody has, and every bracket is
    closed."""
    probe = f"{text}.{_PROBE}"
    brackets = open_brackets(words(probe))
    closers = "".join(_closer(probe, bracket) for bracket in reversed(brackets))
    for ending in (closers, " { } " + closers):  # perhaps a block was to follow
        source = Source("", probe + ending)
        program = None
        try:
            program = parse(source)
            workspace.compile_entry(source, program, _MODULE)
        except CompileError as error:
            found = next((type_ for d in error.diagnostics if (type_ := _told(d))), None)
            if found is not None:
                return found, program
        except (UsageError, RecursionError):
            break
    return None, None


def _closer(text: str, bracket: t.Token) -> str:
    if bracket.kind == t.STRING_START:
        return '}"""' if text.startswith('"""', bracket.start) else '}"'
    return t.OPENERS[bracket.kind]


def _told(diagnostic: Diagnostic) -> Type | None:
    """The type that a complaint about the probe names."""
    text = diagnostic.message if diagnostic.code == UNKNOWN_MEMBER else diagnostic.label
    if _PROBE not in diagnostic.message or diagnostic.code not in (UNKNOWN_MEMBER, NULLABLE_USED):
        return None
    found = _TYPE.search(text)
    try:
        return parse_type(found[1]) if found else None
    except FormatError:
        return None


# ── members ──────────────────────────────────────────────────────────────────────────────────────────────────


def _of_type(files: dict[str, ClassFile], type_: Type, *, own: bool) -> Iterator[Member]:
    """What a value of the type has; private members only for ``own`` code."""
    if type_.kind is Kind.PRIMITIVE:
        texts = () if type_.name == "void" else (*_UNIVERSAL, *(_NUMBERS if type_.name in ("int", "float") else ()))
        yield from (Member(text.partition("(")[0], text[text.index("(") :], True) for text in texts)
        return
    pending = [type_.name] if type_.kind is Kind.CLASS else ["Object"]
    seen: set[str] = set()
    while pending:
        file = files.get(pending.pop(0))
        if file is None or file.name in seen:
            continue
        seen.add(file.name)
        yield from class_members(file, static=False, private=own)
        yield from function_members(file, static=False, private=own)
        pending += [above.name for above in (file.superclass, *file.interfaces) if above is not None]


def _being_written(program: Program | None, name: str) -> Iterator[Member]:
    """What a class has that stands in the very text."""
    for node in program.classes if program is not None else ():
        if node.name == name:
            yield from (Member(found.name, "") for found in node.fields if "static" not in found.modifiers)
            methods = (found for found in node.methods if "static" not in found.modifiers and found.name != "init")
            yield from (Member(found.name, "", True) for found in methods)


def class_members(file: ClassFile, *, static: bool, private: bool = False) -> Iterator[Member]:
    """The fields of a class."""
    for found in file.fields:
        if found.is_static is static and _is_visible(found.flags, found.name, private):
            yield Member(found.name, f": {found.type}")


def function_members(file: ClassFile, *, static: bool = True, private: bool = False) -> Iterator[Member]:
    """The methods of a class, ``init`` left out."""
    for found in file.methods:
        if found.is_static is static and found.name != "init" and _is_visible(found.flags, found.name, private):
            yield Member(found.name, _signature(found), True)


def _is_visible(flags: Flags, name: str, private: bool) -> bool:
    return (
        Flags.SYNTHETIC not in flags and "=" not in name and "$" not in name and (private or not flags & Flags.PRIVATE)
    )


def _signature(method: Method) -> str:
    parameters = zip(method.parameter_names, method.parameters, strict=False)
    return f"({', '.join(f'{name}: {type_}' for name, type_ in parameters)}): {method.result}"
