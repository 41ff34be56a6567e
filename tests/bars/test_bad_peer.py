"""The bar of bad partners in its smallest size, planted faults that it must see, and what else a partner that comes back late brings about."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.ebms.states import OutboundEvent, OutboundState
from node.msh import outbound
from node.msh.intervention import Intervention
from node.msh.octets import HeldOctets
from node.msh.ports import Outgoing
from node.transport.client import HttpTransport
from tests.bars import bad_peer
from tests.bars.bad_peer import KINDS, submit, until, world

FEW = ("nothing_listens", "empty_200", "reset_in_the_answer", "changed_digest", "wrongly_coded")


def test_a_few_kinds_end_in_an_acknowledgement_or_a_reported_failure(tmp_path: Path) -> None:
    assert bad_peer.run(tmp_path, full=False, kinds=FEW, always=1, once=1).problems == ()


@pytest.mark.slow
def test_every_kind_ends_in_an_acknowledgement_or_a_reported_failure(tmp_path: Path) -> None:
    assert len(KINDS) >= 24
    assert bad_peer.run(tmp_path, full=False, always=1, once=1).problems == ()


def test_a_node_that_takes_silence_for_success_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "read_silence", lambda pmode, answer: (OutboundEvent.RECEIPT_MATCHED, "fine", None))
    problems = bad_peer.run(tmp_path, full=False, kinds=("empty_200",), always=1, once=0).problems
    assert "empty_200: it ended with RECEIPT_MATCHED: fine" in problems


def test_a_node_that_waits_for_ever_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def post(self: Any, outgoing: Any) -> Any:
        await asyncio.sleep(3600)

    monkeypatch.setattr(bad_peer, "PATIENCE", 0.5)
    monkeypatch.setattr(bad_peer.until, "__defaults__", (0.5,))
    monkeypatch.setattr("node.service.PATIENCE", 0.1)
    monkeypatch.setattr(HttpTransport, "post", post)
    outcome = bad_peer.run(tmp_path, full=False, kinds=("html",), always=1, once=0)
    assert [one for one in outcome.problems if one.startswith("html: silent: ")]
    assert outcome.figure.endswith("1 silent")


# -- late ----------------------------------------------------------------------------------------------------------------


def story_of(tmp_path: Path, tell: Callable[..., Any]) -> None:
    document = tmp_path / "document.xml"
    document.write_text("<certificate/>")

    async def story() -> None:
        async with world(tmp_path) as (service, peer):
            await tell(service, peer, document)

    asyncio.run(story())


def state_of(service: Any, message_id: str) -> OutboundState:
    exchange = service.node.messages.exchange(message_id)
    assert exchange is not None
    return exchange.state  # type: ignore[no-any-return]


def test_a_receipt_that_the_partner_posts_when_all_was_given_up_is_proof(tmp_path: Path) -> None:
    async def tell(service: Any, peer: Any, document: Path) -> None:
        await peer.become("closed")
        message_id = submit(service, document)
        assert await until(lambda: state_of(service, message_id) is OutboundState.FAILED)
        [accepted] = peer.node.messages.inbound(message_id)
        late = Outgoing(
            *("signal@kr.example", "tw", service.address.replace("127.0.0.1", "localhost"), accepted.receipt_content_type),
            body=(HeldOctets(b"".join(map(bytes, accepted.receipt.chunks()))),),
            connect_timeout=5,
            read_timeout=5,
        )
        transport = HttpTransport(peer.node.client_tls)
        answer = await transport.post(late)
        await transport.close()
        assert answer.status == 202
        assert state_of(service, message_id) is OutboundState.ACKNOWLEDGED
        assert [one.event for one in service.node.messages.history(message_id)[-2:]] == ["GAVE_UP", "RECEIPT_MATCHED"]
        # Three attempts at least with the same octets, accepted once.
        assert accepted.duplicates >= 2

    story_of(tmp_path, tell)


def test_an_operator_s_resend_in_another_process_is_noticed_and_fetches_the_receipt(tmp_path: Path) -> None:
    async def tell(service: Any, peer: Any, document: Path) -> None:
        await peer.become("closed")
        message_id = submit(service, document)
        assert await until(lambda: state_of(service, message_id) is OutboundState.FAILED)
        await peer.become(None)
        other = Node.open(service.node.home.folder)
        [done] = other.order(Intervention.RESEND, [message_id], "operator: the partner is back")
        other.close()
        assert (done.before, done.after) == (OutboundState.FAILED, OutboundState.READY)
        assert await until(lambda: state_of(service, message_id) is OutboundState.ACKNOWLEDGED)
        assert len(peer.node.messages.inbound(message_id)) == 1
        # Once more, as a favour: it stays acknowledged, and the partner answers with the receipt it gave before.
        requests = peer.requests
        service.node.order(Intervention.RESEND, [message_id], "operator: their backup is old")
        service.push.wake()
        assert await until(lambda: peer.requests > requests)
        assert await until(
            lambda: len([one for one in service.node.messages.history(message_id) if one.event == "RECEIPT_MATCHED"]) == 2
        )
        assert state_of(service, message_id) is OutboundState.ACKNOWLEDGED

    story_of(tmp_path, tell)


def test_what_is_held_is_not_sent_by_the_node_that_serves(tmp_path: Path) -> None:
    async def tell(service: Any, peer: Any, document: Path) -> None:
        await peer.become("nothing_listens")
        held = submit(service, document)
        service.node.order(Intervention.HOLD, [held], "operator: wrong document")
        await peer.become(None)
        free = submit(service, document)
        assert await until(lambda: state_of(service, free) is OutboundState.ACKNOWLEDGED)
        assert state_of(service, held) is not OutboundState.ACKNOWLEDGED
        service.node.order(Intervention.RELEASE, [held], "operator: it was right")
        service.push.wake()
        assert await until(lambda: state_of(service, held) is OutboundState.ACKNOWLEDGED)

    story_of(tmp_path, tell)


def test_a_partner_that_does_not_answer_is_shown_as_the_reason_until_it_answers(tmp_path: Path) -> None:
    async def tell(service: Any, peer: Any, document: Path) -> None:
        await peer.become("nothing_listens")
        for _ in range(3):
            submit(service, document)
        assert await until(lambda: bool(service.node.messages.circuits()))
        assert "kr does not answer since" in service.node.messages.circuits()["kr"].words
        await peer.become(None)
        submit(service, document)
        assert await until(lambda: not service.node.messages.circuits())

    story_of(tmp_path, tell)
