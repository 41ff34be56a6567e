"""Entries have one order on both sides, and periods end before their end."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from node.customs.reconciling.entry import Direction, Period, View, moment
from tests.manifests import GRACE, NIGHT, entry

TICK = timedelta(milliseconds=1)


def test_a_direction_is_seen_the_other_way_round() -> None:
    assert [one.mirrored for one in Direction] == [Direction.RECEIVED, Direction.SENT]


def test_what_was_sent_comes_first_then_code_points_count() -> None:
    names = [("Z", Direction.SENT), ("a", Direction.SENT), ("\U00020000", Direction.SENT), ("A", Direction.RECEIVED)]
    entries = [entry(name, direction) for name, direction in names]
    assert sorted(entries[2:] + entries[:2], key=lambda one: one.order) == entries


@pytest.mark.parametrize(
    ("at", "holds"), [(NIGHT.begins, True), (NIGHT.begins - TICK, False), (NIGHT.ends - TICK, True), (NIGHT.ends, False)]
)
def test_a_period_holds_its_beginning_and_not_its_end(at: datetime, holds: bool) -> None:
    assert NIGHT.holds(at) is holds


def test_nights_one_grace_earlier_follow_each_other() -> None:
    day = NIGHT.ends - NIGHT.begins
    after = Period(NIGHT.ends, NIGHT.ends + day)
    assert NIGHT.earlier(GRACE).ends == after.earlier(GRACE).begins
    both = Period(NIGHT.begins, after.ends)
    assert both.holds_around(after.earlier(GRACE).begins, GRACE)
    assert both.holds_around(after.earlier(GRACE).ends - TICK, GRACE)
    assert not after.holds_around(after.begins, GRACE)
    assert NIGHT.widened(GRACE).holds_around(NIGHT.begins, GRACE)


def test_a_view_ends_where_it_was_taken() -> None:
    early = NIGHT.begins + timedelta(hours=3)
    assert View("TW-CUSTOMS", NIGHT, early, ()).known == Period(NIGHT.begins, early)
    assert View("TW-CUSTOMS", NIGHT, NIGHT.ends + GRACE, ()).known == NIGHT


def test_more_progress_is_a_higher_step_then_a_later_one() -> None:
    low, high = entry("a", level="L2"), entry("a", level="L4")
    assert low.progress < high.progress < entry("a", level="LX").progress
    assert low.progress < entry("a", level="L2", later=timedelta(hours=1)).progress
    assert (low.standing, entry("a", level="L1", outcome="").standing) == ("L2 AP", "L1")


def test_a_moment_is_the_same_text_in_every_zone() -> None:
    at = datetime(2026, 11, 20, 1, 2, 3, 456_789, UTC)
    assert moment(at) == moment(at.astimezone(timezone(timedelta(hours=8)))) == "2026-11-20T01:02:03.456Z"
