"""What the log was at one moment, in one signed line: its size, the root of its tree and the last value of its chain."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from node.evidence.entry import Clock, instant, read_clock, read_instant, written
from node.security import algorithms as a
from node.security.certificates import Certificate
from node.security.keys import SigningKey

#: Signed before the octets, so that a signature over anything else is none over a checkpoint.
MARK: Final = b"n2n-checkpoint/1\n"
#: A signed note is small; more is none.
MAX_OCTETS: Final = 1 << 12
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_LOG: Final = re.compile(r"[\x21-\x7e]{1,100}\Z")
_MEMBERS: Final = ("at", "chain", "clock", "log", "root", "size", "v")


class CheckpointRefused(ValueError):
    """The octets are no checkpoint, or nobody signed them so; the text says why."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The first `size` entries of a log."""

    #: Names the log for ever, also where its database is restored: the node's host and when the log was begun.
    log: str
    size: int
    root: bytes
    #: The chain value of the last entry.
    chain: bytes
    at: datetime
    clock: Clock | None = None

    def octets(self) -> bytes:
        """The canonical form."""
        return written(
            {
                "v": 1,
                "log": self.log,
                "size": self.size,
                "root": self.root.hex(),
                "chain": self.chain.hex(),
                "at": instant(self.at),
                "clock": self.clock and self.clock.as_json(),
            }
        )

    @property
    def signed(self) -> bytes:
        """What is signed."""
        return MARK + self.octets()


def read_checkpoint(octets: bytes) -> Checkpoint:
    """The checkpoint that these octets are. Raises CheckpointRefused."""
    if len(octets) > MAX_OCTETS:
        raise CheckpointRefused(f"{len(octets)} octets, at most {MAX_OCTETS}")
    try:
        value: Any = json.loads(octets.decode("utf-8"))
        if not isinstance(value, dict) or tuple(sorted(value)) != _MEMBERS or value["v"] != 1:
            raise CheckpointRefused("is not of version 1")
        if not (_LOG.match(value["log"]) and _DIGEST.match(value["root"]) and _DIGEST.match(value["chain"])):
            raise CheckpointRefused("names its log, its root or its chain in no form that is known")
        if isinstance(value["size"], bool) or not isinstance(value["size"], int) or value["size"] < 1:
            raise CheckpointRefused("is about no entries")
        clock = read_clock(value["clock"])
        found = Checkpoint(
            *(value["log"], value["size"], bytes.fromhex(value["root"]), bytes.fromhex(value["chain"])),
            *(read_instant(value["at"]), clock),
        )
        if found.octets() != octets:
            raise CheckpointRefused("is not in the canonical form")
    except CheckpointRefused:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CheckpointRefused(f"is no checkpoint: {error}") from error
    return found


def sign(checkpoint: Checkpoint, key: SigningKey) -> bytes:
    """The signature over its octets behind its mark. Raises KeyUseFailed, KeyUnavailable."""
    return sign_octets(checkpoint.signed, key)


def sign_octets(octets: bytes, key: SigningKey) -> bytes:
    """The signature in the form in which `openssl dgst` takes it: PKCS #1 v1.5, DER for ECDSA, the bare value for Ed25519. Raises KeyUseFailed, KeyUnavailable."""
    public = key.certificate.public_key
    value = key.sign(_algorithm(public), octets)
    if isinstance(public, ec.EllipticCurvePublicKey):
        half = len(value) // 2
        return encode_dss_signature(int.from_bytes(value[:half]), int.from_bytes(value[half:]))
    return value


def check_signature(checkpoint: Checkpoint, signature: bytes, certificate: Certificate) -> None:
    """Raises CheckpointRefused where the key of the certificate did not make it over these octets."""
    if not signs(certificate, signature, checkpoint.signed):
        raise CheckpointRefused("the signature does not fit: the checkpoint was changed, or another key signed it")


def signs(certificate: Certificate, signature: bytes, octets: bytes) -> bool:
    """Whether the key of a certificate made a signature over these octets. Raises CheckpointRefused for a key of a kind that signs none."""
    public = certificate.public_key
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, octets, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(signature, octets)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, octets, ec.ECDSA(_hash_of(public)))
        else:
            raise CheckpointRefused(f"the key of {certificate.subject} is of a kind that signs no checkpoint")
    except InvalidSignature:
        return False
    return True


def _algorithm(public: Any) -> str:
    if isinstance(public, rsa.RSAPublicKey):
        return a.RSA_SHA256
    if isinstance(public, ed25519.Ed25519PublicKey):
        return a.EDDSA_ED25519
    if isinstance(public, ec.EllipticCurvePublicKey):
        return {256: a.ECDSA_SHA256, 384: a.ECDSA_SHA384, 512: a.ECDSA_SHA512}[_hash_of(public).digest_size * 8]
    raise CheckpointRefused("a key of this kind signs no checkpoint")


def _hash_of(public: ec.EllipticCurvePublicKey) -> hashes.HashAlgorithm:
    """By the size of the curve, as signatures of messages do."""
    if public.curve.key_size <= 256:
        return hashes.SHA256()
    return hashes.SHA384() if public.curve.key_size <= 384 else hashes.SHA512()
