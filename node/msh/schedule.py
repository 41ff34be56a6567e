"""How often and for how long a message is sent again: a value, read from the free text of ReceptionAwareness.Retry.Parameters (A 3.2)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

from node.ebms.pmode import ReceptionAwareness

#: Shorter than this no jittered wait becomes, so that a partner that resets is not called again in the same second.
LEAST: Final = timedelta(seconds=1)
#: The longest wait and the longest horizon that may be written.
MOST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Waits between attempts: `intervals` one after the other, the last again and again; else `base`, multiplied by `factor` each time up to `cap`."""

    #: Attempts after the first; None for as many as fit into the horizon.
    retries: int | None = None
    intervals: tuple[timedelta, ...] = ()
    base: timedelta = timedelta(seconds=10)
    factor: float = 2.0
    cap: timedelta = timedelta(hours=1)
    #: Full jitter: the wait is drawn evenly between nothing and its full length.
    jitter: bool = True
    #: Counted from the first attempt, without the time for which the partner's calendar is closed; None: the attempts alone decide.
    horizon: timedelta | None = timedelta(days=3)
    #: How long a receipt may take that comes by another way than the answer.
    receipt: timedelta = timedelta(minutes=10)
    #: How often the same octets are sent again when the partner says that they do not verify or decrypt: damage on the way looks the same.
    refused: int = 2

    def full_wait(self, attempts: int) -> timedelta:
        """The wait after the n-th attempt, before jitter."""
        n = max(attempts, 1)
        if self.intervals:
            return self.intervals[min(n, len(self.intervals)) - 1]
        wait = self.base
        # By steps, since a large power is no float any more.
        for _ in range(n - 1):
            if wait >= self.cap or self.factor == 1:
                break
            wait = min(self.cap, wait * self.factor)
        return min(wait, self.cap)

    def wait(self, attempts: int, chance: float) -> timedelta:
        """The wait after the n-th attempt; `chance` lies between 0 and 1."""
        full = self.full_wait(attempts)
        return max(min(LEAST, full), full * chance) if self.jitter else full

    def used_up(self, attempts: int) -> bool:
        """Whether no attempt is left."""
        return self.retries is not None and attempts > self.retries

    def text(self) -> str:
        """The schedule in words."""
        if self.retries == 0:
            return "one attempt, no retry"
        many = f"{self.retries} retries" if self.retries is not None else "retries"
        if self.intervals:
            waits = "after " + ", ".join(map(duration_text, self.intervals))
        elif self.factor == 1:
            waits = f"every {duration_text(self.base)}"
        else:
            waits = (
                f"after {duration_text(self.base)}, each wait {self.factor:g} times the last, at most {duration_text(self.cap)}"
            )
        jitter = ", full jitter" if self.jitter else ""
        horizon = f", for {duration_text(self.horizon)}" if self.horizon else ""
        return f"{many} {waits}{jitter}{horizon}"


ONCE: Final = Schedule(retries=0, horizon=None)


class ScheduleError(Exception):
    """The retry parameters say something that is no schedule; `remedy` says what can be written."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.remedy = remedy


# -- reading ---------------------------------------------------------------------------------------------------------

_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_DURATION: Final = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(ms|min|s|m|h|d)?")


def read_duration(text: str, bare: str | None = None) -> timedelta:
    """`30s`, `10m`, `2h`, `3d`, `500ms`; a bare number counts in the unit `bare`. Raises ScheduleError."""
    found = _DURATION.fullmatch(text.strip().lower())
    unit = (found.group(2) or bare) if found else None
    if not found or not unit:
        raise ScheduleError(f"{text!r} is no length of time", "write a number and one of ms, s, m, h, d, such as 30s or 3d")
    seconds = float(found.group(1)) * _UNITS[unit]
    if not 0 < seconds <= MOST.total_seconds():
        raise ScheduleError(f"{text!r} must be more than nothing and at most {MOST.days}d")
    return timedelta(seconds=seconds)


def duration_text(length: timedelta) -> str:
    """The length as `read_duration` reads it."""
    seconds = length.total_seconds()
    for unit in ("d", "h", "m", "s"):
        if seconds >= _UNITS[unit] and seconds % _UNITS[unit] == 0:
            return f"{round(seconds / _UNITS[unit])}{unit}"
    return f"{length / timedelta(milliseconds=1):.15g}ms"


def _milliseconds(text: str) -> timedelta:
    # spec: A 3.2, whose example counts in milliseconds
    return read_duration(text, "ms")


def _count(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text):
        raise ScheduleError(f"{text!r} is no number of retries", "write a whole number, such as 10")
    return int(text)


def _factor(text: str) -> float:
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text) or not 1 <= float(text) <= 100:
        raise ScheduleError(f"{text!r} is no factor", "write a number from 1 to 100, such as 2")
    return float(text)


def _jitter(text: str) -> bool:
    if text.lower() not in ("full", "none"):
        raise ScheduleError(f"{text!r} is no jitter", "write full or none")
    return text.lower() == "full"


def _intervals(text: str) -> tuple[timedelta, ...]:
    return tuple(read_duration(one) for one in text.split())


@dataclass(frozen=True, slots=True)
class _Name:
    field: str
    read: Callable[[str], Any]


_RETRIES, _BASE = _Name("retries", _count), _Name("base", _milliseconds)
_INTERVALS, _FACTOR = _Name("intervals", _intervals), _Name("factor", _factor)
_CAP, _HORIZON = _Name("cap", _milliseconds), _Name("horizon", read_duration)

#: Names as they are written, without case, `_` and `-`. The standard gives examples only; other products write the rest.
_NAMES: Final[Mapping[str, _Name]] = {
    "maxretries": _RETRIES,
    "retries": _RETRIES,
    "retrycount": _RETRIES,
    "period": _BASE,
    "interval": _BASE,
    "retryinterval": _BASE,
    "base": _BASE,
    "intervals": _INTERVALS,
    "waitintervals": _INTERVALS,
    "factor": _FACTOR,
    "multiplier": _FACTOR,
    "cap": _CAP,
    "maxinterval": _CAP,
    "jitter": _Name("jitter", _jitter),
    "horizon": _HORIZON,
    "expireafter": _HORIZON,
    "receipt": _Name("receipt", read_duration),
    "refused": _Name("refused", _count),
}
#: One name of each, for whoever asks what can be written; the table `[leg.x.retry]` of an agreement has these.
KNOWN: Final = ("max_retries", "period", "intervals", "factor", "cap", "jitter", "horizon", "receipt", "refused")


@lru_cache(maxsize=1024)
def schedule_of(awareness: ReceptionAwareness) -> Schedule:
    """The schedule that a P-Mode agrees on. Raises ScheduleError, which the loading of an agreement has already told."""
    if not (awareness.enabled and awareness.retry):
        return ONCE
    return read_schedule(awareness.retry_parameters)


def read_schedule(text: str) -> Schedule:
    """`name=value` separated by `;` or `,`; the default schedule where nothing is said. Raises ScheduleError."""
    said: dict[str, Any] = {}
    # spec: A 3.2
    for part in (one.strip() for one in re.split("[;,]", text)):
        if not part:
            continue
        name, equals, value = (one.strip() for one in part.partition("="))
        if not equals:
            raise ScheduleError(f"{part!r} is not name=value", f"known here: {', '.join(KNOWN)}")
        plain = re.sub("[_-]", "", name).lower()
        known = _NAMES.get(plain)
        if known is None:
            near = get_close_matches(plain, _NAMES, 1, 0.7)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ScheduleError(f"{name!r} is not known", f"{hint}known here: {', '.join(KNOWN)}")
        if known.field in said:
            raise ScheduleError(f"{name!r} says again what was said before", "leave one of them out")
        said[known.field] = known.read(value)
    return _made(said)


def _made(said: dict[str, Any]) -> Schedule:
    """What was said, and what follows from it."""
    if not said:
        return Schedule()
    if "intervals" in said:
        clash = {"base": "period", "factor": "factor", "cap": "cap"}
        other = next((name for field, name in clash.items() if field in said), None)
        if other:
            raise ScheduleError(f"'intervals' and {other!r} exclude each other", "leave one of them out")
        if not said["intervals"]:
            raise ScheduleError("'intervals' is empty", "write lengths of time separated by blanks, such as 10s 1m 1h")
        if "retries" not in said and "horizon" not in said:
            said["retries"] = len(said["intervals"])
    plain = ("base" in said or "intervals" in said) and "factor" not in said and "cap" not in said
    if plain:
        # `maxretries=3;period=120000` means every two minutes, and nothing else.
        said.setdefault("factor", 1.0)
        said.setdefault("jitter", False)
    if "retries" in said:
        said.setdefault("horizon", None)
    if "base" in said and "cap" not in said:
        said["cap"] = max(said["base"], Schedule().cap)
    schedule = Schedule(**said)
    if not schedule.intervals and schedule.cap < schedule.base:
        raise ScheduleError("'cap' is shorter than 'period'", "the cap is the longest wait")
    return schedule
