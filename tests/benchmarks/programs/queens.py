"""Queens: eight queens on a board, none threatening another, ten times over. The answer: whether it was possible."""

from __future__ import annotations

from timing import Benchmark, measure


class Board:
    def __init__(self) -> None:
        self.row_free = [True] * 8
        self.rising_free = [True] * 16
        self.falling_free = [True] * 16
        self.row_of = [-1] * 8

    def place(self, column: int) -> bool:
        """Place a queen in this column and each one after it."""
        for row in range(8):
            if self.is_free(row, column):
                self.row_of[column] = row
                self.mark(row, column, False)
                if column == 7 or self.place(column + 1):
                    return True
                self.mark(row, column, True)
        return False

    def is_free(self, row: int, column: int) -> bool:
        return self.row_free[row] and self.rising_free[column + row] and self.falling_free[column - row + 7]

    def mark(self, row: int, column: int, free: bool) -> None:
        self.row_free[row] = free
        self.rising_free[column + row] = free
        self.falling_free[column - row + 7] = free


class Queens(Benchmark):
    def run(self, size: int) -> str:
        solved = True
        for _ in range(size * 10):
            solved = Board().place(0) and solved
        return "true" if solved else "false"


if __name__ == "__main__":
    measure(Queens(), 500)
