"""Many random programs, judged in child processes, with a state file from which a broken-off run goes on."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import asdict, define, field

from .child import Child
from .oracle import Finding

BATCH = 200  # programs of one child between two writings of the state: few starts, little lost


@define
class State:
    """How far a campaign has come."""

    first: int
    count: int
    rotation: int = 0
    modes: int = 1
    long: bool = False
    done: int = 0  # programs from ``first`` on that are all judged
    counts: dict[str, int] = field(factory=dict)  # by kind of finding; "fine" besides
    findings: dict[str, dict[str, str]] = field(factory=dict)  # by seed

    def save(self, path: Path) -> None:
        """Write it down, whole or not at all."""
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        beside.replace(path)

    @staticmethod
    def load(path: Path) -> State:
        """Read what ``save`` has written."""
        return State(**json.loads(path.read_text(encoding="utf-8")))


def carry_on(state: State, workers: int, report: Callable[[State], None], each: int = BATCH) -> None:
    """Judge the programs that are left, ``each`` by a child; ``report`` is called after each batch of theirs."""
    batch = each * workers
    while state.done < state.count:
        first = state.first + state.done
        seeds = range(first, min(first + batch, state.first + state.count))
        results = judged(seeds, workers, state.rotation, state.modes, state.long)
        counts = Counter(state.counts)
        for seed, finding in sorted(results.items()):
            counts["fine" if finding is None else finding.kind] += 1
            if finding is not None:
                state.findings[str(seed)] = asdict(finding)
        state.counts = dict(counts)
        state.done += len(seeds)
        report(state)


def judged(
    seeds: range, workers: int, rotation: int = 0, modes: int = 1, long: bool = False
) -> dict[int, Finding | None]:
    """What is wrong with each of some programs."""
    results: dict[int, Finding | None] = {}
    pending: Iterator[int] = iter(seeds)
    lock = threading.Lock()

    def work() -> None:
        with Child() as child:
            while True:
                with lock:
                    seed = next(pending, None)
                if seed is None:
                    return
                results[seed] = child.ask({"seed": seed, "rotation": rotation, "modes": modes, "long": long})

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
