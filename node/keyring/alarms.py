"""Warnings of what is accepted though nobody vouches for it: whoever reads the log can bring a list before the grace is over."""

import logging
from datetime import datetime, timedelta
from typing import Final

#: How often an alarm is repeated as long as nothing changes.
AGAIN: Final = timedelta(days=1)
BRING: Final = "the next sweep asks its authority; where none can be reached: n2n cert add-crl FILE"

log = logging.getLogger("node.keyring")


class Alarms:
    """Told when they change, and once a day as long as they stay."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[tuple[str, ...], datetime]] = {}

    def tell(self, place: str, alarms: tuple[str, ...], now: datetime) -> None:
        """Log what is accepted at a place; nothing where that was told within the day."""
        told, when = self._told.get(place, ((), now))
        if told == alarms and now - when < AGAIN:
            return
        self._told[place] = alarms, now
        for one in alarms:
            log.warning("ALARM %s: revocation cannot be told: %s; %s", place, one, BRING)
