"""What two served nodes have exchanged, for tests of what is left of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from node.ebms.states import OutboundState
from tests.homes import Side
from tests.services import delivered, ended, serving, submission


def exchanged(tw: Side, kr: Side, document: Path, message_ids: Sequence[str] = ("m1@tw.example",)) -> None:
    """tw sends messages to kr until all are acknowledged and delivered; both nodes are stopped again."""

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            for one in message_ids:
                here.node.submit(replace(submission(here.node, document), message_id=one))
            here.push.wake()
            for one in message_ids:
                await ended(here.node, one, OutboundState.ACKNOWLEDGED)
                await delivered(there.node, one)

    asyncio.run(story())
