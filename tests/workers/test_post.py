"""The post worker: everything that is owed, whoever does not answer."""

import asyncio
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from node.msh.octets import HeldOctets
from node.msh.ports import HttpAnswer, Outgoing, Owed, TransportError
from node.workers.post import PostWorker


def owed(number: int, partner: str = "a") -> Owed:
    return Owed(partner, "p", f"m{number}@h", "soap", HeldOctets(b"<r/>"), id=number)


class Books:
    """Stories and transport in one."""

    def __init__(self, *due: Owed, down: Collection[str] = (), gone: Collection[int] = ()) -> None:
        self.due = {one.id: one for one in due}
        self.down, self.gone = set(down), set(gone)
        self.posted: list[str] = []
        self.tried: list[str] = []

    def owed(self, limit: int, without: Collection[str]) -> Sequence[Owed]:
        return [one for one in self.due.values() if one.partner not in without][:limit]

    def outgoing(self, one: Owed) -> Outgoing | None:
        if one.id in self.gone:
            del self.due[one.id]
            return None
        return Outgoing(one.about, one.partner, "https://x", "soap", (one.octets,), 1, 1)

    def settle(self, one: Owed, outcome: HttpAnswer | TransportError) -> str:
        if isinstance(outcome, TransportError):
            return str(outcome)
        del self.due[one.id]
        return ""

    async def post(self, outgoing: Outgoing) -> HttpAnswer:
        self.tried.append(outgoing.message_id)
        await asyncio.sleep(0)
        if outgoing.partner in self.down:
            raise TransportError("nothing listens there")
        if outgoing.partner == "bug":
            raise RuntimeError("a bug")
        self.posted.append(outgoing.message_id)
        return HttpAnswer(202, None, b"")


def run(books: Books, seconds: float = 0.2, **how: Any) -> Books:
    async def story() -> None:
        with ThreadPoolExecutor(2) as pool:
            worker = PostWorker(books, books, pool, poll=0.05, **how)
            task = asyncio.create_task(worker.run())
            await asyncio.sleep(seconds)
            await worker.stop(1)
            await task

    asyncio.run(story())
    return books


def test_everything_that_is_owed_is_posted_once():
    books = run(Books(*(owed(n, "ab"[n % 2]) for n in range(1, 200))), 1.0)
    assert books.due == {}
    assert len(books.posted) == len(set(books.posted)) == 199


def test_a_partner_that_does_not_answer_holds_up_nobody_and_is_left_alone_for_a_while():
    books = run(Books(*(owed(n) for n in range(1, 9)), owed(9, "b"), down=["a"]), per_partner=lambda _: 2)
    assert books.posted == ["m9@h"]
    # As many as were under way when it was found out, and no more.
    assert len([one for one in books.tried if one != "m9@h"]) <= 2
    assert len(books.due) == 8


def test_a_signal_without_an_address_is_left_out():
    books = run(Books(owed(1), owed(2), gone=[1]))
    assert books.posted == ["m2@h"]


def test_a_bug_with_one_partner_ends_nothing_else():
    books = run(Books(owed(1, "bug"), owed(2)))
    assert books.posted == ["m2@h"]
    assert set(books.due) == {1}


def test_a_wake_is_noticed_at_once():
    async def story() -> None:
        books = Books()
        with ThreadPoolExecutor(2) as pool:
            worker = PostWorker(books, books, pool, poll=3600)
            task = asyncio.create_task(worker.run())
            await asyncio.sleep(0.05)
            books.due[1] = owed(1)
            worker.wake()
            async with asyncio.timeout(5):
                while books.due:  # noqa: ASYNC110 - the books have no event to wait for
                    await asyncio.sleep(0.01)
            await worker.stop(1)
            await task

    asyncio.run(story())
