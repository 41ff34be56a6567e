"""Goal 12: everything is due at once when the partner is back: no second sees more than twice the mean, and no more connections than agreed."""

import asyncio
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from node.app import Node
from node.ebms.states import OutboundState
from node.msh.submit import Submission
from node.service import Service
from node.store.values import Choice
from node.workers import breaker
from tests.bars.bar import Outcome, main
from tests.homes import ACTION, Side, make_pair

DUE, FULL = 2_000, 20_000
CONNECTIONS = 4
QUICK = f'\n[leg.x]\nretry = {{period = "1s", jitter = "full", horizon = "1d"}}\nhttp.connections = {CONNECTIONS}\n'


class Counted:
    """The transport, and the most that was under way at a time."""

    def __init__(self, transport: Any) -> None:
        self._transport, self._now, self.most = transport, 0, 0

    async def post(self, outgoing: Any) -> Any:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._transport.post(outgoing)
        finally:
            self._now -= 1


def begun(side: Side) -> tuple[Service, "asyncio.Task[None]"]:
    service = Service(Node.open(side.folder))
    return service, asyncio.create_task(service.run())


async def ended(service: Service, task: "asyncio.Task[None]") -> None:
    service.stop()
    await task
    service.node.close()


async def story(folder: Path, due: int) -> Outcome:
    tw, kr = make_pair(folder, more=QUICK)
    document = folder / "document.xml"
    document.write_text("<certificate>" + "x" * 2000 + "</certificate>")
    node = Node.open(tw.folder)
    ids = [node.submit(Submission("kr", ACTION, (node.payload(document, "application/xml"),))).message_id for _ in range(due)]
    node.close()
    here, task = begun(tw)
    counted = here.push.transport = Counted(here.push.transport)
    while not here.node.messages.circuits():  # noqa: ASYNC110 - the store has no event to wait for
        await asyncio.sleep(0.05)
    there, their_task = begun(kr)
    messages = here.node.messages
    while messages.counts()["outbound"].get("ACKNOWLEDGED", 0) < due:
        await asyncio.sleep(0.5)
        if messages.chosen(Choice(state=OutboundState.FAILED), 1):
            break
    arrived = [there.node.messages.inbound(one) for one in ids]
    await ended(here, task)
    await ended(there, their_task)
    return judge(due, [one[0].received_at.timestamp() for one in arrived if one], counted.most)


def judge(due: int, arrivals: list[float], connections: int) -> Outcome:
    """Buckets of a second from the first arrival on."""
    problems = [] if len(arrivals) == due else [f"lost: {due - len(arrivals)} of {due} never arrived"]
    first = min(arrivals, default=0.0)
    seconds = Counter(int(at - first) for at in arrivals)
    most, mean = max(seconds.values(), default=0), len(arrivals) / max(len(range(max(seconds, default=0) + 1)), 1)
    if most > 2 * mean:
        problems.append(f"{most} arrived in one second, more than twice the mean of {mean:.0f}")
    if connections > CONNECTIONS:
        problems.append(f"{connections} under way at a time, {CONNECTIONS} are agreed")
    figure = f"{len(arrivals)} of {due}, at most {most} a second with a mean of {mean:.0f} (ratio {most / max(mean, 1):.2f}), {connections} connections"
    return Outcome(figure, tuple(problems))


def run(folder: Path, full: bool, due: int = DUE) -> Outcome:
    """2,000 messages, 20,000 in full."""
    rests, breaker.MOST_SECONDS = breaker.MOST_SECONDS, breaker.LEAST_SECONDS
    try:
        return asyncio.run(story(folder, FULL if full else due))
    finally:
        breaker.MOST_SECONDS = rests


if __name__ == "__main__":
    sys.exit(main(run))
