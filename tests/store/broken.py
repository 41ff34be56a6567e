"""A healthy pair of stores, and the ways in which a test breaks one by hand."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.pair import body_of
from node.ebms.states import OutboundState
from node.store.finding import Finding, Witness
from node.store.invariants import check
from tests.stored import StoredPair, stored_pair

BIG = os.urandom(300 * 1024)


class Broken:
    """Side a has sent one small and one large payload, side b has accepted and delivered them."""

    def __init__(self, root: Path) -> None:
        self.both: StoredPair = stored_pair(root)
        assert self.both.pair.exchange(b"<a/>", BIG) is OutboundState.ACKNOWLEDGED
        (message,) = self.b.deliverable(9)
        self.message_id = message.message_id
        self.b.delivered(message.id, self.both.b.clock.now())

    @property
    def a(self) -> Any:
        return self.both.stores["a"].messages

    @property
    def b(self) -> Any:
        return self.both.stores["b"].messages

    def sql(self, side: str, statement: str, **values: object) -> None:
        store = self.both.stores[side]
        assert store.messages.writer.run(lambda cursor: cursor.execute(statement, values).rowcount) > 0

    def found(self, side: str, **seen: Any) -> list[Finding]:
        now = seen.pop("now", self.both.a.clock.now() + timedelta(minutes=1))
        return list(check(self.both.stores[side].messages, Witness(now, **seen)))

    def ids(self, side: str, **seen: Any) -> set[str]:
        return {one.id for one in self.found(side, **seen)}

    def waiting(self) -> str:
        """A message that side a has submitted and nobody has sent."""
        return self.both.a.submit("b", b"<c/>")

    def sent_once(self) -> tuple[str, bytes]:
        """A message under way: its id and its body."""
        message_id = self.waiting()
        return message_id, body_of(self.both.a.prepare(message_id))


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Broken]:
    one = Broken(tmp_path)
    yield one
    one.both.close()
