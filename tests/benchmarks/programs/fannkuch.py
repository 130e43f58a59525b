"""Fannkuch: turn pancakes until the topmost is number 1, for every order of the stack.

The answer: a checksum over all orders, and the most turns that any takes.
"""

from __future__ import annotations

from timing import Benchmark, measure


class Stack:
    def __init__(self, size: int) -> None:
        self.size = size
        self.pancakes = [0] * size
        self.order = list(range(size))  # the order under study; `pancakes` is the copy that is turned
        self.turned = [0] * size  # how often the first i + 1 were rotated
        self.checksum = 0
        self.most = 0

    def study(self) -> None:
        even = True
        while True:
            turns = self.turn_all()
            self.most = max(self.most, turns)
            self.checksum += turns if even else -turns
            if not self.next_order():
                return
            even = not even

    def turn_all(self) -> int:
        """Turn the stack's copy until its top is 0; how many turns that took."""
        self.pancakes[:] = self.order
        pancakes = self.pancakes
        turns = 0
        top = pancakes[0]
        while top != 0:
            low = 0
            high = top
            while low < high:
                pancakes[low], pancakes[high] = pancakes[high], pancakes[low]
                low += 1
                high -= 1
            turns += 1
            top = pancakes[0]
        return turns

    def next_order(self) -> bool:
        """Go on to the next order; whether there is one."""
        order = self.order
        for last in range(1, self.size):
            first = order[0]
            for i in range(last):
                order[i] = order[i + 1]
            order[last] = first
            self.turned[last] += 1
            if self.turned[last] <= last:
                return True
            self.turned[last] = 0
        return False


class Fannkuch(Benchmark):
    def run(self, size: int) -> str:
        stack = Stack(size)
        stack.study()
        return f"{stack.checksum} {stack.most}"


if __name__ == "__main__":
    measure(Fannkuch(), 9)
