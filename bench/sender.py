"""A sending node under measurement: serves its home, submits messages, and waits until every receipt is in.

Run by `bench.two_nodes` in a process of its own; prints one JSON line a step.
"""

import asyncio
import json
import sys
import threading
import time
from pathlib import Path

import uvloop

from node.app import Node
from node.ebms.message import Property
from node.msh.octets import HeldOctets
from node.msh.ports import HttpAnswer, Outgoing
from node.msh.submit import Payload, Submission
from node.service import Service
from node.workers.push import Transport


class Timed:
    """A transport that tells how long the last message was on its way: from the first octet to the receipt."""

    def __init__(self, transport: Transport) -> None:
        self._transport, self.seconds = transport, 0.0

    async def post(self, outgoing: Outgoing) -> HttpAnswer:
        """See `node.workers.push.Transport`."""
        began = time.monotonic()
        try:
            return await self._transport.post(outgoing)
        finally:
            self.seconds = time.monotonic() - began


def main() -> None:
    """`python -m bench.sender HOME PARTNER ACTION`; steps come on standard input as `SIZE COUNT` lines, an empty line ends."""
    home, partner, action = sys.argv[1:4]
    node = Node.open(Path(home))

    async def run() -> None:
        service = Service(node)
        service.push.transport = Timed(service.push.transport)
        thread = threading.Thread(target=steps, args=(node, service, partner, action, asyncio.get_running_loop()), daemon=True)
        await service.run(lambda _: thread.start())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    node.close()


def steps(node: Node, service: Service, partner: str, action: str, loop: asyncio.AbstractEventLoop) -> None:
    """Read steps and measure each."""
    print(json.dumps({"event": "ready"}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if not words:
            break
        print(json.dumps(step(node, service, partner, action, Path(words[0]), int(words[1]))), flush=True)
    loop.call_soon_threadsafe(service.stop)


def step(node: Node, service: Service, partner: str, action: str, file: Path, count: int) -> dict[str, float]:
    """Send one file `count` times; seconds are from the first submission to the last receipt."""
    octets = HeldOctets(file.read_bytes()) if file.stat().st_size <= 1 << 20 else None
    before, cpu = acknowledged(node), time.process_time()
    began = time.monotonic()
    media_type = "application/xml" if file.suffix == ".xml" else "application/octet-stream"
    for _ in range(count):
        payload = Payload(octets, media_type) if octets else node.payload(file, media_type)
        properties = (Property("originalSender", "C1"), Property("finalRecipient", "C4"))
        node.submit(Submission(partner, action, (payload,), properties=properties))
        service.push.wake()
    while acknowledged(node) - before < count:
        time.sleep(0.02)
        if time.monotonic() - began > 300:
            raise TimeoutError(f"{acknowledged(node) - before} of {count} acknowledged in 300 s: {node.messages.counts()}")
    seconds = time.monotonic() - began
    peak = (
        next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
        / 1024
    )
    return {
        "count": count,
        "seconds": seconds,
        "post_seconds": service.push.transport.seconds,
        "cpu": time.process_time() - cpu,
        "peak_mib": peak,
    }


def acknowledged(node: Node) -> int:
    """How many exchanges have their receipt."""
    return node.messages.counts()["outbound"].get("ACKNOWLEDGED", 0)


if __name__ == "__main__":
    main()
