"""Opening a message: the short way and the long way say the same, and what was seen is told before what went wrong."""

import pytest

from bench.pair import body_of
from node.ebms.errors import EbmsError, SoapFault
from node.mime.package import Package
from node.msh import opening
from node.msh.opening import Opened, open_message
from tests.msh.edits import DOCUMENT, PairOf

SOAP = "application/soap+xml"


def root_of(pair_of: PairOf, **shape: bool) -> bytes:
    pair = pair_of(**shape)
    outgoing = pair.a.prepare(pair.a.submit("b", DOCUMENT))
    return Package.open(outgoing.content_type, [body_of(outgoing)]).root.octets


def both_ways(octets: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[Opened, Opened]:
    short = open_message(octets, SOAP)
    monkeypatch.setattr(opening, "recognise", lambda octets, media_type: None)
    return short, open_message(octets, SOAP)


@pytest.mark.parametrize("shape", [{}, {"encrypt": False}, {"sign": False, "encrypt": False}])
def test_both_ways_read_the_same(pair_of: PairOf, shape: dict[str, bool], monkeypatch: pytest.MonkeyPatch) -> None:
    short, long = both_ways(root_of(pair_of, **shape), monkeypatch)
    assert short.messaging == long.messaging
    assert (short.claim.messaging, short.claim.body) == (long.claim.messaging, long.claim.body)
    assert short.claim.signature == long.claim.signature
    assert short.claim.encrypted_data == long.claim.encrypted_data
    assert short.soap_version == long.soap_version == "1.2"


@pytest.mark.parametrize("way", ["short", "long"])
def test_what_an_error_will_refer_to_is_told(pair_of: PairOf, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "long":
        monkeypatch.setattr(opening, "recognise", lambda octets, media_type: None)
    seen: list[tuple[str, str | None]] = []
    opened = open_message(root_of(pair_of), SOAP, lambda version, message_id: seen.append((version, message_id)))
    assert opened.messaging.user_message is not None
    assert seen == [("1.2", opened.messaging.user_message.message_info.message_id)]


def test_the_message_id_is_told_even_if_the_security_header_is_not_to_be_read(pair_of: PairOf) -> None:
    octets = root_of(pair_of).replace(b"<ds:SignatureValue>", b"<ds:SignatureValue>?", 1)
    seen: list[str | None] = []
    with pytest.raises(EbmsError) as caught:
        open_message(octets, SOAP, lambda version, message_id: seen.append(message_id))
    assert caught.value.definition.code in ("EBMS:0101", "EBMS:0103")
    assert seen[0] is not None


@pytest.mark.parametrize("octets", [b"", b"<a/>", b"no xml", b"<!DOCTYPE a><a/>"])
def test_what_is_no_envelope_is_a_fault_and_nothing_was_seen(octets: bytes) -> None:
    def seen(version: str, message_id: str | None) -> None:
        raise AssertionError(message_id)

    with pytest.raises(SoapFault):
        open_message(octets, SOAP, seen)
