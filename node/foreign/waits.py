"""Retry schedules between our text and the few numbers that other products have for them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from node.msh.schedule import Schedule, duration_text, read_schedule

_MOST_RETRIES: Final = 1000


@dataclass(frozen=True, slots=True)
class Steady:
    """So many retries, one interval after another."""

    retries: int
    interval: timedelta


def steady(text: str) -> Steady:
    """The nearest schedule of equal waits; for one without a number of retries, as many as its longest waits fit into its horizon."""
    schedule = read_schedule(text)
    if schedule.intervals:
        interval = sum(schedule.intervals, timedelta(0)) / len(schedule.intervals)
    else:
        interval = schedule.base if schedule.factor == 1 else schedule.cap
    retries = schedule.retries
    if retries is None:
        retries = int((schedule.horizon or timedelta(days=3)) / interval)
    return Steady(min(retries, _MOST_RETRIES), interval)


def steady_text(retries: int, interval: timedelta) -> str:
    """The text of Retry.Parameters for equal waits."""
    return f"maxretries={retries}; period={duration_text(interval)}"


def same_schedule(ours: str, theirs: str) -> bool:
    """Whether two texts mean the same waits; a text that is no schedule equals itself only."""
    if ours == theirs:
        return True
    try:
        return _meaning(read_schedule(ours)) == _meaning(read_schedule(theirs))
    except Exception:  # noqa: BLE001 - whatever a foreign text is, it is not the same
        return False


def _meaning(schedule: Schedule) -> tuple[object, ...]:
    if schedule.intervals:
        return (schedule.retries, schedule.intervals, schedule.jitter, schedule.horizon, schedule.receipt, schedule.refused)
    grows = schedule.factor != 1
    waits = (schedule.base, schedule.factor, schedule.cap if grows else None)
    return (schedule.retries, waits, schedule.jitter, schedule.horizon, schedule.receipt, schedule.refused)
