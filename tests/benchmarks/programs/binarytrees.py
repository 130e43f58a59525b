"""Binary trees: many short-lived trees of each depth beside one that lives on. The answer: how many nodes were made."""

from __future__ import annotations

from timing import Benchmark, measure

LEAST = 4  # the depth of the smallest trees


class Tree:
    def __init__(self, left: Tree | None, right: Tree | None) -> None:
        self.left = left
        self.right = right

    @staticmethod
    def grow(depth: int) -> Tree:
        return Tree(None, None) if depth == 0 else Tree(Tree.grow(depth - 1), Tree.grow(depth - 1))

    def count(self) -> int:
        return 1 + (self.left.count() if self.left else 0) + (self.right.count() if self.right else 0)


class BinaryTrees(Benchmark):
    def run(self, size: int) -> str:
        nodes = Tree.grow(size + 1).count()
        survivor = Tree.grow(size)
        for depth in range(LEAST, size + 1, 2):
            trees = 1 << (size - depth + LEAST)
            for _ in range(trees):
                nodes += Tree.grow(depth).count()
        return str(nodes + survivor.count())


if __name__ == "__main__":
    measure(BinaryTrees(), 13)
