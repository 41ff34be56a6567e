"""What a seal says of itself; the shapes that are refused stand in the test of the judge."""

from datetime import timedelta

import pytest

from node.customs.seal.adding import add_timestamp, add_values
from node.customs.seal.algorithms import ENVELOPED, INCLUSIVE
from node.customs.seal.claim import MOST_STAMPS, check_enveloped, read_seal
from node.customs.seal.making import seal
from node.ebms.xml import parse_xml
from node.security.algorithms import ECDSA_SHA256, SHA256, digest
from node.security.elements import ShapeRefused
from tests.seals import DOCUMENT, LIMITS, NOW


def test_a_seal_is_read_whole(world):
    octets = add_values(add_timestamp(seal(DOCUMENT, world.key(), NOW), world.tsa), world.partners(), "KR", NOW)
    claim = read_seal(parse_xml(octets, LIMITS)[-1])
    assert (claim.method, claim.signing_time, claim.certificates) == (ECDSA_SHA256, NOW, (world.key().certificate.der,))
    assert claim.signer == (SHA256, bytes.fromhex(world.key().certificate.sha256))
    assert digest(SHA256, claim.properties_octets) == claim.properties.digest
    assert claim.signed_info.startswith(b"<ds:SignedInfo xmlns=")
    document = check_enveloped(claim)
    assert (document.uri, document.transforms, document.exclusive) == ("", (ENVELOPED, INCLUSIVE), False)
    assert claim.order == (document, claim.properties)
    counted = claim.unsigned.stamps, claim.unsigned.certificates, claim.unsigned.crls, claim.unsigned.ocsps
    assert [len(one) for one in counted] == [1, 3, 2, 0]


def test_only_so_many_stamps_are_looked_at(world):
    octets = add_timestamp(seal(DOCUMENT, world.key(), NOW), world.tsa)
    start, end = octets.index(b"<xades:SignatureTimeStamp"), octets.index(b"</xades:UnsignedSignatureProperties>")
    many = octets[:start] + octets[start:end] * (MOST_STAMPS + 1) + octets[end:]
    with pytest.raises(ShapeRefused, match="17 time-stamps"):
        read_seal(parse_xml(many, LIMITS)[-1])


@pytest.mark.parametrize(("written", "hours"), [("2026-11-24T16:00:00+08:00", 0), ("2026-11-24T07:00:00.5Z", None), ("2026-11-24T08:00:00Z", 0)])  # fmt: skip
def test_a_signing_time_of_any_zone_is_read(world, written, hours):
    octets = seal(DOCUMENT, world.key(), NOW).replace(b"2026-11-24T08:00:00Z", written.encode())
    found = read_seal(parse_xml(octets)[-1]).signing_time
    assert found == (NOW if hours == 0 else NOW - timedelta(hours=1) + timedelta(seconds=0.5))
