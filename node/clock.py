"""The only source of time, of fresh identifiers and of chance."""

import random
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


def running_seconds() -> float:
    """Seconds that nobody can set; they count while the machine is suspended, as a partner's time does."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyClock:
    """Instants to wait by: the machine's clock as it stood at the start, and from then on the seconds that really passed.

    When the machine's clock is set, these instants go on as if nothing had happened. `follow` then takes over the new time.
    """

    def __init__(
        self, wall: Callable[[], datetime] = lambda: datetime.now(UTC), seconds: Callable[[], float] = running_seconds
    ) -> None:
        self._wall, self._seconds = wall, seconds
        self._lock = Lock()
        self._start, self._began = wall(), seconds()

    def now(self) -> datetime:
        """Now, in UTC, without jumps."""
        with self._lock:
            return self._start + timedelta(seconds=self._seconds() - self._began)

    def seconds(self) -> float:
        """Seconds that nobody can set."""
        return self._seconds()

    def jump(self) -> timedelta:
        """How far the machine's clock has been set forward, or back where it is negative; near nothing as long as nobody sets it."""
        return self._wall() - self.now()

    def follow(self) -> timedelta:
        """Take over the machine's clock; how far it was set. Whatever waits by this clock has to be moved as far."""
        with self._lock:
            wall, seconds = self._wall(), self._seconds()
            by = wall - (self._start + timedelta(seconds=seconds - self._began))
            self._start, self._began = wall, seconds
        return by


def chance() -> float:
    """Evenly between 0 and 1: spreads retries, and guards nothing."""
    return random.random()  # noqa: S311 - no secret depends on it


class RandomIdentifiers:
    """Version 4 UUIDs: 122 bits of the operating system's randomness."""

    def unique(self) -> str:
        """A fresh identifier of `0-9a-f-`."""
        return str(uuid.uuid4())
