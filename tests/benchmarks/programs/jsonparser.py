"""Json: parse a document of 23 kB, the messages of a user interface to its server.

The answer: its operations, the values in it, and the characters of its strings.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from timing import Benchmark, measure


class Value(Protocol):
    def count(self) -> int:
        """How many values this is with all that are in it."""

    def characters(self) -> int:
        """How many characters its strings have; keys are not values."""


class Text:
    def __init__(self, text: str) -> None:
        self.text = text

    def count(self) -> int:
        return 1

    def characters(self) -> int:
        return len(self.text)


class Number:
    def __init__(self, digits: str) -> None:
        self.digits = digits

    def count(self) -> int:
        return 1

    def characters(self) -> int:
        return 0


class Literal(Enum):
    YES = "true"
    NO = "false"
    NOTHING = "null"

    def count(self) -> int:
        return 1

    def characters(self) -> int:
        return 0


class Sequence:
    def __init__(self) -> None:
        self.items: list[Value] = []

    def count(self) -> int:
        return 1 + sum(item.count() for item in self.items)

    def characters(self) -> int:
        return sum(item.characters() for item in self.items)


class Structure:
    def __init__(self) -> None:
        self.members: dict[str, Value] = {}

    def count(self) -> int:
        return 1 + sum(value.count() for value in self.members.values())

    def characters(self) -> int:
        return sum(value.characters() for value in self.members.values())


class ParseError(Exception):
    pass


class Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.current = ""  # the character at `at`; empty at the end
        self.look()

    def parse(self) -> Value:
        self.skip_space()
        value = self.read_value()
        self.skip_space()
        if self.current != "":
            raise self.expected("the end")
        return value

    def read_value(self) -> Value:
        match self.current:
            case "{":
                return self.read_structure()
            case "[":
                return self.read_sequence()
            case '"':
                return Text(self.read_string())
            case "t":
                return self.read_word("true", Literal.YES)
            case "f":
                return self.read_word("false", Literal.NO)
            case "n":
                return self.read_word("null", Literal.NOTHING)
            case _:
                return self.read_number()

    def read_structure(self) -> Value:
        structure = Structure()
        self.advance()
        self.skip_space()
        if self.skip("}"):
            return structure
        while True:
            self.skip_space()
            if self.current != '"':
                raise self.expected("a name")
            name = self.read_string()
            self.skip_space()
            self.require(":")
            self.skip_space()
            structure.members[name] = self.read_value()
            self.skip_space()
            if not self.skip(","):
                break
        self.require("}")
        return structure

    def read_sequence(self) -> Value:
        sequence = Sequence()
        self.advance()
        self.skip_space()
        if self.skip("]"):
            return sequence
        while True:
            self.skip_space()
            sequence.items.append(self.read_value())
            self.skip_space()
            if not self.skip(","):
                break
        self.require("]")
        return sequence

    def read_string(self) -> str:
        self.advance()
        start = self.at
        pieces = []
        while self.current != '"':
            if self.current == "":
                raise self.expected("the end of the string")
            if self.current == "\\":
                pieces.append(self.text[start : self.at])
                self.advance()
                pieces.append(self.read_escape())
                start = self.at
            else:
                self.advance()
        pieces.append(self.text[start : self.at])
        self.advance()
        return "".join(pieces)

    def read_escape(self) -> str:
        escape = self.current
        self.advance()
        match escape:
            case "n":
                return "\n"
            case "t":
                return "\t"
            case '"' | "\\" | "/":
                return escape
            case "u":
                return self.read_code()
            case _:
                raise self.expected("an escape")

    def read_code(self) -> str:
        code = 0
        for _ in range(4):
            digit = "0123456789abcdef".find(self.current.lower())
            if self.current == "" or digit < 0:
                raise self.expected("a hexadecimal digit")
            code = code * 16 + digit
            self.advance()
        return chr(code)

    def read_word(self, word: str, meaning: Value) -> Value:
        for character in word:
            self.require(character)
        return meaning

    def read_number(self) -> Value:
        start = self.at
        self.skip("-")
        self.skip_digits()
        if self.skip("."):
            self.skip_digits()
        if self.skip("e") or self.skip("E"):
            if not self.skip("+"):
                self.skip("-")
            self.skip_digits()
        return Number(self.text[start : self.at])

    def skip_digits(self) -> None:
        if not self.is_digit():
            raise self.expected("a digit")
        while self.is_digit():
            self.advance()

    def is_digit(self) -> bool:
        return self.current != "" and self.current in "0123456789"

    def skip_space(self) -> None:
        while self.current == " " or self.current == "\n" or self.current == "\t" or self.current == "\r":
            self.advance()

    def skip(self, character: str) -> bool:
        if self.current != character:
            return False
        self.advance()
        return True

    def require(self, character: str) -> None:
        if not self.skip(character):
            raise self.expected(character)

    def advance(self) -> None:
        self.at += 1
        self.look()

    def look(self) -> None:
        self.current = self.text[self.at] if self.at < len(self.text) else ""

    def expected(self, what: str) -> ParseError:
        return ParseError(f"{what} is expected at {self.at}, not {self.current}")


TEMPLATES = (
    r"""["create", "w$", "widgets.Label", {"parent": "w1", "style": ["NONE", "LEFT"],
            "bounds": [$, 7, 94, 27], "tabIndex": -1, "text": "Label \u2116 $"}]""",
    r"""["set", "w$", {"opacity": 0.875, "visible": true, "image": null, "background": [255, 240, $, 0],
            "font": [["Verdana", "Lucida Sans", "sans-serif"], 14, false, false]}]""",
    r"""["listen", "w$", {"Selection": true, "Modify": false, "Resize": false}]""",
    r"""["call", "w$", "store", {"items": [{"id": -12, "weight": 1.5e-3, "title": "said \"yes\"\n"},
            {"id": $, "weight": 2E2, "title": "a\\b\tc"}, [], {}]}]""",
)


def document(operations: int) -> str:
    """The messages: so many operations, of four kinds in turn."""
    lines = ",\n".join(operation(i) for i in range(operations))
    return '{"head": {"requestCounter": 4}, "operations": [\n' + lines + "]}\n"


def operation(number: int) -> str:
    return TEMPLATES[number % 4].replace("$", str(number))


class Json(Benchmark):
    def prepare(self, size: int) -> None:
        self.text = document(156)

    def run(self, size: int) -> str:
        answer = ""
        for _ in range(size):
            root = Parser(self.text).parse()
            answer = f"{self.operations(root)} {root.count()} {root.characters()}"
        return answer

    def operations(self, root: Value) -> int:
        found = root.members["operations"] if isinstance(root, Structure) else None
        return len(found.items) if isinstance(found, Sequence) else 0


if __name__ == "__main__":
    measure(Json(), 30)
