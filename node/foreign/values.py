"""When two values of one parameter mean the same, and when one is weaker than another."""

from collections.abc import Mapping
from typing import Any, Final

from node.agreements.retrying import TEXT
from node.foreign.waits import same_schedule
from node.msh.schedule import ScheduleError, read_duration

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
