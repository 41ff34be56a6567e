"""The short way answers what the general way answers, or nothing."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.pair import Keys, Pair, body_of, make_pair
from node.ebms.envelope import open_envelope
from node.ebms.errors import EbmsError, SoapFault
from node.ebms.header_reader import read_messaging
from node.mime.package import Package
from node.security.claim import read_security
from node.security.recognise import recognise
from node.security.suites import EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA

SUITES = {
    "rsa2048": (EDELIVERY_1_15, "rsa2048"),
    "ed25519": (EDELIVERY_2_EDDSA, "x25519"),
    "p256": (EDELIVERY_2_ECDSA, "p256"),
}


@pytest.fixture
def pair_of(pki: Any) -> Callable[..., Pair]:
    def make(kind: str, **shape: bool) -> Pair:
        suite, encryption = SUITES[kind]
        a, b = (Keys(pki.key(party, kind, "sign"), pki.key(party, encryption, "enc")) for party in ("a", "b"))
        return make_pair(a, b, suite, **shape)

    return make


def envelopes(pair: Pair, *payloads: bytes) -> tuple[bytes, bytes]:
    """The root part of a message and its receipt."""
    outgoing = pair.a.prepare(pair.a.submit("b", *payloads))
    body = body_of(outgoing)
    return Package.open(outgoing.content_type, (body,)).root.octets, pair.b.receive(outgoing.content_type, body).octets


def generally(octets: bytes) -> tuple[Any, Any] | None:
    """Claim and header by the general way, with everything that comparison leaves out; None where it refuses."""
    try:
        claim = read_security(open_envelope(octets))
        return everything(claim), read_messaging(claim.messaging)
    except (EbmsError, SoapFault):
        return None


def shortly(octets: bytes) -> tuple[Any, Any] | None:
    found = recognise(octets)
    return None if found is None else (everything(found.claim), found.messaging)


def everything(claim: Any) -> Any:
    return claim, [one.reference.octets for one in claim.signature.references] if claim.signature else None


@pytest.mark.parametrize("kind", ["rsa2048", "ed25519"])
def test_a_recipient_named_by_a_token_is_recognised_too(pair_of: Callable[..., Pair], kind: str) -> None:
    pair = pair_of(kind)
    for node in (pair.a, pair.b):
        name_recipients_by_token(node)
    message, receipt = envelopes(pair, b"<d/>", b"<e/>")
    assert message.count(b"<wsse:BinarySecurityToken") == 2
    assert shortly(message) == generally(message) is not None
    assert shortly(receipt) == generally(receipt) is not None
    swapped = message.replace(b'URI="#X509-EK-', b'URI="#X509-')
    assert recognise(swapped) is None


def name_recipients_by_token(node: Any) -> None:
    pmodes = node.ports.agreements.pmodes
    for name, pmode in list(pmodes.items()):
        security = pmode.leg.security
        encryption = replace(security.encryption, key_identifier="bst")
        pmodes[name] = replace(pmode, leg=replace(pmode.leg, security=replace(security, encryption=encryption)))


@pytest.mark.parametrize("count", [0, 1, 3, 28])
@pytest.mark.parametrize("encrypt", [True, False])
@pytest.mark.parametrize("kind", ["rsa2048", "ed25519"])
def test_what_we_write_is_recognised_and_read_alike(pair_of: Callable[..., Pair], kind: str, encrypt: bool, count: int) -> None:
    for octets in envelopes(pair_of(kind, encrypt=encrypt), *[b"<d/>"] * count):
        found = shortly(octets)
        assert found is not None
        assert found == generally(octets)


def test_other_key_agreements_take_the_general_way(pair_of: Callable[..., Pair]) -> None:
    message, receipt = envelopes(pair_of("p256"), b"<d/>")
    assert recognise(message) is None
    assert generally(message) is not None
    assert recognise(receipt) is not None


@pytest.mark.parametrize("kind", ["rsa2048", "ed25519"])
def test_a_changed_octet_is_read_alike_or_left_to_the_general_way(pair_of: Callable[..., Pair], kind: str) -> None:
    chance = random.Random(11)
    for octets in envelopes(pair_of(kind), b"<d/>", b"<e/>"):
        for _ in range(800):
            changed = bytearray(octets)
            changed[chance.randrange(len(changed))] ^= chance.choice((0x01, 0x02, 0x20, 0x80))
            found = shortly(bytes(changed))
            assert found is None or found == generally(bytes(changed))


SPLICES = [
    (b"<eb:UserMessage", b"<!-- x --><eb:UserMessage"),
    (b"</S12:Header>", b"<x:y xmlns:x='urn:x' S12:mustUnderstand='true'></x:y></S12:Header>"),
    (b"</S12:Body>", b"<a></a></S12:Body>"),
    (b"</S12:Envelope>", b"</S12:Envelope> "),
    (b"<wsse:Security ", b"<wsse:Security  "),
    (b"<eb:Messaging ", b"<eb:Messaging wsu:Id='other' "),
    (b' S12:mustUnderstand="true"><eb:', b' xml:id="other" S12:mustUnderstand="true"><eb:'),
    (b"<eb:MessageId>", b"<eb:MessageId>&#65;"),
    (b"<eb:MessageId>", b"<eb:MessageId><![CDATA[]]>"),
    (b"</ds:SignedInfo>", b"</ds:SignedInfo><ds:SignedInfo></ds:SignedInfo>"),
    (b'Id="SIG-', b'Id="EK-'),
    (b"<ds:DigestValue>", b"<ds:DigestValue>\n"),
    (b"=</ds:DigestValue>", b"</ds:DigestValue>"),
    (b'URI="#_body', b'URI="#_nobody'),
    (b"<S12:Envelope", b"\xef\xbb\xbf<S12:Envelope"),
    (b"<S12:Envelope", b"<?xml version='1.0'?><S12:Envelope"),
]


@pytest.mark.parametrize(("old", "new"), SPLICES, ids=[new.decode(errors="replace")[:40] for _, new in SPLICES])
def test_whatever_is_spliced_in_is_left_to_the_general_way(pair_of: Callable[..., Pair], old: bytes, new: bytes) -> None:
    message, _ = envelopes(pair_of("ed25519"), b"<d/>")
    assert old in message
    changed = message.replace(old, new, 1)
    assert recognise(changed) is None


def test_two_references_that_are_swapped_are_read_as_they_stand(pair_of: Callable[..., Pair]) -> None:
    message, _ = envelopes(pair_of("ed25519"), b"<d/>", b"<e/>")
    start, middle = message.index(b'<ds:Reference URI="#_body'), message.index(b'<ds:Reference URI="#_msg')
    end = message.index(b'<ds:Reference URI="cid:')
    swapped = message[:start] + message[middle:end] + message[start:middle] + message[end:]
    assert shortly(swapped) == generally(swapped) is not None


def test_a_header_that_is_not_canonical_is_left_to_the_general_way(pair_of: Callable[..., Pair]) -> None:
    # Its signer has digested the octets as they stand: what only a canonicalization can tell is told there.
    import hashlib
    from base64 import b64encode

    message, _ = envelopes(pair_of("ed25519"), b"<d/>")
    start, end = message.index(b"<eb:Messaging "), message.index(b"</S12:Header>")
    odd = message[start:end].replace(b"<eb:UserMessage>", b"<eb:UserMessage >")
    old, new = (b64encode(hashlib.sha256(octets).digest()) for octets in (message[start:end], odd))
    changed = message[:start].replace(old, new) + odd + message[end:]
    assert new in changed
    assert recognise(changed) is None
