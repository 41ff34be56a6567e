"""A JSON list is read value by value, and what is none is refused as json.loads does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.operators.json_items import NoList, each_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=6), st.integers(1, 40), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_every_list_is_read_as_it_is_however_it_is_cut(values: list[object], piece: int, encoding: str) -> None:
    octets = json.dumps(values, ensure_ascii=False, indent=1).encode(encoding, "surrogatepass")
    assert list(each_of(octets, piece)) == values


@given(st.text(alphabet='[]{},:"\\ 1et', max_size=12), st.integers(1, 5))
def test_what_is_no_list_is_refused_as_by_the_library(text: str, piece: int) -> None:
    try:
        known = json.loads(text)
    except ValueError:
        known = None
    if isinstance(known, list):
        assert list(each_of(text.encode(), piece)) == known
    else:
        with pytest.raises(ValueError):
            list(each_of(text.encode(), piece))


def test_what_is_json_and_no_list_is_told_apart() -> None:
    with pytest.raises(NoList):
        list(each_of(b'{"a": [1]}'))


def test_values_come_before_the_end_is_read() -> None:
    coming = each_of(b'[1, {"a": 2}, broken', 4)
    assert [next(coming), next(coming)] == [1, {"a": 2}]
    with pytest.raises(ValueError, match="Expecting value"):
        next(coming)
