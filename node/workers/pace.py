"""How fast a backlog is drained when a partner is back: slowly at first, then faster and faster, so that it is not knocked over at once."""

from collections.abc import Callable
from dataclasses import dataclass

#: Messages a second at the start, and how many more each second. The rate grows evenly, so that no second sees twice the mean.
START_RATE = 20.0
GROWTH = 20.0
#: What may be saved up, as a share of a second's rate: an idle moment is no reason for a burst.
SAVED = 0.1


@dataclass(slots=True)
class _Bucket:
    began: float
    filled: float
    tokens: float = 1.0

    def rate(self, now: float) -> float:
        return START_RATE + GROWTH * (now - self.began)

    def fill(self, now: float) -> None:
        grown = (self.rate(self.filled) + self.rate(now)) / 2 * (now - self.filled)
        self.tokens = min(self.tokens + grown, max(1.0, SAVED * self.rate(now)))
        self.filled = now


class Pace:
    """A token bucket for each partner that is being drained; whoever has none is not slowed down."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._buckets: dict[str, _Bucket] = {}

    def begin(self, partner: str) -> None:
        """Drain this partner slowly from now on; goes on where it is draining already."""
        now = self._now()
        self._buckets.setdefault(partner, _Bucket(now, now))

    def end(self, partner: str) -> None:
        """Nothing of the backlog is left."""
        self._buckets.pop(partner, None)

    def wait(self, partner: str) -> float:
        """Seconds until the next message may begin; 0 takes its place."""
        bucket = self._buckets.get(partner)
        if bucket is None:
            return 0.0
        now = self._now()
        bucket.fill(now)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / bucket.rate(now)
