"""The hand-over to an inbox folder."""

from pathlib import Path

import pytest

from node.app import Node
from node.delivering import Delivering
from node.ebms.states import OutboundState
from tests.homes import make_pair
from tests.services import ended, run, serving, submission


def test_the_one_message_that_was_in_hand_at_a_crash_has_used_up_an_attempt(
    tmp_path: Path, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tw, kr = make_pair(tmp_path)

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            monkeypatch.setattr(there.delivery, "_deliver", lambda batch: False)
            ids = [here.node.submit(submission(here.node, document)).message_id for _ in range(2)]
            here.push.wake()
            for message_id in ids:
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)

    run(story)
    node = Node.open(kr.folder)
    one, two = node.messages.deliverable(9)
    making = kr.folder / "data" / "inbox" / "tw"
    names = [Delivering(node.messages, kr.folder / "data", node.clock).name(message) for message in (one, two)]
    for several in (True, False):
        for name in names if several else names[:1]:
            (making / f".making-{name}").mkdir(parents=True)
        delivering = Delivering(node.messages, kr.folder / "data", node.clock)
        assert delivering.tried(one)
        assert delivering.tried(two) is several
        assert [found.delivery_attempts for found in node.messages.deliverable(9)] == [0 if several else 1, 0]
    node.close()
