"""The gates as one node runs them: what it sends, what it reads from the register, and what it writes down."""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.pair import body_of
from node.app import Node
from node.customs.reconciling.entry import Period
from node.gatekeeping import Gatekeeping, Ways
from node.msh.inbound import receive
from node.msh.octets import HeldOctets
from node.msh.ports import HttpAnswer, Outgoing, Peer, SubmissionError, TransportError
from node.msh.submit import Payload, Submission
from node.store.people import Acted
from tests.bars.nodes import Process
from tests.customs_pair import make_customs_pair
from tests.exchanges.test_documents import fresh
from tests.homes import make_pair
from tests.services import serving

BY = Acted("ann", datetime.now(UTC))


def nobody(_: Any) -> HttpAnswer:
    raise TransportError("nobody there")


def look(node: Node, number: int, post: Any = nobody, **ways: Any) -> Any:
    return node.gatekeeping.run("kr", number, Ways(post, lambda _: None, **ways), BY)[1]


@pytest.fixture
def pair(tmp_path: Path) -> Any:
    return make_customs_pair(tmp_path)


@pytest.fixture
def node(pair: Any) -> Iterator[Node]:
    opened = Node.open(pair[0].folder)
    yield opened
    opened.close()


def test_an_agreement_of_one_side_does_not_pass_the_first_gate(node: Node) -> None:
    found = look(node, 1)
    assert (found.passed, found.facts["version"]) == (False, 0)
    assert "only we have written it" in found.missing[0]


def test_certificates_by_hand_need_the_telephone_and_then_count(node: Node) -> None:
    assert not look(node, 2).passed
    sign = node.setting.certificates.partners["kr-sign"].certificate.sha256
    assert look(node, 2, fingerprint=sign[:16]).facts["compared_now"]
    assert look(node, 2).facts["compared_now"] is False
    assert [one.passed for one in node.gates.of("kr")] == [False, True, True]


def test_what_nobody_answers_is_told_and_kept(node: Node) -> None:
    assert look(node, 3).missing == ("no receipt: nobody there",)
    assert look(node, 4).missing[0].startswith("PNG-01, a signed test message gets a receipt")
    found = look(node, 6, messages=2, outage=0.01)
    assert (found.facts["receipted"], found.facts["outage"]["receipted_after"]) == (0, False)
    assert [(one.gate, one.who, one.passed) for one in node.gates.of("kr")] == [
        (3, "ann", False),
        (4, "ann", False),
        (6, "ann", False),
    ]


def test_an_answer_that_is_no_ebms_is_neither_receipt_nor_code(node: Node) -> None:
    def proxy(_: Any) -> HttpAnswer:
        return HttpAnswer(502, "text/html", b"<html>bad gateway</html>")

    first, *others = look(node, 4, proxy).facts["cases"]
    assert (first["result"], first["got"]["code"], first["got"]["http_status"]) == ("failed", None, 502)
    assert {one["result"] for one in others} == {"inconclusive"}


def test_a_time_without_a_zone_is_utc(node: Node, pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import node.msh.signals as module

    # xsd:dateTime may leave the zone out, and what has none cannot be compared with what has one.
    monkeypatch.setattr(module, "timestamp", lambda now: now.replace(tzinfo=None).isoformat(timespec="milliseconds"))
    there = Node.open(pair[1].folder)
    us = Peer("127.0.0.1", node.setting.certificates.own[node.home.keys.tls or ""].certificate.der)

    def post(sent: Outgoing) -> HttpAnswer:
        answer = receive(sent.content_type, (body_of(sent),), us, there.ports)
        assert re.search(rb"<eb:Timestamp>[-0-9]+T[:.0-9]+</eb:Timestamp>", answer.octets)
        return HttpAnswer(answer.status, answer.content_type, answer.octets)

    try:
        found = look(node, 3, post)
    finally:
        there.close()
    assert (found.missing, found.facts["answered"], found.facts["offset_ms"]) == ((), True, 0)


def test_a_stranger_has_no_gates(node: Node) -> None:
    with pytest.raises(SubmissionError, match="nothing is agreed"):
        node.gatekeeping.standings("jp")
    with pytest.raises(KeyError):
        node.gatekeeping.run("kr", 9, Ways(nobody, lambda _: None), BY)


def test_nights_that_agree_open_the_seventh_gate(node: Node) -> None:
    class Nights:
        def __init__(self, *outcomes: str) -> None:
            self.outcomes = outcomes

        def nights(self, partner: str, most: int) -> list[Any]:
            from node.store.nights import Night

            period = Period(BY.at, BY.at + timedelta(days=1))
            return [Night(partner, f"n{i}", period, BY.at, BY.at, one, {}) for i, one in enumerate(self.outcomes[:most])]

    keeping = node.gatekeeping

    def with_nights(*outcomes: str) -> Any:
        made = Gatekeeping(
            *(node.setting, node.versions, node.gates, node.ports, node.documents, node._ladders),
            *(Nights(*outcomes), node.messages, lambda: node.checking.packs),  # type: ignore[arg-type]
        )
        return made.run("kr", 7, Ways(nobody, lambda _: None, nights=2), BY)[1]

    assert with_nights("AP", "AP").passed
    assert with_nights("AP", "AJ").missing[0].startswith("the lists of n1 do not agree, AJ: ")
    assert not with_nights("AP").passed
    assert look(node, 7).missing[0].startswith("5 more nights")
    assert keeping.opens_next("kr").startswith("gate 1")


def test_a_document_of_a_campaign_that_the_partner_found_valid_counts_at_the_fifth_gate(pair: Any) -> None:
    tw, kr = pair
    octets = fresh("not-normal-outage", SenderAuthority="TW-CUSTOMS", RecipientAuthority="KR-KCS")
    octets = octets.replace(b"</RecipientAuthority>", b"</RecipientAuthority><ConformanceCampaign>C1</ConformanceCampaign>")
    plain = fresh("not-normal-outage", SenderAuthority="TW-CUSTOMS", RecipientAuthority="KR-KCS").replace(
        b"KR-N-2026-0044", b"TW-N-2"
    )

    async def story() -> None:
        async with serving(tw) as ours, serving(kr):
            node = ours.node
            for one in (plain, octets):
                await asyncio.to_thread(
                    node.submit, Submission("kr", "not.notice", (Payload(HeldOctets(one), "application/xml"),))
                )
            async with asyncio.timeout(30):
                while not row(found := look(node, 5), "not.notice")["right"]:  # noqa: ASYNC110 - the register has no event to wait for
                    await asyncio.sleep(0.1)
            (shown,) = row(found, "not.notice")["shown"]
            assert (shown["what"], shown["outcome"]) == ("send", "AP")
            # The response that told so is of the campaign too.
            assert row(found, "gen.response")["right"]
            assert not any(one.startswith("not.notice") for one in found.missing)
            assert any(one.startswith("co.certificate (out)") for one in found.missing)
            # What is left out has its reason in the record, and is not missing.
            less = look(node, 5, without={"co.certificate": "from May on", "no.type": "x"})
            assert row(less, "co.certificate")["left_out_because"] == "from May on"
            assert not any(one.startswith("co.certificate") for one in less.missing)
            assert "no.type: is left out, and no such type is agreed" in less.missing
            # A clock that is wrong shows in the receipt.
            with_time = replace(node.ports, clock=Late())
            late = Gatekeeping(
                node.setting,
                node.versions,
                node.gates,
                with_time,
                node.documents,
                node._ladders,
                None,
                node.messages,
                lambda: node.checking.packs,
            )  # type: ignore[arg-type]
            assert await asyncio.to_thread(clock_of, node, late) > 3_500_000

    asyncio.run(story())


def row(found: Any, type_id: str) -> Any:
    return next(one for one in found.facts["types"] if one["type"] == type_id)


class Late:
    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(hours=1)


def clock_of(node: Node, late: Gatekeeping) -> int:
    with node.posting_directly() as post:
        found = late.run("kr", 3, Ways(post, lambda _: None), BY)[1]
    assert "s apart: set both by NTP" in found.missing[0]
    offset: int = found.facts["offset_ms"]
    return offset


def test_records_of_another_sheet_with_the_same_number_do_not_count(node: Node) -> None:
    node.gates.record("kr", 1, (1, "d" * 64), True, {}, BY)
    assert node.gatekeeping.standings("kr")[0].standing.value == "AGAIN"


def test_receipts_by_callback_pass_the_gates_of_test_messages_where_the_home_is_served(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path, more='[leg.security.send_receipt]\nreply_pattern = "Callback"\n')
    node = Node.open(tw.folder)
    running = [Process(one.folder) for one in (tw, kr)]
    try:
        with node.posting_directly() as post:
            alone = node.gatekeeping.run("kr", 3, Ways(post, time.sleep), BY)[1]
            assert "nobody serves this home: n2n serve" in alone.missing[0]
            found = node.gatekeeping.run("kr", 3, Ways(post, time.sleep, served=True), BY)[1]
            assert (found.missing, found.facts["offset_ms"]) == ((), 0)
            drill = node.gatekeeping.run("kr", 6, Ways(post, time.sleep, served=True, messages=5), BY)[1]
            assert drill.facts["receipted"] == 5
    finally:
        node.close()
        for one in running:
            one.stop()
