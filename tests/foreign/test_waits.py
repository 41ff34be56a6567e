"""Schedules in the few numbers that other products have."""

from datetime import timedelta

import pytest

from node.foreign.waits import Steady, same_schedule, steady, steady_text


@pytest.mark.parametrize(
    ("text", "retries", "interval"),
    [
        ("maxretries=4; period=3m", 4, timedelta(minutes=3)),
        ("period=10s; factor=2; cap=1h; jitter=full; horizon=3d", 72, timedelta(hours=1)),
        ("intervals=10s 1m 2m", 3, timedelta(seconds=190) / 3),
        ("maxretries=0", 0, timedelta(hours=1)),
        ("period=1s; factor=1; horizon=300d", 1000, timedelta(seconds=1)),
    ],
)
def test_the_nearest_equal_waits(text: str, retries: int, interval: timedelta) -> None:
    assert steady(text) == Steady(retries, interval)


def test_equal_waits_come_back() -> None:
    assert steady(steady_text(5, timedelta(seconds=90))) == Steady(5, timedelta(seconds=90))


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("maxretries=4; period=180000", "period=3m;max_retries=4", True),
        ("maxretries=4; period=3m", "maxretries=5; period=3m", False),
        ("maxretries=4; period=3m", "maxretries=4; period=3m; jitter=full", False),
        ("period=1s; factor=2; cap=1h; horizon=3d", "period=1s; factor=2; cap=2h; horizon=3d", False),
        ("intervals=10s 1m", "wait_intervals=10s 60s", True),
        ("nonsense", "nonsense", True),
        ("nonsense", "maxretries=4", False),
    ],
)
def test_two_texts_may_mean_the_same_waits(ours: str, theirs: str, same: bool) -> None:
    assert same_schedule(ours, theirs) is same
