"""Packaging: what is frozen, what is visible on the wire, and what the Producer is told when it cannot be done."""

import gzip
import hashlib
import os
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.pair import Keys, body_of
from node.ebms.pmode import PMode
from node.mime.package import Package
from node.msh.octets import HeldOctets
from node.msh.opening import open_message
from node.msh.packaging import package
from node.msh.ports import Exchange, SubmissionError
from node.store.in_memory import MemorySink
from tests.msh.edits import DOCUMENT, PairOf


def packaged(pair: Any, *payloads: bytes, **more: Any) -> tuple[Exchange, PMode]:
    exchange = pair.a.messages.exchange(pair.a.submit("b", *payloads, **more))
    return exchange, pair.a.ports.agreements.get(exchange.pmode_id)


def test_there_is_one_reference_for_the_header_one_for_the_body_and_one_for_each_part(pair_of: PairOf) -> None:
    pair = pair_of()
    exchange, pmode = packaged(pair, DOCUMENT, DOCUMENT)
    done = package(exchange, pmode, pair.a.ports)
    uris = [reference.uri for reference in done.references]
    assert len(uris) == 4
    assert [uri for uri in uris if uri.startswith("cid:")] == [part.href for part in exchange.user_message.payload_info]


def test_a_message_without_payloads_is_plain_soap(pair_of: PairOf) -> None:
    pair = pair_of()
    exchange, pmode = packaged(pair)
    done = package(exchange, pmode, pair.a.ports)
    assert done.content_type == "application/soap+xml; charset=UTF-8"
    (envelope,) = done.wire
    assert b"EncryptedKey" not in b"".join(map(bytes, envelope.chunks()))
    assert len(done.references) == 2


def test_the_order_is_compress_sign_encrypt(pair_of: PairOf) -> None:
    """The digest is over the compressed octets, before encryption (A 3.1, C 7.6)."""
    pair = pair_of(encrypt=False)
    exchange, pmode = packaged(pair, DOCUMENT)
    done = package(exchange, pmode, pair.a.ports)
    opened = Package.open(done.content_type, [bytes(c) for s in done.wire for c in s.chunks()])
    ((attachment, octets),) = [(a, b"".join(map(bytes, a.chunks()))) for a in opened.attachments()]
    assert octets[:2] == b"\x1f\x8b"
    assert attachment.headers.media_type == "application/gzip"
    assert done.references[-1].digest == hashlib.sha256(octets).digest()


def test_a_payload_that_lies_as_gzip_travels_as_it_lies(pair_of: PairOf) -> None:
    pair = pair_of(encrypt=False)
    exchange, pmode = packaged(pair, DOCUMENT)
    # Other octets than packaging would make of it.
    lying = gzip.compress(DOCUMENT, 9, mtime=7)
    (payload,) = exchange.payloads
    done = package(replace(exchange, payloads=(replace(payload, packed=HeldOctets(lying)),)), pmode, pair.a.ports)
    opened = Package.open(done.content_type, [bytes(c) for s in done.wire for c in s.chunks()])
    (octets,) = [b"".join(map(bytes, one.chunks())) for one in opened.attachments()]
    assert octets == lying
    assert done.references[-1].digest == hashlib.sha256(lying).digest()
    assert done.sealed is not None and done.sealed.payloads == (hashlib.sha256(lying).hexdigest(),)


def test_nothing_readable_of_a_payload_is_on_the_wire_once_encrypted(pair_of: PairOf) -> None:
    secret = b"<secret>" + b"0123456789abcdef" * 8 + b"</secret>"
    pair = pair_of(compress=False)
    body = body_of(pair.a.prepare(pair.a.submit("b", secret)))
    assert b"0123456789abcdef" not in body
    assert b64encode(secret)[:20] not in body
    assert b"Content-Type: application/octet-stream" in body


def test_the_soap_body_is_empty_and_the_header_is_what_was_submitted(pair_of: PairOf) -> None:
    pair = pair_of()
    exchange, pmode = packaged(pair, DOCUMENT)
    done = package(exchange, pmode, pair.a.ports)
    root = Package.open(done.content_type, [bytes(c) for s in done.wire for c in s.chunks()]).root
    opened = open_message(root.octets, root.media_type)
    assert opened.claim.body_is_empty
    assert opened.messaging.user_message == exchange.user_message


def test_two_messages_share_no_content_key(pair_of: PairOf) -> None:
    pair = pair_of()
    bodies = [body_of(pair.a.prepare(pair.a.submit("b", DOCUMENT))) for _ in range(2)]
    wrapped = [body.split(b"<xenc:CipherValue>", 1)[1].split(b"<", 1)[0] for body in bodies]
    assert wrapped[0] != wrapped[1]


def test_a_large_part_is_not_copied_into_the_body(pair_of: PairOf) -> None:
    pair = pair_of()
    pair.a.ports.quarantine.sink = FarSink  # type: ignore[method-assign]
    exchange, pmode = packaged(pair, DOCUMENT, DOCUMENT)
    done = package(exchange, pmode, pair.a.ports)
    assert [type(segment).__name__ for segment in done.wire] == ["HeldOctets", "Far", "HeldOctets", "Far", "HeldOctets"]
    answer = pair.b.receive(done.content_type, b"".join(bytes(c) for s in done.wire for c in s.chunks()))
    assert pair.b.messages.refused() == []
    assert answer.status == 200


class Far:
    """Octets that lie elsewhere, as those in a file do."""

    def __init__(self, octets: bytes) -> None:
        self._held = HeldOctets(octets)
        self.size, self.sha256, self.chunks, self.discard = len(octets), self._held.sha256, self._held.chunks, self._held.discard


class FarSink(MemorySink):
    """Keeps even the smallest elsewhere; counts what was thrown away."""

    discarded = 0

    def keep(self, sha256: str | None = None) -> Any:
        return Far(super().keep(sha256).octets)  # type: ignore[attr-defined]

    def discard(self) -> None:
        type(self).discarded += 1
        super().discard()


def test_a_certificate_that_cannot_be_encrypted_to_is_told_to_the_producer(
    pair_of: PairOf, keys_of: Callable[[str, str], Keys]
) -> None:
    pair = pair_of()
    pair.a.ports.keyring.partners["b-enc"] = keys_of("b", "edelivery-2.0-eddsa").sign.certificate  # type: ignore[attr-defined]
    exchange, pmode = packaged(pair, DOCUMENT)
    with pytest.raises(SubmissionError, match=r"certificate of b to encrypt to: .*; agree on another"):
        package(exchange, pmode, pair.a.ports)


def test_xml_that_is_none_is_told_to_the_producer_where_it_would_travel_uncompressed(pair_of: PairOf) -> None:
    pair = pair_of(compress=False, encrypt=False)
    pair.a.ports.quarantine.sink = FarSink  # type: ignore[method-assign]
    exchange, pmode = packaged(pair, b"<not xml")
    before = FarSink.discarded
    with pytest.raises(SubmissionError, match="send it compressed, or with another media type"):
        package(exchange, pmode, pair.a.ports)
    assert FarSink.discarded == before + 1


def test_a_payload_that_is_gzip_itself_goes_out_as_it_is(pair_of: PairOf) -> None:
    """Its media type is that of compressed payloads, and nobody says that it was compressed on the way."""
    own = gzip.compress(os.urandom(2000))
    for compress in (False, True):
        pair = pair_of(encrypt=False, compress=compress)
        exchange, pmode = packaged(pair, own, media_type="application/gzip")
        assert exchange.user_message.payload_info[0].part_property("CompressionType") is None
        done = package(exchange, pmode, pair.a.ports)
        assert own in b"".join(bytes(c) for s in done.wire for c in s.chunks())
        assert done.sealed.payloads == (hashlib.sha256(own).hexdigest(),)
        pair.b.receive(done.content_type, b"".join(bytes(c) for s in done.wire for c in s.chunks()))
        (received,) = pair.b.messages.inbound(exchange.message_id)[0].payloads
        assert b"".join(map(bytes, received.octets.chunks())) == own


def test_what_the_log_is_told_of_our_signature_is_true_at_a_change_of_keys(
    pair_of: PairOf, keys_of: Callable[[str, str], Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = pair_of()
    exchange, pmode = packaged(pair, DOCUMENT)
    keyring, own = pair.a.ports.keyring, keys_of("a", "edelivery-1.15").sign
    # Whoever asks a second time is given the key that has taken over.
    keys = iter([own, keys_of("b", "edelivery-1.15").sign])
    monkeypatch.setattr(type(keyring), "signing_key", lambda *_: next(keys))
    done = package(exchange, pmode, pair.a.ports)
    assert done.sealed.signed.signer == own.certificate
    assert next(keys) is not own
