"""Requests that were seen a short while ago, so that nobody's request is answered twice because somebody else repeats it."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

#: How far the clock of whoever asks may be from ours.
CLOCKS_APART: Final = timedelta(minutes=10)
#: A request that is refused for its age need not be remembered.
REMEMBERED: Final = 2 * CLOCKS_APART
#: Entries at most; the oldest are forgotten first.
MOST: Final = 100_000


class Seen:
    """`first` may be called from any thread; what one process has seen, another has not, and a restart forgets all."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, datetime] = OrderedDict()
        self._lock = Lock()

    def first(self, request: str, now: datetime) -> bool:
        """Whether this request is new; it is remembered from now on."""
        with self._lock:
            while self._until and (len(self._until) >= MOST or next(iter(self._until.values())) <= now):
                self._until.popitem(last=False)
            if request in self._until:
                return False
            self._until[request] = now + REMEMBERED
            return True
