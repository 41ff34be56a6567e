"""How much a value of a parameter protects: the one notion of weaker, for presets, agreements and sheets."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from node.msh.schedule import ScheduleError, read_schedule
from node.security import algorithms as a

STRONGER: Final = "stronger"
WEAKER: Final = "weaker"
#: Neither: another party of the same strength, or nothing that protects.
OTHER: Final = "other"

#: Bits that an attacker has to work through, by algorithm; an algorithm of the same strength is neither weaker nor stronger.
_BITS: Final[Mapping[str, int]] = {
    a.SHA1: 80,
    **dict.fromkeys((a.SHA256, a.RSA_SHA256, a.ECDSA_SHA256, a.EDDSA_ED25519, a.MGF1_SHA256, a.HMAC_SHA256), 128),
    **dict.fromkeys((a.AES128_GCM, a.KW_AES128, a.HKDF, a.CONCAT_KDF), 128),
    **dict.fromkeys((a.SHA384, a.RSA_SHA384, a.ECDSA_SHA384, a.MGF1_SHA384, a.HMAC_SHA384, a.AES192_GCM, a.KW_AES192), 192),
    **dict.fromkeys((a.SHA512, a.RSA_SHA512, a.ECDSA_SHA512, a.MGF1_SHA512, a.HMAC_SHA512, a.AES256_GCM, a.KW_AES256), 256),
    a.MGF1_SHA1: 80,
    # The mask of this one is made with SHA-1, whatever its digest.
    a.RSA_OAEP_MGF1P: 80,
    **dict.fromkeys((a.RSA_OAEP, a.X25519, a.ECDH_ES), 128),
}
#: Below this an algorithm is a legacy.
_LEGACY: Final = 128


# What a partner signed may be anything: what cannot be read protects nothing, and no value is nothing that is said.


def _bits(value: Any) -> int:
    return _BITS.get(value, 0) if isinstance(value, str) else 0


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def _weakest(allowed: Any) -> int:
    """How strong the weakest further algorithm is; those that are no legacy count alike."""
    return min([_LEGACY, *map(_bits, allowed if isinstance(allowed, list | tuple) else [])])


def _tries(text: Any) -> bool:
    """Whether these retry parameters retry at all."""
    try:
        return not isinstance(text, str) or read_schedule(text).retries != 0
    except ScheduleError:
        return True


_X509: Final = "leg.security.x509."
_RECEIPT: Final = "leg.security.send_receipt."
_AWARE: Final = "leg.reception_awareness."

#: For each parameter that protects something: how much a value of it protects. More is stronger.
PROTECTS: Final[Mapping[str, Callable[[Any], float]]] = {
    _X509 + "sign": bool,
    _X509 + "signature.hash_function": _bits,
    _X509 + "signature.algorithm": _bits,
    _X509 + "encryption.encrypt": bool,
    _X509 + "encryption.algorithm": _bits,
    _X509 + "encryption.minimum_strength": _number,
    "leg.x.encryption.key_transport": _bits,
    "leg.x.encryption.digest": _bits,
    "leg.x.encryption.mgf": _bits,
    "leg.x.inbound.allowed_algorithms": _weakest,
    "leg.security.pmode_authorize": bool,
    _RECEIPT + "send": bool,
    _RECEIPT + "non_repudiation": bool,
    _AWARE + "enabled": bool,
    _AWARE + "retry": bool,
    _AWARE + "retry_parameters": _tries,
    _AWARE + "duplicate_detection": bool,
    "leg.security.username_token.digest": bool,
    "leg.protocol.security.protocol_version": _number,
}


def rating(key: str, before: Any, after: Any) -> str:
    """Whether the second value of a parameter protects more or less than the first."""
    protects = PROTECTS.get(key)
    if protects is None:
        return OTHER
    was, is_now = protects(before), protects(after)
    return WEAKER if is_now < was else STRONGER if is_now > was else OTHER
