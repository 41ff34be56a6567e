"""Alternating measurement: subject and floor take turns in one process, so that the machine's drift cancels in the ratio."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """CPU seconds per operation of each contender, a median over rounds, and the median ratio to the first contender."""

    names: tuple[str, ...]
    seconds: tuple[float, ...]
    ratios: tuple[float, ...]
    rounds: int


def alternate(contenders: dict[str, Callable[[], None]], rounds: int = 15, repeat: int = 20) -> Measured:
    """Run each contender `repeat` times per round, in turn; process CPU time, ratios taken round by round."""
    for run in contenders.values():
        run()
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            taken[name].append(cpu_of(run, repeat))
    names = tuple(contenders)
    base = taken[names[0]]
    return Measured(
        names=names,
        seconds=tuple(statistics.median(taken[name]) for name in names),
        ratios=tuple(statistics.median(a / b for a, b in zip(taken[name], base, strict=True)) for name in names),
        rounds=rounds,
    )


def cpu_of(run: Callable[[], None], repeat: int) -> float:
    """CPU seconds of one call, averaged over `repeat` calls."""
    start = time.process_time()
    for _ in range(repeat):
        run()
    return (time.process_time() - start) / repeat
