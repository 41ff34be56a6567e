"""Schedules as agreements write them: the standard's free text, names of other products, and a schedule of days."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.ebms.pmode import ReceptionAwareness
from node.msh.schedule import (
    LEAST,
    ONCE,
    Schedule,
    ScheduleError,
    duration_text,
    read_duration,
    read_schedule,
    schedule_of,
)

S, M, H, D = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))


def waits(schedule: Schedule, count: int = 5) -> list[timedelta]:
    return [schedule.full_wait(n) for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Schedule()),
        # As the standard's example and the Australian profile print them.
        ("maxretries=10,period=3000", Schedule(10, base=3 * S, factor=1.0, jitter=False, horizon=None)),
        ("maxretries=3;period=120000", Schedule(3, base=2 * M, factor=1.0, jitter=False, horizon=None)),
        ("Retry-Count = 4 ; Retry_Interval = 90s", Schedule(4, base=90 * S, factor=1.0, jitter=False, horizon=None)),
        ("period=10s; factor=2; cap=1h; jitter=full; horizon=3d", Schedule()),
        ("interval=1m; multiplier=3; max_interval=12h; expire_after=14d", Schedule(None, (), M, 3.0, 12 * H, True, 14 * D)),
        ("wait_intervals=10s 1m 1h", Schedule(3, (10 * S, M, H), factor=1.0, jitter=False, horizon=None)),
        ("intervals=1h 6h 1d; horizon=14d", Schedule(None, (H, 6 * H, D), factor=1.0, jitter=False, horizon=14 * D)),
        ("max_retries=2", Schedule(2, horizon=None)),
        ("refused=0", Schedule(refused=0)),
        ("receipt=2h", Schedule(receipt=2 * H)),
        ("period=2d", Schedule(base=2 * D, factor=1.0, cap=2 * D, jitter=False)),
    ],
)
def test_what_is_written_is_the_schedule(text: str, expected: Schedule) -> None:
    assert read_schedule(text) == expected


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("maxretrys=3", "'maxretrys' is not known", "did you mean maxretries? known here: max_retries, period"),
        ("colour=red", "'colour' is not known", "known here"),
        ("12;4;CONSTANT", "'12' is not name=value", "known here"),
        ("period=soon", "'soon' is no length of time", "30s"),
        ("horizon=3", "'3' is no length of time", "3d"),
        ("period=0", "more than nothing", ""),
        ("horizon=4000d", "at most 366d", ""),
        ("max_retries=-1", "'-1' is no number of retries", ""),
        ("factor=0.5", "'0.5' is no factor", "from 1 to 100"),
        ("jitter=some", "'some' is no jitter", "full or none"),
        ("retries=1; max_retries=2", "says again", ""),
        ("intervals=1m; period=1m", "exclude each other", ""),
        ("intervals=", "'intervals' is empty", ""),
        ("period=2h; cap=1h", "'cap' is shorter", ""),
    ],
)
def test_what_is_no_schedule_is_told_with_what_is_known(text: str, problem: str, remedy: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        read_schedule(text)
    assert problem in str(refused.value)
    assert remedy in refused.value.remedy


def test_waits_grow_up_to_their_cap_and_intervals_repeat_their_last() -> None:
    assert waits(Schedule()) == [10 * S, 20 * S, 40 * S, 80 * S, 160 * S]
    assert Schedule().full_wait(100_000) == H
    assert waits(read_schedule("intervals=1m 1h; horizon=3d")) == [M, H, H, H, H]
    assert waits(read_schedule("period=5s")) == [5 * S] * 5


@given(st.integers(1, 60), st.floats(0, 1))
def test_full_jitter_stays_within_the_wait(attempts: int, chance: float) -> None:
    schedule = Schedule()
    assert LEAST <= schedule.wait(attempts, chance) <= schedule.full_wait(attempts)
    assert schedule.wait(attempts, 0) == LEAST
    assert schedule.wait(attempts, 1) == schedule.full_wait(attempts)


def test_a_wait_that_is_shorter_than_the_least_keeps_its_length() -> None:
    assert read_schedule("period=100ms; jitter=full").wait(1, 0) == timedelta(milliseconds=100)


def test_without_retry_there_is_one_attempt() -> None:
    for awareness in (ReceptionAwareness(enabled=False), ReceptionAwareness(retry=False, retry_parameters="max_retries=5")):
        assert schedule_of(awareness) is ONCE
    assert ONCE.used_up(1)
    assert not Schedule(retries=2).used_up(2)
    assert Schedule(retries=2).used_up(3)
    assert not Schedule().used_up(10_000)


@given(st.integers(1, 366 * 86_400_000).map(lambda one: timedelta(milliseconds=one)))
def test_a_length_of_time_is_read_as_it_is_shown(length: timedelta) -> None:
    assert read_duration(duration_text(length)) == length


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "retries after 10s, each wait 2 times the last, at most 1h, full jitter, for 3d"),
        ("maxretries=3;period=120000", "3 retries every 2m"),
        ("intervals=1m 1h 1d", "3 retries after 1m, 1h, 1d"),
        ("max_retries=0", "one attempt, no retry"),
    ],
)
def test_a_schedule_is_told_in_words(text: str, words: str) -> None:
    assert read_schedule(text).text() == words
