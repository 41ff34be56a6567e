"""An offset is an interval, and no rounding makes it narrower."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.timekeeping.offset import Offset, median

MS = timedelta(milliseconds=1)
LENGTHS = st.timedeltas(min_value=timedelta(days=-40_000), max_value=timedelta(days=40_000))
WIDTHS = st.timedeltas(min_value=timedelta(), max_value=timedelta(seconds=2))


@pytest.mark.parametrize(("offset", "within", "proven"), [(5, 1, 4), (-5, 1, 4), (1, 5, 0), (-1, 5, 0), (0, 0, 0)])
def test_only_what_lies_outside_of_the_range_is_proven(offset: int, within: int, proven: int) -> None:
    assert Offset(offset * MS, within * MS).proven == proven * MS


@given(LENGTHS, WIDTHS)
def test_in_whole_milliseconds_the_range_still_holds_the_truth(offset: timedelta, within: timedelta) -> None:
    one = Offset(offset, within)
    assert (one.offset_ms - one.within_ms) * MS <= one.least
    assert one.most <= (one.offset_ms + one.within_ms) * MS
    assert one.within_ms * MS < within + 2 * MS


@given(st.lists(LENGTHS, min_size=1, max_size=9))
def test_half_lie_on_either_side_of_the_median(offsets: list[timedelta]) -> None:
    middle = median(offsets)
    assert sum(one < middle for one in offsets) * 2 <= len(offsets)
    assert sum(one > middle for one in offsets) * 2 <= len(offsets)
