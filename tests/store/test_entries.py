"""What the log says of each fact is of the format, whoever makes it."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from node.ebms.message import SignedReference
from node.ebms.pmode import MessageTime
from node.ebms.states import OutboundEvent, OutboundState
from node.evidence.entry import MAX_OCTETS, Clock, Entry, Kind, read_entry
from node.msh.age import judge_age
from node.msh.octets import HeldOctets
from node.msh.ports import Grounds, Packaged, Peer, Sealed, Settlement, Signed, Tls
from node.store.entries import WIRE_OCTETS, Entries
from node.store.log import noted, noted_fast
from tests.pki import make_pki

SIGNER = make_pki().key("a", "p256", "sign").certificate
PEER = Peer("192.0.2.1", b"certificate", head=b"POST / HTTP/1.1", tls=Tls("TLSv1.3", "AES"))


@pytest.fixture
def kept():
    return {}


@pytest.fixture
def entries(kept, a):
    def keep(octets):
        name = hashlib.sha256(octets).hexdigest()
        kept[name] = octets
        return name

    return Entries(keep, lambda: Clock(-3, 20, "NTP time.example", a.NOW))


def reference(uri="#body"):
    return SignedReference(uri, "http://www.w3.org/2001/04/xmlenc#sha256", b"\x01" * 32)


def signed(*references):
    return Signed("ecdsa", SIGNER, references or (reference(),), Grounds("n2n", "good", (b"issuer", b"root"), (b"crl",)))


def test_the_short_way_writes_what_the_format_says(a):
    clock = Clock(5, 7, "chrony", a.NOW)
    for facts in ({}, {"z": 1, "a": [{"uri": "cid:\u4e2d", "n": None}], "b": True}):
        entry = Entry(Kind.ACTED, a.NOW, {"partner": "x", "message_id": "m"}, {"wire": "0" * 64}, facts, clock)
        fast = noted_fast(entry.kind, entry.at, entry.about, entry.objects, entry.facts, clock, b"head")
        assert fast == noted(entry, b"head")
        assert read_entry(fast.octets) == entry


def test_a_received_message_names_all_that_it_rests_on(entries, kept, a):
    accepted = a.accepted(payloads=(b"one", b"two"), peer=PEER, signed=signed())
    said = entries.received(accepted, "e" * 64, "f" * 64)
    entry = read_entry(said.octets)
    assert set(entry.objects) == {
        *("agreement", "envelope", "http", "payload-1", "payload-2", "receipt", "revocation-1"),
        *("signer", "signer-path-1", "signer-path-2", "tls"),
    }
    assert [kept[entry.objects[name]] for name in ("signer-path-1", "signer-path-2", "revocation-1", "tls")] == [
        *(b"issuer", b"root", b"crl", b"certificate"),
    ]
    assert entry.facts["verified"]["references"][0]["uri"] == "#body"
    assert (entry.facts["verified"]["policy"], entry.facts["verified"]["revocation"]) == ("n2n", "good")
    assert entry.clock.offset_ms == -3
    assert said.head == b"POST / HTTP/1.1"
    assert (said.message_id, said.partner, said.direction) == ("in1@x", "xx", "in")


def test_what_was_heard_of_times_is_said(entries, a):
    heard = [{"by": "Date", "least_ms": -3, "most_ms": 1001, "at": "2026-11-24T08:00:00.000000Z"}]
    entries.partner_clock = lambda partner: heard if partner == "xx" else []
    age = judge_age("2026-11-24T07:59:59.5Z", datetime(2026, 11, 24, 8, tzinfo=UTC), MessageTime())
    facts = read_entry(entries.received(a.accepted(age=age), "e" * 64, "f" * 64).octets).facts
    assert facts["time"] == {"timestamp": "2026-11-24T07:59:59.5Z", "age_ms": 500, "timeliness": "timely"}
    assert facts["partner_clock"] == heard
    assert "time" not in read_entry(entries.received(a.accepted(), "e" * 64, "f" * 64).octets).facts
    outcome = entries.settled(a.settlement(OutboundEvent.TAKEN), None)
    brought = entries.brought(outcome, "xx", 1, None, OutboundState.SENDING, OutboundState.AWAITING_RECEIPT)
    assert read_entry(brought.octets).facts["partner_clock"] == heard


def test_what_is_the_same_for_many_is_looked_up_once(entries, kept, a, monkeypatch):
    accepted = a.accepted(signed=signed())
    entries.received(accepted, "e" * 64, "f" * 64)
    before = dict(kept)
    monkeypatch.setattr("node.store.entries._MOST", 0)
    for _ in range(3):
        entries.received(replace(accepted, signed=signed(), pmode=a.pmode()), "e" * 64, "f" * 64)
    assert kept == before


def test_an_entry_with_too_many_references_is_shortened_and_says_so(entries, a):
    many = signed(*(reference(f"cid:{'x' * 2000}{number}") for number in range(100)))
    said = entries.received(a.accepted(signed=many), "e" * 64, "f" * 64)
    entry = read_entry(said.octets)
    assert len(said.octets) < MAX_OCTETS
    assert (entry.facts["verified"]["references"], entry.facts["shortened"]) == ([], True)


def test_a_packaged_message_names_its_wire_body_up_to_a_size(entries, a):
    sealed = Sealed(b"<envelope/>", ("1" * 64,), a.pmode(), Signed("ecdsa", SIGNER, (reference(),), above=(b"issuer",)))
    for size, named in ((10, True), (WIRE_OCTETS + 1, False)):
        packaged = Packaged("m1@h", "multipart/related", (HeldOctets(b"x" * size),), (reference(),), sealed=sealed)
        entry = read_entry(entries.packaged(packaged, a.NOW)("xx").octets)
        assert ("wire" in entry.objects) is named
        assert {"envelope", "payload-1", "signer", "signer-path-1", "agreement"} <= set(entry.objects)
        assert entry.facts["signed"]["signature_algorithm"] == "ecdsa"
    assert read_entry(entries.packaged(replace(packaged, sealed=None), a.NOW)("xx").octets).objects == {}


_S = OutboundState


@pytest.mark.parametrize(
    ("event", "before", "after", "decided", "kinds"),
    [
        (OutboundEvent.RECEIPT_MATCHED, _S.SENDING, _S.ACKNOWLEDGED, _S.ACKNOWLEDGED, [Kind.ACKNOWLEDGED]),
        (OutboundEvent.ATTEMPT_FAILED, _S.SENDING, _S.READY, _S.READY, [Kind.ATTEMPTED]),
        (OutboundEvent.ATTEMPT_FAILED, _S.SENDING, _S.READY, _S.FAILED, [Kind.ATTEMPTED, Kind.FAILED]),
        (OutboundEvent.ERROR_RECEIVED, _S.SENDING, _S.FAILED, _S.FAILED, [Kind.FAILED]),
        (OutboundEvent.ERROR_RECEIVED, _S.ACKNOWLEDGED, _S.ACKNOWLEDGED, _S.ACKNOWLEDGED, [Kind.ATTEMPTED]),
        (OutboundEvent.GAVE_UP, _S.READY, _S.FAILED, _S.FAILED, [Kind.FAILED]),
        (OutboundEvent.RESEND_DUE, _S.AWAITING_RECEIPT, _S.READY, _S.READY, []),
    ],
)
def test_what_was_brought_is_said_once(entries, a, event, before, after, decided, kinds):
    outcome = entries.settled(Settlement("m1@h", event, a.NOW, "so", b"<answer/>", peer=PEER), "a" * 64)
    said = outcome.said("xx", 2, "2026-12-01T00:00:00.000000Z", before, after, decided)
    assert [read_entry(one.octets).kind for one in said] == kinds
    due = [read_entry(one.octets).facts.get("due_at") for one in said]
    assert due == ["2026-12-01T00:00:00.000000Z" if one is Kind.ACKNOWLEDGED else None for one in kinds]


def test_a_receipt_that_came_with_others_is_named_beside_the_answer(entries, a):
    for root, names in ((b"", {"receipt"}), (b"<receipt/>", {"answer", "receipt"})):
        settlement = Settlement("m1@h", OutboundEvent.RECEIPT_MATCHED, a.NOW, answer=b"multipart", receipt=root)
        said = entries.settled(settlement, "a" * 64).said("xx", 1, None, _S.SENDING, _S.ACKNOWLEDGED, _S.ACKNOWLEDGED)
        assert set(read_entry(said[0].octets).objects) == names


def test_a_text_that_is_no_unicode_is_written_all_the_same(entries, a):
    entry = read_entry(entries.done(Kind.ACTED, a.NOW, "kim", "x" * 5000, "\ud800").octets)
    assert (entry.facts["why"], len(entry.facts["what"])) == ("?", 2000)
