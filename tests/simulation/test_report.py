"""The report: figures that add up, and for a broken promise the events and what was seen."""

from node.simulation.ledger import Ledger
from node.simulation.plan import Outage, make_plan
from node.simulation.report import figures, lines, story
from node.simulation.year import Outcome


def outcome():
    plan = make_plan(7, 2, 3, 4)
    ledger = Ledger(lambda: 60.0)
    ledger.submitted("1@a", "nation-00", "nation-01", b"document")
    ledger.handed_over("nation-01", "1@a", "1", b"document")
    ledger.handed_over("nation-01", "1@a", "2", b"document")
    ledger.submitted("2@a", "nation-00", "nation-01", b"document")
    ledger.blame("INV-1", "2@a", "nation-00 took it and does not know it any more")
    return Outcome(plan, tuple(ledger.violations), ledger, 3 * 86_400.0, 1.5, {"ACKNOWLEDGED": 1})


def test_lost_and_doubled_are_counted_from_what_was_seen():
    told = figures(outcome())
    assert (told["lost"], told["doubled"], len(told["violations"])) == (1, 1, 2)
    assert told["delivery_seconds"] == {"nation-01": {"p50": 0.0, "p95": 0.0, "max": 0.0}}
    assert sum(told["windows"].values()) == 2
    assert any(one.startswith("closed for some hours of every week: 1 nations") for one in lines(outcome()))
    assert list(lines(outcome()))[-1] == "1 lost, 1 doubled, 2 promises broken"


def test_the_story_of_a_broken_promise_has_its_events_and_what_was_seen():
    found = outcome()
    plan = found.plan.without(frozenset(n for n, one in enumerate(found.plan.events) if not isinstance(one, Outage)))
    text = "\n".join(story(plan, found))
    assert f"every week {plan.windows[0]}" in text
    assert f"the shortest run found: {len(plan.events)} events of seed 7" in text
    assert "broken: INV-4 1@a: handed over to the consumer of nation-01 under two delivery ids" in text
