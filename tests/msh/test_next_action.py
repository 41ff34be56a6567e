"""The decision, tried with every schedule and calendar: nothing too early, nothing after the horizon, no giving up before its time (INV-11)."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.ebms.states import OutboundState
from node.msh.next_action import (
    ALWAYS_OPEN,
    FALL_BACK,
    Calendar,
    Closed,
    Facts,
    GiveUp,
    Send,
    Wait,
    decide_after,
    next_action,
    rehearse,
)
from node.msh.schedule import Schedule, read_schedule

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
READY, SUBMITTED, AWAITING = OutboundState.READY, OutboundState.SUBMITTED, OutboundState.AWAITING_RECEIPT
H = timedelta(hours=1)


@dataclass(frozen=True)
class Nightly:
    """A calendar that is closed for the first `hours` of each day."""

    hours: int
    policy: str = "buffer"

    def closed(self, at: datetime) -> Closed | None:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        end = midnight + self.hours * H
        return Closed("nightly", end, self.policy, "https://dr") if at < end else None

    def after(self, start: datetime, open_time: timedelta) -> tuple[datetime, str]:
        at, left, why = start, open_time, ""
        while True:
            if closed := self.closed(at):
                at, why = closed.until, closed.why
            midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            if at + left < midnight:
                return at + left, why
            left -= midnight - at
            at = midnight


lengths = st.timedeltas(timedelta(milliseconds=1), timedelta(days=2))
schedules = st.builds(
    Schedule,
    retries=st.none() | st.integers(0, 8),
    intervals=st.lists(lengths, max_size=4).map(tuple),
    base=lengths,
    factor=st.floats(1, 10),
    cap=lengths,
    jitter=st.booleans(),
    horizon=st.none() | st.timedeltas(H, timedelta(days=20)),
    receipt=lengths,
)
bounded = schedules.filter(lambda one: one.retries is not None or one.horizon is not None)
calendars: st.SearchStrategy[Calendar] = st.sampled_from([ALWAYS_OPEN, Nightly(5), Nightly(23)])
instants = st.timedeltas(timedelta(), timedelta(days=30)).map(lambda one: NOW + one)
chances = st.floats(0, 1)
facts = st.builds(
    Facts,
    schedule=schedules,
    state=st.sampled_from([READY, SUBMITTED, AWAITING]),
    attempts=st.integers(0, 12),
    due_at=st.none() | instants,
    give_up_at=st.none() | instants,
    calendar=calendars,
).map(
    lambda one: (
        replace(one, attempts=0, give_up_at=None) if one.state is SUBMITTED else replace(one, attempts=max(1, one.attempts))
    )
)


@given(facts, instants, chances)
def test_nothing_is_sent_before_it_is_due_while_closed_or_after_the_horizon(one: Facts, now: datetime, chance: float) -> None:
    if isinstance(next_action(one, now, chance), Send):
        assert one.due_at is not None
        assert now >= one.due_at
        assert one.give_up_at is None or now < one.give_up_at
        assert one.calendar.closed(now) is None


@given(facts, instants, chances)
def test_giving_up_needs_all_attempts_used_or_the_horizon_passed(one: Facts, now: datetime, chance: float) -> None:
    if isinstance(next_action(one, now, chance), GiveUp):
        assert one.attempts
        assert one.schedule.used_up(one.attempts) or (one.give_up_at is not None and now >= one.give_up_at)


@given(facts, instants, chances)
def test_a_wait_has_an_end_that_is_not_behind_us_and_not_after_the_horizon(one: Facts, now: datetime, chance: float) -> None:
    action = next_action(one, now, chance)
    if isinstance(action, Wait):
        assert action.until >= now
        if one.due_at is None:
            assert one.give_up_at is None or action.until <= one.give_up_at


@given(facts, instants, st.timedeltas(timedelta(), timedelta(days=30)), chances)
def test_time_that_goes_on_never_takes_a_decision_back(one: Facts, now: datetime, later: timedelta, chance: float) -> None:
    """Wait may become Send, and Send GiveUp; only a window brings Send back to Wait."""
    order = {Wait: 0, Send: 1, GiveUp: 2}
    open_always = replace(one, calendar=ALWAYS_OPEN, due_at=one.due_at or NOW)
    first, second = next_action(open_always, now, chance), next_action(open_always, now + later, chance)
    assert order[type(first)] <= order[type(second)]


@given(bounded, calendars, st.integers(0, 2**32))
def test_every_message_comes_to_its_end(schedule: Schedule, calendar: Calendar, seed: int) -> None:
    # A thousand attempts are enough: what has a horizon of weeks and waits of a millisecond has more.
    told = list(rehearse(schedule, calendar, NOW, random.Random(seed).random, most=1000))
    attempts = [one for one in told if one.number]
    assert [one.number for one in attempts] == list(range(1, len(attempts) + 1))
    assert all(before.at <= after.at for before, after in pairwise(told))
    assert all(calendar.closed(one.at) is None for one in attempts)
    if len(attempts) < 1000:
        assert told[-1].number == 0
    if schedule.retries is not None:
        assert len(attempts) <= 1 + schedule.retries


@given(bounded, chances, instants)
def test_a_decision_asked_twice_is_the_same(schedule: Schedule, chance: float, now: datetime) -> None:
    decide = decide_after(schedule, Nightly(5), now, chance)
    assert decide(READY, 1, None) == decide(READY, 1, None)


# -- by hand -----------------------------------------------------------------------------------------------------------


def test_the_first_attempt_is_now_and_after_a_window_when_it_is_closed() -> None:
    assert next_action(Facts(Schedule(), SUBMITTED), NOW, 0.5) == Wait(NOW)
    closed = next_action(Facts(Schedule(), SUBMITTED, calendar=Nightly(9)), NOW, 0.5)
    assert closed == Wait(NOW + H, "nightly until 2026-11-24T09:00Z")


def test_a_window_that_opens_while_a_message_waits_puts_it_off_without_burning_a_try() -> None:
    waiting = Facts(Schedule(), READY, 1, due_at=NOW, calendar=Nightly(9))
    assert next_action(waiting, NOW, 0.5) == Wait(NOW + H, "nightly until 2026-11-24T09:00Z")


def test_with_fall_back_it_goes_to_the_other_address() -> None:
    waiting = Facts(Schedule(), READY, 1, due_at=NOW, calendar=Nightly(9, FALL_BACK))
    assert next_action(waiting, NOW, 0.5) == Send("https://dr")


def test_the_horizon_is_counted_in_open_time() -> None:
    noon = NOW.replace(hour=12)
    decided = decide_after(read_schedule("period=1h; horizon=2d"), Nightly(12), noon, 0.5)(READY, 1, None)
    # Four half days, the last of which ends at midnight or, which is the same open time, at the next noon.
    assert decided.give_up_at == noon + timedelta(days=4)


def test_a_receipt_by_callback_has_its_time_even_after_the_last_attempt() -> None:
    schedule = read_schedule("max_retries=1; period=1s; receipt=10m")
    decided = decide_after(schedule, ALWAYS_OPEN, NOW, 0.5)(AWAITING, 2, None)
    assert (decided.due_at, decided.gave_up) == (NOW + timedelta(minutes=10), None)
    late = Facts(schedule, AWAITING, 2, decided.due_at)
    assert isinstance(next_action(late, NOW + timedelta(minutes=9), 0.5), Wait)
    assert next_action(late, NOW + timedelta(minutes=10), 0.5) == GiveUp("given up after 2 of 2 attempts")


def test_an_attempt_that_a_crash_cut_off_is_not_counted_against_the_message() -> None:
    assert next_action(Facts(read_schedule("max_retries=0"), READY, 1, due_at=NOW), NOW, 0.5) == Send()


def test_what_cannot_be_helped_ends_at_once() -> None:
    decided = decide_after(Schedule(), ALWAYS_OPEN, NOW, 0.5, "no further attempt can help")(READY, 1, None)
    assert decided.gave_up == "no further attempt can help"


def test_a_customs_schedule_of_days_can_be_rehearsed() -> None:
    schedule = read_schedule("intervals=5m 1h 6h 1d; horizon=14d")
    told = list(rehearse(schedule, ALWAYS_OPEN, NOW, lambda: 0.5))
    assert [one.at - NOW for one in told[:5]] == [timedelta(hours=n) for n in (0, 1 / 12, 13 / 12, 85 / 12, 373 / 12)]
    assert told[-1].number == 0
    assert told[-1].at == NOW + timedelta(days=14)
    assert told[-1].why == "given up: no receipt within 14d, 17 attempts"


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (timedelta(minutes=5), timedelta(minutes=5)),
        (timedelta(seconds=1), timedelta(minutes=1)),
        (timedelta(days=9), timedelta(hours=1)),
    ],
)
def test_a_partner_that_asks_for_patience_gets_some_but_no_more_than_an_hour(asked: timedelta, due: timedelta) -> None:
    decided = decide_after(read_schedule("period=1m; horizon=2d"), ALWAYS_OPEN, NOW, 0.5, asked=asked)(READY, 1, None)
    assert decided.due_at == NOW + due
    assert ("left alone" in decided.waits_for) is (due > timedelta(minutes=1))


def test_patience_ends_before_the_horizon() -> None:
    ask = timedelta(minutes=30)
    decided = decide_after(read_schedule("period=1m; horizon=10m"), ALWAYS_OPEN, NOW, 0.5, asked=ask)(READY, 1, None)
    assert decided.due_at == NOW + timedelta(minutes=1)
