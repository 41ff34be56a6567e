"""Whole runs: nothing is lost or doubled, the same seed is the same run to the last line, and what people are told is what was counted."""

from dataclasses import replace

import pytest

from node.simulation.plan import ConsumerDown, Outage, Submission, Weather, Window, make_plan
from node.simulation.report import figures, lines
from node.simulation.year import percentiles, run


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_and_nothing_doubled(seed):
    outcome = run(make_plan(seed, 4, 12, 150))
    assert [str(one) for one in outcome.violations] == []
    assert sum(outcome.states.values()) == 150
    assert outcome.ledger.counts["deaths"] > 3


def test_a_seed_brings_the_same_run_again():
    plan = make_plan(11, 3, 6, 60)
    first, second = run(plan), run(plan)
    assert first.ledger.lines == second.ledger.lines
    assert first.ledger.counts == second.ledger.counts
    assert [one.handed_over_at for one in first.ledger.sent.values()] == [
        one.handed_over_at for one in second.ledger.sent.values()
    ]


def test_what_was_sent_into_an_outage_arrives_after_it():
    plan = make_plan(1, 2, 1, 1)
    plan = replace(plan, windows=(), events=(Outage(100.0, 1, 5 * 86_400.0), Submission(200.0, 0, 1, 900)))
    outcome = run(plan)
    (sent,) = outcome.ledger.sent.values()
    assert outcome.violations == ()
    assert outcome.states == {"ACKNOWLEDGED": 1}
    assert sent.handed_over_at is not None
    assert 5 * 86_400 < sent.handed_over_at < 5 * 86_400 + 3 * 3600
    assert sent.attempts > 10


def closing(policy, *events):
    """Two nations of which the second is closed on the first day, a Friday, from 01:00 to 03:00."""
    return replace(make_plan(1, 2, 1, 1), events=events, windows=(Window(1, policy, 4, 1, 2),))


def test_what_falls_into_a_buffered_window_is_not_tried_before_its_end():
    outcome = run(closing("buffer", Submission(3700.0, 0, 1, 900)))
    (sent,) = outcome.ledger.sent.values()
    assert (outcome.violations, outcome.states, sent.attempts) == ((), {"ACKNOWLEDGED": 1}, 1)
    assert 3 * 3600 <= sent.tried_first < 3 * 3600 + 60
    assert outcome.ledger.counts["submissions that wait for a window to end"] == 1


def test_what_fails_just_before_a_window_waits_for_its_end():
    weather = Weather(3000.0, 0, 1, 600.0, lost_request=1.0)
    # Calm begins with the last event.
    outcome = run(closing("buffer", weather, Submission(3580.0, 0, 1, 900), Submission(3650.0, 1, 0, 900)))
    sent, _ = outcome.ledger.sent.values()
    assert (outcome.violations, sent.attempts) == ((), 2)
    assert 3 * 3600 <= sent.tried_last < 3 * 3600 + 120


def test_what_is_refused_for_a_window_is_taken_after_it():
    outcome = run(closing("reject", Submission(3700.0, 0, 1, 900)))
    (sent,) = outcome.ledger.sent.values()
    assert (outcome.violations, outcome.ledger.counts["submissions refused for a window"]) == ((), 12)
    assert 3 * 3600 <= sent.at < 3 * 3600 + 700


def test_what_falls_into_a_window_with_a_stand_by_address_goes_there():
    outcome = run(closing("fall back", Submission(3700.0, 0, 1, 900)))
    (sent,) = outcome.ledger.sent.values()
    assert (outcome.violations, outcome.ledger.counts["attempts at a stand-by address"]) == ((), 1)
    assert sent.handed_over_at < 3800


def test_a_consumer_that_takes_nothing_keeps_nobody_from_acknowledging():
    plan = make_plan(1, 2, 1, 1)
    plan = replace(plan, windows=(), events=(ConsumerDown(0.0, 1, 600.0), Submission(10.0, 0, 1, 900)))
    outcome = run(plan)
    (sent,) = outcome.ledger.sent.values()
    assert (outcome.violations, outcome.states) == ((), {"ACKNOWLEDGED": 1})
    assert sent.handed_over_at is not None
    assert 600 < sent.handed_over_at < 700


def test_the_report_tells_what_was_counted():
    outcome = run(make_plan(1, 2, 2, 12))
    told = figures(outcome)
    assert (told["lost"], told["doubled"], told["violations"], told["counts"]["submitted"]) == (0, 0, [], 12)
    text = "\n".join(lines(outcome))
    assert "0 lost, 0 doubled, 0 promises broken" in text
    assert "        12  submitted" in text


def test_percentiles_of_nothing_and_of_something():
    assert percentiles([]) == (0, 0, 0)
    assert percentiles([3.0, 1.0, 2.0]) == (2, 3, 3)
