"""Sieve: the primes below 5000, by Eratosthenes. The answer: how many there are."""

from __future__ import annotations

from timing import Benchmark, measure


def primes_up_to(limit: int) -> int:
    is_prime = [True] * (limit + 1)
    count = 0
    for number in range(2, limit + 1):
        if is_prime[number]:
            count += 1
            multiple = number + number
            while multiple <= limit:
                is_prime[multiple] = False
                multiple += number
    return count


class Sieve(Benchmark):
    def run(self, size: int) -> str:
        primes = 0
        for _ in range(size):
            primes = primes_up_to(5000)
        return str(primes)


if __name__ == "__main__":
    measure(Sieve(), 1000)
