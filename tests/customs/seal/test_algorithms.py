"""What a seal may use."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from node.customs.seal.algorithms import METHODS, RSA_PSS_SHA256, key_problem, method_for
from node.security.algorithms import ECDSA_SHA512, SIGNATURES
from tests.seals import private_key


def test_keys_that_are_too_weak_or_of_another_kind_are_told():
    weak = rsa.generate_private_key(65537, 1024)
    assert "1024" in key_problem(weak.public_key())
    assert [bool(key_problem(private_key(kind).public_key())) for kind in ("rsa", "p256", "p384", "p521", "brainpool", "ed25519")] == [
        False, False, False, False, True, True,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="neither"):
        method_for(private_key("ed25519").public_key())


def test_pss_is_verified_and_is_not_pkcs1():
    key = private_key("rsa")
    good = key.sign(b"x", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    method = METHODS[RSA_PSS_SHA256]
    method.verify(key.public_key(), good, b"x")
    for public, value, octets in (
        (key.public_key(), good, b"y"),
        (key.public_key(), key.sign(b"x", padding.PKCS1v15(), hashes.SHA256()), b"x"),
        (private_key("p256").public_key(), good, b"x"),
    ):
        with pytest.raises(InvalidSignature):
            method.verify(public, value, octets)


def test_nothing_with_sha1_or_a_shared_secret_is_there():
    assert not [one for one in METHODS if one.endswith("sha1") or "hmac" in one]


def test_an_ecdsa_value_may_lack_zeros_in_front():
    key, method = private_key("p521"), METHODS[ECDSA_SHA512]
    value = b"\1"
    while value[0] or value[66]:
        value = SIGNATURES[ECDSA_SHA512].sign(key, b"x")
    short = value[1:66] + value[67:]
    for one in (value, short):
        method.verify(key.public_key(), one, b"x")
    for wrong in (value[1:], b"", b"\0" + short + b"\0", b"\0" * 2 + value, value[:-2], short[:65] + b"\0" + short[65:] + b"\1"):
        with pytest.raises(InvalidSignature):
            method.verify(key.public_key(), wrong, b"x")
