"""OAEP decoding against cryptography's own encoding."""

import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from node.security.oaep import decode

DIGESTS = [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def encoded(private, message, digest, mgf) -> bytes:
    """The block that was encrypted: the bare operation, by the numbers of the key."""
    wrapped = private.public_key().encrypt(message, padding.OAEP(padding.MGF1(mgf), digest, None))
    numbers = private.private_numbers()
    return pow(int.from_bytes(wrapped, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")


def attempt(block: bytes, digest: hashes.HashAlgorithm) -> bytes | None:
    try:
        return decode(block, digest, digest)
    except ValueError:
        return None


@pytest.mark.parametrize("digest", DIGESTS, ids=lambda one: one.name)
@pytest.mark.parametrize("mgf", DIGESTS, ids=lambda one: one.name)
def test_what_was_encoded_is_decoded(private, digest, mgf):
    for size in (0, 1, 32, 256 - 2 * digest.digest_size - 2):
        message = os.urandom(size)
        assert decode(encoded(private, message, digest, mgf), digest, mgf) == message


def test_a_block_that_was_changed_anywhere_is_refused(private):
    digest, message = hashes.SHA256(), b"k" * 32
    block = encoded(private, message, digest, digest)
    for at in range(len(block)):
        changed = block[:at] + bytes([block[at] ^ 1]) + block[at + 1 :]
        # The last octets are the message itself, which no digest of this block guards.
        assert attempt(changed, digest) != message
    with pytest.raises(ValueError, match="OAEP decoding failed"):
        decode(b"\x01" + block[1:], digest, digest)
    for short in (b"", block[:65]):
        with pytest.raises(ValueError, match="OAEP decoding failed"):
            decode(short, digest, digest)


def test_another_label_is_refused(private):
    digest = hashes.SHA256()
    wrapped = private.public_key().encrypt(b"k", padding.OAEP(padding.MGF1(digest), digest, b"label"))
    numbers = private.private_numbers()
    block = pow(int.from_bytes(wrapped, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")
    with pytest.raises(ValueError, match="OAEP decoding failed"):
        decode(block, digest, digest)
