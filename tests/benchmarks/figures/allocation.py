"""Objects that die young: chains of a hundred nodes, each chain soon dropped."""

from __future__ import annotations

import sys
import time


class Node:
    __slots__ = ("next", "value")

    def __init__(self, value: int, next_: Node | None) -> None:
        self.value = value
        self.next = next_


def chain(length: int) -> Node | None:
    first = None
    for i in range(length):
        first = Node(i, first)
    return first


def total(node: Node | None) -> int:
    values = 0
    while node is not None:
        values += node.value
        node = node.next
    return values


def work(chains: int) -> int:
    return sum(total(chain(100)) for _ in range(chains))


nodes = int(sys.argv[1])
for _ in range(int(sys.argv[2])):
    started = time.perf_counter_ns()
    answer = work(nodes // 100)
    took = time.perf_counter_ns() - started
    print(f"answer {answer}")
    print(f"ns {took / nodes}")
