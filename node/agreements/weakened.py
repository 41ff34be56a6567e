"""What makes an agreement weaker than its preset, and the reasons that somebody gave for it: `[[weakened]] parameter, reason`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from node.agreements.origins import Origin
from node.agreements.parameters import PARAMETERS
from node.agreements.resolve import Resolved
from node.configuration import Problems, Table, nearest
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


def _bits(value: Any) -> int:
    return _BITS.get(value, 0)


def _weakest(allowed: Sequence[str]) -> int:
    """How strong the weakest further algorithm is; those that are no legacy count alike."""
    return min([_LEGACY, *map(_bits, allowed)])


def _tries(text: str) -> bool:
    """Whether these retry parameters retry at all."""
    try:
        return read_schedule(text).retries != 0
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
    _X509 + "encryption.minimum_strength": int,
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
    "leg.protocol.security.protocol_version": float,
}


def rating(key: str, before: Any, after: Any) -> str:
    """Whether the second value of a parameter protects more or less than the first."""
    protects = PROTECTS.get(key)
    if protects is None:
        return OTHER
    was, is_now = protects(before), protects(after)
    return WEAKER if is_now < was else STRONGER if is_now > was else OTHER


@dataclass(frozen=True, slots=True)
class Weakened:
    """One parameter that protects less than what it is based on, and why that is so."""

    key: str
    before: Any
    after: Any
    reason: str
    #: Where the weaker value was written.
    origin: Origin

    @property
    def standard(self) -> str:
        """The standard's name of the parameter."""
        return PARAMETERS[self.key].standard


def still_weakened(found: Iterable[Weakened], resolved: Resolved) -> Iterator[Weakened]:
    """Those that nobody set right further up, as they are now."""
    for one in found:
        if rating(one.key, one.before, resolved[one.key]) == WEAKER:
            yield replace(one, after=resolved[one.key], origin=resolved.origins[one.key])


def weaker(base: Resolved, layer: Mapping[str, Any]) -> Iterator[str]:
    """The keys of a layer that protect less than its base."""
    return (key for key in layer if key in PROTECTS and rating(key, base[key], layer[key]) == WEAKER)


def read_weakened(top: Table, said: str, base: Resolved, over: Resolved, layer: Mapping[str, Any]) -> tuple[Weakened, ...]:
    """`[[weakened]]` of a file whose parameters are `layer`; `said` is what it is based on.

    A weaker value without a reason is a problem, and so is a reason for what is not weaker.
    """
    reasons: dict[str, str] = {}
    found = set(weaker(base, layer))
    for table in top.tables("weakened"):
        key, reason = table.text("parameter", required=True), table.text("reason", required=True)
        table.finish()
        if key and key not in found:
            _not_weaker(table, key, said, base, layer)
        elif key in reasons:
            table.problem("parameter", f"{key} has its reason already", "leave one of them out")
        if not reason.strip():
            # What is missing is told already; without it there is no reason.
            continue
        reasons[key] = reason
    for key in sorted(found - reasons.keys(), key=list(PARAMETERS).index):
        _no_reason(top.file, key, said, base, layer, top.problems)
    return tuple(
        Weakened(key, base[key], layer[key], reasons[key], over.origins[key])
        for key in PARAMETERS
        if key in found and key in reasons
    )


def _not_weaker(table: Table, key: str, said: str, base: Resolved, layer: Mapping[str, Any]) -> None:
    if key not in PARAMETERS:
        table.problem("parameter", f"{key!r} is no parameter", nearest(key, PROTECTS))
        return
    value = layer.get(key, base[key])
    table.problem("parameter", f"{key} is not weakened: {said} has {shown(base[key])}, here it is {shown(value)}", "leave it out")


def _no_reason(file: str, key: str, said: str, base: Resolved, layer: Mapping[str, Any], problems: Problems) -> None:
    name = PARAMETERS[key].standard
    what = f"{name} is weaker than {said}: {shown(base[key])} there, {shown(layer[key])} here, and no reason is given"
    remedy = f'leave it out, or add [[weakened]] with parameter = "{key}" and reason = "..."'
    problems.add(file, key, what, remedy)


def shown(value: Any) -> str:
    """A value as TOML would show it, in short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "none"
    return "none" if value is None else str(value) or "none"
