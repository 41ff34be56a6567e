"""A message is explained to an operator from a home on disk: its verdict, its documents, and nothing that is written."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.pair import body_of
from node.app import Node
from node.examining import looking
from node.explaining import explain_message, judge_documents
from node.msh.explaining import explain
from node.msh.inbound import receive
from node.msh.outbound import prepare
from node.msh.ports import Peer
from node.msh.submit import Submission
from node.setting import Setting
from node.store.looking import StoreLooking
from node.store.messages import snapshot
from tests.customs_pair import make_customs_pair
from tests.homes import Side
from tests.stored import stored_pair
from tests.test_reconciling import notice

Wire = tuple[str, bytes]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Side, Side]:
    made = make_customs_pair(tmp_path)
    for side in made:
        Node.open(side.folder).close()
    return made


def sent(tw: Side, octets: bytes, tmp_path: Path, action: str = "not.notice") -> Wire:
    """What tw would send, whatever its own rules say of it."""
    agreement = tw.folder / "partners" / "kr" / "agreement.toml"
    if "check = false" not in agreement.read_text("utf-8"):
        agreement.write_text(agreement.read_text("utf-8").replace("[documents]", "[documents]\ncheck = false"), "utf-8")
    path = tmp_path / "document.xml"
    path.write_bytes(octets)
    node = Node.open(tw.folder)
    try:
        message_id = node.submit(Submission("kr", action, (node.payload(path, "application/xml"),))).message_id
        exchange = node.messages.exchange(message_id)
        assert exchange is not None
        outgoing = prepare(exchange, node.ports)
        return outgoing.content_type, body_of(outgoing)
    finally:
        node.close()


def explained(side: Side, wire: Wire, **more: Any) -> Any:
    setting, at = Setting(side.folder), more.pop("at", datetime.now(UTC))
    with looking(setting) as found:
        assert found is not None
        told = explain_message(wire[0], (wire[1],), setting, StoreLooking(found[0]), at, **more)
        return told, judge_documents(told, found[1], at)


def shape(side: Side) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in sorted((side.folder / "data").rglob("*")) if one.is_file()}


def test_documents_are_judged_and_the_database_is_unchanged(pair: tuple[Side, Side], tmp_path: Path) -> None:
    tw, kr = pair
    good, bad = sent(tw, notice("TW-N-1"), tmp_path), sent(tw, notice("TW-N-2").replace(b">NORMAL<", b">URGENT<"), tmp_path)
    before = shape(kr)
    told, documents = explained(kr, good)
    assert (told.accepted, [(one["type"], one["accepted"]) for one in documents]) == (True, [("not.notice", True)])
    told, documents = explained(kr, bad)
    assert told.accepted
    assert "NOT-01" in {finding["rule"] for one in documents for finding in one["findings"]}
    assert shape(kr) == before
    # What is on file counts: the same document once it was taken in.
    node = Node.open(kr.folder)
    assert receive(good[0], (good[1],), Peer("x", called=True), node.ports).accepted
    (message,) = node.messages.deliverable(9)
    place = node.checking.take(message).place
    node.close()
    assert place == "inbox"
    told, documents = explained(kr, good)
    assert (told.duplicate, documents) == (True, [])


def test_a_node_that_works_on_the_store_is_not_disturbed(pair: tuple[Side, Side], tmp_path: Path) -> None:
    tw, kr = pair
    wire = sent(tw, notice("TW-N-1"), tmp_path)
    node = Node.open(kr.folder)
    counts = node.messages.counts()
    explained(kr, wire)
    explained(kr, (wire[0], wire[1].replace(b"not.notice", b"not.nothing")))
    assert node.messages.counts() == counts
    assert node.documents.entries() == []
    node.close()


def test_who_may_sign_is_asked_at_the_time_that_is_given(pair: tuple[Side, Side], tmp_path: Path) -> None:
    tw, kr = pair
    wire = sent(tw, notice("TW-N-1"), tmp_path)
    told, _ = explained(kr, wire, at=datetime.now(UTC) + timedelta(days=400))
    assert (told.accepted, told.code) == (False, "EBMS:0101")
    (signer,) = told.signers
    assert (signer.name, signer.agreed, "expired" in signer.why_not) == ("tw-sign", True, True)


def test_the_connection_is_asked_where_it_is_told(pair: tuple[Side, Side], tmp_path: Path) -> None:
    tw, kr = pair
    wire = sent(tw, notice("TW-N-1"), tmp_path)
    setting = Setting(kr.folder)
    own = setting.certificates.partners["tw-tls"].certificate.der
    assert explained(kr, wire, peer=Peer("x", own))[0].accepted
    told, _ = explained(kr, wire, peer=Peer("x", setting.certificates.partners["tw-sign"].certificate.der))
    assert (told.accepted, told.code) == (False, "EBMS:0101")


def test_where_there_is_no_store_none_is_made(tmp_path: Path) -> None:
    kr = make_customs_pair(tmp_path)[1]
    with looking(Setting(kr.folder)) as found:
        assert found is None
    assert not (kr.folder / "data" / "node.db").exists()


def variations(body: bytes) -> Iterator[bytes]:
    """Of a good message: itself, itself again, and thirteen that are broken."""
    yield body
    yield body
    for part in range(1, 9):
        at = len(body) * part // 9
        yield body[:at] + bytes([body[at] ^ 0x2A]) + body[at + 1 :]
    yield body[: len(body) // 2]
    yield body.replace(b"party-a", b"party-c")
    yield body.replace(b"urn:n2n:agreement:a-b", b"urn:n2n:agreement:a-c")
    yield re.sub(rb'href="cid:', b'href="http://', body)
    yield re.sub(rb"(<(?:\w+:)?DigestValue>).", rb"\1A", body)


def test_a_corpus_is_explained_as_it_is_then_received_and_no_octet_of_the_store_changes(tmp_path: Path) -> None:
    both = stored_pair(tmp_path)
    folder, messages, accepted = tmp_path / "b", 0, 0
    earlier: Wire | None = None
    held = dict(both.b.ports.keyring.partners)
    for number in range(5):
        outgoing = both.a.prepare(both.a.submit("b", f"<document n='{number}'/>".encode() * 50))
        wire = outgoing.content_type, body_of(outgoing)
        for content_type, octets in (earlier or wire, *((wire[0], one) for one in variations(wire[1]))):
            before = store_of(folder)
            with snapshot(folder) as messages_now:
                told = explain(content_type, (octets,), Peer("memory"), both.b.ports, StoreLooking(messages_now), held)
            assert store_of(folder) == before
            refused = len(both.stores["b"].messages.refusals(1000))
            answer = both.b.receive(content_type, octets)
            new = both.stores["b"].messages.refusals(1000)[: len(both.stores["b"].messages.refusals(1000)) - refused]
            assert (told.accepted, told.code, told.reason) == (
                not new,
                new[0].error_code if new else "",
                new[0].detail if new else "",
            )
            assert told.answer is not None
            assert (told.answer.status, bool(told.answer.octets)) == (answer.status, bool(answer.octets))
            messages, accepted = messages + 1, accepted + told.accepted
        earlier = wire
    both.close()
    assert (messages, accepted) == (80, 15)


def store_of(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.rglob("*") if one.is_file() and not one.name.endswith("-shm")}
