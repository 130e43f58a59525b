"""Errors of three classes, thrown and caught two calls further out, by their class or the one above it."""

from __future__ import annotations

import sys
import time


class Odd(Exception):
    pass


class Very(Odd):
    pass


def fail(i: int) -> int:
    if i % 3 == 0:
        raise Exception("plain")
    if i % 3 == 1:
        raise Odd("odd")
    raise Very("very")


def between(i: int) -> int:
    return fail(i) + 1


def work(times: int) -> int:
    total = 0
    for i in range(times):
        try:
            total += between(i)
        except Odd:
            total += 2
        except Exception:
            total += 1
    return total


errors = int(sys.argv[1])
for _ in range(int(sys.argv[2])):
    started = time.perf_counter_ns()
    answer = work(errors)
    took = time.perf_counter_ns() - started
    print(f"answer {answer}")
    print(f"ns {took / errors}")
