"""How long the register keeps the octets of documents: each class of documents by its own period, whatever carried them."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Event
from typing import Final

from node.msh.ports import StorageUnavailable
from node.store.shelves import Shelves

#: What one run removes at most; the next run goes on.
MOST: Final = 20_000

log = logging.getLogger("node.shelving")


class Shelving:
    """Removes octets whose period is over; the row of a document, with its digest and findings, stays as evidence."""

    def __init__(
        self,
        shelves: Shelves,
        periods: Mapping[str, timedelta | None],
        otherwise: timedelta | None,
        now: Callable[[], datetime],
    ) -> None:
        """`otherwise` is the period of a class that has none of its own; None is for ever."""
        self._shelves, self._now = shelves, now
        self._stopping = Event()
        self.renew(periods, otherwise)

    def renew(self, periods: Mapping[str, timedelta | None], otherwise: timedelta | None) -> None:
        """Other periods hold from now on."""
        self._periods, self._otherwise = periods, otherwise

    def period(self, retention: str) -> timedelta | None:
        """How long octets of a class are kept."""
        return self._periods.get(retention, self._otherwise)

    def sweep(self) -> int:
        """Remove what is over; how many."""
        now, removed = self._now(), 0
        for retention in list(self._shelves.classes()):
            period = self.period(retention)
            for row_id in self._shelves.older(retention, now - period) if period is not None else ():
                if removed >= MOST or self._stopping.is_set():
                    return removed
                try:
                    removed += self._shelves.empty(row_id, now)
                except StorageUnavailable as error:
                    log.error("the octets of document %d are not removed: %s", row_id, error)
                    return removed
        return removed

    def stop(self) -> None:
        """End a run after the document that is in hand."""
        self._stopping.set()
