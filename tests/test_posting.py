"""Receipts by callback between two whole nodes on loopback TLS, also across a stop."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.ebms.states import OutboundState
from node.posting import Posting
from node.store.finding import Witness
from node.store.invariants import check
from tests.homes import make_pair
from tests.services import delivered, ended, serving, submission

CALLBACK = '[leg.security.send_receipt]\nreply_pattern = "Callback"\n'


@pytest.fixture
def sides(tmp_path: Path) -> Any:
    return make_pair(tmp_path, more=CALLBACK)


def test_receipts_come_as_requests_of_their_own(sides: Any, document: Path) -> None:
    async def story() -> None:
        tw, kr = sides
        async with serving(tw) as here, serving(kr) as there:
            sent = [here.node.submit(submission(here.node, document)).message_id for _ in range(20)]
            here.push.wake()
            for message_id in sent:
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
                await delivered(there.node, message_id)
                steps: set[str] = set()
                async with asyncio.timeout(10):
                    # The receipt may overtake the end of the attempt.
                    while "TAKEN" not in steps:
                        steps = {one.event for one in here.node.messages.history(message_id)}
                        await asyncio.sleep(0.01)
                assert steps == {"PACKAGED", "ATTEMPT_STARTED", "TAKEN", "RECEIPT_MATCHED"}
            for node in (here.node, there.node):
                assert list(check(node.messages, Witness(datetime.now(UTC), serving=True))) == []

    asyncio.run(story())


async def taken_and_gone(sides: Any, document: Path) -> str:
    """A message whose receipt is owed when the receiver stops; its MessageId."""
    tw, kr = sides
    async with serving(kr) as there:
        there.post._stories.owed = lambda limit, without: []  # type: ignore[method-assign]
        async with serving(tw) as here:
            message_id = here.node.submit(submission(here.node, document)).message_id
            here.push.wake()
            await ended(here.node, message_id, OutboundState.AWAITING_RECEIPT)
            return message_id


def test_a_receipt_that_could_not_be_posted_goes_out_after_the_next_start(sides: Any, document: Path) -> None:
    tw, kr = sides

    async def back() -> None:
        async with serving(tw) as here, serving(kr) as there:
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, message_id)

    message_id = asyncio.run(taken_and_gone(sides, document))
    asyncio.run(back())


def test_what_has_no_address_any_more_is_written_down(sides: Any, document: Path) -> None:
    _, kr = sides
    asyncio.run(taken_and_gone(sides, document))
    path = kr.folder / "partners" / "tw" / "agreement.toml"
    path.write_text(path.read_text().replace('["co.certificate"]', '["co.other"]'))
    node = Node.open(kr.folder)
    posting = Posting(node.messages, lambda: node.ports)
    (owed,) = posting.owed(9, ())
    assert posting.outgoing(owed) is None
    assert posting.owed(9, ()) == []
    assert "not posted" in node.messages.one("SELECT detail FROM signal")[0]  # type: ignore[index]
    node.close()
