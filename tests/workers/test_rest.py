"""A rest ends with its time, or with the event that it waits for."""

import asyncio

from node.simulation.loop import SimulatedLoop
from node.workers.rest import rest


def test_a_rest_ends_with_its_time_or_with_the_event():
    async def story():
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        assert not await rest(event, 5)
        assert loop.time() == 5
        loop.call_later(2, event.set)
        assert await rest(event, 5)
        assert loop.time() == 7
        assert await rest(event, 5)
        assert loop.time() == 7

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        runner.run(story())
