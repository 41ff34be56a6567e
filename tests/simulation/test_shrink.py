"""Cutting down: what stays still breaks the promise, and nothing of it can go."""

from node.simulation.plan import make_plan
from node.simulation.shrink import shrink


def test_two_events_that_matter_are_found_among_many():
    plan = make_plan(1, 5, 20, 60)
    guilty = {plan.events[7], plan.events[50]}
    small = shrink(plan, lambda one: guilty <= set(one.events))
    assert set(small.events) == guilty


def test_the_number_of_runs_is_limited():
    plan, runs = make_plan(1, 5, 20, 60), []
    small = shrink(plan, lambda one: bool(runs.append(one)), runs=10)
    assert (small, len(runs)) == (plan, 10)


def test_one_event_is_small_enough():
    plan = make_plan(1, 2, 1, 1)
    small = shrink(plan, lambda one: True)
    assert len(small.events) == 1
