"""The throwaway authority: certificates that the keyring takes for what they are meant for, and for nothing else."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from node.keyring.demo_authority import DemoAuthority
from node.security.certificates import Certificate, load_certificates
from node.security.keys import SoftwareKey
from node.security.path import Purpose, Untrusted, check_purpose, find_path

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
AUTHORITY = DemoAuthority(NOW)
ANCHORS = load_certificates(AUTHORITY.certificate)


def issued(suite: str, use: str) -> Certificate:
    """Through PEM and back, as a home reads it: key and certificate belong together."""
    one = AUTHORITY.issue("TW-CUSTOMS", suite, use)
    return SoftwareKey.from_pem(one.private_key, one.certificate).certificate


@pytest.mark.parametrize("suite", ["rsa2048", "rsa3072", "eddsa", "ecdsa"])
@pytest.mark.parametrize(
    ("use", "purpose", "other"), [("sign", Purpose.SIGN, Purpose.ENCRYPT), ("encrypt", Purpose.ENCRYPT, Purpose.SIGN)]
)
def test_each_key_serves_its_purpose_and_no_other(suite: str, use: str, purpose: Purpose, other: Purpose) -> None:
    certificate = issued(suite, use)
    find_path(certificate, (), ANCHORS, NOW)
    check_purpose(certificate, purpose)
    with pytest.raises(Untrusted):
        check_purpose(certificate, other)


def test_another_authority_of_the_same_name_vouches_for_nobody() -> None:
    stranger = load_certificates(DemoAuthority(NOW).certificate)
    with pytest.raises(Untrusted):
        find_path(issued("ecdsa", "sign"), (), stranger, NOW)


@pytest.mark.parametrize(("days", "valid"), [(0, True), (29, True), (31, False), (-1, False)])
def test_it_is_over_after_thirty_days(days: int, valid: bool) -> None:
    certificate, at = issued("ecdsa", "sign"), NOW + timedelta(days=days)
    if valid:
        find_path(certificate, (), ANCHORS, at)
    else:
        with pytest.raises(Untrusted):
            find_path(certificate, (), ANCHORS, at)


def test_tls_certificates_serve_both_ends_of_a_connection_on_this_machine() -> None:
    extensions = issued("rsa2048", "tls").x509.extensions
    usages = set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert usages == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert names.get_values_for_type(x509.IPAddress) == [IPv4Address("127.0.0.1")]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]


def test_every_name_says_that_it_is_a_demo() -> None:
    assert "not for production" in ANCHORS[0].subject
    assert "N2N demo" in issued("ecdsa", "sign").subject
