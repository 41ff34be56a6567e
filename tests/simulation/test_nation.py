"""One nation: it dies where it is told, and what it was promised is there when it is back."""

import asyncio
import random

import pytest

from node import failpoints
from node.simulation.disk import Gone
from node.simulation.homes import make_homes, url
from node.simulation.ledger import Ledger
from node.simulation.loop import SimulatedLoop
from node.simulation.nation import START, Nation, SimulatedClock, passed
from node.simulation.network import Network
from node.simulation.plan import make_plan


def run(tmp_path, story):
    """A story with two nations that know each other, neither started."""

    async def body():
        ledger = Ledger(asyncio.get_running_loop().time)
        network = Network(ledger, random.Random(1))
        homes = make_homes(tmp_path, make_plan(1, 2, 2, 2), START)
        nations = [Nation(name, home, ledger, network, 1) for name, home in homes.items()]
        for nation in nations:
            network.join(url(nation.name), nation)
        await story(*nations)
        for nation in nations:
            nation.die(power=False)
        await asyncio.sleep(1)

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner, failpoints.watched(passed):
        runner.run(body())


@pytest.mark.parametrize("power", [False, True])
def test_what_was_submitted_is_there_after_a_death_and_is_sent(tmp_path, power):
    async def story(one, other):
        one.start(lambda _: None)
        message_id = one.submit(other.name, b"<document/>", 5)
        one.die(power=power)
        with pytest.raises(Gone):
            one.submit(other.name, b"<document/>", 5)
        await asyncio.sleep(1)
        other.start(lambda _: None)
        one.start(lambda _: None)
        await asyncio.sleep(60)
        assert one.node.messages.exchange(message_id).state.value == "ACKNOWLEDGED"
        assert list(one.ledger.deliveries) == [(other.name, message_id)]

    run(tmp_path, story)


def test_it_dies_when_it_has_passed_so_many_steps(tmp_path):
    async def story(one, other):
        died = []
        one.start(died.append)
        one.dies_after = 1
        with pytest.raises(Gone):
            one.submit(other.name, b"<document/>", 5)
        assert (died, one.down, one.ledger.sent) == ([one], True, {})

    run(tmp_path, story)


def test_a_clock_may_be_wrong():
    assert (SimulatedClock(lambda: 10.0, lambda: -3.0).now() - START).total_seconds() == 7
