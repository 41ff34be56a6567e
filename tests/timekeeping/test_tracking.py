"""chrony's report: what `chronyc -c tracking` of 4.3 printed, and what is no report."""

from datetime import timedelta

import pytest

from node.timekeeping.offset import Unusable
from node.timekeeping.tracking import read_tracking

#: Of a clock that chrony called "5.000013828 seconds slow of NTP time".
SLOW = "7F000001,127.0.0.1,2,1795900589.824649890,5.000013828,-0.000000800,0.000004418,0.535,-0.085,4.003,0.000129834,0.000006962,0.3,Normal\n"
NEVER = (
    "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n"
)


def test_a_clock_that_is_slow_is_behind() -> None:
    offset, by = read_tracking(SLOW)
    assert offset.offset == timedelta(seconds=-5.000014)
    # Root dispersion and half of the root delay.
    assert offset.within == timedelta(microseconds=72)
    assert by == "127.0.0.1"


def test_a_clock_that_is_fast_is_ahead() -> None:
    assert read_tracking(SLOW.replace(",5.0000", ",-5.0000"))[0].offset > timedelta(seconds=5)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (NEVER, "not synchronised"),
        (SLOW.replace("Normal", "Not synchronised"), "not synchronised"),
        (SLOW.replace("7F000001,127.0.0.1", "7F7F0101,"), "own clock"),
        (SLOW.replace(",5.000013828", ",nan"), "no report"),
        (SLOW.replace(",5.000013828", ",1e300"), "centuries"),
        (SLOW.replace("0.000129834", "-1"), "no report"),
        (SLOW.replace("5.000013828", "x"), "no report"),
        ("506 Cannot talk to daemon\n", "506 Cannot talk"),
        ("", "no report"),
    ],
)
def test_what_proves_nothing_is_refused_with_its_reason(line: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        read_tracking(line)
