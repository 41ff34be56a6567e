"""Whose key made a signature."""

import pytest

from node.security.certificates import Certificate
from node.security.signed import is_signed_by, issuers_of, verified
from tests.seals import Authority, private_key

CA = Authority("KR root")


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384", "brainpool", "ed25519"])
def test_the_key_that_signed_is_told_from_every_other(kind):
    leaf = CA.issue("leaf", private_key(kind))
    assert is_signed_by(leaf, CA.certificate)
    assert not is_signed_by(leaf, Authority("KR root").certificate)
    assert not is_signed_by(leaf, leaf)


def test_an_issuer_has_the_name_and_the_key():
    leaf, namesake, stranger = CA.issue("leaf", private_key("p256")), Authority("KR root"), Authority("Other root")
    pool = [leaf, namesake.certificate, stranger.certificate, CA.certificate]
    assert list(issuers_of(leaf, pool)) == [CA.certificate]
    # What issued itself has no other above it.
    assert list(issuers_of(CA.certificate, pool)) == []


def test_an_algorithm_that_is_another_outside_is_no_signature():
    leaf = CA.issue("leaf", private_key("p256"))
    # The last ecdsa-with-SHA256 is the one outside of what is signed.
    at = leaf.der.rindex(bytes.fromhex("06082a8648ce3d040302"))
    sha384 = leaf.der[:at] + bytes.fromhex("06082a8648ce3d040303") + leaf.der[at + 10 :]
    assert not is_signed_by(Certificate(sha384), CA.certificate)


def test_a_signature_of_another_kind_of_key_is_none():
    assert not verified(private_key("p256").public_key(), b"x", b"y", None, None)
