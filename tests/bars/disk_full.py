"""Goal 4: the disk fills up at each of many offsets of a message: no false receipt, 503 instead, and it goes on by itself when there is space."""

import os
import shutil
import sys
import time
from pathlib import Path

from bench.pair import body_of
from node.ebms.states import OutboundState
from tests.bars.bar import Outcome, main, until
from tests.bars.full_disk import fill, small_disk
from tests.bars.nodes import World, findings
from tests.stored import stored_pair

#: Some 2 MB are written for a message of this size: quarantine, WAL, and a payload file.
OCTETS = 700_000
STEP = 24_576
RETURN_SECONDS = 10.0


def run(folder: Path, full: bool, offsets: int | None = None) -> Outcome:
    """Every offset in one process; then the whole node, whose intake must return by itself."""
    offsets = offsets or (400 if full else 40)
    step = STEP if not full else STEP // 10 // 4096 * 4096 or 4096
    with small_disk(folder / "disk", 24) as disk:
        refused, false, problems = fill_at_each(disk, offsets, step)
    with small_disk(folder / "disk", 24) as disk:
        seconds, more = intake_returns(folder / "world", disk)
    figure = f"{offsets} offsets, {refused} times 503, false receipts {false}, intake back after {seconds:.1f} s"
    return Outcome(figure, (*problems, *more))


def fill_at_each(disk: Path, offsets: int, step: int) -> tuple[int, int, list[str]]:
    """How often the receiver refused, how many receipts were false, and what else went wrong."""
    both, problems, refused, false = stored_pair(disk), [], 0, 0
    receipts: dict[str, set[bytes]] = {}
    for number in range(offsets):
        message_id = both.a.submit("b", os.urandom(OCTETS), media_type="application/octet-stream")
        outgoing = both.a.prepare(message_id)
        body = body_of(outgoing)
        filler = fill(disk, number * step)
        answer = both.b.receive(outgoing.content_type, body)
        kept = both.stores["b"].messages.inbound(message_id)
        filler.unlink()
        if answer.status == 503:
            refused += 1
        elif answer.status != 200:
            problems.append(f"{number * step} octets free: HTTP {answer.status}")
        elif not kept:
            false += 1
        again = both.b.receive(outgoing.content_type, body)
        receipts[message_id] = {one.octets for one in (answer, again) if one.status == 200}
        if both.a.settle(message_id, again) is not OutboundState.ACKNOWLEDGED:
            problems.append(f"{number * step} octets free: not accepted once there was space")
        if number % 8 == 7:
            # The sender's own store is not what is measured.
            both.close()
            problems += findings(disk / "b", receipts=receipts)
            for one in disk.iterdir():
                shutil.rmtree(one)
            both, receipts = stored_pair(disk), {}
    both.close()
    return refused, false, problems + findings(disk / "b", receipts=receipts)


def intake_returns(folder: Path, disk: Path) -> tuple[float, list[str]]:
    """Seconds from the moment of free space to the receipt, in a node that nobody restarts; and what went wrong."""
    world, problems = World(folder), []
    data = world.kr.folder / "data"
    data.rmdir()
    data.symlink_to(disk)
    world.start(world.kr)
    world.start(world.tw)
    with world.sender() as node:
        filler = fill(disk, 400_000)
        message_id = world.submit(node, world.file("payload.bin", os.urandom(OCTETS)))
        until(lambda: node.messages.history(message_id)[-1:] and node.messages.history(message_id)[-1].http_status == 503, 20)
        if (last := node.messages.history(message_id)[-1]).http_status != 503:
            problems.append(f"a full disk was answered with {last.http_status} ({last.detail})")
        filler.unlink()
        began = time.monotonic()
        if not world.ended(node, RETURN_SECONDS):
            problems.append(f"intake has not returned within {RETURN_SECONDS:.0f} s")
        seconds = time.monotonic() - began
    world.delivered()
    world.stop()
    return seconds, [*problems, *world.findings()]


if __name__ == "__main__":
    sys.exit(main(run))
