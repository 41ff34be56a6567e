"""Goal 9: a long backlog while the partner is down: the node starts, sends at once when the partner is back, and stays small."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bars.bar import Outcome, main, until
from tests.bars.nodes import World


def run(folder: Path, full: bool, count: int | None = None) -> Outcome:
    """Submitted while nobody serves; `full` drains the whole backlog."""
    count = count or (100_000 if full else 10_000)
    most_seconds, most_rss = (10.0, 300 << 20) if full else (5.0, 200 << 20)
    world, problems = World(folder), []
    path = world.file("payload.bin", os.urandom(1_000))
    with world.sender() as node:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: world.submit(node, path), range(count)))
        world.start(world.kr)
        began = time.monotonic()
        tw = world.start(world.tw)
        first = until(lambda: node.messages.counts()["outbound"].get("ACKNOWLEDGED"), 60, 0.01)
        seconds = time.monotonic() - began
        if not first:
            problems.append("nothing is sent")
        # Drained in full; the bar looks at memory while some thousand messages pass.
        share = count if full else min(count, 1_000)
        done = until(lambda: node.messages.counts()["outbound"].get("ACKNOWLEDGED", 0) >= share, 3600, 0.25)
        if not done:
            problems.append(f"not {share} messages are acknowledged")
        if full and not world.delivered(600):
            problems.append("accepted messages are never handed over")
        rss = tw.peak_rss()
        world.stop()
    if seconds > most_seconds:
        problems.append(f"the first receipt came after {seconds:.1f} s, more than {most_seconds:.0f}")
    if rss > most_rss:
        problems.append(f"{rss >> 20} MB were used, more than {most_rss >> 20}")
    problems += world.findings() if full else []
    return Outcome(f"{count} waiting: first acknowledged {seconds:.1f} s after the start, RSS {rss >> 20} MB", tuple(problems))


if __name__ == "__main__":
    sys.exit(main(run))
