"""Whatever a stranger sends in place of a sheet is refused with words, and costs no more than its size."""

import copy
import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sheets.canonical import SheetRefused
from node.sheets.showing import text_lines
from node.sheets.signing import read_signed, verify, write_signed
from tests.agreed import agreed, key, signed

FILE = json.loads(write_signed(signed(agreed())))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        found += places(one, (*path, name))
    return found


PLACES = places(FILE)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PLACES), JSON)
def test_any_value_at_any_place_is_taken_unchanged_or_refused(place: tuple[Any, ...], value: Any) -> None:
    changed = copy.deepcopy(FILE)
    inner = changed
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    try:
        octets = json.dumps(changed).encode()
        found = read_signed(octets)
        list(text_lines(found, ()))
        verify(found)
    except SheetRefused as refused:
        said = [(where, problem) for where, problem in refused.problems if problem]
    else:
        # What was taken says what both signed, or leaves out a signature.
        assert found.sheet == signed(agreed()).sheet
        return
    assert said


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_json_at_all_is_refused(value: Any) -> None:
    with pytest.raises(SheetRefused):
        read_signed(json.dumps(value).encode())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_are_refused(octets: bytes) -> None:
    with pytest.raises(SheetRefused):
        read_signed(octets)


def steps(octets: bytes) -> int:
    """How many calls reading takes: a count that no other load on the machine changes."""
    counted = 0

    def count(*_: Any) -> None:
        nonlocal counted
        counted += 1

    sys.setprofile(count)
    try:
        read_signed(octets)
    except SheetRefused:
        pass
    finally:
        sys.setprofile(None)
    return counted


def many(count: int, what: str) -> bytes:
    value = copy.deepcopy(FILE)
    body = value["body"]
    der = body["parties"]["a"]["certificates"]["sign"][0]["der"]
    if what == "names":
        body.update({f"n{i}": 1 for i in range(count)})
    elif what == "anchors":
        body["parties"]["a"]["documents"]["anchors"] = {f"C{i}": [der] * 12 for i in range(count // 100)}
    elif what == "tree":
        body["ladder"] = {"L1": [["x"] * 100] * (count // 100)}
    elif what == "actions":
        body["services"][0]["actions"] = [f"a{i}" for i in range(count)]
    else:
        value["signatures"] = value["signatures"] * count
    return json.dumps(value).encode()


@pytest.mark.parametrize("what", ["names", "anchors", "tree", "actions", "signatures"])
def test_reading_costs_no_more_than_the_size(what: str) -> None:
    key("a")
    small, middle, large = (steps(many(count, what)) for count in (400, 1000, 4000))
    # What is refused at once costs nothing more; what is looked at costs the same for each.
    assert (large - middle) / 3000 <= 1.3 * max((middle - small) / 600, 1)
