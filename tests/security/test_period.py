"""Spans of time in which a certificate counts."""

from datetime import UTC, datetime

from node.security.period import ALWAYS, Period, gaps, in_force, of_certificate

JAN, FEB, MAR, APR = (datetime(2027, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4))


def test_a_period_begins_at_its_first_instant_and_is_over_at_its_last():
    period = Period(FEB, MAR)
    assert [period.holds(one) for one in (JAN, FEB, MAR)] == [False, True, False]
    assert all(ALWAYS[0].holds(one) for one in (JAN, APR))
    assert (Period(None, FEB).holds(JAN), Period(FEB).holds(JAN)) == (True, False)
    assert period.instants() == [FEB, MAR]


def test_of_several_the_one_that_began_last_is_in_force():
    old, new = Period(None, MAR), Period(FEB)
    assert in_force((new, old), JAN) is old
    assert in_force((old, new), FEB) is new
    assert in_force((Period(JAN, FEB),), APR) is None


def test_gaps_are_named_from_now_to_the_last_end():
    assert gaps([Period(None, FEB), Period(MAR, APR)], JAN) == [Period(FEB, MAR)]
    assert gaps([Period(MAR, APR)], JAN) == [Period(JAN, MAR)]
    assert gaps([Period(None, MAR), Period(FEB)], JAN) == []
    # What is over, and what lies within another, leaves no gap and hides none.
    assert gaps([Period(None, JAN), Period(FEB, APR), Period(MAR, MAR)], FEB) == []
    assert gaps([Period()], JAN) == []
    assert gaps([], JAN) == []


def test_a_period_in_words():
    assert str(Period(FEB, MAR)) == "from 2027-02-01 00:00 UTC until 2027-03-01 00:00 UTC"
    assert str(Period(until=MAR)) == "until 2027-03-01 00:00 UTC"
    assert str(Period()) == "always"


def test_a_certificate_has_a_period_of_its_own(pki):
    assert of_certificate(pki.key("a").certificate) == Period(datetime(2024, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC))
