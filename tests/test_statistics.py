"""Counts that are made now and then."""

from node.statistics import Statistics
from tests.conftest import FixtureClock


def test_counts_are_those_of_the_last_sweep_and_say_when_that_was(clock: FixtureClock) -> None:
    asked: list[int] = []

    def count() -> dict[str, int]:
        asked.append(1)
        return {"outbound": len(asked)}

    statistics = Statistics(count, clock)
    assert statistics.latest() == {"outbound": 1, "counted_at": "2026-11-24T08:00:00Z"}
    clock.advance(seconds=5)
    assert statistics.latest() == {"outbound": 1, "counted_at": "2026-11-24T08:00:00Z"}
    assert statistics.refresh() == 0
    assert statistics.latest() == {"outbound": 2, "counted_at": "2026-11-24T08:00:05Z"}
