"""2,000 messages that are due at once leave evenly: no second sees more than twice the mean (reliability 5.1, goal 12)."""

import math
from collections import Counter

import pytest

from node.workers.pace import GROWTH, START_RATE, Pace


def drained(count: int, idle: float = 0.0) -> list[float]:
    """When each of so many messages left, to a partner that answers at once."""
    now = 0.0
    pace = Pace(lambda: now)
    pace.begin("kr")
    now += idle
    left: list[float] = []
    while len(left) < count:
        wait = pace.wait("kr")
        if wait:
            # A timer is never early.
            now += wait + 0.001
        else:
            left.append(now)
    return left


@pytest.mark.parametrize("count", [200, 2_000, 20_000])
def test_no_second_sees_twice_the_mean(count: int) -> None:
    left = drained(count)
    seconds = Counter(int(at) for at in left)
    mean = count / (math.floor(left[-1]) + 1)
    assert max(seconds.values()) <= 2 * mean
    assert seconds[0] <= START_RATE + GROWTH


def test_a_large_backlog_is_not_held_up_for_ever() -> None:
    assert drained(2_000)[-1] < 25
    assert drained(20_000)[-1] < 90


def test_an_idle_moment_is_no_reason_for_a_burst() -> None:
    left = drained(500, idle=10.0)
    assert sum(at - left[0] < 0.01 for at in left) <= 0.1 * (START_RATE + 11 * GROWTH) + 2


def test_whoever_is_not_drained_is_not_slowed_down() -> None:
    pace = Pace(lambda: 0.0)
    pace.begin("kr")
    assert pace.wait("kr") == 0
    assert pace.wait("kr") > 0
    assert [pace.wait("jp") for _ in range(100)] == [0] * 100
    pace.begin("kr")
    assert pace.wait("kr") > 0
    pace.end("kr")
    assert pace.wait("kr") == 0
