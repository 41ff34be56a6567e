"""What wsse:Security says, as values: shape and caps are checked, nothing is verified and nothing is trusted yet."""

from dataclasses import dataclass, field

from node.security.claimed_encryption import (
    AgreementClaim,
    ConcatClaim,
    EncryptedDataClaim,
    EncryptedKeyClaim,
    HkdfClaim,
    OriginatorKey,
)

__all__ = [
    "AgreementClaim",
    "Claim",
    "ConcatClaim",
    "EncryptedDataClaim",
    "EncryptedKeyClaim",
    "HkdfClaim",
    "OriginatorKey",
]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a message says of its own protection.

    `messaging` and `body` are canonical octets under the transforms of the very reference that names them: what `verify_signature` hashes
    and what `read_messaging` reads.
    """

    messaging: bytes = field(repr=False)
    body: bytes = field(repr=False)
    body_is_empty: bool
    encrypted_keys: tuple[EncryptedKeyClaim, ...] = ()
    encrypted_data: tuple[EncryptedDataClaim, ...] = ()
