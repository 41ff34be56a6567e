"""What the log of evidence costs: two pairs of nodes over mutual TLS, one with it and one without, take turns in one run."""

import contextlib
import os
import signal
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.two_nodes import CASES, Case, Nodes, cpu_of, nodes, sample

#: The smallest messages of the faster suite feel it most.
CASE = next(one for one in CASES if one.name == "4 KB Ed25519/X25519")


@dataclass(frozen=True)
class Measured:
    """Exchanges a second with the log over those without, the median of the rounds; CPU milliseconds of a message on both nodes together."""

    case: Case
    ratio: float
    rates: tuple[float, float]
    cpu: tuple[float, float]

    @property
    def more(self) -> float:
        """CPU milliseconds that a message costs more, on one node."""
        return (self.cpu[0] - self.cpu[1]) / 2


def measure(folder: Path, *, quick: bool = False) -> Measured:
    """Rounds of both pairs in turn; whoever is not measured stands still."""
    folder.mkdir(parents=True)
    document = folder / "document.xml"
    document.write_bytes(sample(CASE.size))
    rounds, count = (5, 200) if quick else (11, 400)
    found: list[list[tuple[float, float]]] = [[], []]
    with (
        nodes(folder / "with", CASE) as logging,
        nodes(folder / "without", CASE, through="bench.without_log") as silent,
    ):
        pairs = (logging, silent)
        for one in pairs:
            stand(one, still=True)
        for number in range(rounds + 1):
            for place in (0, 1) if number % 2 else (1, 0):
                with moving(pairs[place]):
                    taken = step(pairs[place], document, count)
                if number:
                    # The first round warms up.
                    found[place].append(taken)
        for one in pairs:
            stand(one, still=False)
    ratio = statistics.median(a[0] / b[0] for a, b in zip(*found, strict=True))
    rates, cpu = ([statistics.median(one[of] for one in each) for each in found] for of in (0, 1))
    return Measured(CASE, ratio, (rates[0], rates[1]), (cpu[0], cpu[1]))


def step(pair: Nodes, document: Path, count: int) -> tuple[float, float]:
    """Exchanges a second, and CPU milliseconds of a message on both nodes."""
    before = cpu_of(pair.receiver.pid)
    rate = pair.step(document, count)
    return rate, (pair.last["cpu"] + cpu_of(pair.receiver.pid) - before) / count * 1000


def stand(pair: Nodes, *, still: bool) -> None:
    """Stop both processes where they are, or let them go on."""
    for process in (pair.sender, pair.receiver):
        os.kill(process.pid, signal.SIGSTOP if still else signal.SIGCONT)


@contextlib.contextmanager
def moving(pair: Nodes) -> Iterator[None]:
    """Let a pair go on for a while."""
    stand(pair, still=False)
    try:
        yield
    finally:
        stand(pair, still=True)
