"""The crypto floor: the primitives that one exchange cannot do without, and nothing else.

One exchange signs the message and the receipt, verifies both, wraps and unwraps one content key, and for the payload compresses, digests, encrypts,
decrypts, digests again and inflates.
"""

import hashlib
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
#: Octets of a canonical SignedInfo, of eb:Messaging and of a receipt's header: what is hashed besides the payload.
_SIGNED_INFO, _MESSAGING, _RECEIPT = b"s" * 1400, b"m" * 2600, b"r" * 2400


@dataclass(frozen=True)
class Floor:
    """One suite's floor: `run(payload)` does the work of one exchange, compression by zlib at level 6."""

    name: str
    run: Callable[[bytes], None]


def rsa_floor(bits: int) -> Floor:
    """RSA-SHA256 signatures and RSA-OAEP (SHA-256, MGF1-SHA-256) with one key size for both parties."""
    signing, receiving = (rsa.generate_private_key(65537, bits) for _ in range(2))
    signing_public, receiving_public = signing.public_key(), receiving.public_key()

    def run(payload: bytes) -> None:
        key = os.urandom(16)
        signature = signing.sign(_SIGNED_INFO, padding.PKCS1v15(), hashes.SHA256())
        wrapped = receiving_public.encrypt(key, _OAEP)
        wire = outbound_payload(payload, key)
        signing_public.verify(signature, _SIGNED_INFO, padding.PKCS1v15(), hashes.SHA256())
        inbound_payload(wire, receiving.decrypt(wrapped, _OAEP))
        receipt = receiving.sign(_SIGNED_INFO, padding.PKCS1v15(), hashes.SHA256())
        digest_headers()
        receiving_public.verify(receipt, _SIGNED_INFO, padding.PKCS1v15(), hashes.SHA256())

    return Floor(f"RSA-{bits}", run)


def eddsa_floor() -> Floor:
    """Ed25519 signatures; X25519, HKDF and AES key wrap for the content key."""
    sender, receiver = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
    static = x25519.X25519PrivateKey.generate()
    static_public = static.public_key()

    def run(payload: bytes) -> None:
        key, salt = os.urandom(16), os.urandom(32)
        ephemeral = x25519.X25519PrivateKey.generate()
        point = ephemeral.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        wrapped = aes_key_wrap(derive(ephemeral.exchange(static_public), salt), key)
        signature = sender.sign(_SIGNED_INFO)
        wire = outbound_payload(payload, key)
        sender.public_key().verify(signature, _SIGNED_INFO)
        shared = static.exchange(x25519.X25519PublicKey.from_public_bytes(point))
        inbound_payload(wire, aes_key_unwrap(derive(shared, salt), wrapped))
        receipt = receiver.sign(_SIGNED_INFO)
        digest_headers()
        receiver.public_key().verify(receipt, _SIGNED_INFO)

    return Floor("Ed25519/X25519", run)


def derive(shared: bytes, salt: bytes) -> bytes:
    """HKDF-SHA-256 to a 16-octet key-encryption key."""
    return HKDF(hashes.SHA256(), 16, salt, b"").derive(shared)


def outbound_payload(payload: bytes, key: bytes) -> bytes:
    """Compress (zlib 6), digest and encrypt one payload."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, 31)
    packed = deflater.compress(payload) + deflater.flush()
    hashlib.sha256(packed).digest()
    hashlib.sha256(_MESSAGING).digest()
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, packed, None)


def inbound_payload(wire: bytes, key: bytes) -> None:
    """Decrypt, digest and inflate one payload."""
    packed = AESGCM(key).decrypt(wire[:12], wire[12:], None)
    hashlib.sha256(packed).digest()
    hashlib.sha256(_MESSAGING).digest()
    zlib.decompress(packed, 31)


def digest_headers() -> None:
    """The receipt's header is digested by its signer and by its reader."""
    hashlib.sha256(_RECEIPT).digest()
    hashlib.sha256(_RECEIPT).digest()
