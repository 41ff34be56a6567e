"""When a partner is told of our list again, and as what."""

from datetime import timedelta

import pytest

from node.customs.operators.arrangement import Arrangement
from node.customs.operators.record_set import DELTA, FULL, URGENT
from node.customs.operators.schedule import FAILED, HELD, READ, REFUSED, SENT, TAKEN, Looked, SetOut, due, worst
from tests.operators import at

KR = Arrangement("kr", "KR-KCS", "KR-AEO", "KR", "p")
SEEN = Looked(7)


def one(mode, days, state=READ):
    return SetOut(mode, int(days * 10), at(days), state)


@pytest.mark.parametrize(
    ("sets", "days", "looked", "wanted"),
    [
        # the first one
        ([], 1, SEEN, FULL),
        # nothing is due
        ([one(FULL, 1)], 1.9, SEEN, ""),
        # our list has changed, or nobody has looked since the start
        ([one(FULL, 1)], 1.1, Looked(6), URGENT),
        ([one(FULL, 1)], 1.1, Looked(), URGENT),
        # by the day, counted from what was told and from the last look; an urgent one tells not all
        ([one(FULL, 1)], 2, SEEN, DELTA),
        ([one(DELTA, 2), one(FULL, 1)], 2.9, SEEN, ""),
        ([one(URGENT, 1.9), one(FULL, 1)], 2, SEEN, DELTA),
        ([one(FULL, 1)], 2.9, Looked(7, at(2)), ""),
        ([one(FULL, 1)], 3, Looked(7, at(2)), DELTA),
        # by the month
        ([one(DELTA, 30), one(FULL, 1)], 31, SEEN, FULL),
        # lost since the last full list: at once, and once
        ([one(DELTA, 2, REFUSED), one(FULL, 1)], 2, SEEN, FULL),
        ([one(DELTA, 2, FAILED), one(FULL, 1)], 2, SEEN, FULL),
        ([one(URGENT, 3), one(DELTA, 2, REFUSED), one(FULL, 1)], 3, SEEN, FULL),
        ([one(FULL, 2, SENT), one(DELTA, 2, REFUSED), one(FULL, 1)], 2.1, SEEN, ""),
        # a full list that was refused, and its second try
        ([one(FULL, 1, REFUSED)], 1.1, SEEN, FULL),
        ([one(FULL, 1.1, REFUSED), one(FULL, 1, REFUSED)], 1.2, SEEN, ""),
        ([one(FULL, 1.1, REFUSED), one(FULL, 1, REFUSED)], 2.1, SEEN, FULL),
        ([one(FULL, 1.1, REFUSED), one(DELTA, 1, REFUSED)], 1.2, Looked(), ""),
        # one that nobody could take
        ([one(FULL, 1, FAILED)], 1.1, SEEN, ""),
        ([one(FULL, 1, FAILED)], 2, SEEN, FULL),
        # a person there has it
        ([one(FULL, 1, HELD)], 2, Looked(), ""),
        # written to files before all of this
        ([one(DELTA, 2, "")], 2.5, SEEN, ""),
    ],
)
def test_what_is_due(sets, days, looked, wanted):
    assert due(KR, sets, 7, looked, at(days)) == wanted


def test_the_time_is_that_of_the_arrangement():
    hourly = Arrangement("kr", "KR-KCS", "KR-AEO", "KR", "p", every=timedelta(hours=1), full_every=timedelta(days=1))
    assert due(hourly, [one(FULL, 1)], 7, SEEN, at(1.05)) == DELTA
    assert due(hourly, [one(FULL, 1)], 7, SEEN, at(2)) == FULL


def test_a_set_is_what_its_worst_part_is():
    assert worst([TAKEN, REFUSED, READ]) == REFUSED
    assert worst([READ, SENT]) == SENT
    assert worst([TAKEN, HELD]) == HELD
    assert worst([]) == ""
