"""A message says when it was made: what is believed of it, what is flagged, what is refused, and what never is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pair import body_of
from node.ebms.pmode import MessageTime
from node.ebms.states import OutboundState
from node.evidence.entry import Entry, Kind, read_entry
from node.msh.age import Age, Timeliness, judge_age, read_instant
from node.msh.ports import Accepted
from tests.msh.edits import DOCUMENT, PairOf, change, leg
from tests.msh.test_inbound import code_of

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
AGREED = MessageTime(max_age=86_400.0, max_ahead=600.0)
DAY, MINUTES = timedelta(days=1), timedelta(minutes=10)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("age", "timeliness"),
    [
        (timedelta(), Timeliness.TIMELY),
        (DAY, Timeliness.TIMELY),
        (DAY + INSTANT, Timeliness.STALE),
        (-MINUTES, Timeliness.TIMELY),
        (-MINUTES - INSTANT, Timeliness.AHEAD),
    ],
)
def test_it_is_judged_by_what_was_agreed(age: timedelta, timeliness: Timeliness) -> None:
    found = judge_age((NOW - age).isoformat(), NOW, AGREED)
    assert (found.timeliness, found.said, found.age) == (timeliness, NOW - age, age)
    assert found.flagged == bool(found.words) == (timeliness is not Timeliness.TIMELY)


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("2026-11-28T09:00:00.0004Z", {"age_ms": -1, "timeliness": "timely"}),
        ("2026-11-27T08:59:59Z", {"age_ms": 86_401_000, "timeliness": "stale"}),
        ("0001-01-01T00:00:00Z", {"age_ms": 63_931_453_200_000, "timeliness": "stale"}),
        ("9" * 100, {"age_ms": None, "timeliness": "unreadable"}),
    ],
)
def test_an_entry_of_the_log_tells_it_in_whole_numbers(said: str, facts: dict[str, object]) -> None:
    found = judge_age(said, NOW, AGREED).facts()
    assert found == {"timestamp": said[:40], **facts}
    assert read_entry(Entry(Kind.RECEIVED, NOW, facts={"time": found}).octets()).facts["time"] == found


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("2026-11-20T08:30:00Z", "its eb:Timestamp 2026-11-20T08:30:00Z is 8 d 30 min old; agreed are 1 d"),
        ("2026-11-28T12:00:00Z", "its eb:Timestamp 2026-11-28T12:00:00Z is 3 h ahead of our clock; agreed are 10 min"),
        ("-0044-03-15T12:00:00Z", "its eb:Timestamp '-0044-03-15T12:00:00Z' is no instant"),
    ],
)
def test_the_history_says_it_in_words(said: str, words: str) -> None:
    assert judge_age(said, NOW, AGREED).words == words


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-28T09:00:00Z", NOW),
        ("2026-11-28T09:00:00.000000000Z", NOW),
        ("2026-11-28T17:00:00+08:00", NOW),
        # spec: C 5.2.2.1, in UTC whatever is not said
        ("2026-11-28T09:00:00", NOW),
        ("9999-12-31T23:59:59-14:00", None),
        ("12026-11-28T09:00:00Z", None),
        ("", None),
    ],
)
def test_a_time_that_no_clock_shows_is_none(text: str, instant: datetime | None) -> None:
    assert read_instant(text) == instant


@given(st.text(max_size=60) | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat))
def test_whatever_is_said_is_judged(text: str) -> None:
    assert isinstance(judge_age(text, NOW, AGREED), Age)


# -- where messages are taken in -----------------------------------------------------------------------------------------


def aged(pair_of: PairOf, agreed: MessageTime, **later: float):
    """A pair, a message that comes so much later than it was made, and its octets."""
    pair = pair_of()
    change(pair.b, lambda pmode: leg(pmode, time=agreed), inbound=True)
    outgoing = pair.a.prepare(pair.a.submit("b", DOCUMENT))
    pair.b.clock.at = pair.a.clock.at + timedelta(**later)
    return pair, outgoing.content_type, body_of(outgoing)


LATE = [({"days": 2}, Timeliness.STALE), ({"minutes": -11}, Timeliness.AHEAD)]


@pytest.mark.parametrize(("later", "timeliness"), [*LATE, ({"hours": 23}, Timeliness.TIMELY)])
def test_where_flagging_is_agreed_it_is_accepted_and_the_fact_says_so(
    pair_of: PairOf, later: dict[str, float], timeliness: Timeliness
) -> None:
    pair, content_type, body = aged(pair_of, AGREED, **later)
    accept_once, kept = pair.b.ports.messages.accept_once, []

    def keep(accepted: Accepted):
        kept.append(accepted)
        return accept_once(accepted)

    pair.b.ports.messages.accept_once = keep  # type: ignore[method-assign]
    assert pair.b.receive(content_type, body).status == 200
    (accepted,) = kept
    assert accepted.age is not None
    assert accepted.age.timeliness is timeliness
    (message,) = pair.b.messages.deliverable(9)
    (step,) = pair.b.messages.inbound_history(message.id)
    assert step.detail == accepted.age.words


@pytest.mark.parametrize(("later", "timeliness"), LATE)
def test_where_refusing_is_agreed_it_is_refused_by_its_code_and_nothing_is_kept(
    pair_of: PairOf, later: dict[str, float], timeliness: Timeliness
) -> None:
    pair, content_type, body = aged(pair_of, replace(AGREED, refuse=True), **later)
    answer = pair.b.receive(content_type, body)
    assert code_of(answer.octets) == "EBMS:0003"
    assert pair.b.messages.deliverable(9) == []
    (refusal,) = pair.b.messages.refused()
    assert "its eb:Timestamp" in refusal.detail
    assert timeliness in {"stale", "ahead"}


def test_what_was_accepted_gets_its_receipt_however_late_it_is_sent_again(pair_of: PairOf) -> None:
    pair, content_type, body = aged(pair_of, replace(AGREED, refuse=True), hours=1)
    first = pair.b.receive(content_type, body)
    pair.b.clock.advance(days=300)
    again = pair.b.receive(content_type, body)
    assert (again.status, again.octets) == (first.status, first.octets)
    assert len(pair.b.messages.deliverable(9)) == 1


def test_a_stranger_is_not_told_what_time_is_agreed(pair_of: PairOf) -> None:
    pair, content_type, body = aged(pair_of, replace(AGREED, refuse=True), days=2)
    pair.b.ports.keyring.partners.clear()  # type: ignore[attr-defined]
    told = []
    pair.b.ports = replace(pair.b.ports, told_time=lambda *one: told.append(one))
    assert code_of(pair.b.receive(content_type, body).octets) == "EBMS:0101"
    assert told == []


def test_whoever_keeps_partners_clocks_hears_what_a_proven_message_says(pair_of: PairOf) -> None:
    pair, content_type, body = aged(pair_of, AGREED, minutes=-3)
    told = []
    pair.b.ports = replace(pair.b.ports, told_time=lambda *one: told.append(one))
    pair.b.receive(content_type, body)
    assert told == [("a", pair.a.clock.at, pair.b.clock.at)]


def test_the_refusal_ends_the_message_at_its_sender(pair_of: PairOf) -> None:
    pair, content_type, body = aged(pair_of, replace(AGREED, refuse=True), minutes=-11)
    answer = pair.b.receive(content_type, body)
    (refusal,) = pair.b.messages.refused()
    assert pair.a.settle(refusal.message_id or "", answer) is OutboundState.FAILED
