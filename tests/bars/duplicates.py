"""Goal 8: one message 100 times at once, and again after a restart: delivered once, every receipt the same octets."""

import asyncio
import os
import sys
from pathlib import Path

from node.app import Node
from node.ebms.states import OutboundState
from node.msh.outbound import prepare, settle
from node.msh.ports import HttpAnswer, Outgoing
from node.transport.client import HttpTransport
from tests.bars.bar import Outcome, main
from tests.bars.nodes import World, findings

AT_ONCE = 100


def run(folder: Path, full: bool, at_once: int = AT_ONCE) -> Outcome:
    """50 messages in full."""
    world, problems, receipts = World(folder), [], {}
    world.start(world.kr)
    with world.sender() as node:
        outgoing = []
        for number in range(50 if full else 1):
            message_id = world.submit(node, world.file("payload.bin", os.urandom(400_000 if number % 2 == 0 else 4_000)))
            exchange = node.messages.exchange(message_id)
            assert exchange is not None
            outgoing.append(prepare(exchange, node.ports))
        answers = [asyncio.run(storm(node, one, at_once)) for one in outgoing]
        world.running["kr"].kill()
        world.start(world.kr)
        for one, got in zip(outgoing, answers, strict=True):
            got.extend(asyncio.run(storm(node, one, 1)))
            receipts[one.message_id] = {answer.octets for answer in got}
            if len(receipts[one.message_id]) != 1 or {answer.status for answer in got} != {200}:
                statuses = sorted({answer.status for answer in got})
                problems.append(f"{len(receipts[one.message_id])} different answers with status {statuses}")
            # The sender's own end: this very receipt is its proof.
            if settle(one, got[0], node.ports) is not OutboundState.ACKNOWLEDGED:
                problems.append("the receipt is no proof to the sender")
    if not world.delivered():
        problems.append("accepted messages are never handed over")
    world.stop()
    problems += world.findings() + findings(world.kr.folder / "data", receipts=receipts)
    counted = sum(map(len, answers))
    distinct = sum(map(len, receipts.values()))
    figure = (
        f"delivered {len(world.consumed())} of {len(outgoing)}, {counted} receipts, different octets {distinct - len(outgoing)}"
    )
    return Outcome(figure, tuple(problems))


async def storm(node: Node, outgoing: Outgoing, times: int) -> list[HttpAnswer]:
    transport = HttpTransport(node.client_tls, connections=times)
    try:
        return list(await asyncio.gather(*(transport.post(outgoing) for _ in range(times))))
    finally:
        await transport.close()


if __name__ == "__main__":
    sys.exit(main(run))
