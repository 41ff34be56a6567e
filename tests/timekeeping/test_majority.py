"""One reference that lies moves nothing where there are three."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.timekeeping.majority import agree
from node.timekeeping.offset import Offset, Unusable

MS = timedelta(milliseconds=1)


def told(*pairs: tuple[float, float]) -> dict[str, Offset]:
    return {f"s{n}": Offset(offset * MS, within * MS) for n, (offset, within) in enumerate(pairs, 1)}


def test_three_that_agree_are_all_counted() -> None:
    found = agree(told((3, 10), (5, 10), (4, 2)), 3)
    assert found.agreeing == ("s1", "s2", "s3")
    assert found.others == ()
    assert found.offset == Offset(4 * MS, 2 * MS)


@pytest.mark.parametrize("lie", [-86_400_000, -500, 500, 3_600_000])
def test_one_that_lies_is_left_out_however_exact_it_says_it_is(lie: int) -> None:
    found = agree(told((lie, 0.001), (5, 10), (4, 8)), 3)
    assert (found.agreeing, found.others) == (("s2", "s3"), ("s1",))
    assert abs(found.offset.offset - 4.5 * MS) < MS


@pytest.mark.parametrize(
    "answers", [told((0, 1), (100, 1)), told((0, 1), (100, 1), (200, 1)), told((0, 1), (0, 1), (100, 1), (100, 1))]
)
def test_where_no_more_than_half_agree_nothing_is_known(answers: dict[str, Offset]) -> None:
    with pytest.raises(Unusable, match="no more than"):
        agree(answers, len(answers))


def test_one_alone_is_believed_where_no_more_than_two_are_named() -> None:
    assert agree(told((7, 1)), 1).offset.offset == agree(told((7, 1)), 2).offset.offset == 7 * MS


def test_whoever_silences_two_of_three_does_not_choose_the_third() -> None:
    with pytest.raises(Unusable, match="s1 alone answered"):
        agree(told((7, 1)), 3)


def test_nobody_is_no_majority() -> None:
    with pytest.raises(Unusable, match="no reference"):
        agree({}, 3)


def test_intervals_that_touch_agree_and_are_no_more_exact_than_the_best() -> None:
    found = agree(told((0, 10), (20, 10), (10, 30)), 3)
    assert len(found.agreeing) == 3
    assert found.offset.within >= 10 * MS


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(50, 120)), min_size=3, max_size=8),
    st.lists(st.tuples(st.integers(-10_000, 10_000), st.integers(0, 500)), max_size=2),
)
def test_as_long_as_most_are_honest_no_more_is_told_than_one_of_them_holds_possible(
    honest: list[tuple[int, int]], liars: list[tuple[int, int]]
) -> None:
    # The true offset is nothing, and each honest interval holds it.
    found = agree(told(*honest, *liars), len(honest) + len(liars))
    if len(liars) < len(honest) - len(liars):
        ranges = [(offset - within, offset + within) for offset, within in honest]
        assert any(found.offset.least <= most * MS and least * MS <= found.offset.most for least, most in ranges)
    if not liars:
        assert found.offset.least <= timedelta() <= found.offset.most
