"""What would be written is kept and not written; what is read comes from the store."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bench.pair import body_of
from node.ebms.states import OutboundEvent, OutboundState
from node.msh.beheld import Beheld
from node.msh.ports import Settlement
from tests.msh.edits import DOCUMENT, PairOf
from tests.msh.looking import LookingInMemory

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_nothing_is_written(pair_of: PairOf) -> None:
    pair = pair_of("edelivery-2.0-ecdsa")
    message_id = pair.a.submit("b", DOCUMENT)
    exchange = pair.a.messages.exchange(message_id)
    beheld: Any = Beheld(LookingInMemory(pair.a.messages))
    assert beheld.exchange(message_id) == exchange
    for write in (
        lambda: beheld.submit(exchange),
        lambda: beheld.packaged(None, NOW),
        lambda: beheld.attempt_started(message_id, NOW, 1),
        lambda: beheld.postpone(message_id, NOW, "why"),
        lambda: beheld.explain(message_id, "why"),
        lambda: beheld.owe(None, NOW, NOW),
        lambda: beheld.posted(None, NOW, "why"),
    ):
        assert write() is None
    assert (beheld.freeze(None, NOW), beheld.unfrozen("b", "", 9), beheld.doubted(message_id)) == (False, (), 0)
    assert pair.a.messages.exchange(message_id) == exchange


def test_a_settlement_goes_by_the_table_of_states(pair_of: PairOf) -> None:
    pair = pair_of("edelivery-2.0-ecdsa")
    message_id = pair.a.submit("b", DOCUMENT)
    body_of(pair.a.prepare(message_id))
    beheld = Beheld(LookingInMemory(pair.a.messages))
    settlement = Settlement(message_id, OutboundEvent.RECEIPT_MATCHED, NOW)
    assert beheld.settle(settlement) is OutboundState.ACKNOWLEDGED
    assert beheld.settlement == settlement
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    assert exchange.state is OutboundState.SENDING
    with pytest.raises(LookupError):
        beheld.settle(Settlement("nothing", OutboundEvent.RECEIPT_MATCHED, NOW))
