"""The file-backed private key."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, padding, rsa, x25519
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from node.security.algorithms import (
    ECDSA_SHA256,
    EDDSA_ED25519,
    MGF1_SHA1,
    MGF1_SHA256,
    RSA_SHA256,
    SIGNATURES,
)
from node.security.algorithms import SHA1 as SHA1_URI
from node.security.algorithms import SHA256 as SHA256_URI
from node.security.keys import KeyRefused, KeyUseFailed, SoftwareKey

KINDS = ["rsa2048", "p256", "brainpool", "ed25519", "x25519"]


def pem(private: Any, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    octets: bytes = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return octets


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("password", [None, b"secret"])
def test_a_key_is_read_from_pem(pki: Any, kind: str, password: bytes | None) -> None:
    key = pki.key("a", kind)
    certificates = pki.other_ca.pem() + key.certificate.pem() + pki.ca.pem()
    found = SoftwareKey.from_pem(pem(key.private_key, password), certificates, password)
    assert (found.certificate, found.chain) == (key.certificate, (pki.ca, key.certificate))


def test_a_key_is_read_from_der(pki: Any) -> None:
    key = pki.key("a", "ed25519")
    der = key.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert SoftwareKey.from_pem(der, key.certificate.der).chain == (key.certificate,)


@pytest.mark.parametrize("kind", ["rsa2048", "p256", "ed25519"])
def test_a_key_is_read_from_pkcs12(pki: Any, kind: str) -> None:
    key = pki.key("a", kind)
    encryption = BestAvailableEncryption(b"secret")
    octets = pkcs12.serialize_key_and_certificates(b"n", key.private_key, key.certificate.x509, [pki.ca.x509], encryption)
    found = SoftwareKey.from_pkcs12(octets, b"secret")
    assert (found.certificate, found.chain) == (key.certificate, (pki.ca, key.certificate))
    with pytest.raises(KeyRefused):
        SoftwareKey.from_pkcs12(octets, b"wrong")
    with pytest.raises(KeyRefused):
        SoftwareKey.from_pkcs12(b"\x30\x00")


def test_a_pkcs12_without_a_key_is_refused(pki: Any) -> None:
    octets = pkcs12.serialize_key_and_certificates(None, None, None, [pki.ca.x509], NoEncryption())
    with pytest.raises(KeyRefused):
        SoftwareKey.from_pkcs12(octets)


def test_a_key_that_belongs_to_no_certificate_is_refused(pki: Any) -> None:
    a, b = pki.key("a"), pki.key("b")
    with pytest.raises(KeyRefused):
        SoftwareKey.from_pem(pem(a.private_key), b.certificate.pem())
    with pytest.raises(KeyRefused):
        SoftwareKey(b.certificate, b.chain, a.private_key)


def test_what_is_no_key_or_has_another_password_is_refused(pki: Any) -> None:
    a = pki.key("a", "ed25519")
    for octets, password in [
        (b"", None),
        (b"-----BEGIN X-----", None),
        (pem(a.private_key, b"secret"), b"wrong"),
        (pem(a.private_key, b"secret"), None),
    ]:
        with pytest.raises(KeyRefused):
            SoftwareKey.from_pem(octets, a.certificate.pem(), password)


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(65537, 1024),
        lambda: ec.generate_private_key(ec.SECP192R1()),
        lambda: ec.generate_private_key(ec.SECP256K1()),
        ed448.Ed448PrivateKey.generate,
    ],
)
def test_a_weak_key_is_refused(pki: Any, make: Any) -> None:
    private = make()
    ca_key, ca = pki._authority("Test Customs CA")
    certificate = pki.issue("weak", private.public_key(), ca_key, ca.x509, "sign")
    with pytest.raises(KeyRefused):
        SoftwareKey.from_pem(pem(private), certificate.pem())


def test_a_key_never_shows_itself(pki: Any) -> None:
    assert "private" not in repr(pki.key("a"))


@pytest.mark.parametrize(("kind", "method"), [("rsa2048", RSA_SHA256), ("p256", ECDSA_SHA256), ("ed25519", EDDSA_ED25519)])
def test_a_key_signs_by_its_own_method_alone(pki: Any, kind: str, method: str) -> None:
    key = pki.key("a", kind)
    SIGNATURES[method].verify(key.certificate.public_key, key.sign(method, b"x"), b"x")
    for other in {RSA_SHA256, ECDSA_SHA256, EDDSA_ED25519, "urn:unknown"} - {method}:
        with pytest.raises(KeyUseFailed):
            key.sign(other, b"x")


@pytest.mark.parametrize(("digest", "mgf"), [(SHA256_URI, MGF1_SHA256), (SHA256_URI, MGF1_SHA1), (SHA1_URI, MGF1_SHA1)])
def test_rsa_oaep_is_opened(pki: Any, digest: str, mgf: str) -> None:
    key = pki.key("a")
    hashes = {SHA256_URI: SHA256(), SHA1_URI: SHA1(), MGF1_SHA256: SHA256(), MGF1_SHA1: SHA1()}
    wrapped = key.certificate.public_key.encrypt(b"k" * 16, padding.OAEP(padding.MGF1(hashes[mgf]), hashes[digest], None))
    assert key.decrypt(wrapped, digest, mgf) == b"k" * 16
    for octets, wrong in [(wrapped, "urn:unknown"), (wrapped[:-1], mgf), (b"", mgf), (b"\xff" * 256, mgf)]:
        with pytest.raises(KeyUseFailed):
            key.decrypt(octets, digest, wrong)


def test_other_keys_do_not_open_rsa_oaep(pki: Any) -> None:
    with pytest.raises(KeyUseFailed):
        pki.key("a", "p256").decrypt(b"", SHA256_URI, MGF1_SHA256)


@pytest.mark.parametrize(("kind", "size"), [("x25519", 32), ("p256", 32), ("p384", 48), ("brainpool", 32)])
def test_two_keys_agree(pki: Any, kind: str, size: int) -> None:
    a, b = pki.key("a", kind, "enc"), pki.key("b", kind, "enc")
    secret = a.agree(b.certificate.public_key)
    assert secret == b.agree(a.certificate.public_key)
    assert len(secret) == size


def test_keys_of_different_kinds_do_not_agree(pki: Any) -> None:
    for one, other in [("p256", "x25519"), ("x25519", "p256"), ("p256", "p384"), ("rsa2048", "x25519")]:
        with pytest.raises(KeyUseFailed):
            pki.key("a", one).agree(pki.key("b", other).certificate.public_key)


def test_a_point_of_small_order_is_refused(pki: Any) -> None:
    # spec: RFC 7748 6.1
    for octets in (bytes(32), b"\x01" + bytes(31)):
        with pytest.raises(KeyUseFailed):
            pki.key("a", "x25519").agree(x25519.X25519PublicKey.from_public_bytes(octets))
