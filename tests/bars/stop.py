"""Goal 15: SIGTERM under load: both nodes are gone within ten seconds, and nothing is lost."""

import os
import sys
import threading
from pathlib import Path

from tests.bars.bar import Outcome, main
from tests.bars.nodes import World

EXIT_SECONDS = 10.0


def run(folder: Path, full: bool, rounds: int | None = None) -> Outcome:
    """Each round both sides are told to stop while messages flow."""
    rounds = rounds or (50 if full else 5)
    world, problems, slowest = World(folder), [], 0.0
    path = world.file("payload.bin", os.urandom(10_000))
    with world.sender() as node:
        for _ in range(rounds):
            world.start(world.kr)
            world.start(world.tw)
            enough = threading.Event()

            def produce(enough: threading.Event = enough) -> None:
                while not enough.wait(0.005):
                    world.submit(node, path)

            producers = [threading.Thread(target=produce) for _ in range(2)]
            for one in producers:
                one.start()
            enough.wait(1.5)
            for side in ("kr", "tw"):
                slowest = max(slowest, world.running[side].stop())
                if world.running[side].alive:
                    problems.append(f"{side} does not stop")
            enough.set()
            for one in producers:
                one.join()
        world.start(world.kr)
        world.start(world.tw)
        if not world.ended(node, 120) or not world.delivered(120):
            problems.append("what was submitted does not come to its end")
    world.stop()
    if slowest > EXIT_SECONDS:
        problems.append(f"a stop took {slowest:.1f} s, more than {EXIT_SECONDS:.0f}")
    findings = world.findings()
    lost = sum(one.startswith("lost") for one in findings)
    figure = f"{2 * rounds} stops, {len(world.submitted)} messages, lost {lost}, slowest exit {slowest:.1f} s"
    return Outcome(figure, (*problems, *findings))


if __name__ == "__main__":
    sys.exit(main(run))
