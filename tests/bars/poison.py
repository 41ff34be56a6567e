"""Goal 13: messages that cannot be handed over are set aside after five attempts, by error and by crash, and the others do not notice."""

import os
import subprocess
import sys
from pathlib import Path

from node.app import Node
from node.ebms.states import InboundState
from node.store.messages import snapshot
from tests.bars.bar import Outcome, main, until
from tests.bars.nodes import ROOT, World

FILE = 300_000
#: Below this a difference is noise of the machine.
FLOOR_SECONDS = 0.25


def run(folder: Path, full: bool, others: int = 40) -> Outcome:
    """One message whose payload file rots and one at which the node dies, among others."""
    world, problems = World(folder), []
    world.start(world.tw)
    world.start(world.kr)
    with world.sender() as node:
        normal = send_others(world, node, others)
        spoilt, octets = rot(world, node)
        during = send_others(world, node, others)
        if not until(lambda: state_of(world, spoilt) is InboundState.DELIVERY_FAILED, 30):
            problems.append(f"the spoilt message is {state_of(world, spoilt)}")
        problems += again(world, spoilt, octets)
        kills, more = crash_at_one(world, node)
        problems += more
        send_others(world, node, 1)
        if not world.ended(node) or not world.delivered():
            problems.append("what was submitted does not come to its end")
    world.stop()
    slower = p95(world, during) / max(p95(world, normal), FLOOR_SECONDS)
    if slower > 2:
        problems.append(f"the others waited {slower:.1f} times as long")
    findings = world.findings()
    figure = f"set aside after 5 attempts and after {kills} kills, {2 * others + 1} others delivered, p95 {max(slower, 0):.1f} x normal"
    return Outcome(figure, (*problems, *findings))


def send_others(world: World, node: Node, count: int) -> list[str]:
    path = world.file("other.bin", os.urandom(5_000))
    sent = [world.submit(node, path) for _ in range(count)]
    world.ended(node)
    until(lambda: all(state_of(world, one) is InboundState.DELIVERED for one in sent), 30)
    return sent


def rot(world: World, node: Node) -> tuple[str, bytes]:
    """A message that is accepted and whose payload file then changes; its id and the right octets."""
    restart(world, "hand_over.before_write")
    message_id = world.submit(node, world.file("payload.bin", os.urandom(FILE)))
    world.running["kr"].wait_killed()
    file = payload_file(world, message_id)
    octets = file.read_bytes()
    file.write_bytes(octets[:-1] + bytes([octets[-1] ^ 1]))
    restart(world, "")
    return message_id, octets


def again(world: World, message_id: str, octets: bytes) -> list[str]:
    """The operator mends the file and asks for another delivery."""
    payload_file(world, message_id).write_bytes(octets)
    words = [sys.executable, "-P", "-c", "import sys; from node.cli import main; sys.exit(main())", "--home", world.kr.folder]
    asked = subprocess.run(
        [*words, "message", "deliver-again", message_id],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    if asked.returncode:
        return [f"n2n message deliver-again: {asked.stderr}"]
    done = until(lambda: state_of(world, message_id) is InboundState.DELIVERED, 20)
    return [] if done else ["the mended message is not delivered"]


def crash_at_one(world: World, node: Node) -> tuple[int, list[str]]:
    """A message at which the node dies each time: how often it did, and what went wrong."""
    restart(world, "hand_over.half_written")
    message_id = world.submit(node, world.file("payload.bin", os.urandom(FILE)))
    kills = 0
    while world.running["kr"].wait_killed(8.0):
        kills += 1
        if kills > 12:
            return kills, ["the node dies again and again"]
        world.start(world.kr, failpoint="hand_over.half_written")
        if until(lambda: state_of(world, message_id) is InboundState.DELIVERY_FAILED, 0.1):
            break
    restart(world, "")
    reason = [] if state_of(world, message_id) is InboundState.DELIVERY_FAILED else ["the crashing message is not set aside"]
    # What made the node die is gone now.
    with_node = Node.open(world.kr.folder)
    for one in with_node.messages.inbound(message_id):
        if one.state is InboundState.DELIVERY_FAILED:
            with_node.messages.deliver_again(one.id, with_node.clock.now())
    with_node.close()
    return kills, reason


def restart(world: World, point: str) -> None:
    world.running["kr"].kill()
    world.start(world.kr, failpoint=point)


def state_of(world: World, message_id: str) -> InboundState | None:
    with snapshot(world.kr.folder / "data") as messages:
        found = messages.inbound(message_id)
        return found[0].state if found else None


def payload_file(world: World, message_id: str) -> Path:
    def look() -> Path | None:
        with snapshot(world.kr.folder / "data") as messages:
            found = messages.inbound(message_id)
            return found[0].payloads[0].octets.path if found else None  # type: ignore[attr-defined]

    path = until(look)
    assert isinstance(path, Path)
    return path


def p95(world: World, message_ids: list[str]) -> float:
    """Seconds from the receipt to the Consumer."""
    with snapshot(world.kr.folder / "data") as messages:
        waited = []
        for message_id in message_ids:
            (message,) = messages.inbound(message_id)
            waited.append((messages.inbound_history(message.id)[-1].at - message.received_at).total_seconds())
    return sorted(waited)[int(len(waited) * 0.95)]


if __name__ == "__main__":
    sys.exit(main(run))
