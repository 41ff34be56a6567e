"""A bad time-stamp is SIG-02, whatever is bad about it; a good one proves its time."""

import re
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from node.customs.seal.adding import add_timestamp
from node.customs.seal.making import seal
from tests.seals import DOCUMENT, NOW, STAMP, Authority, judged, private_key, refusal, usage

ENCAPSULATED = re.compile(rb"(<xades:EncapsulatedTimeStamp>)([^<]*)")


def stamped(world, **changed):
    return add_timestamp(seal(DOCUMENT, world.key(), NOW), replace(world.tsa, **changed))


def altered(octets, change):
    return ENCAPSULATED.sub(lambda found: found[1] + b64encode(change(b64decode(found[2]))), octets)


def test_the_earliest_stamp_is_the_proven_time(world):
    world.stamps_at = NOW + timedelta(hours=3)
    once = stamped(world)
    world.stamps_at = NOW + timedelta(hours=1)
    found = judged(add_timestamp(once, world.tsa), world.partners(), now=NOW + timedelta(days=1))
    assert found is not None
    assert found.proven_time == NOW + timedelta(hours=1)


def test_the_stamp_of_another_seal_is_refused(world):
    token = ENCAPSULATED.search(stamped(world))
    other = add_timestamp(seal(DOCUMENT, world.key(), NOW - timedelta(minutes=1)), world.tsa)
    assert refusal(ENCAPSULATED.sub(token[0], other), world.partners()) == (
        "SIG-02",
        "SignatureTimeStamp: its imprint is not that of what it should have stamped",
    )


@pytest.mark.parametrize("at", [-1, -40, 120, 140])
def test_an_altered_stamp_is_refused(world, at):
    octets = altered(
        stamped(world), lambda token: token[: at % len(token)] + bytes([token[at] ^ 1]) + token[at % len(token) + 1 :]
    )
    assert refusal(octets, world.partners())[0] == "SIG-02"


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1], lambda token: token + b"\0", lambda token: b"", lambda token: b"\x30\0"]
)
def test_what_is_no_token_is_refused(world, change):
    assert refusal(altered(stamped(world), change), world.partners())[0] == "SIG-02"


def test_a_bad_stamp_beside_a_good_one_is_refused(world):
    good = stamped(world)
    both = good.replace(
        b"</xades:UnsignedSignatureProperties>",
        re.search(rb"<xades:SignatureTimeStamp.*?</xades:SignatureTimeStamp>", good)[0] + b"</xades:UnsignedSignatureProperties>",
    )
    assert judged(both, world.partners())
    at = both.rindex(b"<xades:EncapsulatedTimeStamp>")
    bad = both[:at] + altered(both[at:], lambda token: token[:-1] + bytes([token[-1] ^ 1]))
    assert refusal(bad, world.partners())[0] == "SIG-02"


def test_a_time_that_has_not_come_is_refused(world):
    world.stamps_at = NOW + timedelta(minutes=6)
    rule, why = refusal(stamped(world), world.partners())
    assert (rule, "has not come" in why) == ("SIG-02", True)


def test_an_authority_that_nobody_trusts_is_refused(world):
    stranger = Authority("Stranger")
    key = private_key("p256", 30)
    certificate = stranger.issue("Time", key, (usage(digital_signature=True), True), STAMP)
    octets = stamped(world, key=key, certificate=certificate, above=(stranger.certificate,))
    assert refusal(octets, world.partners())[0] == "SIG-02"
    assert judged(octets, replace(world.partners(), timestamp_anchors=(stranger.certificate,)))
    # The certificate of the authority itself may be the anchor.
    assert judged(octets, replace(world.partners(), timestamp_anchors=(certificate,)))


@pytest.mark.parametrize(
    "extension",
    [
        None,
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING]), True),
    ],
)
def test_a_certificate_that_is_not_for_time_alone_is_refused(world, extension):
    key = private_key("p256", 31)
    certificate = world.time_root.issue("Time", key, *([extension] if extension else []))
    rule, why = refusal(stamped(world, key=key, certificate=certificate), world.partners())
    assert (rule, "extended key usage" in why) == ("SIG-02", True)


def test_another_certificate_of_the_same_key_cannot_take_its_place(world):
    """Issuer, serial number and key are the same, so only the signing-certificate attribute tells them apart."""
    tsa, twin = world.tsa, None
    while twin is None or len(twin.der) != len(tsa.certificate.der):
        extensions = ((usage(digital_signature=True, content_commitment=True), True), STAMP)
        twin = world.time_root.issue("Time", tsa.key, *extensions, serial=tsa.certificate.serial)
    rule, why = refusal(altered(stamped(world), lambda token: token.replace(tsa.certificate.der, twin.der)), world.partners())
    assert (rule, "names another certificate" in why) == ("SIG-02", True)


@pytest.mark.parametrize(
    ("reason", "since", "holds"),
    [
        (x509.ReasonFlags.key_compromise, NOW + timedelta(days=1), False),
        (None, NOW + timedelta(days=1), False),
        (x509.ReasonFlags.superseded, NOW + timedelta(days=1), True),
        (x509.ReasonFlags.cessation_of_operation, NOW + timedelta(days=1), True),
        (x509.ReasonFlags.superseded, NOW - timedelta(days=1), False),
    ],
)
def test_a_revoked_authority_for_time_is_believed_only_where_its_key_stayed_its_own(world, reason, since, holds):
    octets = stamped(world)
    world.time_root.revoke(world.tsa.certificate, since, reason)
    later = NOW + timedelta(days=2)
    partners = world.partners(crls=(world.root.crl(later), world.time_root.crl(later)))
    if holds:
        assert judged(octets, partners, now=later)
    else:
        assert refusal(octets, partners, now=later)[0] == "SIG-02"


def test_an_include_would_choose_what_is_stamped(world):
    octets = stamped(world).replace(b"<ds:CanonicalizationMethod", b'<xades:Include URI="#x"/><ds:CanonicalizationMethod')
    octets = octets.replace(b'<xades:Include URI="#x"/>', b"", 1)
    assert refusal(octets, world.partners())[0] == "SIG-05"
