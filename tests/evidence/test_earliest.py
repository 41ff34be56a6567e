"""The earliest time over an entry."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from node.evidence.earliest import Earliest
from tests.bundles import BEGAN

HOURS = st.dictionaries(st.integers(1, 30), st.integers(0, 9), max_size=8)


@given(HOURS, st.integers(1, 31))
def test_it_is_the_least_of_those_that_are_large_enough(hours: dict[int, int], number: int) -> None:
    times = {size: BEGAN + timedelta(hours=hour) for size, hour in hours.items()}
    wanted = min((time for size, time in times.items() if size >= number), default=None)
    assert Earliest(times).over(number) == wanted
