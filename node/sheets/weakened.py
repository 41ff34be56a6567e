"""Where an agreement protects less than its profile prescribes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_X509: Final = "leg.security.x509."
_RECEIPT: Final = "leg.security.send_receipt."
_AWARE: Final = "leg.reception_awareness."


@dataclass(frozen=True, slots=True)
class Weakness:
    """One parameter that is weaker than the profile has it."""

    parameter: str
    profile: Any
    agreed: Any


def _off(profile: Any, agreed: Any) -> bool:
    return bool(profile) and not agreed


def _less(profile: Any, agreed: Any) -> bool:
    return isinstance(profile, int) and (not isinstance(agreed, int) or agreed < profile)


def _differs(profile: Any, agreed: Any) -> bool:
    return bool(profile != agreed)


def _more(profile: Any, agreed: Any) -> bool:
    return bool(set(agreed or ()) - set(profile or ()))


#: When a value is weaker than the profile's. Another algorithm than the profile's is shown too: nobody here can say that it is as strong.
_WEAKER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    f"{_X509}sign": _off,
    f"{_X509}encryption.encrypt": _off,
    f"{_X509}encryption.minimum_strength": _less,
    f"{_X509}signature.algorithm": _differs,
    f"{_X509}signature.hash_function": _differs,
    f"{_X509}encryption.algorithm": _differs,
    "leg.x.encryption.key_transport": _differs,
    "leg.x.encryption.digest": _differs,
    "leg.x.encryption.mgf": _differs,
    "leg.x.inbound.allowed_algorithms": _more,
    f"{_RECEIPT}send": _off,
    f"{_RECEIPT}non_repudiation": _off,
    f"{_AWARE}enabled": _off,
    f"{_AWARE}retry": _off,
    f"{_AWARE}duplicate_detection": _off,
    "leg.security.pmode_authorize": _off,
}


def weaknesses(profile: Mapping[str, Any], agreed: Mapping[str, Any]) -> list[Weakness]:
    """Each parameter that the profile sets and the agreement weakens, in the order of the table."""
    return [
        Weakness(name, profile.get(name), agreed.get(name))
        for name, weaker in _WEAKER.items()
        if (name in profile or name == "leg.x.inbound.allowed_algorithms") and weaker(profile.get(name), agreed.get(name))
    ]
