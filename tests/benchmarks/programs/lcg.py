"""The random numbers of the benchmarks: linear congruential, 16 bits, always the same sequence."""

from __future__ import annotations


class Lcg:
    def __init__(self) -> None:
        self.seed = 74755

    def next(self) -> int:
        self.seed = (self.seed * 1309 + 13849) & 65535
        return self.seed
