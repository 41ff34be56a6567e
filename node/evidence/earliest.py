"""The earliest time at which anything stood over an entry, found without looking at everything for each."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate


class Earliest:
    """Times of checkpoints, or of tokens over them, by their sizes."""

    def __init__(self, times: Mapping[int, datetime]) -> None:
        self._sizes = sorted(times)
        # Each the earliest of its own and of all larger ones, which are over the same entries.
        self._times = [*accumulate((times[size] for size in reversed(self._sizes)), min)][::-1]

    def over(self, number: int) -> datetime | None:
        """That of the earliest which an entry is in; None where it is in none."""
        place = bisect_left(self._sizes, number)
        return self._times[place] if place < len(self._times) else None
