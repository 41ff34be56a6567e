"""What is known of the clocks as JSON: for /status, for `n2n time`, and to be there again after a restart."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from node.timekeeping.apart import Apart, Kept, Told
from node.timekeeping.measurement import Asked, Measurement
from node.timekeeping.offset import Offset
from node.timekeeping.timekeeping import Held, Timekeeping

_VERSION: Final = 1
_MILLISECOND: Final = timedelta(milliseconds=1)


class RecordRefused(ValueError):
    """The document is none that this program wrote."""


def document_of(timekeeping: Timekeeping) -> dict[str, Any]:
    """Everything, with offsets in milliseconds."""
    since = timekeeping.trouble_since
    return {
        "v": _VERSION,
        "good": _held(timekeeping.good),
        "last": _held(timekeeping.last),
        "trouble_since": since.isoformat() if since else None,
        "partners": {
            partner: {by.value: {"latest": _apart(one.latest), "worst": _apart(one.worst)} for by, one in kept.items()}
            for partner, kept in timekeeping.partners.all().items()
        },
    }


def restore(document: Any, timekeeping: Timekeeping) -> None:
    """Put it back. Raises RecordRefused; then nothing has changed."""
    try:
        if document["v"] != _VERSION:
            raise RecordRefused(f"is of version {document['v']!r}")
        since = document["trouble_since"]
        good, last = _read_held(document["good"]), _read_held(document["last"])
        partners = {
            partner: {Told(by): Kept(_read_apart(one["latest"]), _read_apart(one["worst"])) for by, one in kept.items()}
            for partner, kept in document["partners"].items()
        }
        trouble_since = _instant(since) if since is not None else None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RecordRefused(f"is no record of clocks: {error}") from error
    timekeeping.put(good, last, trouble_since)
    timekeeping.partners.put(partners)


def _held(held: Held | None) -> dict[str, Any] | None:
    if held is None:
        return None
    one = held.measurement
    return {
        "at": one.at.isoformat(),
        "stood": held.stood,
        **_offset(one.offset),
        "source": one.source,
        "trouble": one.trouble,
        "asked": [
            {"name": each.name, **_offset(each.offset), "stratum": each.stratum, "agrees": each.agrees, "trouble": each.trouble}
            for each in one.asked
        ],
    }


def _offset(offset: Offset | None) -> dict[str, float | None]:
    return {"offset_ms": _ms(offset.offset) if offset else None, "within_ms": _ms(offset.within) if offset else None}


def _apart(one: Apart) -> dict[str, Any]:
    return {"least_ms": _ms(one.least), "most_ms": None if one.most is None else _ms(one.most), "at": one.at.isoformat()}


def _ms(length: timedelta) -> float:
    return round(length / _MILLISECOND, 3)


def _read_held(said: Any) -> Held | None:
    if said is None:
        return None
    asked = tuple(
        Asked(str(one["name"]), _read_offset(one), str(one["trouble"]), one["stratum"], bool(one["agrees"]))
        for one in said["asked"]
    )
    measurement = Measurement(_instant(said["at"]), asked, _read_offset(said), str(said["source"]), str(said["trouble"]))
    return Held(measurement, float(said["stood"]))


def _read_offset(said: Mapping[str, Any]) -> Offset | None:
    return None if said["offset_ms"] is None else Offset(said["offset_ms"] * _MILLISECOND, said["within_ms"] * _MILLISECOND)


def _read_apart(said: Mapping[str, Any]) -> Apart:
    most = said["most_ms"]
    return Apart(said["least_ms"] * _MILLISECOND, None if most is None else most * _MILLISECOND, _instant(said["at"]))


def _instant(said: str) -> datetime:
    found = datetime.fromisoformat(said)
    if found.tzinfo is None:
        raise ValueError(f"{said!r} names no zone")
    return found
