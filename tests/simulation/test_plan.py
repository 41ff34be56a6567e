"""Plans: the same from the same seed, in the order of time, and cut down by place."""

from datetime import UTC, datetime, timedelta

import pytest

from node.simulation.plan import Crash, Outage, Submission, Weather, Window, make_plan, name


def test_the_same_seed_is_the_same_plan_and_another_is_another():
    assert make_plan(5, 6, 20, 100) == make_plan(5, 6, 20, 100)
    assert make_plan(5, 6, 20, 100) != make_plan(6, 6, 20, 100)


def test_everybody_has_partners_and_messages_go_between_partners_only():
    plan = make_plan(1, 9, 30, 500)
    assert {one for pair in plan.pairs for one in pair} == set(range(9))
    submissions = [one for one in plan.events if isinstance(one, Submission)]
    assert len(submissions) == 500
    assert {(min(s.sender, s.receiver), max(s.sender, s.receiver)) for s in submissions} <= set(plan.pairs)


def test_events_come_in_the_order_of_their_time_and_of_every_kind():
    plan = make_plan(1, 9, 60, 500)
    assert [one.at for one in plan.events] == sorted(one.at for one in plan.events)
    assert len({type(one) for one in plan.events}) == 7


def test_an_event_says_what_it_does():
    assert str(Outage(0, 3, 7200)) == "power cut at nation-03, back after 2.0 h"
    assert str(Weather(0, 1, 2, 90, lost_answer=0.25)) == "bad network nation-01 - nation-02 for 1.5 min: lost_answer 25%"
    assert str(Crash(0, 1, 4, True, 30)) == "nation-01 dies at the 4. step from here (power), back after 30 s"
    assert name(7) == "nation-07"


def test_a_window_holds_for_its_hours_of_the_week_by_its_own_clock():
    # A Sunday in Taipei, from 22:00 until 02:00 of Monday.
    window = Window(3, "buffer", 6, 22, 4, "Asia/Taipei")
    hours = [datetime(2027, 1, 3, 13, 59, tzinfo=UTC) + timedelta(minutes=n) for n in (0, 1, 240, 241)]
    assert [window.holds(one) for one in hours] == [False, True, True, False]
    assert str(window) == "nation-03 is closed for 4 h from hour 22 of weekday 6 in Asia/Taipei, buffer"


@pytest.mark.parametrize("seed", range(5))
def test_the_first_three_nations_close_each_in_another_way(seed):
    assert {one.policy for one in make_plan(seed, 4, 5, 20).windows} == {"buffer", "reject", "fall back"}


def test_events_are_taken_out_by_their_place():
    plan = make_plan(1, 4, 5, 20)
    assert plan.without(frozenset({0, 2})).events == (plan.events[1], *plan.events[3:])


@pytest.mark.parametrize("numbers", [(1, 10, 10), (2, 0, 10), (2, 10, 0)])
def test_a_run_without_anybody_or_anything_is_refused(numbers):
    with pytest.raises(ValueError, match="two nations"):
        make_plan(1, *numbers)
