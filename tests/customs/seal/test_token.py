"""Tokens are read as their makers write them; nothing that is not understood is believed."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import given, settings
from hypothesis import strategies as st
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from node.customs.seal import token as t
from node.customs.seal.token import read_token, token_of
from node.security.der import DerRefused, write, write_name, write_number, write_set
from tests.seals import NOW, STAMP, World, private_key

WORLD = World()


def token(world=WORLD, hashing=HashAlgorithm.SHA256):
    request = TimestampRequestBuilder().data(b"data").hash_algorithm(hashing).nonce(nonce=True).build()
    return request, token_of(world.tsa.stamp(request.as_bytes()))


@pytest.mark.parametrize(("hashing", "name"), [(HashAlgorithm.SHA256, "sha256"), (HashAlgorithm.SHA512, "sha512")])
def test_a_token_says_what_it_stamps_and_when(hashing, name):
    request, octets = token(hashing=hashing)
    found = read_token(octets)
    assert (found.time, found.nonce) == (NOW, request.nonce)
    assert found.imprint == (name, request.message_imprint.message)
    assert WORLD.tsa.certificate.der in found.certificates
    assert found.is_signed_by(WORLD.tsa.certificate)
    assert not found.is_signed_by(WORLD.time_root.certificate)
    found.check(WORLD.tsa.certificate)


def test_the_certificates_may_stand_in_any_order():
    """As Bouncy Castle writes them: the library rfc3161-client refuses that."""
    _, octets = token()
    ordered = sorted([WORLD.tsa.certificate.der, WORLD.time_root.certificate.der])
    assert b"".join(ordered) in octets
    found = read_token(octets.replace(b"".join(ordered), b"".join(reversed(ordered))))
    found.check(WORLD.tsa.certificate)


def test_a_token_signed_with_pss_is_checked():
    private = private_key("rsa", 40)
    certificate = WORLD.time_root.issue("PSS", private, STAMP)
    _, octets = token()
    made = read_token(octets)
    pss = write(0x30, write_name("1.2.840.113549.1.1.10"), write(0x30, write(0xA0, write(0x30, write_name(t.SHA256)))))
    bound = _bound(certificate)
    attributes = [one.octets for one in made._attributes if one.parts()[0].name != t.SIGNING_CERTIFICATE_V2] + [bound]
    signed = write_set(*attributes)
    mask = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    rebuilt = _rebuilt(made, certificate, signed, pss, private.sign(signed, mask, hashes.SHA256()))
    read_token(rebuilt).check(certificate)
    wrong = _rebuilt(made, certificate, signed, pss, private.sign(signed, padding.PKCS1v15(), hashes.SHA256()))
    with pytest.raises(DerRefused):
        read_token(wrong).check(certificate)


def _bound(certificate):
    digest = bytes.fromhex(certificate.sha256)
    return write(
        0x30,
        write_name(t.SIGNING_CERTIFICATE_V2),
        write(0x31, write(0x30, write(0x30, write(0x30, write(4, digest))))),
    )


def _rebuilt(made, certificate, signed, method, signature):
    sha256 = write(0x30, write_name(t.SHA256))
    names = write(0x30, certificate.x509.issuer.public_bytes(), write_number(certificate.serial))
    signer = write(0x30, write_number(1), names, sha256, b"\xa0" + signed[1:], method, write(4, signature))
    content = write(0x30, write_name(t.TST_INFO), write(0xA0, write(4, made._info)))
    held = write(0x30, write_number(3), write_set(sha256), content, write(0xA0, certificate.der), write(0x31, signer))
    return write(0x30, write_name(t.SIGNED_DATA), write(0xA0, held))


def test_the_content_is_bound_by_its_digest_and_its_type():
    made = read_token(token()[1])
    certificate = WORLD.tsa.certificate
    method = write(0x30, write_name("1.2.840.10045.4.3.2"))

    def rebuilt(attributes):
        signed = write_set(*attributes)
        return read_token(_rebuilt(made, certificate, signed, method, WORLD.tsa.key.sign(signed, ec.ECDSA(hashes.SHA256()))))

    by_name = {one.parts()[0].name: one.octets for one in made._attributes}
    rebuilt(by_name.values()).check(certificate)
    wrong = {
        t.CONTENT_TYPE: write(0x30, write_name(t.CONTENT_TYPE), write(0x31, write_name("1.2.840.113549.1.7.1"))),
        t.MESSAGE_DIGEST: write(0x30, write_name(t.MESSAGE_DIGEST), write(0x31, write(4, bytes(32)))),
    }
    for name, octets in wrong.items():
        for attributes in ({**by_name, name: octets}, {one: held for one, held in by_name.items() if one != name}):
            with pytest.raises(DerRefused, match="content"):
                rebuilt(attributes.values()).check(certificate)


FUZZED = token()[1]


@pytest.mark.slow
@settings(max_examples=1000)
@given(st.data())
def test_a_changed_octet_is_never_believed(data):
    octets = FUZZED
    at = data.draw(st.integers(0, len(octets) - 1))
    changed = bytearray(octets)
    changed[at] ^= data.draw(st.integers(1, 255))
    before = read_token(octets)
    try:
        found = read_token(bytes(changed))
        found.check(WORLD.tsa.certificate)
    except DerRefused:
        return
    # What the signature does not cover may change; nothing else can.
    assert (found.time, found.imprint, found.nonce) == (before.time, before.imprint, before.nonce)


def test_a_refusal_of_the_authority_has_no_token():
    with pytest.raises(DerRefused, match="status 2"):
        token_of(WORLD.tsa.stamp(b"\x30\x00"))


@pytest.mark.parametrize(
    "time", [b"20261124080000", b"20261124080000.Z5", b"2026112408Z", b"20261324080000Z", b"20261124080000+01"]
)
def test_a_time_that_is_not_in_utc_is_refused(time):
    _, octets = token()
    with pytest.raises(DerRefused):
        t._time(time)
    assert read_token(octets).time == t._time(b"20261124080000Z") == NOW
