"""Forms of certificates that only some policies ask for; x509-limbo asks more of them in tests/vectors."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from node.security.certificates import Certificate
from node.security.extensions import read_extensions
from node.security.forms import check_forms
from node.security.trust import Untrusted
from tests.seals import NOW, Authority, private_key

CA = Authority("KR root")
SAN = x509.SubjectAlternativeName([x509.DNSName("a.example.org")]), False


def why_not(certificate):
    try:
        check_forms(certificate, read_extensions(certificate))
    except Untrusted as problem:
        return str(problem)
    return None


def test_a_certificate_in_the_forms_of_the_web_passes():
    assert why_not(CA.issue("leaf", private_key("p256"), SAN)) is None
    assert why_not(CA.certificate) is None


@pytest.mark.parametrize(
    ("extensions", "said"),
    [
        ([], "no subjectAltName"),
        ([(SAN[0], True)], "critical though it has a subject"),
        ([(x509.SubjectAlternativeName([x509.DNSName("192.0.2.1")]), False)], "no DNS name"),
        ([(x509.SubjectAlternativeName([x509.DNSName("a_b.org")]), False)], "no DNS name"),
        ([SAN, (x509.BasicConstraints(True, None), False)], "basicConstraints are not critical"),
        ([SAN, (x509.PolicyConstraints(0, None), False)], "policyConstraints"),
    ],
)
def test_the_form_that_is_not_kept_is_told(extensions, said):
    assert said in (why_not(CA.issue("leaf", private_key("p256"), *extensions)) or "")


def test_a_certificate_without_the_key_identifier_of_its_issuer_is_refused():
    key = private_key("p256")
    name, issuer = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one)]) for one in ("leaf", "issuer"))
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key()).serial_number(5)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW.replace(year=2027)).add_extension(*SAN)
    assert "authorityKeyIdentifier" in (why_not(Certificate(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))) or "")
