"""Revocation lists as they are read."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from node.security.crl import EVERY_REASON, Crl
from node.security.revocation import RevocationRefused
from tests.seals import NOW, Authority, private_key

REASONS = x509.ReasonFlags
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00")


@pytest.fixture
def ca():
    return Authority("KR root")


@pytest.fixture
def leaf(ca):
    return ca.issue("leaf", private_key("p256"))


def point(**which):
    texts = dict.fromkeys(["full_name", "relative_name", "only_some_reasons"], None)
    bits = ["only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs"]
    return x509.IssuingDistributionPoint(**{**texts, **dict.fromkeys(bits, False), **which}), True


def test_a_list_is_read_with_its_scope(ca, leaf):
    ca.revoke(leaf, NOW, REASONS.key_compromise)
    some = frozenset({REASONS.key_compromise})
    crl = Crl(ca.crl(NOW, point(only_some_reasons=some, only_contains_user_certs=True)))
    assert (crl.number, crl.base, crl.since, crl.until) == (7, None, NOW, NOW + timedelta(days=30))
    assert crl.reasons == some
    assert crl.covers_kind(authority=False)
    assert not crl.covers_kind(authority=True)
    found = crl.find(leaf)
    assert found is not None
    assert found.reason is REASONS.key_compromise
    assert Crl(ca.crl()).reasons == EVERY_REASON
    assert Crl(ca.crl()).scope == Crl(ca.crl(NOW + timedelta(1))).scope != crl.scope


def test_a_list_is_its_signers(ca):
    crl = Crl(ca.crl())
    assert crl.is_signed_by(ca.certificate)
    assert not crl.is_signed_by(Authority("KR root").certificate)


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", b"text"])
def test_what_is_no_list_is_refused(octets):
    with pytest.raises(RevocationRefused, match="no usable"):
        Crl(octets)


def test_a_critical_extension_that_is_not_understood_is_refused(ca):
    with pytest.raises(RevocationRefused, match=r"1\.2\.3"):
        Crl(ca.crl(NOW, (UNKNOWN, True)))
    assert Crl(ca.crl(NOW, (UNKNOWN, False)))


def entry(serial, *extensions):
    built = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW)
    for one, critical in extensions:
        built = built.add_extension(one, critical)
    return built.build()


def listed(ca, *entries, extensions=()):
    builder = x509.CertificateRevocationListBuilder().issuer_name(ca.certificate.x509.subject)
    builder = builder.last_update(NOW).next_update(NOW + timedelta(days=1)).add_extension(x509.CRLNumber(1), False)
    for one, critical in extensions:
        builder = builder.add_extension(one, critical)
    for one in entries:
        builder = builder.add_revoked_certificate(one)
    return builder.sign(ca.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_critical_extension_of_an_entry_that_is_not_understood_is_refused(ca):
    with pytest.raises(RevocationRefused, match="an entry"):
        Crl(listed(ca, entry(1), entry(2, (UNKNOWN, True))))
    assert Crl(listed(ca, entry(1), entry(2, (UNKNOWN, False))))


def test_the_entries_are_looked_into_only_where_one_may_have_a_critical_extension(ca, leaf, monkeypatch):
    looked = []
    monkeypatch.setattr("node.security.crl._not_understood", looked.append)
    Crl(listed(ca, entry(1), entry(2, (UNKNOWN, False)), extensions=[point(only_contains_user_certs=True)]))
    assert not looked
    Crl(listed(ca, entry(1), entry(2, (UNKNOWN, True)), extensions=[point(only_contains_user_certs=True)]))
    assert len(looked) == 2


def test_what_a_list_says_of_a_certificate_is_looked_up_once(ca, leaf, monkeypatch):
    ca.revoke(leaf, NOW, REASONS.superseded)
    other, crl = ca.issue("other", private_key("p256")), Crl(ca.crl())
    first = crl.find(leaf), crl.find(other)
    monkeypatch.setattr(Crl, "_look_up", lambda *_: pytest.fail("looked up twice"))
    assert (crl.find(leaf), crl.find(other)) == first
    assert first[0].reason is REASONS.superseded
    assert first[1] is None


def test_an_entry_of_an_indirect_list_has_the_issuer_of_the_one_before(ca):
    other = Authority("KR other")
    named = x509.CertificateIssuer([x509.DirectoryName(other.certificate.x509.subject)])
    crl = Crl(listed(ca, entry(1), entry(2, (named, True)), entry(3), extensions=[point(indirect_crl=True)]))
    mine, theirs = ([one.issue("leaf", private_key("p256"), serial=serial) for serial in (1, 2, 3)] for one in (ca, other))
    assert [crl.find(one) is not None for one in mine] == [True, False, False]
    assert [crl.find(one) is not None for one in theirs] == [False, True, True]


# -- octets of strangers -------------------------------------------------------------------------------------------------

FUZZED = Authority("KR root")
LEAF = FUZZED.issue("leaf", private_key("p256"), serial=2)
NAMED = x509.CertificateIssuer([x509.DirectoryName(FUZZED.certificate.x509.subject)]), True
ENTRIES = [
    entry(1),
    entry(2, (x509.CRLReason(REASONS.certificate_hold), False), (x509.InvalidityDate(NOW.replace(tzinfo=None)), False), NAMED),
]
WHOLE = [listed(FUZZED, *ENTRIES[:1], entry(2)), listed(FUZZED, *ENTRIES, extensions=[point(indirect_crl=True)])]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning", "ignore::UserWarning")
@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=1500, deadline=None)
def test_octets_that_were_changed_are_refused_or_judged_and_nothing_else(whole, changes):
    octets = bytearray(whole)
    for place, value in changes:
        octets[place % len(octets)] = value
    try:
        crl = Crl(bytes(octets))
        crl.find(LEAF)
        crl.names()
        assert crl.scope == crl.scope
        assert not crl.is_signed_by(FUZZED.certificate) or bytes(octets) == whole or crl.parsed.tbs_certlist_bytes in whole
    except RevocationRefused:
        pass
