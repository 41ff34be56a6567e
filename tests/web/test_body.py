"""The queue between the event loop and a thread is bounded, keeps order, and ends as it was told to."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from node.web.body import BodyQueue, PeerGone


def test_pieces_arrive_in_order_and_the_end_ends() -> None:
    async def story() -> list[bytes]:
        queue = BodyQueue(capacity=8)
        with ThreadPoolExecutor(1) as pool:
            reading = asyncio.get_running_loop().run_in_executor(pool, lambda: list(queue))
            for number in range(50):
                await queue.put(b"%03d" % number)
            queue.end()
            return await reading

    assert asyncio.run(story()) == [b"%03d" % number for number in range(50)]


def test_the_writer_waits_while_the_reader_is_behind() -> None:
    async def story() -> None:
        queue = BodyQueue(capacity=4)
        await queue.put(b"12")
        putting = asyncio.ensure_future(queue.put(b"3456"))
        await asyncio.sleep(0.02)
        assert not putting.done()
        pieces = iter(queue)
        with ThreadPoolExecutor(1) as pool:
            assert await asyncio.get_running_loop().run_in_executor(pool, lambda: (next(pieces), next(pieces))) == (
                b"12",
                b"3456",
            )
        await asyncio.wait_for(putting, 5)

    asyncio.run(story())


def test_a_failure_reaches_the_reader_in_place_of_octets_that_were_not_read() -> None:
    async def story() -> None:
        queue = BodyQueue()
        await queue.put(b"half")
        queue.fail(PeerGone("closed"))
        with pytest.raises(PeerGone):
            next(iter(queue))

    asyncio.run(story())


def test_a_waiting_reader_is_woken_by_a_failure() -> None:
    caught: list[Exception] = []

    async def story() -> None:
        queue = BodyQueue()

        def read() -> None:
            try:
                list(queue)
            except PeerGone as error:
                caught.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        await asyncio.sleep(0.02)
        queue.fail(PeerGone("closed"))
        await asyncio.to_thread(thread.join, 5)
        assert not thread.is_alive()

    asyncio.run(story())
    assert len(caught) == 1
