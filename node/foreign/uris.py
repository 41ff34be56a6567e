"""Short names that other products use for what the standards name by URIs."""

from collections.abc import Mapping
from typing import Final

from node.security import algorithms as a

#: phase4's ids.
PHASE4_SIGNATURES: Final[Mapping[str, str]] = {
    "rsa-sha-256": a.RSA_SHA256,
    "rsa-sha-384": a.RSA_SHA384,
    "rsa-sha-512": a.RSA_SHA512,
    "ecdsa-sha-256": a.ECDSA_SHA256,
    "ecdsa-sha-384": a.ECDSA_SHA384,
    "ecdsa-sha-512": a.ECDSA_SHA512,
    "eddsa-ed25519": a.EDDSA_ED25519,
}
PHASE4_DIGESTS: Final[Mapping[str, str]] = {"sha-256": a.SHA256, "sha-384": a.SHA384, "sha-512": a.SHA512}
PHASE4_CIPHERS: Final[Mapping[str, str]] = {"aes128-gcm": a.AES128_GCM, "aes192-gcm": a.AES192_GCM, "aes256-gcm": a.AES256_GCM}
PHASE4_BINDINGS: Final = {
    "push": "push",
    "pull": "pull",
    "sync": "sync",
    "pushpush": "pushAndPush",
    "pushpull": "pushAndPull",
    "pullpush": "pullAndPush",
}

#: Holodeck's words for how a key is named.
HOLODECK_KEYS: Final = {"BSTReference": "bst", "IssuerSerial": "issuer-serial", "KeyIdentifier": "ski"}


def back(table: Mapping[str, str], value: str) -> str | None:
    """The short name of a value, or None."""
    return next((short for short, meant in table.items() if meant == value), None)
