"""How long a MessageId is remembered, so that the same message is known again: at least as long as the partner may resend it."""

import re
from datetime import timedelta
from typing import Final

from node.ebms.pmode import ReceptionAwareness
from node.msh.schedule import ScheduleError, schedule_of

#: Where the agreement says nothing: longer than any schedule and any resend by hand.
WINDOW: Final = timedelta(days=400)
#: Waits that are added up; of a schedule with more attempts and no horizon only so many count.
MANY: Final = 10_000
_SAID: Final = re.compile(r"\b(?:check)?window\s*=\s*(\d{1,6})\s*([smhd])(?![a-z])", re.IGNORECASE)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duplicate_window(awareness: ReceptionAwareness) -> timedelta:
    """`window=400d` of DetectDuplicates.Parameters, or `checkwindow=7D` as the standard's example has it.

    `maxsize` bounds nothing here: what lies within the window is remembered, however much it is. Raises ValueError for a window that cannot be read.
    """
    # spec: A 3.2, `name=value` separated by `,` or `;`
    text = awareness.detect_duplicates_parameters
    found = _SAID.search(text)
    if found:
        return timedelta(**{_UNITS[found[2].lower()]: int(found[1])})
    if text.strip():
        raise ValueError(f"{text!r} says no window, such as window=400d")
    return WINDOW


def retry_horizon(awareness: ReceptionAwareness) -> timedelta:
    """How long the partner may go on resending; nothing where its schedule cannot be read, which is told by who reads schedules."""
    try:
        schedule = schedule_of(awareness)
    except ScheduleError:
        return timedelta(0)
    if schedule.horizon is not None and schedule.retries != 0:
        return schedule.horizon
    counted = min(schedule.retries or 0, MANY)
    return sum((schedule.full_wait(n) for n in range(1, counted + 1)), timedelta(0))
