"""The bar of the retry storm in a small size, and what it must see."""

from pathlib import Path

from tests.bars import storm


def test_a_small_storm_loses_nothing_and_keeps_to_its_connections(tmp_path: Path) -> None:
    # How evenly a few messages arrive says nothing.
    assert [one for one in storm.run(tmp_path, full=False, due=40).problems if "arrived in one second" not in one] == []


def test_a_second_that_sees_too_much_and_a_message_that_is_lost_are_seen() -> None:
    even = [at / 10 for at in range(100)]
    assert storm.judge(100, even, 4).problems == ()
    assert storm.judge(130, even + [3.5] * 30, 4).problems == ("40 arrived in one second, more than twice the mean of 13",)
    assert storm.judge(101, even, 4).problems == ("lost: 1 of 101 never arrived",)
    assert storm.judge(100, even, 5).problems == ("5 under way at a time, 4 are agreed",)
