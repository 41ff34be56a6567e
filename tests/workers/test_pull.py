"""The pull worker: until the channel is empty, by its interval, and no longer than it may."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from node.msh.ports import Outgoing, TransportError
from node.msh.pulling import Brought, Pulled
from node.workers import pull
from node.workers.pull import Channel, PullWorker

A, B = Channel("a", "urn:a", "a/receive", 60.0), Channel("b", "urn:b", "b/receive", 60.0)


class Partners:
    """Stories and transport in one: what each partner has still to give."""

    def __init__(self, **waiting: Any) -> None:
        self.waiting = {name: list(some) for name, some in waiting.items()}
        self.asked: list[str] = []
        self.windows: dict[str, str] = {}

    def closed(self, channel: Channel) -> str:
        return self.windows.get(channel.partner, "")

    def request(self, channel: Channel) -> Outgoing:
        return Outgoing("p@h", channel.partner, "https://x", "soap", (), 1, 1)

    def take(self, *_: Any) -> Pulled:
        raise AssertionError("the transport of this test takes nothing")

    async def fetch(self, outgoing: Outgoing, take: Any, pool: Any) -> Pulled:
        self.asked.append(outgoing.partner)
        left = self.waiting[outgoing.partner]
        one = left.pop(0) if left else Pulled(Brought.NOTHING)
        if isinstance(one, Exception):
            raise one
        return one


def message(name: str) -> Pulled:
    return Pulled(Brought.MESSAGE, name, accepted=True)


def run(partners: Partners, *channels: Channel, wakes: int = 0, **how: Any) -> list[str]:
    """What was taken until nothing moved any more, waking the worker in between."""
    took: list[str] = []

    async def story() -> None:
        with ThreadPoolExecutor(2) as pool:
            worker = PullWorker(partners, partners, pool, channels, took=lambda one: took.append(one.detail), **how)
            task = asyncio.create_task(worker.run())
            for _ in range(wakes + 1):
                before, looks = -1, 0
                while before != len(partners.asked) and looks < 20:
                    before, looks = len(partners.asked), looks + 1
                    await asyncio.sleep(0.05)
                worker.wake()
            await asyncio.sleep(0.05)
            await worker.stop(1)
            await task

    asyncio.run(story())
    return took


def test_each_channel_is_asked_until_it_is_empty():
    partners = Partners(a=[message("1"), message("2")], b=[message("3")])
    assert sorted(run(partners, A, B)) == ["1", "2", "3"]


@pytest.mark.parametrize("first", [TransportError("nothing listens"), RuntimeError("a bug"), Pulled(Brought.TROUBLE, "refuses")])
def test_trouble_ends_the_run_and_not_the_worker(first):
    partners = Partners(a=[first, message("1")])
    assert run(partners, A, wakes=1) == ["1"]
    assert partners.asked[:1] == ["a"]


def test_trouble_with_one_partner_is_not_that_of_another():
    assert run(Partners(a=[TransportError("gone")], b=[message("1")]), A, B) == ["1"]


def test_nobody_is_asked_while_no_more_may_be_accepted():
    partners = Partners(a=[message("1")])
    assert run(partners, A, full=lambda: True) == []
    assert partners.asked == []


def test_a_closed_partner_is_not_asked():
    partners = Partners(a=[message("1")], b=[])
    partners.windows["a"] = "maintenance"
    run(partners, A, B)
    assert set(partners.asked) == {"b"}


def test_it_asks_again_after_the_interval():
    partners = Partners(a=[])
    run(partners, Channel("a", "urn:a", "a/receive", 0.02))
    assert len(partners.asked) > 1


def test_one_run_has_an_end(monkeypatch):
    monkeypatch.setattr(pull, "MOST", 3)
    partners = Partners(a=[message(str(n)) for n in range(9)])
    assert run(partners, A)[:3] == ["0", "1", "2"]
    assert len(partners.waiting["a"]) == 3


def test_channels_come_and_go_while_the_worker_runs():
    partners = Partners(a=[message("1")], b=[message("2")], c=[message("3")])
    took: list[str] = []
    kept, gone, new = (Channel(name, "urn:mpc", name, 3600) for name in "abc")

    async def story() -> None:
        with ThreadPoolExecutor(2) as pool:
            worker = PullWorker(partners, partners, pool, (kept, gone), took=lambda one: took.append(one.detail))
            task = asyncio.create_task(worker.run())
            while len(took) < 2:  # noqa: ASYNC110 - doubles have no event to wait for
                await asyncio.sleep(0.01)
            worker.renew((kept, new))
            while len(took) < 3:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
            asked = partners.asked.count("b")
            partners.waiting["a"].append(message("4"))
            partners.waiting["b"].append(message("5"))
            worker.wake()
            while len(took) < 4:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
            assert partners.asked.count("b") == asked
            await worker.stop(1)
            await asyncio.wait_for(task, 5)

    asyncio.run(story())
    assert took[2:] == ["3", "4"]


def test_a_worker_without_channels_waits_for_some():
    partners = Partners(a=[message("1")])
    took: list[str] = []

    async def story() -> None:
        with ThreadPoolExecutor(1) as pool:
            worker = PullWorker(partners, partners, pool, (), took=lambda one: took.append(one.detail))
            task = asyncio.create_task(worker.run())
            await asyncio.sleep(0.05)
            assert not task.done()
            worker.renew((Channel("a", "urn:mpc", "a", 3600),))
            while not took:  # noqa: ASYNC110 - doubles have no event to wait for
                await asyncio.sleep(0.01)
            await worker.stop(1)
            await asyncio.wait_for(task, 5)

    asyncio.run(story())
