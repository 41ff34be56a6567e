"""What the answers to a PullRequest of ours bring."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from node.ebms.errors import EbmsError, EmptyMessagePartitionChannel, FailedAuthentication
from node.ebms.pmode import Pulling
from node.msh.opening import open_message
from node.msh.ports import Outgoing, StorageUnavailable
from node.msh.pulling import Brought, Pulled, pull_request, take_pulled
from node.msh.signals import write_error
from tests.msh.pulls import MPC, PMODE, URL, answer_octets, octets_of, pulled

SOAP = "application/soap+xml; charset=UTF-8"


@pytest.fixture
def pair(pair_of: Callable[..., Any]) -> Any:
    return pulled(pair_of())


@pytest.fixture
def request_sent(pair) -> Outgoing:
    return pull_request(pair.b.ports.agreements.get(PMODE), pair.b.ports)


def take(pair: Any, request: Outgoing, octets: bytes, content_type: str | None = SOAP, status: int = 200) -> Pulled:
    return take_pulled(request, status, content_type, (octets,), "memory", pair.b.ports)


def error_about(pair: Any, definition: Any, about: str) -> bytes:
    return write_error(EbmsError(definition, "", ref_to_message_id=about), pair.a.ports.agreements.get(PMODE), pair.a.ports)[1]


def test_a_request_is_signed_and_names_the_channel(pair, request_sent):
    opened = open_message(octets_of(request_sent), "application/soap+xml")
    (signal,) = opened.messaging.signal_messages
    assert signal.pull_request is not None
    assert (signal.pull_request.mpc, signal.message_info.message_id) == (MPC, request_sent.message_id)
    assert opened.claim.signature is not None
    assert (request_sent.url, request_sent.partner) == (URL, "a")


def test_nothing_is_nothing_and_no_trouble(pair, request_sent):
    told = error_about(pair, EmptyMessagePartitionChannel, request_sent.message_id)
    assert take(pair, request_sent, told) == Pulled(Brought.NOTHING)
    assert not pair.b.messages.refused()


def test_a_refusal_is_told(pair, request_sent):
    told = take(pair, request_sent, error_about(pair, FailedAuthentication, request_sent.message_id))
    assert (told.brought, told.detail) == (Brought.TROUBLE, "a refuses: EBMS:0101 FailedAuthentication")


@pytest.mark.parametrize(
    ("octets", "content_type", "status"),
    [
        (b"", None, 204),
        (b"<html>", "text/html", 200),
        (b"<S12:Envelope/>", SOAP, 200),
        (b"busy", "text/plain", 503),
        (b"--x", 'multipart/related; boundary="x"', 200),
    ],
)
def test_garbage_is_trouble(pair, request_sent, octets, content_type, status):
    assert take(pair, request_sent, octets, content_type, status).brought is Brought.TROUBLE
    assert pair.b.messages.deliverable(9) == []
    assert pair.b.messages.owed(9, pair.b.clock.now()) == []


def test_a_receipt_in_place_of_a_message_is_trouble_and_not_answered(pair, request_sent):
    pair.b.submit("a", b"<x/>")
    outgoing = pair.b.prepare(pair.b.messages.claim("nobody", 1, pair.b.clock.now())[0].message_id)
    receipt = pair.a.receive(outgoing.content_type, octets_of(outgoing)).octets
    assert take(pair, request_sent, receipt).brought is Brought.TROUBLE
    assert pair.b.messages.owed(9, pair.b.clock.now()) == []


def test_a_full_disk_here_receipts_nothing(pair, request_sent, monkeypatch):
    def full(_: object) -> None:
        raise StorageUnavailable("full")

    pair.a.submit("b", b"<co/>")
    answer = pair.a.receive(request_sent.content_type, octets_of(request_sent))
    monkeypatch.setattr(pair.b.messages, "accept_once", full)
    assert take(pair, request_sent, answer_octets(answer), answer.content_type) == Pulled(Brought.TROUBLE, "full")


def test_a_password_that_is_not_there_is_told(pair):
    pmode = replace(pair.b.ports.agreements.get(PMODE), pulling=Pulling(username="u", password="gone"))
    with pytest.raises(LookupError, match="no password is called 'gone'"):
        pull_request(pmode, pair.b.ports)
