"""RSAES-OAEP decoding (RFC 8017 7.1.2) for keys whose holder does the bare RSA operation only, such as tokens that know OAEP with SHA-1 alone."""

import hashlib
import hmac

from cryptography.hazmat.primitives.hashes import HashAlgorithm


def decode(encoded: bytes, digest: HashAlgorithm, mgf: HashAlgorithm) -> bytes:
    """The message in an encoded block as long as the modulus, without a label.

    Every fault is one and the same ValueError, raised after the whole block was looked at: which of the checks failed must not show (Manger).
    """
    size = digest.digest_size
    if len(encoded) < 2 * size + 2:
        raise ValueError("OAEP decoding failed")
    masked_seed, masked_block = encoded[1 : 1 + size], encoded[1 + size :]
    seed = _xor(masked_seed, mask(masked_block, size, mgf))
    block = _xor(masked_block, mask(seed, len(masked_block), mgf))
    good = int(encoded[0] == 0) & int(hmac.compare_digest(block[:size], hashlib.new(_name(digest), b"").digest()))
    start, looking, faults = 0, 1, 0
    for at, octet in enumerate(block[size:], size):
        is_one, is_zero = int(octet == 1), int(octet == 0)
        start |= (at + 1) * (looking & is_one)
        faults |= looking & (1 - is_one) & (1 - is_zero)
        looking &= 1 - is_one
    if not good & (1 - looking) & (1 - faults):
        raise ValueError("OAEP decoding failed")
    return block[start:]


def mask(seed: bytes, length: int, digest: HashAlgorithm) -> bytes:
    """MGF1 (RFC 8017 B.2.1)."""
    pieces = (
        hashlib.new(_name(digest), seed + count.to_bytes(4, "big")).digest() for count in range(-(-length // digest.digest_size))
    )
    return b"".join(pieces)[:length]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _name(digest: HashAlgorithm) -> str:
    return digest.name
