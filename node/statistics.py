"""Counts for /status: made now and then, since counting ten million rows takes a second and looking at them must not."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from node.msh.ports import Clock


class Statistics:
    """What `count` said last, and when."""

    def __init__(self, count: Callable[[], Mapping[str, Any]], clock: Clock) -> None:
        self._count, self._clock = count, clock
        self._latest: Mapping[str, Any] | None = None
        self._at: datetime | None = None

    def refresh(self) -> int:
        """Count again. Always 0: nothing was done that anybody must hear of."""
        counted = self._count()
        self._latest, self._at = counted, self._clock.now()
        return 0

    def latest(self) -> dict[str, Any]:
        """The counts with `counted_at`; counted now if that has never been done."""
        if self._latest is None or self._at is None:
            self.refresh()
        assert self._latest is not None
        assert self._at is not None
        return {**self._latest, "counted_at": f"{self._at:%Y-%m-%dT%H:%M:%SZ}"}
