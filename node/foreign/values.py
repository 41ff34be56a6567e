"""When two values of one parameter mean the same, and when one is weaker than another."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from node.agreements.retrying import TEXT
from node.foreign.waits import same_schedule
from node.msh.schedule import ScheduleError, read_duration
from node.security import algorithms as a

_DURATIONS: Final = ("leg.x.pull.interval", "leg.x.sync.wait")
_REPLY: Final = "leg.security.send_receipt.reply_pattern"


def same(key: str, ours: Any, theirs: Any) -> bool:
    """Whether two values of a parameter mean the same."""
    if ours == theirs:
        return True
    if key == TEXT:
        return same_schedule(str(ours), str(theirs))
    if key == _REPLY:
        return str(ours).lower() == str(theirs).lower()
    if key in _DURATIONS:
        return _seconds(ours) == _seconds(theirs)
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return sorted(map(rule, ours)) == sorted(map(rule, theirs))
    return False


def rule(value: Any) -> str:
    """A rule of a list as one text, whatever of it is left out; a bare name is required."""
    if isinstance(value, str):
        value = {"name": value, "required": True}
    if not isinstance(value, Mapping):
        return repr(value)
    said = {k: v for k, v in value.items() if v not in (None, "", False) and (k, v) != ("datatype", "string")}
    return repr(sorted(said.items()))


def _seconds(text: Any) -> float | None:
    try:
        return read_duration(str(text)).total_seconds()
    except ScheduleError:
        return None


# -- weaker ----------------------------------------------------------------------------------------------------------


def _rank(*weakest_first: str) -> Callable[[Any], int]:
    places = {value: i for i, value in enumerate(weakest_first)}
    return lambda value: places.get(value, -1)


def _hash_bits(uri: Any) -> int:
    """The bits of the hash in an algorithm's URI; Ed25519 hashes with 512, and is not weaker than anything here."""
    word = str(uri).rpartition("#")[2].lower()
    return next((bits for bits in (512, 384, 256) if str(bits) in word), 512 if "ed25519" in word else 1)


#: How strong a value is: less is weaker. Parameters that are not here make nothing weaker.
_STRENGTH: Final[Mapping[str, Callable[[Any], Any]]] = {
    "leg.security.x509.sign": bool,
    "leg.security.x509.encryption.encrypt": bool,
    "leg.security.send_receipt.send": bool,
    "leg.security.send_receipt.non_repudiation": bool,
    "leg.reception_awareness.enabled": bool,
    "leg.reception_awareness.retry": bool,
    "leg.reception_awareness.duplicate_detection": bool,
    "leg.security.pmode_authorize": bool,
    "leg.error_handling.report.delivery_failures_notify_producer": bool,
    "leg.error_handling.report.missing_receipt_notify_producer": bool,
    "leg.error_handling.report.process_error_notify_producer": bool,
    "leg.security.x509.signature.hash_function": _hash_bits,
    "leg.security.x509.signature.algorithm": _hash_bits,
    "leg.security.x509.encryption.algorithm": _rank(a.AES128_GCM, a.AES192_GCM, a.AES256_GCM),
    "leg.security.x509.encryption.minimum_strength": int,
    "leg.security.wss_version": _rank("1.0", "1.1", "1.1.1"),
    "leg.security.username_token.digest": bool,
    "leg.x.encryption.key_transport": _rank(a.RSA_OAEP_MGF1P, a.RSA_OAEP),
    "leg.x.encryption.digest": _rank(a.SHA1, a.SHA256, a.SHA384, a.SHA512),
    "leg.x.encryption.mgf": _rank(a.MGF1_SHA1, a.MGF1_SHA256, a.MGF1_SHA384, a.MGF1_SHA512),
}


def weakens(key: str, preset: Any, value: Any) -> bool:
    """Whether a value protects less than the preset's."""
    strength = _STRENGTH.get(key)
    if strength is None or value == preset:
        return False
    if key == "leg.x.encryption.key_transport" and value not in (a.RSA_OAEP, a.RSA_OAEP_MGF1P):
        return False
    return bool(strength(value) < strength(preset))
