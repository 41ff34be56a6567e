"""Tells of what ends soon, before a partner's refusal does: certificates, revocation lists, versions of agreements, and what waits for an answer."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from node.keyring.forecast import Ending
from node.msh.ports import Clock

#: From then on each day; before only when an alarm is reached.
DAILY: Final = timedelta(days=30)
_DAY: Final = timedelta(days=1)

log = logging.getLogger("node.expiring")


class Expiring:
    """Looks through everything that ends again and again; each alarm is told once, and in the last month each day."""

    def __init__(
        self, endings: Callable[[], Sequence[Ending]], clock: Clock, more: Callable[[], Sequence[Ending]] = tuple
    ) -> None:
        """`endings` is what lies in memory; `more` reads the store too, and is looked through by the sweep alone."""
        self._endings, self._clock, self._more = endings, clock, more
        #: What was told last of each, and when.
        self._told: dict[tuple[str, datetime], tuple[int, datetime]] = {}

    def sweep(self) -> int:
        """Log what has reached an alarm since the last look, and each day what ends within a month; how many were told. Raises StorageUnavailable."""
        now, found = self._clock.now(), 0
        # A store that cannot be read keeps nobody from telling of certificates.
        for one in (one for source in (self._endings, self._more) for one in source()):
            alarm = one.alarm(now)
            if alarm is not None and self._is_news(one, alarm, now):
                tell(one, alarm, now)
                found += 1
        return found

    def _is_news(self, ending: Ending, alarm: int, now: datetime) -> bool:
        key = ending.key, ending.end
        before = self._told.get(key)
        daily = ending.end - now <= DAILY and not ending.calm
        again = before is None or alarm < before[0] or (daily and not timedelta() <= now - before[1] < _DAY)
        if again:
            self._told[key] = alarm, now
        return again

    def document(self) -> list[dict[str, Any]]:
        """What is to be renewed, as /status shows it."""
        now = self._clock.now()
        told = [(one, one.alarm(now)) for one in self._endings()]
        return [
            {"place": one.place, "subject": one.subject, "end": one.end.isoformat(), "days": one.days(now), "alarm": alarm}
            for one, alarm in told
            if alarm is not None
        ]


def tell(ending: Ending, alarm: int, now: datetime) -> None:
    """One line of the log."""
    end = f"{ending.end:%Y-%m-%d}"
    if alarm == 0:
        log.error("%s (%s) ended on %s: %s", ending.place, ending.subject, end, ending.after)
        return
    level = logging.WARNING if alarm <= DAILY.days and not ending.calm else logging.INFO
    days = ending.days(now)
    left = f"in {days} days" if days != 1 else "in a day"
    said = ending.place, ending.subject, ending.event, end, left if days else "today", ending.remedy
    log.log(level, "%s (%s) %s on %s, %s: %s", *said)
