"""Items handed from one task to another through a queue with room for one, so that each of them waits for the other."""

from __future__ import annotations

import asyncio
import sys
import time


async def produce(out: asyncio.Queue[int | None], count: int) -> None:
    for i in range(count):
        await out.put(i % 100)
    await out.put(None)


async def work(count: int) -> int:
    queue: asyncio.Queue[int | None] = asyncio.Queue(1)
    producer = asyncio.create_task(produce(queue, count))
    total = 0
    while (item := await queue.get()) is not None:
        total += item
    await producer
    return total


items = int(sys.argv[1])
for _ in range(int(sys.argv[2])):
    started = time.perf_counter_ns()
    answer = asyncio.run(work(items))
    took = time.perf_counter_ns() - started
    print(f"answer {answer}")
    print(f"ns {took / items}")
