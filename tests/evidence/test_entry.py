"""An entry is written in one way, and read in that way alone."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from node.evidence.entry import MAX_OCTETS, Clock, Entry, EntryRefused, Kind, instant, read_entry, read_instant, written

AT = datetime(2026, 11, 28, 9, 14, 7, 42, tzinfo=UTC)
ENTRY = Entry(
    Kind.RECEIVED,
    AT,
    {"message_id": "m1@kr.example", "partner": "kr"},
    {"envelope": "a" * 64, "payload-1": "b" * 64},
    {"tls": {"version": "TLSv1.3"}, "verified": True, "attempts": 3, "words": '關務 \u2028 \x1f "\\/'},
    Clock(-12, 4, "ntp.example", AT - timedelta(seconds=30)),
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_values)
def test_the_form_is_that_of_rfc_8785(value) -> None:
    assert written(value) == rfc8785.dumps(value)


def test_what_was_written_is_read() -> None:
    assert read_entry(ENTRY.octets()) == ENTRY
    assert read_entry(Entry(Kind.ACTED, AT).octets()) == Entry(Kind.ACTED, AT)


def test_an_instant_is_written_in_utc() -> None:
    taipei = AT.astimezone(timezone(timedelta(hours=8)))
    assert Entry(Kind.ACTED, taipei).octets() == Entry(Kind.ACTED, AT).octets()
    assert b'"at":"2026-11-28T09:14:07.000042Z"' in Entry(Kind.ACTED, AT).octets()


def edited(edit) -> bytes:
    value = json.loads(ENTRY.octets())
    edit(value)
    return rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "is no entry"),
        (b"[]", "is not of version 1"),
        (b"\xff", "is no entry"),
        (b"[" * 100_000, "is no entry"),
        (b" " * (MAX_OCTETS + 1), "at most"),
        (ENTRY.octets() + b" ", "canonical"),
        (ENTRY.octets().replace(b'"v":1', b'"v":1,"v":1'), "canonical"),
        (ENTRY.octets().replace(b'"about"', b'"abouT"'), "version"),
        (edited(lambda one: one.update(v=2)), "version"),
        (edited(lambda one: one.update(more=1)), "version"),
        (edited(lambda one: one.pop("clock")), "version"),
        (edited(lambda one: one.update(kind="message.lost")), "is no entry"),
        (edited(lambda one: one.update(at="2026-11-28T09:14:07Z")), "is no entry"),
        (edited(lambda one: one["objects"].update(envelope="A" * 64)), "no SHA-256"),
        (edited(lambda one: one["objects"].update(envelope="a" * 64 + "\n")), "no SHA-256"),
        (edited(lambda one: one["about"].update(message_id=7)), "no str"),
        (edited(lambda one: one["about"].update({"Message": "x"})), "other letters"),
        (edited(lambda one: one.update(about=[])), "is no entry"),
        (edited(lambda one: one["facts"].update(share=0.5)), "no form here"),
        (edited(lambda one: one["clock"].pop("source")), "is no entry"),
        (edited(lambda one: one["clock"].update(more=1)), "canonical"),
    ],
)
def test_other_octets_are_no_entry(octets: bytes, why: str) -> None:
    with pytest.raises(EntryRefused, match=why):
        read_entry(octets)


@pytest.mark.parametrize(
    "facts",
    [
        {"a": json.loads("[" * 32 + "]" * 32)},
        {"a": 0.5},
        {"a": float("nan")},
        {"a": 2**53},
        {"關": 1},
        {"a": b"x"},
        {"a": [{"b": object()}]},
    ],
)
def test_what_others_would_write_otherwise_is_not_written(facts) -> None:
    with pytest.raises(ValueError, match=r"none of JSON|no form|ASCII|nested deeper than 32"):
        Entry(Kind.ACTED, AT, facts=facts).octets()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offset_ms", '"1"'),
        ("offset_ms", "true"),
        ("within_ms", "null"),
        ("within_ms", "-1"),
        ("source", "1"),
        ("measured_at", "1"),
    ],
)
def test_a_clock_of_another_kind_is_refused(name: str, value: str) -> None:
    entry = Entry(Kind.ACTED, datetime(2026, 11, 24, tzinfo=UTC), clock=Clock(1, 2, "chrony", datetime(2026, 11, 24, tzinfo=UTC)))
    octets = re.sub(rf'"{name}":("[^"]*"|[0-9]+)', f'"{name}":{value}', entry.octets().decode()).encode()
    assert octets != entry.octets()
    with pytest.raises(EntryRefused):
        read_entry(octets)


def test_an_instant_is_written_in_one_way_only() -> None:
    early = datetime(1, 1, 1, tzinfo=UTC)
    assert read_instant(instant(early)) == early
    assert instant(early) == "0001-01-01T00:00:00.000000Z"
    for text in (
        "2026-1-2T03:04:05.000006Z",
        "2026-01-02T03:04:05.0006Z",
        "2026-01-02T03:04:05Z",
        "2026-01-02 03:04:05.000006Z",
        "",
    ):
        with pytest.raises(ValueError, match=r"instant|isoformat"):
            read_instant(text)
