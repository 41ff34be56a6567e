"""Nights follow each other without a gap, and together leave nothing undecided between them."""

from dataclasses import replace
from datetime import time, timedelta, timezone

import pytest

from node.customs.reconciling.comparing import Kind, reconcile
from node.customs.reconciling.entry import Period, View
from node.customs.reconciling.nights import Gap, joined, manifest_id, nights
from tests.manifests import GRACE, NIGHT, SEEN, THEM, US, entry, mirrored, ours, theirs

DAY = timedelta(days=1)
BEFORE = NIGHT.earlier(DAY)
TICK = timedelta(milliseconds=1)


def test_every_night_that_has_ended_is_due_after_an_outage() -> None:
    due = list(nights(time(16), NIGHT.ends, NIGHT.ends + 3 * DAY))
    assert due == [Period(NIGHT.ends + number * DAY, NIGHT.ends + (number + 1) * DAY) for number in range(3)]
    assert list(nights(time(16), NIGHT.ends, NIGHT.ends + DAY - TICK)) == []


def test_the_first_night_is_a_whole_one() -> None:
    assert list(nights(time(16), NIGHT.begins + TICK, NIGHT.ends + DAY)) == [Period(NIGHT.ends, NIGHT.ends + DAY)]
    assert next(nights(time(16), NIGHT.begins - TICK, SEEN)) == NIGHT


def test_a_night_is_the_same_whatever_zone_the_clock_has() -> None:
    taipei = timezone(timedelta(hours=8))
    assert list(nights(time(16), NIGHT.begins.astimezone(taipei), NIGHT.ends.astimezone(taipei))) == [NIGHT]
    assert manifest_id(NIGHT) == "20261118T1600Z-20261119T1600Z"
    assert manifest_id(Period(NIGHT.begins.astimezone(taipei), NIGHT.ends.astimezone(taipei))) == manifest_id(NIGHT)


def test_views_that_follow_each_other_are_one() -> None:
    early, late = entry("a", at=BEFORE.begins), entry("b")
    both = joined([theirs([late], NIGHT, SEEN), theirs([early], BEFORE, SEEN - DAY)])
    assert (both.authority, both.period, both.seen_at) == (THEM, Period(BEFORE.begins, NIGHT.ends), SEEN)
    found = list(both.entries)
    assert found == list(both.entries)
    assert [(one.message_id, one.seen_at) for one in found] == [("a", SEEN - DAY), ("b", SEEN)]


def test_one_view_stays_as_it_is() -> None:
    view = theirs([], NIGHT)
    assert joined([view]) is view


@pytest.mark.parametrize("period", [NIGHT.earlier(DAY + TICK), NIGHT.earlier(DAY - TICK), NIGHT])
def test_a_gap_and_an_overlap_are_refused(period: Period) -> None:
    with pytest.raises(Gap):
        joined([theirs([], NIGHT), theirs([], period)])


def test_two_sides_are_not_joined() -> None:
    with pytest.raises(ValueError, match=f"^views of {THEM}, {US}$"):
        joined([theirs([], NIGHT), ours([], BEFORE)])
    with pytest.raises(ValueError, match=r"^views of nobody$"):
        joined([])


def test_what_crosses_midnight_is_decided_when_both_nights_are_there() -> None:
    sent = entry("a", at=NIGHT.begins - TICK)
    arrived = replace(mirrored(sent), registered_at=NIGHT.begins + timedelta(minutes=3))
    lost = entry("b", at=NIGHT.begins - TICK)
    view = joined([theirs([], BEFORE), theirs([arrived], NIGHT)])
    period = NIGHT.earlier(GRACE)
    result = reconcile(ours([sent, lost], period.widened(GRACE)), view, period, GRACE)
    assert (result.agreed, [(one.message_id, one.kind) for one in result.differences]) == (1, [("b", Kind.MISSING_THERE)])


def test_a_step_counts_from_when_its_own_manifest_was_made() -> None:
    """An answer that the partner gave after the manifest of that night is not missing from it."""
    sent = entry("a", at=BEFORE.ends - TICK, level="L4", outcome="AP", later=timedelta(hours=6))
    other = replace(mirrored(sent), level="L1", outcome="", level_at=sent.registered_at)
    shown = SEEN - DAY
    assert sent.level_at > shown
    views = [View(THEM, BEFORE, shown, [other]), View(THEM, NIGHT, SEEN, [])]
    period = NIGHT.earlier(GRACE)
    (found,) = reconcile(ours([sent]), joined(views), period, GRACE).differences
    assert found.kind is Kind.UNDECIDED
    (found,) = reconcile(ours([sent]), joined([replace(views[0], seen_at=SEEN), views[1]]), period, GRACE).differences
    assert found.kind is Kind.OTHER_LEVEL
