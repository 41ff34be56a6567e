"""One-way push between two nodes in memory: every suite, every protection, and what each side then knows."""

import random
from base64 import b64encode
from collections.abc import Callable

import pytest

from bench.pair import Pair, body_of
from node.ebms.states import OutboundState
from node.msh.deliver import payload_chunks
from node.msh.octets import HeldOctets
from node.msh.outbound import settle
from node.msh.ports import Answer, Exchange, HttpAnswer, TransportError
from node.msh.submit import Payload

DOCUMENT = b'<?xml version="1.0" encoding="UTF-8"?>\n<CertificateOfOrigin xmlns="urn:n2n:customs:co:1"><ID>1</ID></CertificateOfOrigin>\n'
PairOf = Callable[..., Pair]
SUITES = ["edelivery-1.15", "edelivery-2.0-eddsa", "edelivery-2.0-ecdsa", "bdew-1.1"]
SHAPES = [
    {},
    {"compress": False},
    {"encrypt": False},
    {"encrypt": False, "compress": False},
    {"sign": False, "encrypt": False},
]


def sent(pair: Pair, message_id: str) -> Exchange:
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    return exchange


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "+".join(shape) or "all")
def test_a_document_is_acknowledged_and_delivered_as_it_was_given(pair_of: PairOf, suite: str, shape: dict[str, bool]) -> None:
    pair = pair_of(suite, **shape)
    assert pair.exchange(DOCUMENT) is OutboundState.ACKNOWLEDGED
    (message,) = pair.b.messages.deliverable(10)
    assert [b"".join(map(bytes, payload_chunks(p))) for p in message.payloads] == [DOCUMENT]
    assert pair.b.messages.refused() == []


@pytest.mark.parametrize("count", [0, 1, 3, 28])
def test_payloads_arrive_in_the_order_of_their_part_infos(pair_of: PairOf, count: int) -> None:
    pair = pair_of()
    documents = [b"<d>%d</d>" % n for n in range(count)]
    assert pair.exchange(*documents) is OutboundState.ACKNOWLEDGED
    (message,) = pair.b.messages.deliverable(10)
    assert [b"".join(map(bytes, payload_chunks(p))) for p in message.payloads] == documents


@pytest.mark.parametrize(
    ("media_type", "octets"),
    [
        ("application/xml", b"<a   b='1'/>"),  # canonicalized by the attachment transform (stack T1)
        ("application/vnd.customs+xml", b"<a><!-- a comment of the document --><b/></a>"),
        ("text/plain", b"one\ntwo\r\nthree\rfour"),  # line ends are CRLF for the digest alone
        ("application/pdf", bytes(range(256)) * 40),
        ("application/octet-stream", b""),
    ],
)
@pytest.mark.parametrize(
    "shape", [{"compress": False}, {"compress": False, "encrypt": False}, {}], ids=["plain", "clear", "gzip"]
)
def test_octets_of_every_kind_survive(pair_of: PairOf, media_type: str, octets: bytes, shape: dict[str, bool]) -> None:
    pair = pair_of(**shape)
    message_id = pair.a.submit("b", octets, media_type=media_type)
    outgoing = pair.a.prepare(message_id)
    answer = pair.b.receive(outgoing.content_type, body_of(outgoing))
    assert pair.a.settle(message_id, answer) is OutboundState.ACKNOWLEDGED, pair.b.messages.refused()
    (message,) = pair.b.messages.deliverable(10)
    assert b"".join(map(bytes, payload_chunks(message.payloads[0]))) == octets


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_it_does_not_matter_how_the_octets_are_cut(pair_of: PairOf, size: int) -> None:
    from node.msh.inbound import receive
    from node.msh.ports import Peer

    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT, DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    body = body_of(outgoing)
    chunks = (body[at : at + size] for at in range(0, len(body), size))
    answer = receive(outgoing.content_type, chunks, Peer("memory"), pair.b.ports)
    assert pair.a.settle(message_id, answer) is OutboundState.ACKNOWLEDGED, pair.b.messages.refused()


def test_a_large_payload_takes_the_streaming_path(pair_of: PairOf) -> None:
    pair = pair_of()
    document = b"<manifest>" + b"<consignment number='%d'/>" * 1 % 7 * 200_000 + b"</manifest>"
    assert pair.exchange(document) is OutboundState.ACKNOWLEDGED
    (message,) = pair.b.messages.deliverable(10)
    assert b"".join(map(bytes, payload_chunks(message.payloads[0]))) == document


def test_a_resend_is_octet_for_octet_the_first_send(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    first = body_of(pair.a.prepare(message_id))
    lost = TransportError("node-b.example: connection reset")
    assert settle(sent(pair, message_id), lost, pair.a.ports) is OutboundState.READY
    assert body_of(pair.a.prepare(message_id)) == first


def test_a_duplicate_gets_the_stored_receipt_and_is_delivered_once(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    first = pair.b.receive(outgoing.content_type, body_of(outgoing))
    pair.b.clock.advance(days=3)
    again = pair.b.receive(outgoing.content_type, body_of(outgoing))
    assert again == first
    assert len(pair.b.messages.deliverable(10)) == 1
    assert pair.a.settle(message_id, again) is OutboundState.ACKNOWLEDGED


def test_the_same_message_id_with_other_content_is_refused(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = "fixed@node-a.example"
    assert pair.exchange(DOCUMENT, message_id=message_id) is OutboundState.ACKNOWLEDGED
    pair.a.messages.forget()  # the sender has lost its memory and uses the id again
    assert pair.exchange(b"<other/>", message_id=message_id) is OutboundState.FAILED
    assert pair.b.messages.refused()[-1].error_code == "EBMS:0003"
    assert len(pair.b.messages.deliverable(10)) == 1


@pytest.mark.parametrize(
    ("status", "content_type", "octets", "word"),
    [
        (200, None, b"", "without the receipt"),
        (202, None, b"", "without the receipt"),
        (500, None, b"", "without an ebMS answer"),
        (503, "text/plain", b"overloaded", "no ebMS answer"),
        (200, "text/html", b"<html><body>It works!</body></html>", "no ebMS answer"),
        (200, "application/soap+xml", b"<not-soap/>", "no ebMS answer"),
        (200, "application/soap+xml", b"\x00\x01\x02", "no ebMS answer"),
    ],
)
def test_an_http_status_is_never_success(
    pair_of: PairOf, status: int, content_type: str | None, octets: bytes, word: str
) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    pair.a.prepare(message_id)
    assert settle(sent(pair, message_id), HttpAnswer(status, content_type, octets), pair.a.ports) is OutboundState.READY
    assert word in pair.a.messages.history(message_id)[-1].detail


def test_a_receipt_may_come_as_the_root_of_a_package(pair_of: PairOf) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    receipt = pair.b.receive(outgoing.content_type, body_of(outgoing))
    head = b"--=_b\r\nContent-Type: application/soap+xml; charset=UTF-8\r\nContent-ID: <root@node-b.example>\r\n\r\n"
    content_type = 'Multipart/Related; boundary="=_b"; type="application/soap+xml"; start="<root@node-b.example>"'
    answer = Answer(200, content_type, head + receipt.octets + b"\r\n--=_b--\r\n")
    assert pair.a.settle(message_id, answer) is OutboundState.ACKNOWLEDGED


def test_a_payload_name_and_properties_travel(pair_of: PairOf) -> None:
    from node.ebms.message import Property
    from node.msh.submit import Submission, submit

    pair = pair_of()
    payload = Payload(HeldOctets(DOCUMENT), "application/xml", "co.xml", (Property("kind", "original"),))
    submission = Submission("b", "co.certificate", (payload,), properties=(Property("trackingIdentifier", " x  y "),))
    exchange = submit(submission, pair.a.ports)
    outgoing = pair.a.prepare(exchange.message_id)
    pair.b.receive(outgoing.content_type, body_of(outgoing))
    (message,) = pair.b.messages.deliverable(10)
    assert message.user_message.message_property("trackingIdentifier") == " x  y "
    assert message.payloads[0].part_info.part_property("kind") == "original"
    assert message.payloads[0].part_info.part_property("CharacterSet") == "utf-8"


@pytest.mark.parametrize(
    ("media_type", "octets", "compressed"),
    [
        ("application/pdf", bytes(range(256)) * 400, True),
        ("application/zip", random.Random(3).randbytes(100_000), False),
        ("application/xml", b"<a>" + b64encode(random.Random(3).randbytes(100)) + b"</a>", True),
        ("text/plain", b"", True),
        ("application/octet-stream", b"", False),
    ],
)
def test_what_does_not_shrink_is_not_compressed(pair_of: PairOf, media_type: str, octets: bytes, compressed: bool) -> None:
    pair = pair_of()
    message_id = pair.a.submit("b", octets, media_type=media_type)
    part = sent(pair, message_id).user_message.payload_info[0]
    assert (part.part_property("CompressionType") == "application/gzip") is compressed
    outgoing = pair.a.prepare(message_id)
    answer = pair.b.receive(outgoing.content_type, body_of(outgoing))
    assert pair.a.settle(message_id, answer) is OutboundState.ACKNOWLEDGED, pair.b.messages.refused()
