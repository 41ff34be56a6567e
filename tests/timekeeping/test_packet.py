"""What an NTP server may say, and what of it is believed: by the checks that a client owes (RFC 5905 8, 14)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.timekeeping.offset import Unusable
from node.timekeeping.packet import MAX_DISTANCE, OCTETS, Answer, Foreign, Kiss, read_answer, request
from tests.timekeeping.answers import Said, stamp

NONCE = bytes.fromhex("c0ffee0123456789")
BEGAN = datetime(2026, 11, 28, 9, 14, 7, 42, UTC)
MS = timedelta(milliseconds=1)


def said(
    ahead: timedelta = timedelta(), *, way: timedelta = 10 * MS, back: timedelta = 10 * MS, began: datetime = BEGAN
) -> tuple[Said, timedelta]:
    """What a right server says where our clock is `ahead`, and how long question and answer travel."""
    received = began - ahead + way
    return Said(received, received + MS), way + MS + back


def read(one: Said, elapsed: timedelta, began: datetime = BEGAN) -> Answer:
    return read_answer(one.octets(NONCE), NONCE, began, elapsed)


def test_a_question_tells_the_server_nothing_but_chance() -> None:
    octets = request(NONCE)
    assert len(octets) == OCTETS
    assert octets[0] == 0b00_100_011
    assert octets[1:40] == bytes(39)
    assert octets[40:] == NONCE


@given(
    st.timedeltas(min_value=timedelta(days=-20_000), max_value=timedelta(days=20_000)),
    st.integers(0, 400_000),
    st.integers(0, 400_000),
)
def test_the_true_offset_lies_within_what_is_told(ahead: timedelta, way: int, back: int) -> None:
    one, elapsed = said(ahead, way=timedelta(microseconds=way), back=timedelta(microseconds=back))
    found = read(one, elapsed).offset
    assert found.least <= ahead <= found.most
    # Half of the way is all that is not known.
    assert found.within < timedelta(microseconds=way + back) / 2 + MS


def test_what_the_server_does_not_know_is_added() -> None:
    one, elapsed = said()
    vague = read(replace(one, root_delay=0.2, root_dispersion=0.3), elapsed)
    # A server counts in 65536ths of a second.
    assert timedelta(seconds=0.3999) <= vague.offset.within - read(one, elapsed).offset.within < timedelta(seconds=0.401)


@pytest.mark.parametrize(
    "began",
    [datetime(2036, 2, 7, 6, 28, 15, 900_000, UTC), datetime(2036, 2, 7, 6, 28, 16, 0, UTC), datetime(2050, 1, 1, tzinfo=UTC)],
)
def test_the_era_that_begins_in_2036_changes_nothing(began: datetime) -> None:
    one, elapsed = said(timedelta(seconds=1.5), way=200 * MS, began=began)
    found = read(one, elapsed, began).offset
    assert found.least <= timedelta(seconds=1.5) <= found.most


# -- hostile and broken answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 40, 47])
def test_short_packets_are_no_answer(size: int) -> None:
    one, elapsed = said()
    with pytest.raises(Foreign):
        read_answer(one.octets(NONCE)[:size], NONCE, BEGAN, elapsed)


def test_what_follows_the_head_is_not_looked_at() -> None:
    one, elapsed = said()
    assert read_answer(one.octets(NONCE) + b"\xff" * 100, NONCE, BEGAN, elapsed) == read(one, elapsed)


@pytest.mark.parametrize("origin", [bytes(8), NONCE[:7] + b"\x00", NONCE[::-1], stamp(BEGAN).to_bytes(8)])
def test_an_answer_of_somebody_who_has_not_seen_the_question_is_none(origin: bytes) -> None:
    one, elapsed = said()
    with pytest.raises(Foreign, match="origin"):
        read(replace(one, origin=origin), elapsed)


@pytest.mark.parametrize("code", [b"DENY", b"RSTR", b"RATE"])
def test_nor_can_such_a_one_keep_us_from_asking(code: bytes) -> None:
    one, elapsed = said()
    with pytest.raises(Foreign):
        read(replace(one, stratum=0, reference_id=code, origin=bytes(8)), elapsed)


@pytest.mark.parametrize(
    ("code", "denies", "slows"),
    [
        (b"DENY", True, False),
        (b"RSTR", True, False),
        (b"RATE", False, True),
        (b"STEP", False, False),
        (b"\x00\x07\xff\x1b", False, False),
    ],
)
def test_a_kiss_of_death_is_no_time(code: bytes, denies: bool, slows: bool) -> None:
    one, elapsed = said()
    with pytest.raises(Kiss) as told:
        read(replace(one, leap=3, stratum=0, reference_id=code), elapsed)
    assert (told.value.denies, told.value.slows) == (denies, slows)
    assert str(told.value).isprintable()


HOSTILE = {
    "leap alarm": ({"leap": 3}, "leap indicator"),
    "stratum 16": ({"stratum": 16}, "stratum 16"),
    "stratum 255": ({"stratum": 255}, "stratum 255"),
    "a question as the answer": ({"mode": 3}, "mode 3"),
    "a broadcast": ({"mode": 5}, "mode 5"),
    "a control message": ({"mode": 6}, "mode 6"),
    "version 1": ({"version": 1}, "version 1"),
    "version 7": ({"version": 7}, "version 7"),
    "no time of receipt": ({"received": datetime(1900, 1, 1, tzinfo=UTC)}, "no time"),
    "no time of sending": ({"sent": datetime(1900, 1, 1, tzinfo=UTC)}, "no time"),
    "answered before it was asked": ({"sent": BEGAN - timedelta(seconds=5)}, "before it was asked"),
    "longer at the server than under way": ({"sent": BEGAN + timedelta(seconds=5)}, "took 4990 ms to answer"),
    "set after it answered": ({"updated": BEGAN + timedelta(hours=1)}, "set after"),
    "absurd root delay": ({"root_delay": 40_000.0}, "may be 20000 s off"),
    "absurd root dispersion": ({"root_dispersion": 65_535.0}, "may be 65535 s off"),
    "a negative root delay": ({"root_delay": -0.5}, "s off"),
    "too vague": ({"root_dispersion": 1.5}, "known to 151"),
}


@pytest.mark.parametrize(("other", "why"), HOSTILE.values(), ids=HOSTILE)
def test_what_no_honest_server_says_is_refused_with_its_reason(other: dict[str, object], why: str) -> None:
    one, elapsed = said()
    assert read(one, elapsed).stratum == 2
    with pytest.raises(Unusable, match=why) as told:
        read(replace(one, **other), elapsed)
    assert not isinstance(told.value, Foreign | Kiss)


def test_an_answer_that_took_too_long_says_too_little() -> None:
    one, elapsed = said(way=MAX_DISTANCE, back=MAX_DISTANCE)
    with pytest.raises(Unusable, match="the answer took 2001 ms"):
        read(one, elapsed)


@given(st.binary(max_size=100))
def test_no_octets_do_anything_but_answer_or_be_refused(octets: bytes) -> None:
    # As those of somebody who has seen the question, too.
    for one in (octets, octets[:24] + NONCE + octets[32:]):
        try:
            found = read_answer(one, NONCE, BEGAN, 20 * MS)
        except Unusable:
            continue
        assert found.offset.within <= MAX_DISTANCE
