"""Each transform has a way out, and a way back that undoes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.mapping.transform import TransformRefused, read_transform

CODES = {"mode": {"1": "SEA", "4": "AIR", "5": "AIR"}}


@pytest.mark.parametrize(
    ("said", "ours", "theirs"),
    [
        ("", ["a"], ["a"]),
        ("copy", ["a", "b"], ["a", "b"]),
        ("pad:4", ["17"], ["0017"]),
        ("prefix:TW", ["1"], ["TW1"]),
        ("strip:urn:uuid:", ["urn:uuid:7"], ["7"]),
        ("date:%Y-%m-%d>%Y%m%d", ["2026-11-20"], ["20261120"]),
        ("date:%Y-%m-%dT%H:%M:%S%z>%Y%m%d%H%M%S%z", ["2026-11-20T01:02:03+08:00"], ["20261120010203+08:00"]),
        ("date:%Y-%m-%dT%H:%M:%S%z>%Y%m%d%H%M%S%z", ["2026-11-20T01:02:03Z"], ["20261120010203Z"]),
        ("codes:mode", ["4"], ["AIR"]),
        ("join:,_", ["a", "b"], ["a, b"]),
        ("join:", ["a", "b"], ["a b"]),
        ("split:3", ["abcdefg"], ["abc", "def", "g"]),
        ("pad:3|prefix:x", ["7"], ["x007"]),
    ],
)
def test_a_transform_goes_out_and_back(said: str, ours: list[str], theirs: list[str]) -> None:
    transform = read_transform(said, CODES)
    assert list(transform.outward(ours)) == theirs
    assert list(transform.inward(theirs)) == ours


def test_some_only_write() -> None:
    assert read_transform("upper", {}).outward(["taipei"]) == ["TAIPEI"]
    assert read_transform("const:2.4", {}).constant == "2.4"
    assert read_transform("const:", {}).constant == ""
    assert read_transform("number", {}).numbers
    assert read_transform("join:;", {}).joins
    assert read_transform("pad:3", {}).inward(["000"]) == ["0"]


@pytest.mark.parametrize("said", ["lower", "pad:x", "pad:0", "split:", "date:%Y", "codes:none", "const:a|upper", "copy|"])
def test_what_is_no_transform_is_refused(said: str) -> None:
    with pytest.raises(TransformRefused):
        read_transform(said, CODES)


@pytest.mark.parametrize(("said", "value"), [("codes:mode", "9"), ("date:%Y-%m-%d>%Y%m%d", "20-11-2026")])
def test_a_value_that_does_not_fit_is_refused(said: str, value: str) -> None:
    with pytest.raises(TransformRefused, match=value):
        read_transform(said, CODES).outward([value])


@given(st.lists(st.text(min_size=1), min_size=1), st.integers(1, 40))
def test_pieces_make_the_whole_again(values: list[str], width: int) -> None:
    transform = read_transform(f"split:{width}", {})
    pieces = transform.outward(values)
    assert max(map(len, pieces)) <= width
    assert list(transform.inward(pieces)) == ["".join(values)]
