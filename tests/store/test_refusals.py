"""Refusals are kept small and few, whatever a stranger sends."""

import hashlib

import pytest

from node.msh.ports import Peer, Refusal
from node.store import refusals


def refusal(a, **other):
    values = {
        "at": a.NOW,
        "peer": Peer("1.2.3.4", b"der"),
        "size": 10,
        "sha256": "00",
        "error_code": "EBMS:0010",
        "detail": "why",
    }
    return Refusal(**(values | other))


def test_the_envelope_of_a_known_partner_is_kept(store, a):
    store.messages.record_refusal(refusal(a, partner="xx", envelope=b"<env/>"))
    [line] = store.messages.refusals()
    assert line.peer_tls_sha256 == hashlib.sha256(b"der").hexdigest()
    assert store.messages.refused_envelope(line.id) == b"<env/>"


def test_the_envelope_of_a_stranger_is_not(store, a):
    store.messages.record_refusal(refusal(a))
    assert store.messages.refused_envelope(store.messages.refusals()[0].id) is None


def test_the_ring_forgets_the_oldest_envelopes(store, a, monkeypatch):
    monkeypatch.setattr(refusals, "RING", 3)
    for number in range(5):
        store.messages.record_refusal(refusal(a, envelope=b"%d" % number))
    assert [store.messages.refused_envelope(number) for number in range(1, 6)] == [None, None, b"2", b"3", b"4"]


def test_the_log_forgets_the_oldest_rows(store, a, monkeypatch):
    monkeypatch.setattr(refusals, "LOG", 3)
    for number in range(5):
        store.messages.record_refusal(refusal(a, detail=str(number)))
    assert [one.detail for one in store.messages.refusals()] == ["4", "3", "2"]


@pytest.mark.parametrize("name", ["detail", "message_id"])
def test_what_a_stranger_wrote_is_cut(store, a, name):
    store.messages.record_refusal(refusal(a, **{name: "x" * 100_000}))
    assert len(getattr(store.messages.refusals()[0], name)) <= 2000
