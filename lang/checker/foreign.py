"""What other languages call the things that Mini has: the first name a newcomer tries gets a hint."""

from __future__ import annotations

from collections.abc import Collection

from lang.diagnostics import nearest

# what a member might be called here, by what it is called elsewhere; the first that the type has is meant
_MEMBERS = {
    "push": "add addLast send append", "append": "add addLast", "push_back": "add addLast", "enqueue": "add addLast",
    "put": "set add", "pop": "removeLast removeFirst", "shift": "removeFirst", "dequeue": "removeFirst",
    "poll": "removeFirst", "unshift": "addFirst", "peek": "first last", "top": "last first",
    "len": "size length", "length": "size", "size": "length", "count": "size length",
    "containsKey": "has", "contains": "has", "includes": "contains has", "contains_key": "has", "has": "contains",
    "delete": "remove", "erase": "remove", "extend": "addAll", "setdefault": "getOrSet", "computeIfAbsent": "getOrSet",
    "getOrDefault": "getOr", "items": "entries", "entrySet": "entries", "keySet": "keys",
    "forEach": "each", "reduce": "fold", "some": "any", "every": "all", "collect": "map", "select": "filter",
    "where": "filter", "reverse": "reversed", "sublist": "slice", "subList": "slice", "sort_by": "sort",
    "toUpperCase": "upper", "toLowerCase": "lower", "strip": "trim", "lstrip": "trimStart", "rstrip": "trimEnd",
    "substr": "substring", "slice": "substring", "charCodeAt": "codeAt", "codePointAt": "codeAt", "ord": "codeAt",
    "find": "indexOf", "startswith": "startsWith", "endswith": "endsWith", "ljust": "padRight", "rjust": "padLeft",
    "padStart": "padLeft", "padEnd": "padRight", "isdigit": "isDigits", "isalpha": "isLetters", "splitlines": "lines",
    "compareTo": "compare", "hashCode": "hash", "str": "toString", "getMessage": "message",
    "printStackTrace": "trace", "read": "readText", "write": "writeText", "random": "nextFloat", "nextInt": "below",
    "choice": "pick", "currentTimeMillis": "millis", "time": "now", "stringify": "print", "loads": "parse",
    "dumps": "print", "trunc": "floor", "PI": "pi",
}  # fmt: skip

_FUNCTIONS = {
    "println": "the function is called `print`; it ends the line",
    "printf": "format a value with `print(\"%8.2f\".format(x))`, or put it in: `print(\"x is {x}\")`",
    "input": "a line of input is `readLine()`, null where the input ends",
    "len": "the size is a method: `list.size()`, `text.length()`, and an array's `a.length`",
    "range": "count with a range: `for i in 0..n`",
    "str": "put it into a text, `\"{x}\"`, or write `x.toString()`",
    "assert": "write `check(condition, \"what is wrong otherwise\")`",
    "require": "write `check(condition, \"what is wrong otherwise\")`",
    "open": "whole files: `File.readText(path)`, `File.writeText(path, text)`",
    "listOf": "make a `List<T>()` and `add` to it", "list": "make a `List<T>()` and `add` to it",
    "mapOf": "make a `Map<K, V>()` and set its keys: `map[key] = value`",
    "dict": "make a `Map<K, V>()` and set its keys: `map[key] = value`",
    "abs": "functions of numbers are in `Math`: `Math.abs(x)`, and `Math.fabs(x)` for floats",
    "min": "functions of numbers are in `Math`: `Math.min(a, b)`, and `Math.fmin(a, b)` for floats",
    "max": "functions of numbers are in `Math`: `Math.max(a, b)`, and `Math.fmax(a, b)` for floats",
    "sqrt": "functions of numbers are in `Math`: `Math.sqrt(x)`",
    "go": "a fiber is started with `spawn f(x)`", "async": "a fiber is started with `spawn f(x)`",
}  # fmt: skip


def member_hint(name: str, known: Collection[str]) -> str:
    """What a member that a type does not have was probably meant to be; "" if nobody knows."""
    meant = next((other for other in _MEMBERS.get(name, "").split() if other in known and other != name), None)
    close = meant or nearest(name, known)
    return f"did you mean `{close}`?" if close else ""


def function_hint(name: str) -> str:
    """What to write instead of a function that other languages have; "" if there is nothing to say."""
    return _FUNCTIONS.get(name, "")
