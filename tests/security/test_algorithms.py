"""Signature values and digests, against wycheproof and against themselves."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from node.security.algorithms import (
    CURVE_URIS,
    CURVES,
    DIGESTS,
    ECDSA_SHA256,
    ECDSA_SHA384,
    ECDSA_SHA512,
    EDDSA_ED25519,
    RSA_SHA256,
    RSA_SHA384,
    RSA_SHA512,
    SHA1,
    SHA256,
    SIGNATURES,
    digest,
    weakness,
)

_METHODS = {
    ("RsassaPkcs1Verify", "SHA-256"): RSA_SHA256,
    ("RsassaPkcs1Verify", "SHA-384"): RSA_SHA384,
    ("RsassaPkcs1Verify", "SHA-512"): RSA_SHA512,
    ("EcdsaP1363Verify", "SHA-256"): ECDSA_SHA256,
    ("EcdsaP1363Verify", "SHA-384"): ECDSA_SHA384,
    ("EcdsaP1363Verify", "SHA-512"): ECDSA_SHA512,
    ("EddsaVerify", None): EDDSA_ED25519,
}


@pytest.mark.parametrize(
    "name",
    [
        "rsa_signature_2048_sha256",
        "rsa_signature_3072_sha256",
        "rsa_signature_4096_sha512",
        "ecdsa_secp256r1_sha256_p1363",
        "ecdsa_secp256r1_sha512_p1363",
        "ecdsa_secp384r1_sha384_p1363",
        "ecdsa_brainpoolP256r1_sha256_p1363",
        "ed25519",
    ],
)
def test_wycheproof_agrees_with_every_verdict(shared: Path, name: str) -> None:
    groups = json.loads((shared / "vectors" / "wycheproof" / f"{name}_test.json").read_text())["testGroups"]
    disagreements, seen = [], 0
    for group in groups:
        method = SIGNATURES[_METHODS[group["type"], group.get("sha")]]
        public_key = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        for case in group["tests"]:
            try:
                method.verify(public_key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
                found = "valid"
            except InvalidSignature:
                found = "invalid"
            seen += 1
            # A key with exponent 3 is too weak for us, whatever was made with it.
            if found == "invalid" and weakness(public_key):
                continue
            # "acceptable": RSA with an odd encoding of the parameters, which a strict verifier may refuse.
            if case["result"] not in (found, "acceptable"):
                disagreements.append((case["tcId"], case["comment"], case["result"], found))
    assert disagreements == []
    assert seen > 100


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        (RSA_SHA256, "rsa2048"),
        (RSA_SHA384, "rsa2048"),
        (RSA_SHA512, "rsa3072"),
        (ECDSA_SHA256, "p256"),
        (ECDSA_SHA256, "brainpool"),
        (ECDSA_SHA384, "p384"),
        (ECDSA_SHA512, "p384"),
        (EDDSA_ED25519, "ed25519"),
    ],
)
def test_a_value_is_accepted_for_its_octets_and_key_alone(pki: Any, method: str, kind: str) -> None:
    key, other = pki.key("a", kind), pki.key("b", kind)
    value = key.sign(method, b"octets")
    SIGNATURES[method].verify(key.certificate.public_key, value, b"octets")
    for public_key, wrong, octets in [
        (key.certificate.public_key, value, b"Octets"),
        (key.certificate.public_key, bytes([value[0] ^ 1]) + value[1:], b"octets"),
        (key.certificate.public_key, value + b"\x00", b"octets"),
        (key.certificate.public_key, value[:-1], b"octets"),
        (key.certificate.public_key, b"", b"octets"),
        (other.certificate.public_key, value, b"octets"),
        (pki.key("a", "x25519").certificate.public_key, value, b"octets"),
    ]:
        with pytest.raises(InvalidSignature):
            SIGNATURES[method].verify(public_key, wrong, octets)


@pytest.mark.parametrize(("kind", "octets"), [("p256", 64), ("p384", 96), ("brainpool", 64)])
def test_an_ecdsa_value_is_r_and_s_at_full_length(pki: Any, kind: str, octets: int) -> None:
    # A leading zero octet comes once in 128 values.
    assert {len(pki.key("a", kind).sign(ECDSA_SHA256, bytes([n]))) for n in range(50)} == {octets}


def test_an_ecdsa_value_without_its_leading_zero_is_another_spelling_and_refused(pki: Any) -> None:
    key, method = pki.key("a", "p256"), SIGNATURES[ECDSA_SHA256]
    values = (key.sign(ECDSA_SHA256, b"octets") for _ in range(20_000))
    value = next(one for one in values if one[32] == 0)
    method.verify(key.certificate.public_key, value, b"octets")
    with pytest.raises(InvalidSignature):
        method.verify(key.certificate.public_key, value[:32] + value[33:], b"octets")


@pytest.mark.parametrize("method", SIGNATURES)
def test_signing_with_a_key_of_another_kind_is_a_type_error(pki: Any, method: str) -> None:
    with pytest.raises(TypeError):
        SIGNATURES[method].sign(pki.key("a", "x25519").private_key, b"")


@pytest.mark.parametrize(
    ("make", "weak"),
    [
        (lambda: rsa.generate_private_key(65537, 2048), False),
        (lambda: rsa.generate_private_key(65537, 1024), True),
        (lambda: rsa.generate_private_key(3, 2048), True),
        (lambda: ec.generate_private_key(ec.SECP192R1()), True),
        (lambda: ec.generate_private_key(ec.SECP256K1()), True),
        (lambda: ec.generate_private_key(ec.BrainpoolP512R1()), False),
        (lambda: dsa.generate_private_key(2048), True),
        (ed448.Ed448PrivateKey.generate, True),
    ],
)
def test_a_weak_key_is_named_as_such(make: Any, weak: bool) -> None:
    public_key = make().public_key()
    assert (weakness(public_key) is not None) is weak
    for method in SIGNATURES.values():
        with pytest.raises(InvalidSignature):
            method.verify(public_key, b"\x00" * 256, b"")


def test_sha1_digests_no_reference() -> None:
    assert SHA1 not in DIGESTS
    with pytest.raises(KeyError):
        digest(SHA1, b"")
    assert digest(SHA256, b"x") == hashlib.sha256(b"x").digest()


def test_each_curve_has_one_uri_and_an_order_as_long_as_its_field() -> None:
    assert {uri: CURVE_URIS[curve.name] for uri, curve in CURVES.items()} == {uri: uri for uri in CURVES}
    assert all((curve.group_order.bit_length() + 7) // 8 == (curve.key_size + 7) // 8 for curve in CURVES.values())
