"""Time is UTC and identifiers never repeat."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from node.clock import RandomIdentifiers, SteadyClock, SystemClock, chance, running_seconds


def test_time_is_utc_and_goes_on() -> None:
    first, second = SystemClock().now(), SystemClock().now()
    assert first.tzinfo is UTC
    assert first <= second


def test_identifiers_are_unique_and_plain() -> None:
    made = {RandomIdentifiers().unique() for _ in range(1000)}
    assert len(made) == 1000
    assert set("".join(made)) <= set("0123456789abcdef-")


@dataclass
class Machine:
    """A machine whose clock can be set, and whose seconds cannot."""

    wall: datetime = datetime(2026, 11, 24, tzinfo=UTC)
    seconds: float = 1000.0

    def run(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


@given(st.lists(st.tuples(st.floats(0, 1e6), st.timedeltas(timedelta(days=-400), timedelta(days=400))), max_size=6))
def test_steady_instants_count_what_really_passed_however_the_clock_is_set(history: list[tuple[float, timedelta]]) -> None:
    machine = Machine()
    start = machine.wall
    steady = SteadyClock(lambda: machine.wall, lambda: machine.seconds)
    passed, last = 0.0, steady.now()
    for seconds, jump in history:
        machine.run(seconds)
        machine.wall += jump
        passed += seconds
        assert steady.now() >= last
        assert abs(steady.now() - start - timedelta(seconds=passed)) < timedelta(milliseconds=1)
        last = steady.now()


def test_following_takes_over_the_clock_and_says_how_far_it_was_set() -> None:
    machine = Machine()
    steady = SteadyClock(lambda: machine.wall, lambda: machine.seconds)
    machine.run(60)
    machine.wall -= timedelta(days=1)
    assert steady.jump() == timedelta(days=-1)
    assert steady.follow() == timedelta(days=-1)
    assert steady.now() == machine.wall
    assert steady.jump() == steady.follow() == timedelta()


def test_seconds_run_and_chance_lies_between_nothing_and_one() -> None:
    assert running_seconds() <= running_seconds()
    assert all(0 <= chance() < 1 for _ in range(100))
