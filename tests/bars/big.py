"""Goal 11: one big payload through both nodes; neither grows by more than a fixed amount."""

import os
import sys
from pathlib import Path

from tests.bars.bar import Outcome, main
from tests.bars.nodes import World

GROWTH = 64 << 20
PIECE = 1 << 20


def run(folder: Path, full: bool, size: int | None = None) -> Outcome:
    """256 MB, in full 2 GB; incompressible, encrypted."""
    size = size or (2 << 30 if full else 256 << 20)
    world, problems = World(folder), []
    kr, tw = world.start(world.kr), world.start(world.tw)
    path = folder / "payload.bin"
    with path.open("wb") as file:
        for _ in range(size // PIECE):
            file.write(os.urandom(PIECE))
    with world.sender() as node:
        # A small one first: what a node needs at all is not growth.
        world.submit(node, world.file("small.bin", b"x" * 10_000))
        world.ended(node)
        before = {"tw": tw.peak_rss(), "kr": kr.peak_rss()}
        world.submit(node, path)
        if not world.ended(node, 600) or not world.delivered(600):
            problems.append("it does not arrive")
        growth = {"tw": tw.peak_rss() - before["tw"], "kr": kr.peak_rss() - before["kr"]}
    world.stop()
    problems += [f"{side} grew by {grown >> 20} MB" for side, grown in growth.items() if grown > GROWTH]
    figure = f"{size >> 20} MB through, growth {growth['tw'] >> 20} MB sending, {growth['kr'] >> 20} MB receiving"
    return Outcome(figure, (*problems, *world.findings()))


if __name__ == "__main__":
    sys.exit(main(run))
