"""Whole nodes and their clocks: measured beside the messages, heard from partners, and there for whoever writes or asks."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import Node, World
from node.ebms.states import OutboundState
from node.home import load_home
from node.service import Service
from node.setting import Setting
from node.timekeeping.apart import Told
from tests.homes import Side, make_pair
from tests.ntp_server import NtpServer, opened, right, silent
from tests.services import delivered, ended, run, serving, submission

HOUR = timedelta(hours=1)


class Moved:
    """The machine's clock, set by so much."""

    def __init__(self, by: timedelta) -> None:
        self.by = by

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@asynccontextmanager
async def serving_at(side: Side, by: timedelta) -> AsyncIterator[Service]:
    """A node whose clock is ahead by so much."""
    node = Node(Setting(side.folder), World(clock=Moved(by)))
    service, started = Service(node), asyncio.Event()
    task = asyncio.create_task(service.run(lambda _: started.set()))
    await started.wait()
    try:
        yield service
    finally:
        service.stop()
        await task
        node.close()


def named(side: Side, *servers: NtpServer, more: str = "") -> None:
    path = side.folder / "node.toml"
    names = json.dumps([str(one.server) for one in servers])
    path.write_text(path.read_text("utf-8") + f"\n[time]\nservers = {names}\n{more}", "utf-8")


async def comes(look: Callable[[], Any]) -> Any:
    async with asyncio.timeout(20):
        while not (found := look()):  # noqa: ASYNC110 - a sweep tells nobody
            await asyncio.sleep(0.02)
    return found


@pytest.fixture
def servers() -> Iterator[list[NtpServer]]:
    yield from opened(right(), right(), right(HOUR))


def test_a_node_knows_how_far_its_clock_is_off_and_says_so(tmp_path: Path, servers: list[NtpServer]) -> None:
    tw, _ = make_pair(tmp_path)
    named(tw, *servers)

    async def story() -> None:
        async with serving(tw) as here:
            found = await comes(here.node.timekeeping.latest)
            assert found.offset_ms - found.within_ms <= 0 <= found.offset_ms + found.within_ms
            assert found.source == f"ntp {servers[0].server}, {servers[1].server} (2 of 3)"
            status = (await here._status())["time"]
            assert json.loads(json.dumps(status)) == status
            assert (status["state"], status["offset_ms"]) == ("right", found.offset_ms)
            assert [one["agrees"] for one in status["asked"]] == [True, True, False]
            await comes((tw.folder / "data" / "time.json").exists)
        # Whoever writes an entry beside or after it, knows it too.
        beside = Node.open(tw.folder)
        assert beside.timekeeping.latest() == found
        beside.close()

    run(story)


def test_a_clock_that_is_wrong_is_told_to_be_off(tmp_path: Path, servers: list[NtpServer]) -> None:
    tw, _ = make_pair(tmp_path)
    named(tw, *servers)

    async def story() -> None:
        async with serving_at(tw, -HOUR / 60) as here:
            found = await comes(here.node.timekeeping.latest)
            assert found.offset_ms - found.within_ms <= -60_000 <= found.offset_ms + found.within_ms
            assert (await here._status())["time"]["state"] == "off"

    run(story)


def test_references_that_do_not_answer_delay_no_message(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)

    async def story(nobody: NtpServer) -> None:
        named(tw, nobody)
        async with serving(kr), serving(tw) as here:
            message = here.node.submit(submission(here.node, document))
            await ended(here.node, message.message_id, OutboundState.ACKNOWLEDGED)
            await comes(lambda: here.node.timekeeping.last)
            assert here.node.timekeeping.latest() is None
            assert "no answer" in (await here._status())["time"]["asked"][0]["trouble"]

    for one in opened(silent):
        run(lambda one=one: story(one[0]))


def test_each_side_hears_the_others_clock(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)

    async def story() -> None:
        async with serving_at(kr, timedelta(seconds=90)) as there, serving(tw) as here:
            message = here.node.submit(submission(here.node, document))
            await ended(here.node, message.message_id, OutboundState.ACKNOWLEDGED)
            back = there.node.submit(submission(there.node, document, "tw"))
            await ended(there.node, back.message_id, OutboundState.ACKNOWLEDGED)
            await delivered(here.node, back.message_id)
            by_date = here.node.timekeeping.partners.of("kr")[Told.DATE].latest
            # The HTTP server goes by the machine's clock, which both have.
            assert abs(by_date.proven) < timedelta(seconds=30)
            assert by_date.most is not None
            stamped = here.node.timekeeping.partners.of("kr")[Told.TIMESTAMP]
            assert timedelta(seconds=60) < stamped.latest.proven <= timedelta(seconds=90)
            assert Told.TIMESTAMP in there.node.timekeeping.partners.of("tw")
            told = {(one["partner"], one["by"]): one["off"] for one in (await here._status())["time"]["partners"]}
            assert told == {("kr", "Date"): False, ("kr", "eb:Timestamp"): True}

    run(story)


def test_nothing_is_asked_of_whoever_is_not_named(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    assert load_home(tw.folder).time.source == "none"

    async def story() -> None:
        async with serving(tw) as here:
            await comes((tw.folder / "data" / "time.json").exists)
            assert here.node.timekeeping.last is None
            assert (await here._status())["time"]["state"] == "not measured"

    run(story)
