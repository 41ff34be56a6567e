from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.edifact.values import NoMoment, collapsed, cut, decimal, moment, number, plain, written_moment


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("594", "594"),
        ("594.50", "594.5"),
        ("594,5", "594.5"),
        ("0594.0", "594"),
        (".5", "0.5"),
        ("-0.50", "-0.5"),
        ("000", "0"),
        ("100", "100"),
    ],
)
def test_a_number_says_nothing_twice(text: str, said: str) -> None:
    assert number(text) == said


@pytest.mark.parametrize("text", ["", "NaN", "1E9", "1e999999999", "Infinity", "+1", "1_0", "9" * 5000])
def test_what_is_no_number_of_an_element_has_no_value(text: str) -> None:
    assert decimal(text) is None


def test_a_decimal_is_written_without_exponent() -> None:
    assert plain(Decimal("1E+3")) == "1000" and plain(Decimal("1E-7")) == "0.0000001"


@pytest.mark.parametrize(
    ("text", "form", "said"),
    [
        ("20261116", "102", "2026-11-16T00:00:00+08:00"),
        ("202611160930", "203", "2026-11-16T09:30:00+08:00"),
        ("20261116093015", "204", "2026-11-16T09:30:15+08:00"),
        ("261116", "101", "2026-11-16T00:00:00+08:00"),
        ("991231", "101", "2099-12-31T00:00:00+08:00"),
    ],
)
def test_a_moment_is_read_in_the_zone_of_the_profile(text: str, form: str, said: str) -> None:
    assert moment(text, form, "+08:00") == said


@pytest.mark.parametrize(
    ("text", "form"), [("20261316", "102"), ("2026111", "102"), ("202611162500", "203"), ("2026111٦", "102"), ("00000101", "102")]
)
def test_digits_that_are_no_moment_are_refused(text: str, form: str) -> None:
    with pytest.raises(NoMoment):
        moment(text, form, "Z")


@pytest.mark.parametrize(
    ("text", "zone", "said"),
    [
        ("2026-11-16T09:30:00+08:00", "+08:00", ("202611160930", "203", False)),
        ("2026-11-16T01:30:15Z", "+08:00", ("20261116093015", "204", False)),
        ("2026-11-16T09:30:00.250+08:00", "Z", ("202611160130", "203", True)),
    ],
)
def test_a_moment_is_written_in_the_zone_and_loses_only_parts_of_seconds(
    text: str, zone: str, said: tuple[str, str, bool]
) -> None:
    assert written_moment(text, zone) == said


@pytest.mark.parametrize("text", ["", "2026-11-16", "2026-13-16T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_cannot_be_written_as_a_moment_is_refused(text: str) -> None:
    with pytest.raises(NoMoment):
        written_moment(text or "x", "-08:00")


@given(st.lists(st.text("ab,", min_size=1, max_size=9), max_size=12), st.integers(3, 12))
def test_pieces_joined_by_a_space_are_the_text_unless_a_word_was_split(words: list[str], size: int) -> None:
    text = " ".join(words)
    pieces, split = cut(text, size)
    assert all(0 < len(piece) <= size for piece in pieces)
    assert split == any(len(word) > size for word in words)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    if not split:
        assert " ".join(pieces) == text


def test_spaces_collapse_and_other_white_space_stays() -> None:
    assert collapsed("  a  b\u00a0c ") == "a b\u00a0c" and collapsed("   ") == ""
