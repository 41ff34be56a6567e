"""Goal 6: the PostgreSQL server of both sides is killed again and again under load; nothing is lost or doubled, and work goes on."""

import os
import random
import sys
import time
from pathlib import Path

from node.app import Node
from node.ebms.states import OutboundState
from node.msh.ports import StorageUnavailable
from node.store.messages import snapshot
from tests.bars.bar import Outcome, main, until
from tests.bars.nodes import World, server

#: Seconds within which something must be acknowledged again.
AGAIN = 15


def run(folder: Path, full: bool, kills: int = 0) -> Outcome:
    """Every process of the server is killed while messages flow, so that some die in the middle of their COMMIT."""
    chance, problems, refused, slowest = random.Random(6), [], 0, 0.0
    kills = kills or (200 if full else 20)
    with server() as postgres:
        world = World(folder, postgres)
        world.start(world.tw)
        world.start(world.kr)
        path = world.file("payload.bin", os.urandom(20_000))
        with world.sender() as node:
            for _ in range(kills):
                for _ in range(chance.randrange(1, 12)):
                    refused += not submit(world, node, path)
                time.sleep(chance.uniform(0, 0.3))
                postgres.kill()
                time.sleep(chance.uniform(0, 0.5))
                postgres.start()
                seconds = back_after(world, node, path)
                slowest = max(slowest, seconds)
            if not world.ended(node, 120):
                problems.append(f"messages do not come to their end: {node.messages.counts()}")
            if not world.delivered():
                problems.append("accepted messages are never handed over")
        if not all(one.alive for one in world.running.values()):
            problems.append("a node has died")
        world.stop()
        problems += fates(world)
        problems += [] if slowest <= AGAIN else [f"it took {slowest:.0f} s until a message was acknowledged again"]
        problems += world.findings()
    lost, doubled = (sum(one.startswith(word) for one in problems) for word in ("lost", "handed over"))
    figure = (
        f"{kills} kills of the server, {len(world.submitted)} messages taken, {refused} refused: lost {lost}, double {doubled}"
    )
    return Outcome(f"{figure}, work again after at most {slowest:.1f} s", tuple(problems))


def fates(world: World) -> list[str]:
    """The story of each message that was not acknowledged."""
    told = []
    with snapshot(world.tw.folder / "data", world.urls["tw"]) as messages:
        for message_id in world.submitted:
            found = messages.exchange(message_id)
            if found is not None and found.state is not OutboundState.ACKNOWLEDGED:
                steps = [f"{one.event} {one.http_status or ''} {one.detail}" for one in messages.history(message_id)]
                told.append(f"{message_id} is {found.state}: {'; '.join(steps)}")
    with snapshot(world.kr.folder / "data", world.urls["kr"]) as messages:
        told += [f"refused: {one.message_id} {one.error_code} {one.detail}" for one in messages.refusals()]
    return told


def submit(world: World, node: Node, path: Path) -> bool:
    """Whether the store took it; whoever is refused knows that it is not there, or looks."""
    try:
        world.submit(node, path)
    except StorageUnavailable:
        return False
    return True


def back_after(world: World, node: Node, path: Path) -> float:
    """Seconds until a message that is submitted now is acknowledged."""
    began = time.monotonic()
    until(lambda: submit(world, node, path), AGAIN * 2, 0.1)
    message_id = world.submitted[-1]

    def acknowledged() -> bool:
        try:
            found = node.messages.exchange(message_id)
        except StorageUnavailable:
            return False
        return found is not None and found.state.value == "ACKNOWLEDGED"

    until(acknowledged, AGAIN * 2, 0.05)
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main(run))
