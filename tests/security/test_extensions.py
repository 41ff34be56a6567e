"""What extensions say, and those that are refused."""

import pytest
from cryptography import x509

from node.security.der import SEQUENCE, write, write_name
from node.security.extensions import read_extensions
from node.security.trust import Untrusted
from tests.seals import Authority, private_key

CA = Authority("KR root")


def made(*extensions):
    return CA.issue("leaf", private_key("p256"), *extensions)


def mapping(*pairs):
    octets = write(SEQUENCE, *(write(SEQUENCE, *map(write_name, pair)) for pair in pairs))
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), octets), True


def policies(*oids):
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(one), None) for one in oids]), True


def test_what_a_path_needs_is_read():
    found = read_extensions(made(mapping(("1.2.3", "1.2.4")), policies("1.2.3"), (x509.InhibitAnyPolicy(2), True)))
    assert found.mappings == (("1.2.3", "1.2.4"),)
    assert found.policies == {"1.2.3"}
    assert found.inhibit_any == 2
    assert not found.is_authority
    assert found.critical(x509.ObjectIdentifier("2.5.29.33")) is True
    assert found.critical(x509.ObjectIdentifier("2.5.29.19")) is None
    assert read_extensions(CA.certificate).is_authority


UNKNOWN = x509.ObjectIdentifier("1.2.3")


@pytest.mark.parametrize(
    ("extension", "said"),
    [
        ((x509.UnrecognizedExtension(UNKNOWN, b"x"), True), "1.2.3 is not understood"),
        ((x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), b"\x30\x00"), True), "cannot be read"),
        ((x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), b"\x30\x02\x30\x00"), True), "cannot be read"),
        (policies(*(f"1.2.{number}" for number in range(300))), "more policies"),
    ],
)
def test_what_is_not_understood_is_refused(extension, said):
    with pytest.raises(Untrusted, match=said):
        read_extensions(made(extension))


def test_what_is_not_critical_and_not_understood_is_no_matter():
    assert read_extensions(made((x509.UnrecognizedExtension(UNKNOWN, b"x"), False)))
