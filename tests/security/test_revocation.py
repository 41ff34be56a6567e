"""Who took which certificate back, and whose word counts for that."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from node.security.revocation import RevocationList, RevocationRefused, StatusAnswer, find_revocation
from tests.seals import NOW, Authority, World, private_key, usage


@pytest.fixture
def world():
    return World()


@pytest.fixture
def leaf(world):
    return world.key().certificate


def test_a_list_tells_of_its_issuers_certificates_alone(world, leaf):
    world.root.revoke(leaf, NOW, x509.ReasonFlags.key_compromise)
    found = RevocationList(world.root.crl())
    assert found.covers(leaf, world.root.certificate)
    assert not found.covers(leaf, world.other.certificate)
    assert not found.covers(leaf, Authority("KR root").certificate)
    revoked = found.revoked(leaf)
    assert revoked is not None
    assert (revoked.since, revoked.reason) == (NOW, x509.ReasonFlags.key_compromise)
    assert found.revoked(world.key("rsa").certificate) is None


def test_an_issuer_that_may_not_sign_lists_is_not_heard(world):
    key = private_key("p256", 21)
    issuer = world.root.issue("no lists", key, (x509.BasicConstraints(True, None), True), (usage(key_cert_sign=True), True))
    made = (
        x509.CertificateRevocationListBuilder().issuer_name(issuer.x509.subject).last_update(NOW).next_update(NOW + timedelta(1))
    )
    found = RevocationList(made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
    assert not found.covers(world.key().certificate, issuer)


def point(**which):
    given = dict.fromkeys(
        ["full_name", "relative_name", "only_some_reasons"], None
    ) | dict.fromkeys(["only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs"], False)  # fmt: skip
    return x509.IssuingDistributionPoint(**{**given, **which})


@pytest.mark.parametrize(
    ("extension", "why"),
    [
        (x509.DeltaCRLIndicator(3), "2.5.29.27"),
        (point(indirect_crl=True), "indirect"),
        (point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})), "indirect"),
    ],
)
def test_a_list_that_is_not_wholly_understood_is_refused(world, extension, why):
    with pytest.raises(RevocationRefused, match=why):
        RevocationList(world.root.crl(NOW, (extension, True)))


def test_a_list_of_authorities_says_nothing_of_users(world, leaf):
    middle = Authority("middle", world.root)
    found = RevocationList(world.root.crl(NOW, (point(only_contains_ca_certs=True), True)))
    assert not found.covers(leaf, world.root.certificate)
    assert found.covers(middle.certificate, world.root.certificate)
    users = RevocationList(world.root.crl(NOW, (point(only_contains_user_certs=True), True)))
    assert users.covers(leaf, world.root.certificate)
    assert not users.covers(middle.certificate, world.root.certificate)


@pytest.mark.parametrize("kind", [RevocationList, StatusAnswer])
@pytest.mark.parametrize("octets", [b"", b"\x30\x00", b"text"])
def test_what_is_none_is_refused(kind, octets):
    with pytest.raises(RevocationRefused):
        kind(octets)


def answer(world, leaf, status, *, responder=None, key=None, issuer=None, since=None):
    issuer = issuer or world.root.certificate
    builder = ocsp.OCSPResponseBuilder().add_response(
        leaf.x509, issuer.x509, hashes.SHA256(), status, NOW, NOW + timedelta(days=1), since, None
    )
    responder = responder or world.root.certificate
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, responder.x509)
    if responder != world.root.certificate:
        builder = builder.certificates([responder.x509])
    return StatusAnswer(builder.sign(key or world.root.key, hashes.SHA256()).public_bytes(Encoding.DER))


def test_an_answer_of_the_issuer_counts(world, leaf):
    good = answer(world, leaf, ocsp.OCSPCertStatus.GOOD)
    assert good.covers(leaf, world.root.certificate)
    assert good.revoked(leaf) is None
    assert not good.covers(world.key("rsa").certificate, world.root.certificate)
    assert not good.covers(leaf, world.other.certificate)
    bad = answer(world, leaf, ocsp.OCSPCertStatus.REVOKED, since=NOW - timedelta(days=1))
    found = bad.revoked(leaf)
    assert found is not None
    assert found.since == NOW - timedelta(days=1)
    assert not answer(world, leaf, ocsp.OCSPCertStatus.UNKNOWN).covers(leaf, world.root.certificate)


@pytest.mark.parametrize(
    ("purpose", "issuer", "counts"),
    [
        (ExtendedKeyUsageOID.OCSP_SIGNING, "root", True),
        (ExtendedKeyUsageOID.CODE_SIGNING, "root", False),
        (ExtendedKeyUsageOID.OCSP_SIGNING, "other", False),
    ],
)
def test_an_answer_of_another_counts_where_the_issuer_empowered_it(world, leaf, purpose, issuer, counts):
    key = private_key("rsa", 22)
    responder = getattr(world, issuer).issue("responder", key, (x509.ExtendedKeyUsage([purpose]), False))
    found = answer(world, leaf, ocsp.OCSPCertStatus.GOOD, responder=responder, key=key)
    assert found.covers(leaf, world.root.certificate) is counts


def test_a_forged_answer_does_not_count(world, leaf):
    impostor = Authority("KR root")
    found = answer(world, leaf, ocsp.OCSPCertStatus.GOOD, responder=impostor.certificate, key=impostor.key)
    assert not found.covers(leaf, world.root.certificate)


def test_the_worst_that_anybody_says_counts(world, leaf):
    before = RevocationList(world.root.crl(NOW - timedelta(days=40)))
    world.root.revoke(leaf, NOW)
    sources = [before, RevocationList(world.root.crl()), answer(world, leaf, ocsp.OCSPCertStatus.GOOD)]
    revoked, told, until = find_revocation(leaf, world.root.certificate, sources)
    assert revoked is not None
    assert (revoked.since, told, until) == (NOW, True, NOW + timedelta(days=30))
    assert find_revocation(leaf, world.other.certificate, sources) == (None, False, None)


FUZZ = World()
LEAF = FUZZ.key().certificate
DELEGATE = private_key("p256", 24)
RESPONDER = FUZZ.root.issue("responder", DELEGATE, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False))
FUZZ.root.revoke(LEAF, NOW, x509.ReasonFlags.superseded)
SOURCES = {
    RevocationList: FUZZ.root.crl(),
    StatusAnswer: answer(FUZZ, LEAF, ocsp.OCSPCertStatus.REVOKED, responder=RESPONDER, key=DELEGATE, since=NOW).der,
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("kind", list(SOURCES))
@settings(max_examples=300)
@given(data=st.data())
def test_what_was_changed_is_refused_or_not_heard_or_says_the_same(kind, data):
    octets = SOURCES[kind]
    assert find_revocation(LEAF, FUZZ.root.certificate, [kind(octets)])[0].since == NOW
    at = data.draw(st.integers(0, len(octets) - 1))
    changed = octets[:at] + bytes([octets[at] ^ data.draw(st.integers(1, 255))]) + octets[at + 1 :]
    try:
        found, told, _ = find_revocation(LEAF, FUZZ.root.certificate, [kind(changed)])
    except RevocationRefused:
        return
    assert (found is not None and found.since == NOW) if told else found is None
