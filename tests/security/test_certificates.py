"""Certificates, PKIPath and the ways a message names a certificate."""

import hashlib
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from node.security.certificates import (
    Certificate,
    CertificateRefused,
    KeyReference,
    load_certificates,
    order_path,
    read_pkipath,
    split_pkipath,
    write_pkipath,
)


def test_a_certificate_knows_its_fingerprints_and_names(pki: Any) -> None:
    one = pki.key("a").certificate
    assert one.sha256 == hashlib.sha256(one.der).hexdigest()
    assert one.sha1 == hashlib.sha1(one.der).digest()
    assert (one.serial, one.subject) == (one.x509.serial_number, "CN=a rsa2048 sign,O=Customs\\, Test,C=TW")
    assert one.weakness is None


def test_both_ends_belong_to_the_validity_of_a_certificate(pki: Any) -> None:
    certificate = pki.key("a").certificate
    begin, end = certificate.x509.not_valid_before_utc, certificate.x509.not_valid_after_utc
    step = timedelta(microseconds=1)
    assert [certificate.is_valid_at(one) for one in (begin - step, begin, end, end + step)] == [False, True, True, False]


def test_certificates_are_equal_by_their_octets(pki: Any) -> None:
    one = pki.key("a").certificate
    assert Certificate(one.der) == one
    assert hash(Certificate(one.der)) == hash(one)
    assert one != pki.key("b").certificate


def test_the_ski_is_the_extensions_or_else_method_1(pki: Any) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    with_extension, without = pki.make("x", private).certificate, pki.make("x", private, ski=False).certificate
    assert with_extension.ski == without.ski
    # spec: RFC 5280 4.2.1.2 method 1, over the BIT STRING without its tag, length and unused bits
    assert without.ski == hashlib.sha1(private.public_key().public_bytes_raw()).digest()
    with pytest.raises(x509.ExtensionNotFound):
        without.x509.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)


def test_pem_and_der_are_loaded(pki: Any) -> None:
    a, ca = pki.key("a").certificate, pki.ca
    assert load_certificates(a.der) == (a,)
    assert load_certificates(b"text before\n" + a.pem() + ca.pem()) == (a, ca)
    assert a.x509.public_bytes(Encoding.PEM) == a.pem()


@pytest.mark.parametrize(
    "octets", [b"", b"\x30\x00", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"-----BEGIN X-----"]
)
def test_what_is_no_certificate_is_refused(octets: bytes) -> None:
    with pytest.raises(CertificateRefused):
        load_certificates(octets)


def test_explicit_curve_parameters_are_refused(pki: Any) -> None:
    # P-256 written out by its parameters (RFC 3279 2.3.5), instead of named: the same key, another algorithm identifier.
    named = bytes.fromhex("06082a8648ce3d030107")
    der = pki.key("a", "p256").certificate.der
    assert der.count(named) == 1
    prime = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
    a, b = prime[:-1] + "c", "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"
    point = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
    explicit = _der(
        0x30,
        b"\x02\x01\x01",
        _der(0x30, bytes.fromhex("06072a8648ce3d0101"), _der(2, b"\x00" + bytes.fromhex(prime))),
        _der(0x30, _der(4, bytes.fromhex(a)), _der(4, bytes.fromhex(b))),
        _der(4, bytes.fromhex(point)),
        _der(2, b"\x00" + bytes.fromhex(order)),
        b"\x02\x01\x01",
    )
    with pytest.raises(CertificateRefused):
        Certificate(_spliced(der, named, explicit))


def _der(tag: int, *content: bytes) -> bytes:
    inside = b"".join(content)
    size = len(inside)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else bytes([0x82, size >> 8, size & 255])
    return bytes([tag]) + length + inside


def _spliced(der: bytes, old: bytes, new: bytes) -> bytes:
    """DER with one element replaced, and every SEQUENCE around it as long as it then is."""
    if old not in der:
        return der
    if der == old:
        return new
    out, at = b"", 0
    while at < len(der):
        head = 2 if der[at + 1] < 128 else 2 + (der[at + 1] & 127)
        size = der[at + 1] if head == 2 else int.from_bytes(der[at + 2 : at + head], "big")
        element = der[at : at + head + size]
        if old in element and element != old and der[at] == 0x30:
            element = _der(0x30, _spliced(element[head:], old, new))
        elif element == old:
            element = new
        out += element
        at += head + size
    return out


# -- PKIPath ---------------------------------------------------------------------------------------------------------


def test_a_pkipath_begins_at_the_anchor_and_ends_with_the_signer(pki: Any) -> None:
    a = pki.key("a")
    octets = write_pkipath(a.chain)
    assert octets[:2] == b"\x30\x82"
    assert split_pkipath(octets) == (pki.ca.der, a.certificate.der)
    assert read_pkipath(octets) == (pki.ca, a.certificate)
    assert read_pkipath(write_pkipath([a.certificate])) == (a.certificate,)


def test_a_pkipath_in_the_wrong_order_is_refused(pki: Any) -> None:
    with pytest.raises(CertificateRefused, match="stands before"):
        read_pkipath(write_pkipath(pki.key("a").chain[::-1]))


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path[:-1],
        lambda path: path + b"\x00",
        lambda path: b"\x31" + path[1:],
        lambda path: b"",
        lambda path: b"\x30",
        lambda path: b"\x30\x00",
        lambda path: b"\x30\x80" + path[4:] + b"\x00\x00",
        lambda path: b"\x30\x83\x00" + path[2:],
        lambda path: b"\x30\x82\x00\x05\x30\x82\xff\xff\x00",
        lambda path: b"\x30\x03\x02\x01\x00",
    ],
)
def test_a_pkipath_that_is_no_der_is_refused(pki: Any, change: Any) -> None:
    with pytest.raises(CertificateRefused):
        split_pkipath(change(write_pkipath(pki.key("a").chain)))


def test_a_pkipath_has_at_most_ten_certificates(pki: Any) -> None:
    assert len(split_pkipath(write_pkipath([pki.ca] * 10))) == 10
    with pytest.raises(CertificateRefused):
        split_pkipath(write_pkipath([pki.ca] * 11))


@given(st.binary(max_size=64))
def test_any_octets_are_split_or_refused(octets: bytes) -> None:
    with suppress(CertificateRefused):
        assert b"".join(split_pkipath(octets)) in octets


def test_a_certificate_with_one_extension_twice_is_refused(pki: Any) -> None:
    basic_constraints, key_identifier = bytes.fromhex("0603551d13"), bytes.fromhex("0603551d0e")
    twice = pki.key("a").certificate.der.replace(basic_constraints, key_identifier)
    assert twice.count(key_identifier) == 2
    # spec: RFC 5280 4.2
    with pytest.raises(CertificateRefused, match="Duplicate"):
        Certificate(twice)


def test_a_path_is_put_in_order(pki: Any) -> None:
    a, ca, other = pki.key("a").certificate, pki.ca, pki.other_ca
    assert order_path(a, [other, ca]) == (ca, a)
    assert order_path(a, [other]) == (a,)
    assert order_path(ca, [a, other]) == (ca,)


# -- naming ----------------------------------------------------------------------------------------------------------


def references(key: Any) -> dict[str, KeyReference]:
    one = key.certificate
    return {
        "bst": KeyReference("bst", one.der),
        "bst-pkipath": KeyReference("bst-pkipath", write_pkipath(key.chain)),
        "bst-pkipath leaf alone": KeyReference("bst-pkipath", write_pkipath([one])),
        "issuer-serial": KeyReference("issuer-serial", issuer=one.issuer, serial=one.serial),
        "ski": KeyReference("ski", one.ski),
        "thumbprint": KeyReference("thumbprint", one.sha1),
    }


@pytest.mark.parametrize("kind", ["bst", "bst-pkipath", "bst-pkipath leaf alone", "issuer-serial", "ski", "thumbprint"])
def test_a_reference_selects_its_certificate_and_no_other(pki: Any, kind: str) -> None:
    key, others = pki.key("a"), [pki.key("b").certificate, pki.key("stranger").certificate, pki.ca]
    reference = references(key)[kind]
    assert reference.select([others[0], key.certificate, *others[1:]]) == (key.certificate,)
    assert reference.select(others) == ()
    assert str(reference)


def test_one_ski_may_name_a_certificate_and_its_renewal(pki: Any) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    old, new = pki.make("x", private).certificate, pki.make("x", private).certificate
    assert KeyReference("ski", old.ski).select([new, old]) == (new, old)
    assert KeyReference("bst", old.der).select([new, old]) == (old,)


def test_an_issuer_with_the_serial_of_another_is_another(pki: Any) -> None:
    one = pki.key("a").certificate
    assert KeyReference("issuer-serial", issuer="CN=Unknown CA,O=Customs\\, Test,C=TW", serial=one.serial).select([one]) == ()
    with pytest.raises(CertificateRefused):
        KeyReference("issuer-serial", issuer="?", serial=one.serial).select([one])
