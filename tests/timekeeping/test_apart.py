"""What messages and answers tell of a partner's clock, and no more than they tell."""

from datetime import UTC, datetime, timedelta

import pytest

from node.timekeeping.apart import MOST, Apart, Kept, PartnerClocks, Told, by_date, by_receipt, by_timestamp

CAME = datetime(2026, 11, 28, 9, 0, 0, 700_000, UTC)
BEGAN = CAME - timedelta(seconds=0.2)
S = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("theirs", "proven"),
    [(0.0, 0), (0.4, 0), (-0.6, 0), (-1.5, 0), (30.0, 29), (-30.0, -28), (3600.0, 3599)],
)
def test_the_second_of_a_date_its_age_and_the_way_are_no_fault_of_the_clock(theirs: float, proven: int) -> None:
    made = CAME - timedelta(seconds=0.1) + timedelta(seconds=theirs)
    apart = by_date(made.replace(microsecond=0), BEGAN, CAME)
    assert apart.least <= timedelta(seconds=theirs) <= apart.most
    assert abs(apart.proven) <= abs(timedelta(seconds=theirs))
    assert abs(apart.proven) >= abs(proven * S)


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("2026-11-28T09:00:00.600Z", -0.1, 0.101),
        ("2026-11-28T09:00:00Z", -0.7, 0.5),
        ("2026-11-28T09:00:31Z", 30.3, 31.5),
    ],
)
def test_a_receipt_is_made_while_it_is_waited_for(said: str, least: float, most: float) -> None:
    found = by_receipt(said, BEGAN, CAME)
    assert found == Apart(timedelta(seconds=least), timedelta(seconds=most), CAME)


@pytest.mark.parametrize("said", ["", "2026-11-28T09:00:00", "-0044-03-15T12:00:00Z"])
def test_a_receipt_that_says_no_time_tells_none(said: str) -> None:
    assert by_receipt(said, BEGAN, CAME) is None


def test_a_message_that_waited_for_days_proves_nothing() -> None:
    old = by_timestamp(CAME - timedelta(days=3), CAME)
    assert (old.proven, old.middle) == (timedelta(), None)


def test_a_message_of_tomorrow_proves_a_clock_that_is_ahead() -> None:
    assert by_timestamp(CAME + timedelta(days=1), CAME).proven == timedelta(days=1)


def test_the_worst_is_that_of_the_day() -> None:
    clocks = PartnerClocks()
    for hour, theirs in ((1, 5), (2, -90), (3, 2), (25, 1)):
        came = datetime(2026, 11, 27, tzinfo=UTC) + timedelta(hours=hour)
        clocks.hear_date("kr", came + theirs * S, came, came)
        kept = clocks.of("kr")[Told.DATE]
        assert kept.latest.least == theirs * S
        assert kept.worst.least == {1: 5, 2: -90, 3: -90, 25: 1}[hour] * S


def test_each_way_of_telling_is_kept_by_itself() -> None:
    clocks = PartnerClocks()
    clocks.hear_date("kr", CAME, CAME, CAME)
    clocks.hear_timestamp("kr", CAME - timedelta(days=2), CAME)
    assert set(clocks.of("kr")) == set(Told)
    assert clocks.of("xx") == {}
    assert list(clocks.all()) == ["kr"]


def test_what_was_kept_before_a_restart_gives_way_to_what_was_heard_since() -> None:
    clocks, (old, new) = PartnerClocks(), (Apart(S, S, CAME), Apart(2 * S, 2 * S, CAME))
    clocks.hear_date("kr", CAME + 2 * S, CAME, CAME)
    clocks.put({"kr": {Told.DATE: Kept(old, old), Told.TIMESTAMP: Kept(old, old)}, "jp": {Told.DATE: Kept(new, new)}})
    assert clocks.of("kr")[Told.DATE].latest.least == 2 * S
    assert clocks.of("kr")[Told.TIMESTAMP].latest == old
    assert clocks.of("jp")[Told.DATE].worst == new


def test_no_more_partners_are_remembered_than_there_may_be() -> None:
    clocks = PartnerClocks()
    for n in range(MOST + 1):
        clocks.hear_date(str(n), CAME, CAME, CAME)
    assert len(clocks.all()) == MOST
