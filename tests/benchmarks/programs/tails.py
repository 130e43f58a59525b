"""List: Takeuchi's function on linked lists, lengths for numbers. The answer: the length of the list it ends with."""

from __future__ import annotations

from timing import Benchmark, measure


class Element:
    def __init__(self, value: int, next_: Element | None) -> None:
        self.value = value
        self.next = next_

    def length(self) -> int:
        return 1 if self.next is None else 1 + self.next.length()


def chain(length: int) -> Element | None:
    return None if length == 0 else Element(length, chain(length - 1))


def is_shorter(a: Element | None, b: Element | None) -> bool:
    while b is not None:
        if a is None:
            return True
        a = a.next
        b = b.next
    return False


def tail(x: Element | None, y: Element | None, z: Element | None) -> Element | None:
    if x is None or y is None or not is_shorter(y, x):
        return z
    return tail(tail(x.next, y, z), tail(y.next, z, x), tail(z.next if z else None, x, y))


class Tails(Benchmark):
    def run(self, size: int) -> str:
        length = 0
        for _ in range(size):
            found = tail(chain(15), chain(10), chain(6))
            length = found.length() if found else 0
        return str(length)


if __name__ == "__main__":
    measure(Tails(), 750)
